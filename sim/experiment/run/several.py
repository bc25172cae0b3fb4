"""Runs several scenarios on shared workers, each in a folder of its own.

Finished runs are used again and stopped ones continue. Each folder is the same as that of a run made alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from sim.errors import RunInterrupted
from sim.experiment.crew import simulate_chunk
from sim.experiment.execution import Execution
from sim.experiment.identity import Identity
from sim.experiment.replicate import Chunk, Task, tasks
from sim.experiment.run.execute import NOTHING_ELSE, complete, present, reuse
from sim.experiment.run.folder import RunFolder
from sim.experiment.run.results import Results


@dataclass
class _Run:
    """One run under way.

    Attributes:
        folder: its folder.
        lock: the lock on it, which is held.
        todo: chunks that are still to be simulated.
        started: when it was opened, in seconds since 1970, for the manifest.
    """

    folder: RunFolder
    lock: AbstractContextManager[None]
    todo: list[Task]
    started: float = field(default_factory=time.time)

    @property
    def identity(self) -> Identity:
        return self.folder.identity


Job = tuple[_Run, Task]


class _Several:
    """Runs that are opened one after another, and completed when their last chunk arrives."""

    def __init__(self, runs: Sequence[tuple[Identity, Path]], execution: Execution) -> None:
        self._runs = runs
        self._execution = execution
        self._held: dict[Path, _Run] = {}
        self._total = sum(identity.ceiling for identity, _ in runs)
        self._done = 0
        execution.progress(0, self._total)

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
        """Lock a run's folder, and find what is still to be done.

        Returns:
            The run; None if it was finished before, in which case it is used again.
        """
        lock = folder.locked()
        lock.__enter__()
        run = _Run(folder, lock, [])
        self._held[folder.path] = run
        if folder.is_complete():
            if not folder.is_presented(as_typed=False):
                present(Results(folder.path), folder.identity)
            reuse(Results(folder.path), self._execution, NOTHING_ELSE)
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
        self._execution.progress(self._done, self._total)

    def _complete(self, run: _Run) -> None:
        complete(run.folder, run.started, self._execution, NOTHING_ELSE)
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
            "kept. Run the same command again to continue"
        )


def run_several(
    runs: Sequence[tuple[Identity, Path]],
    execution: Execution,
) -> list[Results]:
    """Run several scenarios, each in its own folder.

    Args:
        runs: what to run and where; a folder may be named more than once.
        execution: how they are executed; all runs share the workers.

    Returns:
        Results in the order of `runs`.

    Raises:
        UsageError: the cluster cannot be used.
        ResultsError: a folder belongs to another run, is in use or damaged, or cannot be written.
        RunInterrupted: the user stopped it; finished chunks are kept.
        WorkersLost: workers were lost repeatedly; finished chunks are kept.
    """
    different = list({path: (identity, path) for identity, path in runs}.values())
    several = _Several(different, execution)
    if not different:
        return []
    try:
        with execution.crew() as crew:
            jobs = (((run, task), run.identity.arguments(*task)) for run, task in several.jobs())
            for job, chunk in crew.do(simulate_chunk, jobs):
                several.add(job, chunk)
    except KeyboardInterrupt:
        raise several.interrupted() from None
    finally:
        several.release_all()
    return [Results(path) for _, path in runs]
