"""A forecast: where the trial stands, when it will be complete, what changed since the plan, and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.core.batch import Batch
from sim.core.clock import MONTH_DAYS, WEEK_DAYS
from sim.core.design import Design
from sim.core.observed import KnownSite, ObservedState
from sim.exchange.observed import FAILED, ObservedTrial
from sim.forecast.cautions import cautions
from sim.forecast.fitted_scenario import FITTED
from sim.forecast.futures import Case, Futures, Progress, simulate_cases
from sim.forecast.state import Start, fitted_note, start_from
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CHANGE_REPLICATIONS = 192
_RESAMPLES = 400
_OPENINGS = 96
FORECAST, PLAN = "forecast", "plan"
_SITES, _SCREENING, _STAYING = "plan, sites as they opened", "plan, sites and screening", "forecast, leaving as planned"
CHANGED = ("last_randomised", "primary_completion", "database_lock")


@dataclass(frozen=True)
class WhatIf:
    """Another scenario to go on with.

    Attributes:
        name: what to call it.
        scenario: the scenario.
    """

    name: str
    scenario: Scenario


def named_apart(what_ifs: Sequence[WhatIf]) -> list[WhatIf]:
    """What-ifs whose names differ, also from those of the forecast's own parts."""
    found: list[WhatIf] = []
    taken = {FORECAST, PLAN, _SITES, _SCREENING, _STAYING}
    for item in what_ifs:
        name, n = item.name, 2
        while name in taken:
            name, n = f"{item.name} ({n})", n + 1
        taken.add(name)
        found.append(WhatIf(name, item.scenario))
    return found


@dataclass(frozen=True)
class Change:
    """One part of what changed since the plan.

    Attributes:
        cause: sites, screening, rate or dropout.
        days: days by which it moved the median of each milestone of `CHANGED`, with its interval; above 0 is later.
        note: what is in it, or why it is not known.
    """

    cause: str
    days: dict[str, Estimate]
    note: str


@dataclass(frozen=True)
class Difference:
    """What another scenario would change, on the same random numbers.

    Attributes:
        name: of the what-if.
        days: median of the paired differences by milestone, with its interval; below 0 is sooner.
        futures: its simulated trials.
        notes: what to know of it.
    """

    name: str
    days: dict[str, Estimate]
    futures: Futures
    notes: tuple[str, ...]


@dataclass(frozen=True)
class NeededRate:
    """The rate that a planned date needs from now on.

    Attributes:
        milestone: the planned one.
        planned: its date.
        randomised_by: last date on which the target may be met for it.
        per_month: randomisations a month needed until then; infinity where that date has passed.
        expected_per_month: median of the forecast over the same time, with its interval; NaN where it has passed.
    """

    milestone: str
    planned: date
    randomised_by: date
    per_month: float
    expected_per_month: Estimate


@dataclass(frozen=True, eq=False)
class Answer:
    """A forecast.

    Attributes:
        start: where it goes on from.
        futures: simulated trials that go on from the data.
        plan: simulated trials of the plan, from day 0.
        changes: what changed since the plan.
        what_ifs: other scenarios.
        needed: rates that the planned dates need.
        cautions: when to trust it less.
        notes: what to know of the data and the scenario.
        seed: where random numbers started.
    """

    start: Start
    futures: Futures
    plan: Futures
    changes: tuple[Change, ...]
    what_ifs: tuple[Difference, ...]
    needed: tuple[NeededRate, ...]
    cautions: tuple[str, ...]
    notes: tuple[str, ...]
    seed: int

    @property
    def as_of(self) -> date:
        """The last day of the data."""
        return self.start.trial.last


def forecast(
    scenario: Scenario,
    trial: ObservedTrial,
    what_ifs: Sequence[WhatIf] = (),
    *,
    replications: int,
    seed: int,
    workers: int,
    is_constant: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Answer:
    """Go on from the data of a trial.

    Args:
        scenario: the plan.
        trial: the data, as they were known on the as-of day.
        what_ifs: other scenarios to go on with, on the same random numbers.
        replications: simulated trials of the forecast, and of each what-if.
        seed: where random numbers start.
        workers: processes.
        is_constant: whether rates stay as they are, instead of drifting.
        progress: called with replications done and in all.

    Raises:
        UsageError: somebody was randomised before the scenario's day 0.
    """
    start = start_from(scenario, trial, seed, is_constant=is_constant)
    others = [(item.name, start_from(item.scenario, trial, seed, is_constant=is_constant)) for item in what_ifs]
    few = min(replications, CHANGE_REPLICATIONS)
    cases = [Case(FORECAST, start.scenario, start.state, replications), Case(PLAN, scenario, None, few)]
    cases += _change_cases(start, scenario, few, seed)
    cases += [Case(name, other.scenario, other.state, replications) for name, other in others]
    found = {result.case.name: result for result in simulate_cases(cases, seed, workers, progress)}
    notes = [*start.notes]
    said = fitted_note(scenario, trial)
    if said:
        notes.append(said)
    return Answer(
        start=start,
        futures=found[FORECAST],
        plan=found[PLAN],
        changes=_changes(found),
        what_ifs=tuple(
            Difference(name, _differences(found[FORECAST], found[name]), found[name], other.notes)
            for name, other in others
        ),
        needed=_needed(start, found[FORECAST]),
        cautions=tuple(cautions(trial, scenario.trial.target)),
        notes=tuple(notes),
        seed=seed,
    )


# --- what changed since the plan


def _change_cases(start: Start, plan: Scenario, n: int, seed: int) -> list[Case]:
    """The plan with what was observed put in part by part, and the forecast with leaving as planned.

    A scenario that was fitted to data is no plan.
    """
    if FITTED in plan.bibliography:
        return []
    openings = _openings(start, seed)
    cases = [Case(_SITES, start.plan, openings, n)]
    ratio = _screening_ratio(start, plan)
    if ratio is not None:
        groups = {name: np.array([ratio]) for name in start.plan.sites}
        cases.append(Case(_SCREENING, start.plan, replace(openings, new_sites=groups), n))
    people = tuple(replace(someone, is_leaving_known=False, ended=None, way_out=None) for someone in start.state.people)
    cases.append(Case(_STAYING, start.scenario, replace(start.state, people=people), n))
    return cases


def _openings(start: Start, seed: int) -> ObservedState:
    """Day 0 of the plan, but with sites that open when they did, or when the forecast has them open."""
    design = Design(start.scenario)
    batch = Batch(design, seed, 0, _OPENINGS, observed=start.state)
    sites = {}
    for group in design.groups:
        days = np.median(batch.sites(group)[1], axis=1) if group.count else np.zeros(0)
        for row, day in enumerate(days.tolist()):
            known = start.state.sites.get((group.name, row))
            closed = known.closed if known is not None else None
            sites[(group.name, row)] = KnownSite(activated=day, closed=closed)
    return ObservedState(now=0.0, sites=sites)


def _screening_ratio(start: Start, plan: Scenario) -> float | None:
    """Share of those screened who are randomised, in the data over that in the plan; None where it is not known."""
    trial = start.trial
    if not trial.has_screening or not plan.screening.criteria:
        return None
    people = trial.people
    passed = int(np.count_nonzero(~np.isnan(people.randomised)))
    failed = int(np.count_nonzero((people.status == FAILED) & np.isnan(people.randomised)))
    if passed + failed < 10:
        return None
    futures = simulate_cases([Case("pass", plan, None, _OPENINGS)], 1, 1)[0].frame
    screened = futures["n_consented"] - futures["n_away_target_met"]
    planned = float(futures["n_randomised"].sum()) / max(float(screened.sum()), 1.0)
    return passed / (passed + failed) / planned if planned > 0 else None


def _capped(futures: Futures, milestone: str, n: int) -> Array:
    """Days of a milestone; never is the end of the simulated time."""
    days = futures.days(milestone)[:n]
    return np.where(np.isnan(days), futures.design.horizon_days, days)


def _changes(found: dict[str, Futures]) -> tuple[Change, ...]:
    """Days that each cause moved the medians of the milestones: the parts add up to the whole."""
    if _SITES not in found:
        return ()
    n = found[PLAN].case.replications
    picked = np.random.Generator(np.random.Philox(n)).integers(0, n, (_RESAMPLES, n))

    def moved(before: str, after: str) -> dict[str, Estimate]:
        return {
            name: _moved(_capped(found[before], name, n), _capped(found[after], name, n), picked) for name in CHANGED
        }

    stages = [PLAN, _SITES]
    if _SCREENING in found:
        stages.append(_SCREENING)
    stages += [_STAYING, FORECAST]
    causes = {
        _SITES: ("sites", "when sites opened, or are still to open"),
        _SCREENING: ("screening", "the share of those screened who are randomised"),
        _STAYING: ("rate", "how fast sites recruit, and chance so far"),
        FORECAST: ("dropout", "who has left, and when"),
    }
    changes = []
    for before, after in pairwise(stages):
        cause, note = causes[after]
        if after == _STAYING and _SCREENING not in found:
            note += "; the data do not tell screening apart, so it is in here"
        changes.append(Change(cause, moved(before, after), note))
    return (*changes, Change("in all", moved(PLAN, FORECAST), "the parts added up"))


def _moved(before: Array, after: Array, picked: Integers) -> Estimate:
    """Difference of two medians on the same random numbers; its 95 % interval by resampling replications."""
    differences = np.median(after[picked], axis=1) - np.median(before[picked], axis=1)
    low, high = np.quantile(differences, (0.025, 0.975)).tolist()
    return Estimate(float(np.median(after) - np.median(before)), low, high)


# --- what-ifs, and what is needed


def _differences(base: Futures, other: Futures) -> dict[str, Estimate]:
    """Median paired differences in days; a milestone that only one of them reaches is infinitely far."""
    found = {}
    for name in CHANGED:
        ours, theirs = (np.nan_to_num(futures.days(name), nan=np.inf) for futures in (base, other))
        with np.errstate(invalid="ignore"):
            difference = theirs - ours
        found[name] = intervals.quantile(np.where(np.isnan(difference), 0.0, difference), 0.5)
    return found


def _needed(start: Start, futures: Futures) -> tuple[NeededRate, ...]:
    """The rate that each planned date needs from now on."""
    trial, scenario = start.trial, start.scenario
    left = scenario.trial.target - trial.n_randomised
    if left <= 0:
        return ()
    follow_up = scenario.follow_up
    weeks = {
        "primary_completion": follow_up.primary_endpoint_week if follow_up else 0.0,
        "study_completion": follow_up.visit_weeks[-1] if follow_up else 0.0,
    }
    found = []
    for name, length in weeks.items():
        planned: date | None = getattr(scenario.trial.planned, name)
        if planned is None:
            continue
        by = planned - timedelta(days=int(np.ceil(length * WEEK_DAYS)))
        months = (by - trial.last).days / MONTH_DAYS
        if months <= 0:
            found.append(NeededRate(name, planned, by, float("inf"), Estimate(float("nan"), None, None)))
            continue
        clock = futures.design.clock
        more = futures.counts(np.array([clock.day_of(by) + 1]))[:, 0] - trial.n_randomised
        expected = intervals.quantile(more / months, 0.5)
        found.append(NeededRate(name, planned, by, left / months, expected))
    return tuple(found)
