"""Replications as pure functions: scenario, seed and number decide every event, wherever and however they run.

Because of that, a chunk can be simulated on any machine and twice without harm, and a single replication can be played
again from the folder of a run.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis.logs import Logs
from sim.analysis.reduce import Reducer
from sim.compiled import ready
from sim.compiled.choice import COMPILED, SIMPY, is_compiled
from sim.continued import ContinuedTrial
from sim.core.batch import Batch, replications_at_once
from sim.core.design import Design
from sim.core.events import Log
from sim.core.garbage import collected_between_trials
from sim.core.observed import ObservedState
from sim.core.unknowns import Quantiles
from sim.errors import ReplicationFailed
from sim.scenario.extension_files import blamed
from sim.trial import Trial

Array = npt.NDArray[np.float64]

CHUNK = 96  # replications that are computed and stored together; no result depends on it
_MOST_ROWS = 200_000  # rows of logs that wait to be measured, which take 11 MB


Task = tuple[int, int]  # first replication, how many


def tasks(replications: int) -> list[Task]:
    """Split the replications of a run into chunks.

    Args:
        replications: number of replications.

    Returns:
        First replication and size of each chunk; all but the last have `CHUNK` replications.
    """
    return [(first, min(CHUNK, replications - first)) for first in range(0, replications, CHUNK)]


@dataclass(frozen=True)
class Failure:
    """A replication that raised an exception, which is a defect of the program.

    Attributes:
        replication: its number.
        error: the exception in one line.
        trace: the whole traceback.
    """

    replication: int
    error: str
    trace: str


def refuse_failed(failures: Sequence[Failure], where: str = "") -> None:
    """Check that no replication failed. An answer from the other replications alone could be wrong by any amount.

    Args:
        failures: replications that raised an exception.
        where: where a reader finds the details, for the message.

    Raises:
        ReplicationFailed: at least one replication failed.
    """
    if failures:
        first = failures[0]
        count = "a simulated trial" if len(failures) == 1 else f"{len(failures):,} simulated trials"
        raise ReplicationFailed(
            f"{count} failed, so there is no answer; this is a defect of trialclock, please report it: "
            f"replication {first.replication}, {first.error}{where}"
        )


@dataclass
class Chunk:
    """Consecutive replications, reduced to their measures.

    Attributes:
        first: number of the first replication.
        values: (n, measures) values in the order of `Reducer.names`; all NaN for a replication that raised an
            exception.
        randomised_days: for each replication, (participants,) the day on which each was randomised.
        kept: by replication number, the event tables that are kept; see `sim.core.events`.
        failures: replications that raised an exception.
        engine: what simulated them; see `sim.compiled.choice`.
    """

    first: int
    values: Array
    randomised_days: list[Array]
    kept: dict[int, Array] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    engine: str = SIMPY

    @property
    def n(self) -> int:
        """Number of replications."""
        return len(self.values)


def replicate(design: Design, seed: int, replication: int, quantiles: Quantiles | None = None) -> Log:
    """Simulate one trial.

    Args:
        design: the scenario, made ready.
        seed: the experiment's seed.
        replication: number of the replication, from 0.
        quantiles: for sensitivity analysis, probabilities that fix uncertain values instead of random ones, by path.

    Returns:
        The log of all its events.

    Raises:
        InputError: an extension raised an exception.
    """
    batch = Batch(design, seed, replication, 1, quantiles)
    try:
        return Trial(batch, replication).run()
    except Exception as error:
        fault = blamed(error)
        if fault is None:
            raise
        raise fault from None


def _batches(design: Design, first: int, n: int, compiled: bool) -> Iterator[tuple[int, int]]:
    start, end = first, first + n
    while start < end:
        size = replications_at_once(design)
        if compiled:
            size = ready.engine().replications_at_once(design, size, _MOST_ROWS)
        yield start, min(size, end - start)
        start += size


def replicate_chunk(
    reducer: Reducer,
    seed: int,
    first: int,
    n: int,
    keep: int = 0,
    quantiles: Quantiles | None = None,
    sites_of: int | None = None,
    observed: ObservedState | None = None,
) -> Chunk:
    """Simulate several trials, and reduce them to their measures.

    Args:
        reducer: computes the measures; it holds the design.
        seed: the experiment's seed.
        first: number of the first replication.
        n: number of replications.
        keep: the events of replications with a number below this are kept.
        quantiles: for sensitivity analysis, as for `replicate`: one probability for all, or (n,).
        sites_of: for sensitivity analysis, number of the first replication from which to take the sites (their rates
            and start-up) instead of their own.
        observed: the state of a running trial from which the replications continue.

    Returns:
        The chunk. A replication that raised an exception is among its failures.

    Raises:
        InputError: an extension raised an exception.
    """
    chunk = Chunk(first, np.full((n, len(reducer.names)), np.nan), [np.zeros(0)] * n)
    compiled = observed is None and is_compiled(reducer.design, n)
    chunk.engine = COMPILED if compiled else SIMPY
    waiting = _Waiting(reducer, chunk, keep)
    with collected_between_trials() as collect:
        for start, size in _batches(reducer.design, first, n, compiled):
            sites = None if sites_of is None else sites_of + start - first
            batch = Batch(reducer.design, seed, start, size, _part(quantiles, start - first, size), sites, observed)
            if compiled:
                _add_compiled(batch, waiting, chunk)
                continue
            for replication in range(start, start + size):
                with _failure_kept(chunk, replication):
                    waiting.add(replication, _simulated(batch, replication), [batch.unknowns(replication).values])
                collect()
        waiting.measure()
    chunk.failures.sort(key=lambda failure: failure.replication)
    return chunk


@contextmanager
def _failure_kept(chunk: Chunk, replication: int) -> Iterator[None]:
    """Keep an exception among the failures of a chunk; one of an extension is raised."""
    try:
        yield
    except Exception as error:
        fault = blamed(error)
        if fault is not None:
            raise fault from None
        summary = f"{type(error).__name__}: {error}"
        chunk.failures.append(Failure(replication, summary, traceback.format_exc()))


def _add_compiled(batch: Batch, waiting: _Waiting, chunk: Chunk) -> None:
    """Simulate a batch on the compiled engine, and on SimPy what is too much for it."""
    replication, end = batch.first, batch.first + batch.n
    while replication < end:
        for written in ready.engine().simulated(batch, replication - batch.first):
            logs = Logs(*written)
            values = [batch.unknowns(replication + i).values for i in range(logs.n)]
            waiting.add(replication, logs, values)
            replication += logs.n
        if replication < end:
            with _failure_kept(chunk, replication):
                waiting.add(replication, _simulated(batch, replication), [batch.unknowns(replication).values])
            replication += 1


def _simulated(batch: Batch, replication: int) -> Logs:
    trial = Trial(batch, replication) if batch.observed is None else ContinuedTrial(batch, replication)
    return Logs.of(trial.run())


class _Simulated(NamedTuple):
    """Consecutive replications: the number of the first, their events, and the uncertain values of each by path."""

    first: int
    logs: Logs
    uncertain: Sequence[Mapping[str, float]]

    def each(self) -> Iterator[_Simulated]:
        """Each of them alone."""
        for i, (logs, uncertain) in enumerate(zip(self.logs.each(), self.uncertain, strict=True)):
            yield _Simulated(self.first + i, logs, [uncertain])


class _Waiting:
    """Replications that are simulated and not yet measured, because measuring many at once costs little more than one.

    Args:
        reducer: computes the measures.
        chunk: takes the measures.
        keep: the events of replications with a number below this are kept.
    """

    def __init__(self, reducer: Reducer, chunk: Chunk, keep: int) -> None:
        self._reducer = reducer
        self._chunk = chunk
        self._keep = keep
        self._waiting: list[_Simulated] = []
        self._n_rows = 0

    def add(self, first: int, logs: Logs, uncertain: Sequence[Mapping[str, float]]) -> None:
        """Add consecutive replications and their uncertain values; measure those that wait if they take much memory.

        Args:
            first: number of the first.
            logs: their events.
            uncertain: the uncertain values of each, by path.
        """
        self._waiting.append(_Simulated(first, logs, uncertain))
        self._n_rows += logs.n_rows
        if self._n_rows > _MOST_ROWS:
            self.measure()

    def measure(self) -> None:
        """Measure all that wait; if that raises an exception, one by one, to find those that fail."""
        waiting, self._waiting, self._n_rows = self._waiting, [], 0
        if not waiting:
            return
        try:
            self._measure(waiting)
        except Exception:
            for each in waiting:
                for one in each.each():
                    with _failure_kept(self._chunk, one.first):
                        self._measure([one])

    def _measure(self, simulated: Sequence[_Simulated]) -> None:
        chunk, logs = self._chunk, Logs.joined([each.logs for each in simulated])
        reduced = self._reducer(logs, [one for each in simulated for one in each.uncertain])
        replications = [each.first + i for each in simulated for i in range(each.logs.n)]
        for i, replication in enumerate(replications):
            chunk.values[replication - chunk.first] = reduced.measures[i]
            chunk.randomised_days[replication - chunk.first] = reduced.randomised_days[i]
            if replication < self._keep:
                chunk.kept[replication] = logs.table(i)


def _part(quantiles: Quantiles | None, start: int, n: int) -> Quantiles | None:
    """Probabilities for some of the replications."""
    if quantiles is None:
        return None
    return {path: p[start : start + n] if isinstance(p, np.ndarray) else p for path, p in quantiles.items()}
