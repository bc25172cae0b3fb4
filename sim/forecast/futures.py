"""Many replications of trials under way, and of plans, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.measures import measures
from sim.analysis.reduce import Reducer
from sim.analysis.tables import replication_table
from sim.core.design import Design
from sim.core.observed import ObservedState
from sim.errors import TrialclockError
from sim.experiment.replicate import Chunk, replicate_chunk
from sim.experiment.workers import start_worker
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

_PART = 96  # replications that a worker simulates at a time; no result depends on it
_STEP_DAYS = 7.0


@dataclass(frozen=True)
class Case:
    """A scenario to simulate.

    Attributes:
        name: what to call it.
        scenario: the scenario.
        state: the state to go on from; None for the plan, from day 0.
        replications: how many.
    """

    name: str
    scenario: Scenario
    state: ObservedState | None
    replications: int


@dataclass(frozen=True, eq=False)
class Futures:
    """Simulated trials of a case.

    Attributes:
        case: the case.
        values: (n, measures) as in `replications.parquet`.
        randomised_days: of each, when each participant was randomised.
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
        """A row a replication, as in `replications.parquet`."""
        found: pd.DataFrame = replication_table(measures(self.design), 0, self.values).to_pandas()
        return found

    def days(self, milestone: str) -> Array:
        """Day of a milestone in each replication; NaN where it never came."""
        return self.frame[f"day_{milestone}"].to_numpy(dtype=np.float64)

    def counts(self, days: Array) -> Array:
        """(n, days) participants randomised by each day."""
        return np.array(
            [np.searchsorted(found, days, side="right") for found in self.randomised_days], dtype=np.float64
        )

    def fan(self, start: float, end: float, probabilities: Sequence[float]) -> tuple[Array, Array]:
        """Days, and (probabilities, days) quantiles of the number randomised by then."""
        days = np.append(np.arange(start, end, _STEP_DAYS), end)
        found: Array = np.quantile(self.counts(days), probabilities, axis=0, method="inverted_cdf")
        return days, found


_cases: list[tuple[Reducer, ObservedState | None]] = []


def _prepare(texts: list[str], states: list[ObservedState | None]) -> None:
    start_worker()
    _cases[:] = [
        (Reducer(Design(Scenario.model_validate_json(text))), state) for text, state in zip(texts, states, strict=True)
    ]


def _work(case: int, seed: int, first: int, n: int) -> Chunk:
    reducer, state = _cases[case]
    return replicate_chunk(reducer, seed, first, n, observed=state)


def simulate_cases(
    cases: Sequence[Case], seed: int, workers: int, progress: Progress = lambda _done, _total: None
) -> list[Futures]:
    """Simulate cases on the same random numbers.

    Args:
        cases: what to simulate.
        seed: where random numbers start.
        workers: processes; 1 for this one alone. No value depends on it.
        progress: called with replications done and in all.

    Raises:
        TrialclockError: a replication raised, which is a defect.
    """
    jobs = [
        (i, first, min(_PART, case.replications - first))
        for i, case in enumerate(cases)
        for first in range(0, case.replications, _PART)
    ]
    total, done = sum(n for _, _, n in jobs), 0
    chunks: list[list[Chunk]] = [[] for _ in cases]
    texts, states = [case.scenario.model_dump_json(by_alias=True) for case in cases], [case.state for case in cases]
    if workers <= 1 or len(jobs) <= 1:
        ready = [(Reducer(Design(case.scenario)), case.state) for case in cases]
        for i, first, n in jobs:
            chunks[i].append(replicate_chunk(ready[i][0], seed, first, n, observed=ready[i][1]))
            done += n
            progress(done, total)
    else:
        with ProcessPoolExecutor(
            min(workers, len(jobs)), get_context("spawn"), initializer=_prepare, initargs=(texts, states)
        ) as pool:
            waiting = [pool.submit(_work, i, seed, first, n) for i, first, n in jobs]
            for (i, _, n), future in zip(jobs, waiting, strict=True):
                chunks[i].append(future.result())
                done += n
                progress(done, total)
    failures = [failure for found in chunks for chunk in found for failure in chunk.failures]
    if failures:
        raise TrialclockError(f"replication {failures[0].replication} failed: {failures[0].error}\n{failures[0].trace}")
    return [
        Futures(case, np.concatenate([chunk.values for chunk in found]), [d for c in found for d in c.randomised_days])
        for case, found in zip(cases, chunks, strict=True)
    ]
