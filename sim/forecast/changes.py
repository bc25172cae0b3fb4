"""What changed since the plan: the plan is simulated again, each time with one more part as it was observed.

A difference between a plan and a forecast has no single cause that could be read off the data; parts are put in one by
one, in a fixed order, and each is counted with what it adds to those before it.

Attributes:
    FORECAST: name of the forecast among the simulations.
    PARTS: names of the stages from the plan to the forecast, in order.
    CHANGED: milestones whose shift is split.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim.analysis.intervals import Estimate
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.observed import KnownSite, ObservedState
from sim.exchange.observed import FAILED
from sim.forecast.continued.futures import PLAN, Case, Futures, plan_case
from sim.forecast.continued.state import Start

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_TRIALS = 64  # number of simulated trials of each stage between plan and forecast
_RESAMPLES = 400
_MOST_RESAMPLED = 2000  # maximum number of simulated trials of forecast or plan that are resampled
_OPENINGS = 96
FORECAST = "forecast"
_SITES, _SCREENING, _STAYING = "plan, sites as they opened", "plan, sites and screening", "forecast, leaving as planned"
PARTS = (PLAN, _SITES, _SCREENING, _STAYING, FORECAST)
CHANGED = ("last_randomised", "primary_completion", "database_lock")


@dataclass(frozen=True)
class Change:
    """One part of what changed since the plan.

    Attributes:
        cause: sites, screening, rate or dropout.
        days: days by which it moved the median of each milestone of `CHANGED`, with its interval; above 0 is later.
        note: what the part includes, or why its size is unknown.
    """

    cause: str
    days: dict[str, Estimate]
    note: str


def change_cases(start: Start, plan: Futures, replications: int, seed: int) -> list[Case]:
    """Define the simulations between plan and forecast: observed parts are put in one by one, leaving last.

    Args:
        start: where the trial stands.
        plan: simulated trials of the plan, or of a shortened plan.
        replications: number of replications of the forecast; the stages have at most as many.
        seed: seed of the random numbers.

    Returns:
        Cases for `simulate_cases`; the forecast itself is not among them.
    """
    n = min(replications, plan_case(start.plan).replications, _TRIALS)
    openings = _openings(start, seed)
    cases = [Case(_SITES, start.plan, openings, n, milestones_only=True)]
    ratio = _screening_ratio(start, plan)
    if ratio is not None:
        groups = {name: np.array([ratio]) for name in start.plan.sites}
        cases.append(Case(_SCREENING, start.plan, replace(openings, new_sites=groups), n, milestones_only=True))
    people = tuple(replace(someone, is_leaving_known=False, ended=None, way_out=None) for someone in start.state.people)
    cases.append(Case(_STAYING, start.scenario, replace(start.state, people=people), n, milestones_only=True))
    return cases


def _openings(start: Start, seed: int) -> ObservedState:
    """Day 0 of the plan, but with sites that open when they did, or when the forecast opens them."""
    design = Design(start.scenario)
    batch = Batch(design, seed, 0, _OPENINGS, observed=start.state)
    sites = {}
    for group in design.groups:
        days = np.median(batch.sites(group)[1], axis=1) if group.count else np.zeros(0)
        for row, day in enumerate(days.tolist()):
            if np.isinf(day):
                continue  # it waits for an amendment
            known = start.state.sites.get((group.name, row))
            closed, closing = (None, None) if known is None else (known.closed, known.closing)
            sites[(group.name, row)] = KnownSite(activated=day, closed=closed, closing=closing)
    return ObservedState(now=0.0, sites=sites)


def _screening_ratio(start: Start, plan: Futures) -> float | None:
    """Share of screened people who are randomised, in the data over that in the plan; None where it is not known."""
    trial = start.trial
    rules = plan.case.scenario.screening
    if not trial.has_screening or not (rules.criteria or rules.failure != 0):
        return None
    people = trial.people
    passed = int(np.count_nonzero(~np.isnan(people.randomised)))
    failed = int(np.count_nonzero((people.status == FAILED) & np.isnan(people.randomised)))
    if passed + failed < 10:
        return None
    screened = float((plan.measure("n_consented") - plan.measure("n_away_target_met")).sum())
    planned = float(plan.measure("n_randomised").sum()) / max(screened, 1.0)
    return passed / (passed + failed) / planned if planned > 0 else None


def _capped(futures: Futures, milestone: str) -> Array:
    """Days of a milestone; never becomes the end of the simulated time."""
    days = futures.days(milestone)
    return np.where(np.isnan(days), futures.design.horizon_days, days)


def changes_since(plan: Futures, found: dict[str, Futures]) -> tuple[Change, ...]:
    """Split the shift of the milestones since the plan by cause. The parts add up to the whole.

    Args:
        plan: simulated trials of the plan.
        found: simulated trials of the forecast and of `change_cases`, by name.

    Returns:
        One change per cause.
    """
    found = {PLAN: plan} | found
    stages = [name for name in PARTS if name in found]
    causes = {
        _SITES: ("sites", "when sites opened, or are still to open"),
        _SCREENING: ("screening", "the share of those screened who are randomised"),
        _STAYING: ("rate", "how fast sites recruit, and chance so far"),
        FORECAST: ("dropout", "who has left, and when"),
    }
    days: dict[str, list[Estimate]] = {name: _moved(found, stages, name) for name in CHANGED}
    changes = []
    for i, after in enumerate(stages[1:]):
        cause, note = causes[after]
        if after == _STAYING and _SCREENING not in found:
            note += "; the data do not tell screening apart, so it is in here"
        changes.append(Change(cause, {name: moved[i] for name, moved in days.items()}, note))
    whole = {name: moved[-1] for name, moved in days.items()}
    return (*changes, Change("in all", whole, "the parts added up"))


def _moved(found: dict[str, Futures], stages: list[str], milestone: str) -> list[Estimate]:
    """Differences of medians from each stage to the next, then from the first to the last.

    All stages are on the same random numbers, but the plan and the forecast have more simulated trials than the stages
    between them. The medians of plan and forecast use all their trials. The median of a stage is that of its neighbour
    (plan or forecast) plus their difference on the trials that both have. The 95 % intervals are from resampling
    trials.
    """
    n = min(found[name].case.replications for name in stages)
    random = np.random.Generator(np.random.Philox(n))
    picked = np.vstack((np.arange(n), random.integers(0, n, (_RESAMPLES, n))))  # the first row is not resampled
    medians = {name: _medians(_capped(found[name], milestone)[picked]) for name in stages}
    for end, near in ((PLAN, (PLAN, _SITES, _SCREENING)), (FORECAST, (_STAYING, FORECAST))):
        total = min(found[end].case.replications, _MOST_RESAMPLED)
        others = np.arange(n, total)
        more = np.vstack((others, random.choice(others, (_RESAMPLES, total - n)) if total > n else picked[1:, :0]))
        further = _medians(_capped(found[end], milestone)[np.hstack((picked, more))]) - medians[end]
        medians |= {name: medians[name] + further for name in near if name in medians}
    steps = [*pairwise(stages), (stages[0], stages[-1])]
    return [_estimate(medians[after] - medians[before]) for before, after in steps]


def _medians(rows: Array) -> Array:
    """The median day of each row: the smallest day that at least half do not exceed, as in all tables."""
    middle = (rows.shape[1] + 1) // 2 - 1
    return np.asarray(np.partition(rows, middle, axis=1)[:, middle])


def _estimate(differences: Array) -> Estimate:
    """The first value, with the central 95 % of the others as its interval."""
    low, high = np.quantile(differences[1:], (0.025, 0.975)).tolist()
    return Estimate(float(differences[0]), low, high)
