"""Simulates many replications of running trials and of plans, on all cores.

All futures of a question have the same random numbers in the same places, so that differences between a plan, the trial
and a what-if are paired.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.measures import measures
from sim.analysis.tables import replication_table
from sim.core.design import Design
from sim.core.observed import ObservedState
from sim.experiment.reducers import reducer_of
from sim.experiment.replicate import Chunk, refuse_failed, replicate_chunk
from sim.experiment.workers import Workers
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario

PLAN = "plan"  # name of its case

Array = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]
Simulators = Workers[int]

_PART = 96  # replications per job, fewer for a large trial; no result depends on it
_PART_PEOPLE = 100_000  # participants per job
_STEP_DAYS = 7.0
_PLANNED = 96  # number of simulated trials of a plan
_FEWEST_PLANNED = 8
_PLANNED_PEOPLE = 400_000  # participants in all of these
_SHORT = 512  # maximum participants of a plan simulated for its shares, which do not depend on its size


@dataclass(frozen=True)
class Case:
    """A scenario to simulate.

    Attributes:
        name: its name in the results.
        scenario: the scenario.
        state: the state from which to continue; None for a plan from day 0.
        replications: number of replications.
        milestones_only: whether to measure only the milestones, which is faster.
    """

    name: str
    scenario: Scenario
    state: ObservedState | None
    replications: int
    milestones_only: bool = False


@dataclass(frozen=True, eq=False)
class Futures:
    """Simulated trials of a case.

    Attributes:
        case: the case.
        values: (n, measures) as in `replications.parquet`.
        randomised_days: for each replication, (participants,) day on which each was randomised.
    """

    case: Case
    values: Array
    randomised_days: list[Array]

    @cached_property
    def design(self) -> Design:
        """The scenario, made ready."""
        return Design(self.case.scenario)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per replication, as in `replications.parquet`."""
        found: pd.DataFrame = replication_table(measures(self.design), 0, self.values).to_pandas()
        return found

    def days(self, milestone: str) -> Array:
        """Return (n,) days of a milestone; NaN where it never came.

        Args:
            milestone: one of `sim.analysis.measures.MILESTONES`.
        """
        return self.measure(f"day_{milestone}")

    def measure(self, name: str) -> Array:
        """Return (n,) values of a column of `replications.parquet`.

        Args:
            name: name of a measure of the scenario; a milestone's day is `day_<milestone>`.

        Raises:
            ValueError: the scenario has no such measure.
        """
        found: Array = self.values[:, [measure.name for measure in measures(self.design)].index(name)]
        return found

    def counts(self, days: Array) -> Array:
        """Count participants randomised by each day.

        Args:
            days: (k,) days since day 0.

        Returns:
            (n, k) numbers.
        """
        return np.array(
            [np.searchsorted(found, days, side="right") for found in self.randomised_days], dtype=np.float64
        )

    def fan(self, start: float, end: float, probabilities: Sequence[float]) -> tuple[Array, Array]:
        """Compute quantiles of the number randomised over time, for a fan chart.

        Args:
            start: first day, since day 0.
            end: last day.
            probabilities: (p,) probabilities.

        Returns:
            (k,) days, and (p, k) quantiles.
        """
        days = np.append(np.arange(start, end, _STEP_DAYS), end)
        found: Array = np.quantile(self.counts(days), probabilities, axis=0, method="inverted_cdf")
        return days, found


def _work(
    text: str, state: ObservedState | None, seed: int, first: int, n: int, milestones_only: bool = False
) -> Chunk:
    """Simulate some replications of a case, in a worker or in this process."""
    reducer = reducer_of(text, "milestones" if milestones_only else "everything")
    return replicate_chunk(reducer, seed, first, n, observed=state)


@lru_cache(maxsize=4)
def _in_short(text: str, seed: int) -> Chunk:
    return _work(text, None, seed, 0, _PLANNED)


def is_short(scenario: Scenario) -> bool:
    """Return whether a plan is small enough to be simulated whole for its shares.

    Args:
        scenario: the plan; its target decides.
    """
    return scenario.trial.target <= _SHORT


def plan_in_short(scenario: Scenario, seed: int) -> Futures:
    """Simulate the plan from its day 0 in this process, to learn its shares.

    A large plan is simulated with fewer participants, since its shares are the same. The result is cached.

    Args:
        scenario: the plan.
        seed: seed of the random numbers.

    Returns:
        The simulated trials.

    Raises:
        ReplicationFailed: a replication raised an exception, which is a defect.
    """
    if not is_short(scenario):
        data = json.loads(canonical(scenario))
        data["trial"]["target"] = _SHORT
        scenario = scenario_from_json(data, scenario.name)
    chunk = _in_short(_text(scenario), seed)
    _raise_failures([chunk])
    return Futures(plan_case(scenario), chunk.values, chunk.randomised_days)


def plan_case(scenario: Scenario) -> Case:
    """Return the case of a plan, with a number of replications that suits its size.

    Args:
        scenario: the plan, as it was before the data.
    """
    n = min(_PLANNED, max(_FEWEST_PLANNED, _PLANNED_PEOPLE // scenario.trial.target))
    return Case(PLAN, scenario, None, n)


def _text(scenario: Scenario) -> str:
    return scenario.model_dump_json(by_alias=True)


def _raise_failures(chunks: Sequence[Chunk]) -> None:
    refuse_failed([failure for chunk in chunks for failure in chunk.failures])


@contextmanager
def simulators(n: int) -> Iterator[Simulators | None]:
    """Start the processes that will simulate cases.

    Args:
        n: number of processes.

    Yields:
        The processes; None where this process simulates alone.
    """
    if n <= 1:
        yield None
        return
    with Workers[int](n) as workers:
        workers.start_for(_work)
        yield workers


def simulate_cases(
    cases: Sequence[Case],
    seed: int,
    workers: Simulators | None,
    progress: Progress = lambda _done, _total: None,
) -> list[Futures]:
    """Simulate cases on the same random numbers.

    Args:
        cases: what to simulate.
        seed: seed of the random numbers.
        workers: from `simulators`; None for this process alone. Never changes results.
        progress: called with the replications done and the total.

    Returns:
        The simulated trials of each case, in order.

    Raises:
        ReplicationFailed: a replication raised an exception, which is a defect.
        WorkersLost: worker processes were killed repeatedly.
    """
    jobs = [
        (i, first, min(part, case.replications - first))
        for i, case in enumerate(cases)
        for part in (max(1, min(_PART, _PART_PEOPLE // case.scenario.trial.target)),)
        for first in range(0, case.replications, part)
    ]
    texts = [_text(case.scenario) for case in cases]
    total, done = sum(n for _, _, n in jobs), 0
    found: dict[int, Chunk] = {}
    arguments = [(texts[i], cases[i].state, seed, first, n, cases[i].milestones_only) for i, first, n in jobs]
    if workers is None:
        answers: Iterable[tuple[int, Chunk]] = ((j, _work(*arguments[j])) for j in range(len(jobs)))
    else:
        answers = workers.do(_work, enumerate(arguments))
    for j, chunk in answers:
        found[j] = chunk
        done += chunk.n
        progress(done, total)
    chunks: list[list[Chunk]] = [[] for _ in cases]
    for j, (i, _, _) in enumerate(jobs):
        chunks[i].append(found[j])
    _raise_failures(list(found.values()))
    return [
        Futures(case, np.concatenate([c.values for c in parts]), [d for c in parts for d in c.randomised_days])
        for case, parts in zip(cases, chunks, strict=True)
    ]
