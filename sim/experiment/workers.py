"""A pool of processes on this machine.

The pools of the standard library and of joblib share one pipe for all answers. A worker that is killed while it writes
leaves half an answer there, and the parent waits forever. Here each worker has its own pipe, which closes with it. A
lost worker is replaced and its jobs are repeated.
"""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process, spawn
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Generic, Self, TypeVar

from sim.errors import WorkersLost
from sim.experiment.forks import METHOD, interrupts_held, prepare_forks
from sim.scenario.extension_files import take_over, texts

MOST_LOSSES = 3  # workers that may be killed before the work is given up

_AHEAD = 2  # jobs per worker, one of them waiting, so that memory does not grow with the number of jobs
_GRACE_SECONDS = 5.0  # for a worker to end

Key = TypeVar("Key")
Arguments = tuple[Any, ...]


def n_cores() -> int:
    """Return the number of cores that this process may use.

    Returns:
        At least 1. On Linux it is what the scheduler allows, which in a container may be fewer than the machine has.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_with_parent() -> None:
    """Wait until the parent process has ended, then end this one. Run in a thread of each worker."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _receive(connection: Connection, jobs: SimpleQueue[Any]) -> None:
    """Receive jobs while another one is being done, and end with None.

    Otherwise a parent that sends a large job could wait for a worker that waits to send a large answer, forever. A job
    without a function is sent only so that its modules are imported.
    """
    try:
        while True:
            job = connection.recv()
            if job[0] is not None:
                jobs.put(job)
    except Exception:  # also for a job that cannot be read: this process ends, and the parent notices
        jobs.put(None)


def _serve(connection: Connection, extensions: Sequence[tuple[str, str]]) -> None:
    """The main loop of a worker: one job after the other, until the parent is done. Ctrl-C is left to the parent."""
    take_over(extensions)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    jobs: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, jobs), daemon=True).start()
    while (job := jobs.get()) is not None:
        work, arguments = job
        answer: tuple[bool, object]
        try:
            answer = True, work(*arguments)
        except Exception as error:
            error.add_note(f"in a worker process:\n{traceback.format_exc()}")
            answer = False, error
        try:
            connection.send(answer)
        except OSError:
            return


_told: Any = spawn.get_preparation_data
_starting = threading.local()
_everywhere: list[None] = []  # one entry per caller with `in_all_threads`


def _told_without_main(name: str) -> dict[str, Any]:
    """The preparation data of a spawned process, without the main module for those started here."""
    told: dict[str, Any] = _told(name)
    if _everywhere or vars(_starting).get("depth", 0):
        told = {key: value for key, value in told.items() if not key.startswith("init_main_")}
    return told


spawn.get_preparation_data = _told_without_main


@contextmanager
def main_not_imported(in_all_threads: bool = False) -> Iterator[None]:
    """Start processes without importing the user's main module in them.

    A spawned process normally imports `__main__` again. A plain script without `if __name__ == "__main__":` would then
    start its run once more. Workers only receive functions of modules, so that they do not need it; `multiprocessing`
    has no option for this.

    Args:
        in_all_threads: whether this also holds for processes that other threads start meanwhile.

    Yields:
        Once; processes started in the context do not import the main module.
    """
    if in_all_threads:
        _everywhere.append(None)
    _starting.depth = vars(_starting).get("depth", 0) + 1
    try:
        yield
    finally:
        _starting.depth -= 1
        if in_all_threads:
            _everywhere.pop()


def start_worker(method: str | None = None) -> tuple[BaseProcess, Connection]:
    """Start a process that reads `(function, arguments)` from a pipe and answers `(True, value)` or `(False, error)`.

    Args:
        method: start method, as `multiprocessing` names it; None for a fork of a prepared process where that can be
            (see `sim.experiment.forks`).

    Returns:
        The process, and the parent's end of its pipe, which closes when the process ends.
    """
    if method is None:
        prepare_forks()
    context: Any = get_context(METHOD if method is None else method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, texts()), daemon=True)
    with interrupts_held(), main_not_imported():
        process.start()
    theirs.close()
    return process, ours


@dataclass
class _Worker(Generic[Key]):
    """One process, the parent's end of its pipe, and its jobs in order."""

    process: BaseProcess
    connection: Connection
    jobs: deque[tuple[Key, Arguments]] = field(default_factory=deque)


class Workers(Generic[Key]):
    """Worker processes, started when the first work comes or before, and ended with the with statement.

    Args:
        n: number of processes.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._workers: list[_Worker[Key]] = []
        self._losses = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Let the workers go; what they are at is not waited for."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.connection.close()
            if worker.jobs:
                worker.process.terminate()
        for worker in workers:
            worker.process.join(_GRACE_SECONDS)

    def start_for(self, work: Callable[..., Any]) -> None:
        """Start the processes now, so that they import modules while the caller prepares the jobs.

        Args:
            work: the function that `do` will be given.
        """
        while len(self._workers) < self._n:
            worker = _Worker[Key](*start_worker())
            self._workers.append(worker)
            with suppress(OSError):  # a worker that is already gone is noticed when it is given a job
                worker.connection.send((None, (work,)))

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Run jobs in parallel, and yield each result as soon as it is there.

        Args:
            work: a module-level function, called in a worker; an exception it raises is raised here.
            jobs: a key and arguments for each call, consumed only as there is room.

        Yields:
            The key and the result of each job, in any order.

        Raises:
            WorkersLost: workers were killed repeatedly.
        """
        waiting, again = iter(jobs), deque[tuple[Key, Arguments]]()
        while True:
            self._hand_out(work, waiting, again)
            busy = {worker.connection: worker for worker in self._workers if worker.jobs}
            if not busy:
                return
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]
                try:
                    is_done, answer = worker.connection.recv()
                except (EOFError, OSError):
                    self._lose(worker, again)
                    continue
                key, _ = worker.jobs.popleft()
                if not is_done:
                    raise answer
                yield key, answer

    def _hand_out(
        self, work: Callable[..., Any], waiting: Iterator[tuple[Key, Arguments]], again: deque[tuple[Key, Arguments]]
    ) -> None:
        """Give every worker one job, and then every worker a second one, as long as there are jobs.

        Workers that are not running yet are started when there is a job for them. Jobs of lost workers come first.
        """
        for depth in range(1, _AHEAD + 1):
            for i in range(self._n):
                while i >= len(self._workers) or len(self._workers[i].jobs) < depth:
                    job = again.popleft() if again else next(waiting, None)
                    if job is None:
                        return
                    if i >= len(self._workers):
                        self._workers.append(_Worker(*start_worker()))
                    self._give(self._workers[i], work, job, again)

    def _give(
        self, worker: _Worker[Key], work: Callable[..., Any], job: tuple[Key, Arguments], again: deque[Any]
    ) -> None:
        """Send a job to a worker; where its pipe is closed, the worker is taken as lost and its jobs go to `again`."""
        worker.jobs.append(job)
        try:
            worker.connection.send((work, job[1]))
        except OSError:
            self._lose(worker, again)

    def _lose(self, worker: _Worker[Key], again: deque[tuple[Key, Arguments]]) -> None:
        """Remove a worker that died; its jobs are done again, and another worker starts when there is work for it."""
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(_GRACE_SECONDS)
        again.extend(worker.jobs)
        self._losses += 1
        if self._losses > MOST_LOSSES:
            raise WorkersLost(
                f"worker processes were killed {self._losses} times, perhaps because memory ran out; finished work "
                "is kept. Run the same command with fewer --workers to continue"
            )
