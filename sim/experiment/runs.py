"""Runs of several scenarios, each in a folder of its own, on workers that they share.

What is finished is used again, what was stopped goes on, and nothing in a folder differs from a run alone.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.errors import RunInterrupted, WorkersLost
from sim.experiment.identity import Identity
from sim.experiment.replicate import Chunk, Task, replicate_chunk, tasks
from sim.experiment.results import Results
from sim.experiment.run import Progress, complete, no_progress, reuse
from sim.experiment.store import RunFolder
from sim.experiment.workers import interrupts_held, n_cores, start_worker
from sim.scenario.schema import Scenario

_AHEAD = 2  # chunks waiting for each worker
_MOST_LOSSES = 3  # times that a worker process may be killed before the runs give up


@dataclass
class _Run:
    """One run under way."""

    folder: RunFolder
    lock: AbstractContextManager[None]
    todo: list[Task]
    started: float = field(default_factory=time.time)

    @property
    def identity(self) -> Identity:
        return self.folder.identity


Job = tuple[_Run, Task]


@lru_cache(maxsize=4)
def _reducer(scenario_json: str) -> Reducer:
    return Reducer(Design(Scenario.model_validate_json(scenario_json)))


def _work(scenario_json: str, seed: int, first: int, n: int, keep: int) -> Chunk:
    return replicate_chunk(_reducer(scenario_json), seed, first, n, keep)


def _arguments(job: Job) -> tuple[str, int, int, int, int]:
    run, (first, n) = job
    identity = run.identity
    return identity.scenario.model_dump_json(by_alias=True), identity.seed, first, n, identity.keep


class _Several:
    """Runs that are opened one after another, and completed as their last chunk comes in."""

    def __init__(self, runs: Sequence[tuple[Identity, Path]], progress: Progress, command: str) -> None:
        self._runs = runs
        self._progress = progress
        self._command = command
        self._held: dict[Path, _Run] = {}
        self._total = sum(identity.ceiling for identity, _ in runs)
        self._done = 0
        progress(0, self._total)

    def jobs(self) -> Iterator[Job]:
        """The chunks that are still to be simulated, run by run."""
        for identity, path in self._runs:
            run = self._open(RunFolder(path, identity))
            if run is None:
                continue
            for task in list(run.todo):
                yield run, task
            if not run.todo and path in self._held:
                self._complete(run)  # every chunk was there already

    def _open(self, folder: RunFolder) -> _Run | None:
        lock = folder.locked()
        lock.__enter__()
        run = _Run(folder, lock, [])
        self._held[folder.path] = run
        if folder.is_complete():
            reuse(Results(folder.path))
            self._note(folder.identity.ceiling)
            self._release(run)
            return None
        folder.begin()
        run.todo = [task for task in tasks(folder.identity.ceiling) if task[0] not in folder.finished]
        self._note(folder.n_finished)
        return run

    def add(self, job: Job, chunk: Chunk) -> None:
        """Keep a finished chunk, and complete its run if it was the last."""
        run, task = job
        run.folder.add(chunk)
        run.todo.remove(task)
        self._note(chunk.n)
        if not run.todo:
            self._complete(run)

    def _note(self, n: int) -> None:
        self._done += n
        self._progress(self._done, self._total)

    def _complete(self, run: _Run) -> None:
        complete(run.folder, run.started, self._command)
        self._release(run)

    def _release(self, run: _Run) -> None:
        del self._held[run.folder.path]
        run.lock.__exit__(None, None, None)

    def release_all(self) -> None:
        """Let go of every folder, whatever happened."""
        for run in list(self._held.values()):
            self._release(run)

    def interrupted(self) -> RunInterrupted:
        """What to say when a person stops it."""
        return RunInterrupted(
            f"stopped after {self._done:,} of {self._total:,} replications of {len(self._runs)} scenarios; they are "
            "kept. The same command goes on from there"
        )


def run_several(
    runs: Sequence[tuple[Identity, Path]],
    *,
    workers: int | None = None,
    progress: Progress = no_progress,
    command: str = "",
) -> list[Results]:
    """Run several scenarios, each into its own folder.

    Args:
        runs: what to run and where; the same folder may be named again.
        workers: processes, shared by all runs; default: all cores. The results are the same bytes whatever it is.
        progress: called with replications done and in all, over all runs.
        command: the whole command, for the manifests.

    Returns:
        Results in the order of `runs`.

    Raises:
        ResultsError: a folder is of another run, is in use, is damaged, or cannot be written.
        RunInterrupted: stopped by hand; finished chunks are kept.
        WorkersLost: worker processes were killed again and again; finished chunks are kept.
    """
    different = list({path: (identity, path) for identity, path in runs}.values())
    several = _Several(different, progress, command)
    try:
        _simulate(several, n_cores() if workers is None else workers)
    except KeyboardInterrupt:
        raise several.interrupted() from None
    finally:
        several.release_all()
    return [Results(path) for _, path in runs]


def _simulate(several: _Several, workers: int) -> None:
    jobs = several.jobs()
    if workers <= 1:
        for job in jobs:
            several.add(job, _work(*_arguments(job)))
        return
    lost: list[Job] = []
    for losses in range(_MOST_LOSSES + 1):
        again, lost = lost, []
        try:
            _in_parallel(several, itertools.chain(again, jobs), workers, lost)
        except BrokenProcessPool:
            if losses == _MOST_LOSSES:
                raise WorkersLost(
                    f"worker processes were killed {losses + 1} times, perhaps for want of memory; what is finished is "
                    "kept. The same command with fewer --workers goes on from there"
                ) from None
            continue
        return


def _in_parallel(several: _Several, jobs: Iterator[Job], workers: int, lost: list[Job]) -> None:
    """Simulate jobs on a pool of workers; those that were under way when a worker was killed are added to `lost`."""
    first = next(jobs, None)
    if first is None:
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=start_worker)
    running: dict[Future[Chunk], Job] = {}
    try:
        for job in itertools.chain([first], jobs):
            lost.append(job)
            with interrupts_held():
                running[pool.submit(_work, *_arguments(job))] = job
            if len(running) >= _AHEAD * workers:
                _take_finished(several, running, lost)
        while running:
            _take_finished(several, running, lost)
    finally:
        _close(pool, is_busy=bool(running))


def _take_finished(several: _Several, running: dict[Future[Chunk], Job], lost: list[Job]) -> None:
    finished, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in finished:
        chunk, job = future.result(), running.pop(future)
        several.add(job, chunk)
        lost.remove(job)


def _close(pool: ProcessPoolExecutor, *, is_busy: bool) -> None:
    processes = list((pool._processes or {}).values()) if is_busy else []
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
