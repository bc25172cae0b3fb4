"""Replications on this machine: in this process, or on several cores."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import CHUNK, Chunk, replicate_chunk
from sim.scenario.schema import Scenario

Task = tuple[int, int]  # first replication, how many

_AHEAD = 2  # chunks waiting for each worker, so that memory does not grow with the number of replications
_reducer: Reducer | None = None


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tasks(replications: int) -> list[Task]:
    """The replications of a run in chunks."""
    return [(first, min(CHUNK, replications - first)) for first in range(0, replications, CHUNK)]


def _prepare(scenario_json: str) -> None:
    """Make a worker ready; an interrupt is for the parent to deal with."""
    global _reducer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _reducer = Reducer(Design(Scenario.model_validate_json(scenario_json)))


def _work(seed: int, first: int, n: int, keep: int) -> Chunk:
    assert _reducer is not None
    return replicate_chunk(_reducer, seed, first, n, keep)


def simulate(
    scenario: Scenario, seed: int, keep: int, todo: list[Task], workers: int, done: Callable[[Chunk], None]
) -> None:
    """Simulate chunks and hand each over as it is finished, in any order.

    Args:
        scenario: the scenario.
        seed: the experiment's seed.
        keep: replications with a number below this are kept whole.
        todo: the chunks.
        workers: processes; 1 for this process alone.
        done: called with each finished chunk.
    """
    if workers <= 1 or len(todo) <= 1:
        reducer = Reducer(Design(scenario))
        for first, n in todo:
            done(replicate_chunk(reducer, seed, first, n, keep))
        return
    for chunk in _in_parallel(scenario, seed, keep, todo, min(workers, len(todo))):
        done(chunk)


def _in_parallel(scenario: Scenario, seed: int, keep: int, todo: list[Task], workers: int) -> Iterator[Chunk]:
    text = scenario.model_dump_json(by_alias=True)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_prepare, initargs=(text,))
    try:
        waiting = iter(todo)
        running: set[Future[Chunk]] = set()
        while True:
            for first, n in waiting:
                running.add(pool.submit(_work, seed, first, n, keep))
                if len(running) >= _AHEAD * workers:
                    break
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list((pool._processes or {}).values()):
            if process.is_alive() and running:
                process.terminate()
