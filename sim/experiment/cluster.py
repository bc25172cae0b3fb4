"""Runs jobs on a Dask cluster: an existing one, or one started on this machine.

Simulated trials are functions of their number, so that any worker may run any of them, and a lost one costs only time.
What must agree is the program: workers with another version are refused before anything is simulated. Without a
cluster, `sim.experiment.workers` does the same with processes of this machine.

Attributes:
    LOCAL: address that stands for a cluster started on this machine.
    Key: what a caller tells its jobs apart by.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sim.errors import Problem, UsageError, WorkersLost
from sim.experiment.forks import interrupts_held
from sim.experiment.identity import program_fingerprint
from sim.experiment.workers import Arguments, main_not_imported, n_cores
from sim.scenario.extension_files import take_over, texts
from sim.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

LOCAL = "local"

Key = TypeVar("Key")

_ANSWER_SECONDS = 5.0  # for a scheduler to answer
_WORKERS_SECONDS = 10.0  # for it to show a worker
_LONELY_SECONDS = 60.0  # without any worker, before a run gives up
_LOOK_SECONDS = 2.0  # between checks that there still are workers
_AHEAD = 2  # jobs waiting for each thread of a worker
_RETRIES = 10  # how often a job may lose its worker


def _state() -> tuple[str, str]:
    """Version and fingerprint of the program on a worker."""
    return __version__, program_fingerprint()


def _work_with(extensions: Sequence[tuple[str, str]], work: Callable[..., Any], *arguments: Any) -> Any:
    """Run a job with the extensions that the submitting process knows."""
    take_over(extensions)
    return work(*arguments)


class Cluster:
    """A Dask cluster, used as a context manager. It only runs functions of this program.

    Args:
        address: address of its scheduler, as in `tcp://10.0.0.5:8786`; `local` starts a cluster on this machine.
        workers: processes of a local cluster; None for one per core.
    """

    def __init__(self, address: str, workers: int | None) -> None:
        self._address = address
        self._workers = workers
        self._client: Client | None = None
        self._local: LocalCluster | None = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            UsageError: dask is not installed, nothing answers, there is no worker, or workers have another program.
        """
        _quiet()
        try:
            with interrupts_held(), main_not_imported(in_all_threads=True):
                client = self._connect()
            self._client = client
            _check(client, self._address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        for held in (self._client, self._local):
            if held is not None:
                held.close(timeout=_ANSWER_SECONDS)
        self._client = self._local = None

    def _connect(self) -> Client:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            message = "needs dask, which is not installed: pip install 'trialclock[cluster]'"
            raise _refused(message, self._address) from None
        if self._address != LOCAL:
            return _answering(self._address)

        self._local = LocalCluster(
            n_workers=n_cores() if self._workers is None else self._workers,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
        return Client(self._local, set_as_default=False)

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Run jobs on the cluster. If a worker is lost, another one repeats its jobs.

        Args:
            work: a module-level function of this program; an exception it raises is raised here.
            jobs: a key and arguments for each call, consumed only as workers have room.

        Yields:
            The key and the result of each job, in the order in which they finish.

        Raises:
            WorkersLost: the scheduler, or every worker, was lost.
        """
        client = self._client
        assert client is not None
        waiting = iter(jobs)
        finished: SimpleQueue[Future] = SimpleQueue()
        keys: dict[Future, Key] = {}  # also keeps the futures alive: dask drops those without a reference
        while True:
            ahead = _AHEAD * max(self._n_threads(), 1) - len(keys)
            for key, arguments in islice(waiting, max(ahead, 0)):
                future = client.submit(_work_with, texts(), work, *arguments, pure=False, retries=_RETRIES)
                keys[future] = key
                future.add_done_callback(finished.put)
            if not keys:
                return
            future = self._next(finished)
            yield keys.pop(future), self._answer(future)

    def _next(self, finished: SimpleQueue[Future]) -> Future:
        """Wait for a future to finish, as long as there is a worker for it."""
        since = time.monotonic()
        while True:
            try:
                return finished.get(timeout=_LOOK_SECONDS)
            except Empty:
                if self._n_threads():
                    since = time.monotonic()
                elif time.monotonic() - since > _LONELY_SECONDS:
                    raise self._lost("has had no worker for a minute") from None

    def _n_threads(self) -> int:
        """Number of threads of all workers that the scheduler knows now."""
        client = self._client
        try:
            if client is None or client.status != "running":
                raise self._lost("no longer answers")
            workers = client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError):
            raise self._lost("no longer answers") from None
        return sum(worker["nthreads"] for worker in workers.values())

    def _answer(self, future: Future) -> Any:
        """The result of a finished job.

        Raises:
            WorkersLost: the job lost its worker too often, or the scheduler no longer answers.
        """
        from distributed import CancelledError, KilledWorker

        try:
            answer = future.result(timeout=_LONELY_SECONDS)
        except KilledWorker:
            raise self._lost("lost several workers at the same replications, perhaps because memory ran out") from None
        except (CancelledError, OSError, TimeoutError):
            raise self._lost("no longer answers") from None
        future.release()
        return answer

    def _lost(self, what: str) -> WorkersLost:
        return WorkersLost(
            f"the cluster at {self._address} {what}; what is finished is kept. Run the same command again to continue"
        )


def _quiet() -> None:
    """Silence dask's messages about workers that come and go; this program reports what matters."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


def _answering(address: str) -> Client:
    """A client of a scheduler.

    Raises:
        UsageError: the text is not an address, or nothing answers there in time.
    """
    from distributed import Client
    from distributed.comm import get_address_host_port

    try:
        get_address_host_port(address)  # a malformed address fails here, before dask starts anything
        return _within(2 * _ANSWER_SECONDS, lambda: Client(address, timeout=_ANSWER_SECONDS, set_as_default=False))
    except (OSError, TimeoutError):
        message = f"no Dask scheduler answers there within {_ANSWER_SECONDS:g} seconds"
        raise _refused(message, address) from None
    except ValueError:
        message = f"is not the address of a Dask scheduler, as in tcp://10.0.0.5:8786, nor '{LOCAL}'"
        raise _refused(message, address) from None


def _within(seconds: float, call: Callable[[], Client]) -> Client:
    """Call with a deadline: dask's own timeout does not fire on a peer that accepts but never answers.

    Args:
        seconds: the deadline.
        call: what to call, in a thread of its own, which is left behind if it is late.

    Raises:
        TimeoutError: it did not return in time. Its own exceptions are raised as well.
    """
    answers: SimpleQueue[Client | Exception] = SimpleQueue()

    def answer() -> None:
        try:
            answers.put(call())
        except Exception as error:
            answers.put(error)

    threading.Thread(target=answer, daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


def _check(client: Client, address: str) -> None:
    """Check that there is a worker, and that all workers have this very program.

    Raises:
        UsageError: there is none in time, or a worker has another version, or not all modules.
    """
    try:
        client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
    except TimeoutError:
        message = f"the scheduler answers but has had no worker for {_WORKERS_SECONDS:g} seconds"
        raise _refused(message, address) from None
    try:
        found = client.run(_state)
    except ModuleNotFoundError as error:
        raise _refused(f"its workers lack a module ({error}); install trialclock on them", address) from None
    others = sorted(worker for worker, state in found.items() if tuple(state) != _state())
    if others:
        message = f"the worker at {others[0]} has another version of trialclock; its results would differ"
        raise _refused(message, address)


def _refused(message: str, address: str) -> UsageError:
    return UsageError(Problem(message, "--cluster", value=address))
