"""Replications on several cores of this machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from multiprocessing import get_context, parent_process
from typing import Self

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.errors import WorkersLost
from sim.experiment.crew import Alone, Job
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


class Cores:
    """Processes on this machine, started when there is work for more than one, and kept until the end.

    Args:
        job: what is simulated.
        workers: processes.
    """

    def __init__(self, job: Job, workers: int) -> None:
        self._job = job
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._let_go()

    def simulate(self, todo: Iterable[Task]) -> Generator[Chunk, None, None]:
        """Simulate chunks side by side. Workers that are killed are replaced.

        Raises:
            WorkersLost: workers were killed again and again.
        """
        left = dict(todo)
        if len(left) <= 1 and self._pool is None:
            yield from Alone(self._job).simulate(left.items())
            return
        for losses in range(_MOST_LOSSES + 1):
            try:
                with closing(self._in_parallel(list(left.items()))) as chunks:
                    for chunk in chunks:
                        del left[chunk.first]
                        yield chunk
                return
            except BrokenProcessPool:
                self._let_go()
                if losses == _MOST_LOSSES:
                    raise WorkersLost(
                        f"worker processes were killed {losses + 1} times, perhaps for want of memory; what is "
                        "finished is kept. The same command with fewer --workers goes on from there"
                    ) from None

    def _in_parallel(self, todo: list[Task]) -> Generator[Chunk, None, None]:
        pool = self._started()
        waiting = iter(todo)
        running: set[Future[Chunk]] = set()
        while True:
            for first, n in waiting:
                with interrupts_held():
                    running.add(pool.submit(_work, self._job.seed, first, n, self._job.keep))
                if len(running) >= _AHEAD * self._workers:
                    break
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            text = self._job.scenario.model_dump_json(by_alias=True)
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, context, initializer=_prepare, initargs=(text,))
        return self._pool

    def _let_go(self) -> None:
        """End the workers; what they are at is not waited for."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        processes = list((pool._processes or {}).values())
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
