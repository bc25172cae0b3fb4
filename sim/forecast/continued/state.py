"""From a scenario and the data of a running trial to the state from which simulated trials continue.

With `is_constant` rates do not drift, and each site has its own gamma posterior. Days of the data are counted from
their first day; here they are shifted to the scenario's day 0. What the data contradict or leave open is a note of the
answer.

Attributes:
    DRAWS: number of futures of the rate.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core.amended import consent_in_force
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.observed import UNKNOWN, KnownPerson, KnownSite, ObservedState, SiteKey
from sim.core.quantiles import expected, mean_of, quantile
from sim.errors import Problem, UsageError
from sim.exchange.observed import COMPLETED, FAILED, NO_SITE, ObservedTrial
from sim.forecast.continued.amended_so_far import amended_so_far
from sim.forecast.continued.events_so_far import events_so_far
from sim.forecast.continued.learnt_rates import LearntRates, group_of
from sim.forecast.continued.looks_so_far import looks_so_far
from sim.forecast.continued.matching import SiteMatch, arm_index, match_sites, way_out_code
from sim.forecast.continued.plan_rates import planned_openings, planned_site, share_randomised
from sim.forecast.continued.sites_ahead import (
    GROUP,
    closings_of_groups,
    recruits_until,
    still_to_open,
    their_factor,
    with_sites_to_come,
    without_closings,
)
from sim.forecast.continued.told import openings_ahead, said_notes, scenario_as_told
from sim.forecast.fit.scenario import DRIFT_AHEAD, FITTED
from sim.forecast.identity import learnt_hash
from sim.forecast.rate.drifting import RatePosterior
from sim.forecast.rate.outlook import Outlook, look_ahead
from sim.forecast.rate.settings import FEWEST
from sim.plurals import are, counted
from sim.scenario.distributions import Family
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

DRAWS = 1000
_PIPELINE_QUANTILE = 0.99
_BEFORE = 60.0  # days before day 0 on which people may have been screened


@dataclass(frozen=True, eq=False)
class Start:
    """The state from which simulated trials continue.

    Attributes:
        scenario: the scenario, with sites that only the data have.
        plan: the same as planned, with what it says of future drift.
        state: the state.
        trial: the trial as far as it is known.
        posterior: posterior of the drifting rate; None where the target is reached.
        outlook: futures of the rate; None where the target is reached.
        open_sites: for open sites, the scenario's site by index in the data.
        notes: remarks for the reader, without full stops.
        recruits_until: day after the last of recruitment, since day 0, where all sites close or an end is announced;
            None where nothing ends it but the target.
        has_sites_to_come: whether sites of the scenario are still to open.
    """

    scenario: Scenario
    plan: Scenario
    state: ObservedState
    trial: ObservedTrial
    posterior: RatePosterior | None
    outlook: Outlook | None
    open_sites: dict[int, SiteKey]
    notes: tuple[str, ...]
    recruits_until: float | None = None
    has_sites_to_come: bool = False


def start_from(
    scenario: Scenario, trial: ObservedTrial, seed: int, draws: int = DRAWS, is_constant: bool = False
) -> Start:
    """Work out the state of a running trial.

    Args:
        scenario: the plan.
        trial: the data, as known on the as-of day.
        seed: seed of the random numbers.
        draws: number of futures of the rate.
        is_constant: whether rates stay constant instead of drifting.

    Returns:
        The state.

    Raises:
        UsageError: a participant was randomised before the scenario's day 0, the data are not dates, they go beyond the
            scenario's horizon, or an event-driven trial has data without anybody who left.
    """
    shift = float((trial.first - scenario.trial.enrolment_opens).days)
    _check_dates(scenario, trial, shift)
    matched = match_sites(trial, Design(scenario))
    plan, notes = _with_added_sites(scenario, trial, matched)
    closings = closings_of_groups(plan, trial, matched)
    opened, asked = _openings(Design(plan), trial, matched, shift, seed)
    notes += said_notes(trial)
    if trial.sites_a_month and not still_to_open(Design(plan), opened):
        plan, said = with_sites_to_come(plan, trial.sites_a_month)
        notes += said
    scenario = scenario_as_told(without_closings(_without_drift_ahead(plan), closings), trial)
    design = Design(scenario)
    now, to_come = trial.now + shift, still_to_open(design, opened)
    for key, day in zip(to_come, openings_ahead(trial, len(to_come)), strict=False):
        opened[key] = replace(opened.get(key, KnownSite()), planned=day + shift)
    if trial.sites_a_month == 0:
        opened |= {key: KnownSite(closing=now) for key in to_come}  # closed before they open
    notes += events_so_far(design, trial)
    amended = amended_so_far(scenario, trial, shift)
    notes += [*amended.notes, *looks_so_far(scenario, trial, shift)]
    for group, closes in closings.items():  # of sites that the table says nothing of
        for key in ((group, row) for row in range(scenario.sites[group].count)):
            site = opened.get(key, KnownSite())
            if site.closed is None and site.closing is None:
                opened[key] = replace(site, closing=float((closes - scenario.trial.enrolment_opens).days))
    people = _people(design, trial, matched, opened, shift, notes)
    target = scenario.trial.target
    if trial.n_randomised >= target:
        when = trial.date_of(float(trial.days[target - 1]))
        notes.append(f"the target of {target} was met on {when}; what is left is follow-up")
        state = ObservedState(now, _known_sites(opened, people, {}), people)
        return Start(scenario, plan, state, trial, None, None, {}, tuple(notes))
    if trial.n_randomised < FEWEST:
        notes.append(f"only {trial.n_randomised} randomised: the data say next to nothing of the rate")
    passing = share_randomised(design if amended.now is scenario else Design(amended.now), seed)
    plans = {group.name: planned_site(group) for group in design.groups}
    is_open = {key: site for key, site in opened.items() if site.activated is not None and site.closed is None}
    if not is_open:
        notes.append("no site is open")
    learnt = LearntRates(design, trial, shift, passing, plans, opened, people, seed)
    posterior = learnt.posterior(target)
    keys = sorted(is_open)
    notes += learnt.notes(keys, is_constant=is_constant)
    outlook = look_ahead(posterior, draws, seed)
    rates = learnt.constant_rates(keys, draws) if is_constant else learnt.divided(keys, posterior, outlook)
    state = ObservedState(
        now=now,
        sites=_known_sites(opened, people, {key: i for i, key in enumerate(keys)}),
        people=people,
        rates=rates,
        passing=passing,
        mean_consent=mean_of(consent_in_force(scenario, amended.consent)[1]),
        consent_of=amended.consent,
        edges=np.zeros(0) if is_constant else outlook.edges + shift,
        drift=np.zeros((1, 0)) if is_constant else np.exp(outlook.own_rate - outlook.own_now[:, None]),
        new_sites=learnt.lessons(draws) | (their_factor(rates, passing) if GROUP in scenario.sites else {}),
        pipeline_days=0.0 if trial.has_screening else _pipeline_days(scenario),
    )
    by_index = {i: key for i, key in matched.keys.items() if key in is_open}
    ends = recruits_until(design, trial, opened, shift)
    if ends is not None and trial.ends is None:
        notes.append(f"the last site closes on {design.clock.date_of(ends)}, as planned, and recruitment ends")
    return Start(scenario, plan, state, trial, posterior, outlook, by_index, (*notes, *asked), ends, bool(to_come))


# --- the scenario


def _check_dates(scenario: Scenario, trial: ObservedTrial, shift: float) -> None:
    """Check that the data are dates within the simulated time.

    Raises:
        UsageError: they are not; the message says which setting to change.
    """
    if not trial.has_calendar:
        message = (
            "months are counted from a start, or are months of a calendar without a year, and a forecast needs days: "
            "write each with its year, as 2024-01, or add a column Year"
        )
        raise UsageError(Problem(message, trial.source))
    if trial.n_randomised and trial.days[0] + shift < 0:
        first = trial.date_of(float(trial.days[0]))
        message = (
            f"somebody was randomised on {first}, before the scenario's day 0; --set trial.enrolment_opens={first}"
        )
        value = str(scenario.trial.enrolment_opens)
        raise UsageError(Problem(message, trial.source, path="trial.enrolment_opens", value=value))
    horizon = scenario.trial.horizon_months * MONTH_DAYS
    if trial.now + shift >= horizon:
        message = "the data go beyond the end of the simulated time; --set trial.horizon_months=..."
        value = f"{scenario.trial.horizon_months:g}"
        raise UsageError(Problem(message, trial.source, path="trial.horizon_months", value=value))


def _without_drift_ahead(scenario: Scenario) -> Scenario:
    """Remove the period with which a fitted scenario represents future drift; here drifting paths represent it."""
    periods = scenario.calendar.periods
    if DRIFT_AHEAD not in periods:
        return scenario
    data = json.loads(canonical(scenario))
    del data["calendar"]["periods"][DRIFT_AHEAD]
    return scenario_from_json(data, scenario.name)


def _with_added_sites(scenario: Scenario, trial: ObservedTrial, matched: SiteMatch) -> tuple[Scenario, list[str]]:
    """The scenario with a group for each site that only the data have, like its first group except for the name."""
    notes: list[str] = []
    if matched.guessed:
        taken = [f"{trial.sites[i].name} as {matched.keys[i][0]} {matched.keys[i][1] + 1}" for i in matched.guessed[:4]]
        n = len(matched.guessed)
        more = "" if len(matched.guessed) <= 4 else f" and {len(matched.guessed) - 4} more"
        notes.append(
            f"{counted(n, 'site')} of the data {are(n)} not named in the scenario, and taken by size: "
            f"{', '.join(taken)}{more}; a column 'group' in the table of sites says it otherwise"
        )
    if matched.added:
        data = json.loads(canonical(scenario))
        like = sorted(scenario.sites)[0] if scenario.sites else None
        pattern: dict[str, Any] = dict(data["sites"][like]) if like else {"referrals_per_month": 1.0}
        for i, name in matched.added.items():
            data["sites"][name] = pattern | {"count": 1, "label": trial.sites[i].name[:80]}
        scenario = scenario_from_json(data, scenario.name)
        names = ", ".join(trial.sites[i].name for i in list(matched.added)[:5])
        more = "" if len(matched.added) <= 5 else f" and {len(matched.added) - 5} more"
        n = len(matched.added)
        notes.append(f"{counted(n, 'site')} of the data {are(n)} not in the scenario, and added: {names}{more}")
    if matched.unseen and trial.has_sites:
        names = ", ".join(matched.unseen[:5])
        more = "" if len(matched.unseen) <= 5 else f" and {len(matched.unseen) - 5} more"
        n = len(matched.unseen)
        notes.append(
            f"{counted(n, 'site')} of the scenario {are(n)} not in the data, and taken as still to open: {names}{more}"
        )
    return scenario, notes


# --- sites and people


def _openings(
    design: Design, trial: ObservedTrial, matched: SiteMatch, shift: float, seed: int
) -> tuple[dict[SiteKey, KnownSite], list[str]]:
    """What is known of each site; where the data do not tell sites apart, the sites that the plan has open are open.

    With sites in the data, those that are yet to open and have no planned day get the days that the user's rate of
    openings gives. Without, at least one site is open.

    Returns:
        What is known by site, in the scenario's days; and notes for the reader.
    """
    if trial.has_sites:
        seen, closings = trial.first_seen(), trial.closings
        found: dict[SiteKey, KnownSite] = {}
        for i, key in matched.keys.items():
            record = trial.sites[i]
            found[key] = KnownSite(
                activated=None if np.isnan(seen[i]) else float(seen[i]) + shift,
                closed=None if record.closed is None else record.closed + shift,
                planned=None if record.planned is None else record.planned + shift,
                closing=None if np.isinf(closings[i]) else float(closings[i]) + shift,
            )
        return found, []
    planned = planned_openings(design, seed)
    now = trial.now + shift
    is_open = {key: day for key, day in planned.items() if day <= now}
    if not is_open and planned:
        first = min(planned, key=lambda key: (planned[key], key))
        is_open = {first: float(trial.days[0]) + shift if trial.n_randomised else now}
    note = f"the data do not name sites; {len(is_open)} of {len(planned)} are taken as open, as planned"
    return {key: KnownSite(activated=day) for key, day in is_open.items()}, [note]


def _people(
    design: Design,
    trial: ObservedTrial,
    matched: SiteMatch,
    opened: dict[SiteKey, KnownSite],
    shift: float,
    notes: list[str],
) -> tuple[KnownPerson, ...]:
    """Everyone who is or was in the trial; people who failed screening are left out.

    Args:
        design: the scenario, made ready.
        trial: the data.
        matched: which site of the scenario each site of the data is.
        opened: what is known of each site.
        shift: days from the scenario's day 0 to the first day of the data.
        notes: a remark is added where arms are not the scenario's.

    Returns:
        The people by their day of randomisation, or, if they are not randomised, by the day on which screening began.
        Days are the scenario's.
    """
    people = trial.people
    keys = _site_keys(design, trial, matched, opened)
    found: list[KnownPerson] = []
    n_unknown_arm = 0
    for i in range(len(people)):
        randomised = None if np.isnan(people.randomised[i]) else float(people.randomised[i]) + shift
        if randomised is None and (people.status[i] == FAILED or not np.isnan(people.ended[i])):
            continue
        began = float(people.screened[i]) + shift if not np.isnan(people.screened[i]) else randomised
        assert began is not None
        arm = arm_index(str(people.arm[i]), design) if people.arm[i] else UNKNOWN
        n_unknown_arm += arm is None
        has_ended = randomised is not None and not np.isnan(people.ended[i])
        is_completed = people.status[i] == COMPLETED
        found.append(
            KnownPerson(
                site=keys[i],
                screened=max(began, -_BEFORE),
                randomised=randomised,
                ended=float(people.ended[i]) + shift if has_ended else None,
                way_out=way_out_code(str(people.way_out[i]), design) if has_ended and not is_completed else None,
                arm=UNKNOWN if arm is None else arm,
            )
        )
    if n_unknown_arm:
        arms = ", ".join(arm.name for arm in design.arms)
        whose = counted(n_unknown_arm, "participant")
        notes.append(f"the arm of {whose} is not one of the scenario's ({arms}), and is drawn")
    return tuple(
        sorted(found, key=lambda someone: someone.screened if someone.randomised is None else someone.randomised)
    )


def _site_keys(
    design: Design, trial: ObservedTrial, matched: SiteMatch, opened: dict[SiteKey, KnownSite]
) -> list[SiteKey]:
    """The site of each person.

    Where the data have sites, a person without one is taken to be at the site with the most people. Where they have
    none, open sites take turns in proportion to their planned rates.

    Returns:
        One key per row of the data's people.
    """
    sites = trial.people.site
    if trial.has_sites:
        counts = np.bincount(sites[sites != NO_SITE], minlength=1)
        usual = matched.keys[int(counts.argmax())]
        return [matched.keys[int(i)] if i != NO_SITE else usual for i in sites]
    keys = sorted(opened)
    weights = np.array([planned_site(group_of(design, key)).mean for key in keys]) + 1e-9
    given = np.zeros(len(keys))
    found = []
    for _ in range(len(sites)):
        turn = int(np.argmin((given + 1) / weights))
        given[turn] += 1
        found.append(keys[turn])
    return found


def _known_sites(
    opened: dict[SiteKey, KnownSite], people: tuple[KnownPerson, ...], rates: dict[SiteKey, int]
) -> dict[SiteKey, KnownSite]:
    """What is known of each site, with its last randomisation, and the column of its rates where it is open."""
    last: dict[SiteKey, float] = {}
    for someone in people:
        if someone.randomised is not None:
            last[someone.site] = max(last.get(someone.site, someone.randomised), someone.randomised)
    return {key: replace(site, last_randomised=last.get(key), rate=rates.get(key)) for key, site in opened.items()}


def _pipeline_days(scenario: Scenario) -> float:
    """How many days ago people who are still in screening may have been referred.

    It is the 99th percentile of the days of screening. For days that are an uncertain number it is twice their mean,
    and for a distribution with uncertain parameters 30 days.
    """
    days = scenario.screening.days
    if not isinstance(days, Family):
        return float(days)
    if days.is_uncertain or days.uncertain_parameters():
        return 2 * float(expected(days, dict.fromkeys(days.uncertain_parameters(), 0.0))) if days.is_uncertain else 30.0
    return float(quantile(days)(np.array([_PIPELINE_QUANTILE]))[0])


def fitted_note(scenario: Scenario, trial: ObservedTrial) -> str | None:
    """Check whether a fitted scenario was fitted to these data.

    Args:
        scenario: the scenario.
        trial: the data.

    Returns:
        A note if it was fitted to others; None if it was fitted to these, or not fitted.
    """
    said = scenario.bibliography.get(FITTED)
    if said is None:
        return None
    if said.endswith(learnt_hash(trial)):
        return None
    return "the scenario was fitted to other data, or to another day; its site rates are taken as they are"
