"""Replications on this machine: in this process, or on several cores."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from multiprocessing import get_context, parent_process

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.errors import WorkersLost
from sim.experiment.replicate import Chunk, Task, replicate_chunk
from sim.scenario.schema import Scenario

_AHEAD = 2  # chunks waiting for each worker, so that memory does not grow with the number of replications
_MOST_LOSSES = 3  # times that a worker process may be killed before the run gives up
_reducer: Reducer | None = None


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare(scenario_json: str) -> None:
    """Make a worker ready."""
    global _reducer
    start_worker()
    _reducer = Reducer(Design(Scenario.model_validate_json(scenario_json)))


def start_worker() -> None:
    """Begin a worker process: an interrupt is for the parent to deal with, and the worker ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would otherwise wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


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

    Raises:
        WorkersLost: worker processes were killed again and again.
    """
    if workers <= 1 or len(todo) <= 1:
        reducer = Reducer(Design(scenario))
        for first, n in todo:
            done(replicate_chunk(reducer, seed, first, n, keep))
        return
    left = dict(todo)
    for losses in range(_MOST_LOSSES + 1):
        try:
            with closing(_in_parallel(scenario, seed, keep, list(left.items()), min(workers, len(left)))) as chunks:
                for chunk in chunks:
                    done(chunk)
                    del left[chunk.first]
            return
        except BrokenProcessPool:
            if losses == _MOST_LOSSES:
                raise WorkersLost(
                    f"worker processes were killed {losses + 1} times, perhaps for want of memory; what is finished is "
                    "kept. The same command with fewer --workers goes on from there"
                ) from None


def _in_parallel(
    scenario: Scenario, seed: int, keep: int, todo: list[Task], workers: int
) -> Generator[Chunk, None, None]:
    text = scenario.model_dump_json(by_alias=True)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_prepare, initargs=(text,))
    waiting = iter(todo)
    running: set[Future[Chunk]] = set()
    try:
        while True:
            for first, n in waiting:
                with interrupts_held():
                    running.add(pool.submit(_work, seed, first, n, keep))
                if len(running) >= _AHEAD * workers:
                    break
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        processes = list((pool._processes or {}).values()) if running else []
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Start processes that never see Ctrl-C, also while they start; for the parent it is only held back."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
