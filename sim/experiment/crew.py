"""What runs the simulations: this process, the cores of this machine, or a cluster. All three give the same results.

Work is handed out as a function of a module and its arguments, and comes back in any order under its key, so callers do
not know which of the three they have.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from itertools import chain, islice
from typing import Any, Protocol, Self, TypeVar

from sim.compiled.choice import AUTO, on_engine
from sim.experiment.cluster import Cluster
from sim.experiment.reducers import reducer_of
from sim.experiment.replicate import Chunk, replicate_chunk
from sim.experiment.workers import Arguments, Workers, n_cores

Key = TypeVar("Key")


class Crew(Protocol):
    """Runs jobs. It is a context manager: leaving it frees its processes or its connection."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Run jobs, and yield each result as soon as it is there.

        Args:
            work: a module-level function; an exception it raises is raised here.
            jobs: a key and arguments for each call, consumed only as there is room.

        Yields:
            The key and the result of each job, in any order.

        Raises:
            WorkersLost: workers were lost repeatedly.
        """
        ...


def simulate_chunk(scenario_json: str, seed: int, first: int, n: int, keep: int) -> Chunk:
    """Simulate a chunk of replications. All arguments can be sent to a process that holds no state yet.

    Args:
        scenario_json: the scenario as canonical JSON.
        seed: seed of the random numbers.
        first: number of the first replication.
        n: number of replications.
        keep: the events of replications with a number below this are kept.

    Returns:
        The chunk; see `sim.experiment.replicate`.
    """
    return replicate_chunk(reducer_of(scenario_json), seed, first, n, keep)


class Alone:
    """Runs jobs in this process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Run jobs one after the other; see `Crew.do`.

        Args:
            work: a function of a module.
            jobs: a key and arguments for each call.

        Yields:
            The key and the result of each job, in the order of the jobs.
        """
        for key, arguments in jobs:
            yield key, work(*arguments)


class Cores:
    """Runs jobs in processes on this machine. They start with the second job, and are replaced if they are killed.

    Args:
        workers: number of processes.
    """

    def __init__(self, workers: int) -> None:
        self._workers: Workers[Any] = Workers(workers)
        self._has_started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._workers.__exit__(*exc)

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Run jobs in parallel; see `Crew.do`.

        Raises:
            WorkersLost: workers were killed repeatedly.
        """
        rest = iter(jobs)
        first = list(islice(rest, 2))
        if len(first) < 2 and not self._has_started:
            yield from Alone().do(work, first)
            return
        self._has_started = True
        yield from self._workers.do(work, chain(first, rest))


class OnEngine:
    """A crew whose jobs simulate on a given engine.

    Args:
        crew: the crew.
        engine: the engine; see `sim.compiled.choice`.
    """

    def __init__(self, crew: Crew, engine: str) -> None:
        self._crew = crew
        self._engine = engine

    def __enter__(self) -> Self:
        self._crew.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._crew.__exit__(*exc)

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Run jobs on the engine; see `Crew.do`."""
        told = ((key, (self._engine, work, *arguments)) for key, arguments in jobs)
        return self._crew.do(on_engine, told)


class Shared:
    """A crew that works for several, one after the other: its processes start with the first, and stay for the next.

    Args:
        make: makes the crew.
    """

    def __init__(self, make: Callable[[], Crew]) -> None:
        self._make = make
        self._open = ExitStack()
        self._crew: Crew | None = None

    def __enter__(self) -> Self:
        if self._crew is None:
            self._crew = self._open.enter_context(self._make())
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Run jobs; see `Crew.do`."""
        assert self._crew is not None
        return self._crew.do(work, jobs)

    def end(self) -> None:
        """Free the processes."""
        self._open.close()


def crew_for(workers: int | None, cluster: str | None, engine: str = AUTO) -> Crew:
    """Choose what runs the simulations.

    Args:
        workers: number of processes; 1 for this process alone; None for one per core.
        cluster: address of a Dask scheduler, or `local` for a cluster on this machine; None for no cluster.
        engine: the engine; see `sim.compiled.choice`.

    Returns:
        A crew, to be used in a with statement.

    Raises:
        UsageError: the cluster cannot be used.
    """
    crew: Crew
    if cluster is not None:
        crew = Cluster(cluster, workers)
    else:
        n = n_cores() if workers is None else workers
        crew = Alone() if n <= 1 else Cores(n)
    return crew if engine == AUTO else OnEngine(crew, engine)
