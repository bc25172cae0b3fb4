"""A scenario made ready for many replications: everything that is the same in all of them.

Replications read the design and never change it, except for caches of values that do not depend on the replication.

Attributes:
    MOST_EVENTS: events, or referrals, of one replication after which it is ended, because it might never end. Base has
        about 3,000 of either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sim.core.amended import Amended
from sim.core.calendar import CalendarFactors, OwnHolidays
from sim.core.clock import MONTH_DAYS, Clock
from sim.core.columns import dose_weeks, most_doses, patient_columns
from sim.core.events import Kind
from sim.core.extended import ExtensionDesign, extension_designs, kinds_with
from sim.core.hazards import Hazard
from sim.core.population import Population
from sim.core.quantiles import mean_of
from sim.core.risks import risks_of
from sim.core.start_up import StepDesign, network_of, step_places
from sim.core.unknowns import Known, uncertain_values
from sim.scenario.amendment_checks import changing_groups, waiting_groups
from sim.scenario.country_checks import countries_of
from sim.scenario.schema import Scenario
from sim.scenario.schema.sites import SiteGroup, SiteSettings
from sim.scenario.schema.start_up import step_names
from sim.scenario.schema.trial import Doses

# A replication that exceeds this many events, or referrals, is ended, because it might never end. Base has about
# 3,000 of either.
MOST_EVENTS = 200_000
MOST_EVENTS_EACH = 1_000  # more, for each participant of the target and each site
_TABLE_WEEKS = 104


def is_in_table(week: float) -> bool:
    """Whether the numbers of a week are a row of the table of a participant; see `World.participant_draws`.

    Args:
        week: week of follow-up, from 0; only whole weeks up to the end of the table have a row.
    """
    return week <= _TABLE_WEEKS and week == int(week)


@dataclass(frozen=True)
class ArmDesign:
    """One arm.

    Attributes:
        index: its code in the log; arms are in alphabetical order.
        name: as in the scenario.
        allocation: its part in the allocation ratio, such as 2 in 2:1.
        doses: infusions due, or None.
    """

    index: int
    name: str
    allocation: int
    doses: Doses | None


@dataclass(frozen=True)
class GroupDesign:
    """One group of sites, with the settings that it takes from the defaults.

    Attributes:
        name: as in the scenario.
        label: as shown in reports.
        count: number of sites.
        first_site: index of its first site among all sites.
        settings: the group's own settings over the defaults.
        waits: whether its sites stay closed until an amendment opens them.
        is_changing: whether an amendment may change its referral rate.
        paths: path in the scenario of each setting.
        network: steps of start-up, each after all that it waits for; empty if activation comes after one delay.
    """

    name: str
    label: str
    count: int
    first_site: int
    settings: SiteSettings
    paths: dict[str, str]
    network: tuple[StepDesign, ...]
    waits: bool = False
    is_changing: bool = False


def _group(
    name: str, group: SiteGroup, defaults: SiteSettings, first_site: int, network: tuple[StepDesign, ...]
) -> GroupDesign:
    """A group with its own settings over the defaults, and the path of each setting."""
    own = group.model_fields_set
    values, paths = {}, {}
    for field in SiteSettings.model_fields:
        from_group = field in own and not (field == "referrals_per_month" and group.referrals_per_month is None)
        values[field] = getattr(group if from_group else defaults, field)
        paths[field] = f"sites.{name}.{field}" if from_group else f"site_defaults.{field}"
    settings = SiteSettings.model_construct(**values)
    label = group.label or name.replace("_", " ")
    return GroupDesign(name, label, group.count, first_site, settings, paths, network)


class Design:
    """A scenario, made ready once for all its replications.

    Args:
        scenario: the scenario.

    Attributes:
        scenario: the scenario.
        clock: days to dates.
        horizon_days: when to give up.
        most_events: after how many events, or referrals, a replication is ended as one that would never be.
        arms: arms in alphabetical order.
        countries: codes of the countries that any site group is in, in alphabetical order.
        start_up: names of the steps of start-up in alphabetical order; a step's code is its position.
        step_places: whom a step may be done for once, by the number that the log has for it.
        risks: risks in alphabetical order; a risk's code is its position.
        groups: site groups in alphabetical order.
        n_sites: sites of all groups.
        n_doses: doses of the arm that has most.
        row_of_week: weeks that have a visit or a dose, each with the row of a participant's draws that is for it.
        table_rows: of these, the weeks that are rows of a participant's table; see `World.participant_draws`.
        n_table_rows: rows of that table, up to the last of them.
        criteria: names of the criteria in the record's order; a criterion's code is its position.
        caps: names of the caps in alphabetical order; a cap's code is its position.
        amendments: names of the amendments in alphabetical order; an amendment's code is its position.
        interims: names of the interim looks in alphabetical order; a look's code is its position.
        amended: what amendments may change of those referred.
        ways_out: names of the ways of leaving in alphabetical order; a way's code is its position.
        population: who is referred.
        uncertain: uncertain values by path.
        columns: what is drawn for each patient who is dealt with, by purpose.
        known: quantile functions and means that no uncertain value changes.
        hazards: by arm and way out, before hazard ratios, where no uncertain value changes them; filled when needed.
        calendar: factors by day.
        extensions: extensions that take part, in alphabetical order.
        kinds: kinds of event: the program's, and those of the extensions.

    Raises:
        InputError: the file of an extension is not known to this process, or the extension is not right.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.clock = Clock(scenario.trial.enrolment_opens)
        self.horizon_days = scenario.trial.horizon_months * MONTH_DAYS
        self.arms = [
            ArmDesign(i, name, arm.allocation, arm.doses) for i, (name, arm) in enumerate(sorted(scenario.arms.items()))
        ]
        self.countries = countries_of(scenario)
        self.start_up, self.step_places = step_names(scenario), step_places(scenario)
        self.risks = risks_of(scenario, self.clock)
        self.groups: list[GroupDesign] = []
        self.n_sites = 0
        waiting, changing = waiting_groups(scenario), changing_groups(scenario)
        for name, group in sorted(scenario.sites.items()):
            network = network_of(scenario, name, self.start_up, self.step_places)
            made = _group(name, group, scenario.site_defaults, self.n_sites, network)
            self.groups.append(replace(made, waits=name in waiting, is_changing=name in changing))
            self.n_sites += group.count
        self.most_events = MOST_EVENTS + MOST_EVENTS_EACH * (scenario.trial.target + self.n_sites)
        self.population = Population(scenario)
        self.criteria = list(self.population.criteria)
        self.caps = sorted(scenario.caps)
        self.amendments = sorted(scenario.amendments)
        self.interims = sorted(scenario.interims)
        self.amended = Amended(scenario.amendments, self.criteria, self.population.lasting)
        self.ways_out = sorted(scenario.follow_up.leaving) if scenario.follow_up else []
        self.uncertain = uncertain_values(scenario)
        self.n_doses = most_doses(scenario)
        visit_weeks = scenario.follow_up.visit_weeks if scenario.follow_up else ()
        self.row_of_week = {week: i for i, week in enumerate(sorted({*dose_weeks(scenario), *visit_weeks}))}
        self.table_rows = np.array([int(week) for week in self.row_of_week if is_in_table(week)], dtype=np.intp)
        self.n_table_rows = int(self.table_rows.max(initial=0)) + 1
        self.columns = patient_columns(scenario)
        self.column_index = {purpose: i for i, purpose in enumerate(self.columns)}
        self.known = Known()
        self.hazards: dict[str, list[Hazard]] = {}
        self.calendar = CalendarFactors(scenario.calendar, self.clock, self.horizon_days, self._own_holidays())
        self.extensions: list[ExtensionDesign] = extension_designs(scenario)
        self.kinds: list[Kind] = kinds_with(self.extensions)

    def _own_holidays(self) -> dict[str, OwnHolidays]:
        """By group, the public holidays of a country that has its own."""
        found = {}
        for group in self.groups:
            code = group.settings.country
            settings = self.scenario.countries.get(code) if code else None
            if code and settings and settings.public_holidays:
                found[group.name] = OwnHolidays(code, settings.public_holidays)
        return found

    def country_of_sites(self) -> list[int]:
        """For each site, the position of its country among `countries`; -1 without a country."""
        return [
            self.countries.index(group.settings.country) if group.settings.country else -1
            for group in self.groups
            for _ in range(group.count)
        ]

    def country_of(self, group: str) -> str | None:
        """Code of the country of a site group, or None.

        Args:
            group: name of a site group.
        """
        return next(found.settings.country for found in self.groups if found.name == group)

    def n_sites_in(self, country: str) -> int:
        """Sites in a country, by its code.

        Args:
            country: code of two letters (ISO 3166).
        """
        return sum(group.count for group in self.groups if group.settings.country == country)

    def country_label(self, code: str) -> str:
        """Name of a country in reports: its label, or its code without one.

        Args:
            code: code of two letters (ISO 3166).
        """
        settings = self.scenario.countries.get(code)
        return (settings.label if settings else None) or code

    def referrals_per_month(self) -> float:
        """Expected referrals per month at all sites together at full rate, uncertain values at their means."""
        rates = [(group.count, group.settings.referrals_per_month) for group in self.groups]
        return math.fsum(count * mean_of(rate) for count, rate in rates if rate is not None)

    def site_labels(self) -> list[str]:
        """Labels of all sites, in order of their indices: the group's label, with a number if it has several sites."""
        return [
            f"{group.label} {i + 1}" if group.count > 1 else group.label
            for group in self.groups
            for i in range(group.count)
        ]
