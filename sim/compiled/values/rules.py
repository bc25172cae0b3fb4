"""What the compiled engine needs of a batch, as arrays: the scenario's values, and draws at the same places.

The kernel reads these columns and no scenario; units are those of the scenario (days, cells, shares), and infinity and
-1
stand for what a scenario does not limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import (
    ARM,
    BEFORE_FIRST_DOSE,
    BIASED_COIN,
    CLOSES_IN_DROUGHT,
    CLOSES_NEVER,
    CLOSES_ON_DATE,
    CONSTANT,
    MINIMISATION,
    NEVER,
    NOT_EVALUABLE,
    PERMUTED_BLOCKS,
    RULES,
    SIMPLE,
    SITE,
    TOLD_ROW,
    TRIANGULAR,
    UNIFORM,
    URN,
    WEEK,
)
from sim.compiled.values.leaving import LeavingRows
from sim.compiled.values.looks import InterimRows
from sim.compiled.values.openings import OpeningRows
from sim.compiled.values.strata import CapRows
from sim.compiled.values.tables import AmendedRows, Edges, Numbers, arm_shares, upright
from sim.core import events
from sim.core.amended import CONSENT, RETURN
from sim.core.batch import Batch
from sim.core.clock import WEEK_DAYS
from sim.core.columns import bay_hours_of
from sim.core.design import GroupDesign
from sim.core.intensity import ChangingIntensity, Intensity
from sim.core.streams import word
from sim.core.world import World
from sim.processes.drift import drifts
from sim.processes.referrals import mean_days_to
from sim.processes.risks import StrikingRisks
from sim.processes.sites import make_sites
from sim.processes.start_up import StartUpSteps
from sim.scenario.distributions import Family
from sim.scenario.schema.follow_up import EventDriven

Array = npt.NDArray[Any]

_NO_LIMIT = 1 << 40  # places
_REPLACE = {"never": NEVER, "before_first_dose": BEFORE_FIRST_DOSE, "not_evaluable": NOT_EVALUABLE}
_METHODS = {
    "simple": SIMPLE,
    "permuted_blocks": PERMUTED_BLOCKS,
    "minimisation": MINIMISATION,
    "biased_coin": BIASED_COIN,
    "urn": URN,
}
_FAMILIES = {"uniform": UNIFORM, "triangular": TRIANGULAR}


class RowsOfRules:
    """The scenario's values in each replication of a batch.

    Args:
        batch: the batch.
        numpy_draws: whether numpy draws the referrals.
        n_times: how many times as many looks after cohorts are drawn as the target needs.

    Attributes:
        rules: (rows,) RULES.
        sites: (rows, sites) SITE.
        arms: (rows, arms) ARM.
        weeks: (rows, doses and visits) WEEK.
        hazards: (rows, arms x ways out) HAZARD.
        pieces: PIECE of all hazards.
        told: TOLD_ROW of all replications.
        amendments: what amendments change.
        caps: caps on participants and on people in screening.
        openings: start-up that begins with an amendment.
        interims: interim looks.
        n_told: (rows, 2) the first of them, and how many there are.
        edges: EDGE of the calendars of all sites.
        arrivals: by row, the arrival rate of each site; only where numpy draws the referrals.
    """

    def __init__(self, batch: Batch, numpy_draws: bool, n_times: int) -> None:
        design = batch.design
        self.design = design
        self.scenario = design.scenario
        self._batch = batch
        n = batch.n
        n_doses = sum(len(arm.doses.weeks) for arm in design.arms if arm.doses)
        follow_up = self.scenario.follow_up
        n_visits = len(follow_up.visit_weeks) if follow_up else 0
        self.rules = np.zeros(n, RULES)
        self.sites = np.zeros((n, design.n_sites), SITE)
        self.arms = np.zeros((n, len(design.arms)), ARM)
        self.weeks = np.zeros((n, n_doses + n_visits), WEEK)
        leaving = LeavingRows(batch)
        self.hazards, self.pieces = leaving.hazards, leaving.pieces
        self._starts, self._never = batch.starts
        self._starts = np.where(self._never, 0.0, self._starts)
        self._trial()
        self._screening()
        self._arms()
        self._treatment()
        self._cells()
        self._follow_up()
        self._oversight()
        self.edges = self._sites()
        self.caps = CapRows(design, self.sites)
        self.rules["n_other_levels"] = self.caps.n_levels // math.prod(design.population.n_levels())
        self.openings = OpeningRows(batch, self.sites)
        self.interims = InterimRows(batch, self._drawn, n_times)
        self.told, self.n_told = self._told()
        self.arrivals: list[list[Intensity]] = []
        if numpy_draws:
            worlds = (World(batch, batch.first + row) for row in range(n))
            self.arrivals = [[_known(site.arrivals) for site in make_sites(world)] for world in worlds]

    def _number(self, path: str, value: object) -> Numbers:
        """The value at a path that is one number in a replication."""
        numbers = self._batch.replications.numbers(path, value)
        assert numbers is not None, path
        return numbers

    def _probability(self, path: str, value: object) -> Numbers:
        """The probability at a path; its mean if it is written as `dist`."""
        return self._batch.replications.probabilities(path, value)

    def _drawn(self, purpose: str, place: str, path: str, value: object) -> Numbers:
        """The value at a path, drawn once for each replication if it varies."""
        batch = self._batch
        numbers = batch.replications.numbers(path, value)
        if numbers is not None:
            return numbers
        assert isinstance(value, Family)
        u = batch.streams.trial(purpose, place, batch.first, batch.n)
        found: Array = batch.replications.transformed(path, value, u[:, None])[:, 0]
        return found

    def _column(self, purpose: str, path: str, value: object) -> tuple[int, Numbers]:
        """Index of a column, or -1 and the value that is the same for all."""
        if purpose in self.design.columns:
            return self.design.column_index[purpose], 0.0
        return -1, self._number(path, value)

    def _trial(self) -> None:
        trial, randomisation, design, rules = self.scenario.trial, self.scenario.randomisation, self.design, self.rules
        rules["replication"] = self._batch.first + np.arange(self._batch.n)
        rules["starts"], rules["never_starts"] = self._starts, self._never
        rules["horizon"], rules["most_events"] = design.horizon_days, design.most_events
        rules["target"], rules["lets_in"] = trial.target, trial.overrun == "randomise"
        rules["replace"] = _REPLACE[trial.replace]
        rules["method"] = _METHODS[randomisation.method]
        rules["pull"] = 2 * randomisation.preferred_probability - 1
        rules["by_site"] = "site" in randomisation.stratify_by
        rules["n_unit"] = sum(arm.allocation for arm in design.arms)
        rules["n_sizes"] = len(randomisation.block_sizes)
        rules["weekday"] = design.clock.weekday

    def _sites(self) -> Array:
        """What is drawn of sites, and their rates over time; EDGE of their calendars."""
        edges = Edges()
        for number, group in enumerate(self.design.groups):
            found = self.sites[:, group.first_site : group.first_site + group.count]
            rates, activates = (values.T for values in self._batch.sites(group))
            found["per_month"], found["activates"] = rates, activates
            found["opens"] = np.maximum(activates, self._starts[:, None])
            found["row"], found["word"] = np.arange(group.count), word(group.name)
            found["group"], found["is_changing"] = number, group.is_changing
            self._settings(found, group)
            if group.waits:
                found["waits"] = 1
            if group.waits and not group.network:
                found["days_to_open"] = self._batch.days_to_open(group).T
            shared = self._is_calendar_shared()
            for row in range(1 if shared else self._batch.n):
                place = edges.of(World(self._batch, self._batch.first + row).calendar(group.name))
                rows = slice(None) if shared else row
                found["first_edge"][rows], found["n_edges"][rows] = place
        self.rules["begins"] = np.minimum(self.sites["activates"].min(axis=1, initial=0.0), 0.0)
        return edges.joined()

    def _is_calendar_shared(self) -> bool:
        """Whether a group has one calendar in all replications."""
        of_risks = any(risk.rule.delays == "recruitment" for risk in self.design.risks)
        return self.design.calendar.is_same and not of_risks and self._batch.drift is None

    def _settings(self, found: Array, group: GroupDesign) -> None:
        """The settings of a group's sites."""
        settings, closes, ramp = group.settings, group.settings.closes, group.settings.ramp_up
        found["n_coordinators"] = settings.coordinators or _NO_LIMIT
        found["n_bays"] = settings.infusion_bays or _NO_LIMIT
        found["most"] = -1 if settings.max_participants is None else settings.max_participants
        found["closes"] = CLOSES_NEVER
        if isinstance(closes, date):
            found["closes"], found["closing_day"] = CLOSES_ON_DATE, self.design.clock.day_of(closes)
        elif closes is not None:
            path = f"{group.paths['closes']}.after_days_without_randomisation"
            found["closes"] = CLOSES_IN_DROUGHT
            found["drought_days"] = upright(self._number(path, closes.after_days_without_randomisation))
        found["start_fraction"] = 1.0
        if ramp is not None:
            path = group.paths["ramp_up"]
            found["ramp_days"] = upright(self._number(f"{path}.days", ramp.days))
            found["start_fraction"] = upright(self._number(f"{path}.start_fraction", ramp.start_fraction))

    def _screening(self) -> None:
        rules, never, found = self.scenario.screening, float("inf"), self.rules
        rescreen = rules.rescreen
        found["window"] = never
        if rules.window_days is not None:
            found["window"] = self._number("screening.window_days", rules.window_days)
        per_day = self._number("screening.deteriorates_per_day", rules.deteriorates_per_day)
        each = [mean_days_to(chance) for chance in np.atleast_1d(per_day).tolist()]
        found["mean_to_deterioration"] = each if len(each) > 1 else each[0]
        found["column_deteriorates"] = self.design.column_index["screening.deteriorates"]
        patience = never if rules.patience_days is None else rules.patience_days
        return_after, path = rescreen.after_days if rescreen else 0.0, "screening.rescreen.after_days"
        for name, purpose, at, value in (
            ("days", "screening.days", "screening.days", rules.days),
            ("days_again", "screening.days.again", "screening.days", rules.days),
            ("patience", "screening.patience_days", "screening.patience_days", patience),
            ("return_after", path, path, return_after),
        ):
            found[f"column_{name}"], found[name] = self._column(purpose, at, value)
        for name, purpose in (("return", "rescreen.after_tests"), ("chart_return", RETURN), ("consent", CONSENT)):
            found[f"column_{name}"] = self.design.column_index.get(purpose, -1)
        found["lasting_on_chart"] = self.design.population.lasting
        if rescreen is not None:
            found["p_return"] = self._probability("screening.rescreen.probability", rescreen.probability)
        criteria = self.design.population.criteria.values()
        found["lasting"] = sum(1 << bit for bit, criterion in enumerate(criteria) if not criterion.passing)

    def _arms(self) -> None:
        design, scenario, rules = self.design, self.scenario, self.rules
        self.amendments = AmendedRows(self._batch, self._drawn)
        rules["waiting_arms"] = self.amendments.waiting_arms
        sentinels, randomisation = scenario.oversight.sentinels, scenario.randomisation
        first = 0
        for i, (arm, share) in enumerate(zip(design.arms, arm_shares(design), strict=True)):
            found = self.arms[:, i]
            found["share"], found["first_dose"] = share, first
            found["balls_at_start"] = randomisation.urn_start * share * sum(arm.allocation for arm in design.arms)
            if share < 1:
                found["more_balls"] = randomisation.urn_add * share / (1 - share) * (len(design.arms) - 1)
            found["first_hazard"] = arm.index * len(design.ways_out)
            found["is_sentinel"] = sentinels is not None and arm.name == sentinels.arm
            if arm.doses is None:
                continue
            if arm.doses.cells_per_kg is not None:
                found["cells_per_kg"] = self._number(f"arms.{arm.name}.doses.cells_per_kg", arm.doses.cells_per_kg)
            if arm.doses.amount is not None:
                found["amount"], found["is_drug"] = arm.doses.amount, arm.doses.is_drug
                found["is_by_weight"] = arm.doses.is_by_weight
            found["n_doses"] = len(arm.doses.weeks)
            for week in arm.doses.weeks:
                place = self.weeks[:, first]
                place["week"], place["row"] = week, design.row_of_week[week]
                place["column"], place["bay_hours"] = self._column(
                    bay_hours_of(week), "treatment.bay_hours", scenario.treatment.bay_hours
                )
                first += 1
        rules["has_doses"], rules["first_visit"] = first > 0, first
        rules["most_cells_per_kg"] = self.arms["cells_per_kg"].max(axis=1)
        rules["treatment_days"] = WEEK_DAYS * max(
            (arm.doses.weeks[-1] - arm.doses.weeks[0] for arm in design.arms if arm.doses), default=0.0
        )

    def _treatment(self) -> None:
        rules, found = self.scenario.treatment, self.rules
        path = "treatment.first_dose_delay_days"
        found["column_delay"], found["delay"] = self._column(path, path, rules.first_dose_delay_days)
        found["dose_window"] = self._number("treatment.window_days", rules.window_days)
        found["p_unfit"] = self._probability("treatment.unfit_on_the_day", rules.unfit_on_the_day)
        found["p_mild"] = self._probability("treatment.reaction", rules.reaction)
        found["p_severe"] = self._probability("treatment.severe_reaction", rules.severe_reaction)
        found["weekdays_only"] = rules.weekdays_only
        unfit_days = float("inf") if rules.unfit_days is None else rules.unfit_days
        self._family("unfit", "treatment.unfit_days", unfit_days)

    def _family(self, name: str, path: str, value: object) -> None:
        """The value at a path that is drawn while the trial runs: one number, or a family with its parameters."""
        found, numbers = self.rules, self._batch.replications.numbers(path, value)
        if numbers is not None:
            found[f"{name}_family"], found[f"{name}_days"] = CONSTANT, numbers
            return
        assert isinstance(value, Family)
        found[f"{name}_family"] = _FAMILIES[value.keyword]
        for parameter, number in value.parameters().items():
            found[f"{name}_{parameter}"] = self._number(f"{path}.{parameter}", number)

    def _cells(self) -> None:
        rules, found = self.scenario.cells, self.rules
        if rules is None:
            return
        stock = rules.stock
        found["has_cells"], found["n_suites"] = 1, rules.suites
        found["doses_needed"] = rules.doses_in_stock_to_randomise
        found["p_lost"] = self._probability("cells.lost_at_bedside", rules.lost_at_bedside)
        found["p_failure"] = self._probability("cells.failure", rules.failure)
        found["shelf_life"] = self._number("cells.stock.shelf_life_days", stock.shelf_life_days)
        found["reorder_below"] = self._number("cells.stock.reorder_below_cells", stock.reorder_below_cells)
        found["start_cells"] = self._number("cells.stock.start_cells", stock.start_cells)
        found["expected_yield"] = self._probability("cells.lots.yield_cells", rules.lots.yield_cells)  # its mean
        found["most_wanted"] = float("inf") if rules.doses_in_stock_to_randomise else found["reorder_below"]

    def _follow_up(self) -> None:
        rules, design, found = self.scenario.follow_up, self.design, self.rules
        if rules is None:
            return
        found["has_follow_up"], found["n_visits"], found["n_ways"] = 1, len(rules.visit_weeks), len(design.ways_out)
        for i, week in enumerate(rules.visit_weeks, found["first_visit"][0]):
            place = self.weeks[:, i]
            place["week"], place["row"] = week, design.row_of_week[week]
        path = "follow_up.database_lock_days"
        found["deviation"] = self._number("follow_up.visit_window_days", rules.visit_window_days)
        found["p_missed"] = self._probability("follow_up.missed_visit", rules.missed_visit)
        found["lock_days"] = self._drawn(path, "", path, rules.database_lock_days)
        if design.ways_out:
            found["first_column_leaving"] = design.column_index[f"leaving.{design.ways_out[0]}"]
        if rules.primary_completion is not None:
            self._completion(rules.primary_completion)

    def _completion(self, rule: EventDriven) -> None:
        found, ways, clock = self.rules, self.design.ways_out, self.design.clock
        found["is_event_driven"], found["n_events_needed"] = 1, rule.events
        found["counted_ways"] = sum(1 << code for code, way in enumerate(ways) if way in (rule.of or ways))
        found["not_before"] = -float("inf") if rule.not_before is None else clock.day_of(rule.not_before)
        if rule.at_the_latest is not None:
            found["has_latest"], found["latest"] = 1, clock.day_of(rule.at_the_latest)
        self._family("last_visits", "follow_up.primary_completion.last_visits_days", rule.last_visits_days)

    def _oversight(self) -> None:
        rules, found = self.scenario.oversight, self.rules
        if rules.sentinels is not None:
            found["n_sentinels"] = rules.sentinels.participants
            found["days_between"] = self._number("oversight.sentinels.days_between", rules.sentinels.days_between)
        review = rules.board_review
        if review is not None:
            found["n_reviews"], path = len(review.after_treated), "oversight.board_review.takes_days"
            found["review_pauses"] = review.enrolment_pauses
            found["pauses_while_observing"] = review.pauses_while_observing
            found["observed_days"] = self._number("oversight.board_review.observed_days", review.observed_days)
            for k, n_treated in enumerate(review.after_treated):
                found["review_after"][:, k] = n_treated
                days = self._drawn("oversight.board_review", str(n_treated), path, review.takes_days)
                found["review_days"][:, k] = days
        if rules.hold is not None:
            found["has_hold"] = 1
            found["p_hold"] = self._probability("oversight.hold.probability", rules.hold.probability)
        stop = rules.stop
        if stop is not None:
            found["has_stop"], found["stop_reactions"] = 1, stop.severe_reactions
            found["stop_among"], found["stop_ends"] = stop.among_first, stop.action == "end"

    def _told(self) -> tuple[Array, Array]:
        """TOLD_ROW of what is told on days known from the beginning, and where those of each replication are."""
        n_told = np.zeros((self._batch.n, 2), dtype=np.int64)
        has_steps = any(group.network for group in self.design.groups)
        rows: list[tuple[float, ...]] = []
        if self.design.risks or has_steps or self._batch.drift is not None or self._starts.any():
            for row in range(self._batch.n):
                before = len(rows)
                rows += self._told_in(row)
                n_told[row] = before, len(rows) - before
        return np.array(rows, TOLD_ROW), n_told

    def _told_in(self, row: int) -> Iterator[tuple[float, ...]]:
        """TOLD_ROW of a replication, in the order in which `sim.trial` plans them."""
        world, one = World(self._batch, self._batch.first + row), self.rules[row]
        risks, steps = StrikingRisks(world), StartUpSteps(world)
        for (place_number, code), end in steps.shared.items():
            self.openings.shared[row, self.openings.place(place_number, code)] = end
        one["begins"] = min(one["begins"], risks.first_day, steps.first_day)
        first = [(day, 0.0, amount, kind, -1, code, 0) for day, kind, code, amount in risks.told]
        first += [
            (day, number, amount, events.STEP_DONE, site, code, 0) for day, site, number, code, amount in steps.steps
        ]
        if world.starts:
            first.append((world.starts, 0.0, 0.0, events.TRIAL_STARTED, -1, 0, 0))
        one["n_told_first"] = len(first)
        yield from first
        for day, number, amount in drifts(world):
            yield day, number, amount, events.RATES_DRIFTED, -1, 0, 1


def _known(arrivals: Intensity | ChangingIntensity) -> Intensity:
    assert isinstance(arrivals, Intensity)
    return arrivals
