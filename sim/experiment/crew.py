"""Who simulates: this process, the cores of this machine, or a cluster. Whoever it is, the answers are the same."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Protocol, Self, TypeVar

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.cluster import Cluster
from sim.experiment.replicate import Chunk, replicate_chunk
from sim.experiment.workers import Arguments, Workers, n_cores
from sim.scenario.schema import Scenario

Key = TypeVar("Key")

_DESIGNS = 4  # scenarios that a process keeps ready


class Crew(Protocol):
    """Does jobs. What it holds (processes, a connection) is let go at the end of a with statement."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Do jobs and hand each answer over as it comes, in any order.

        Args:
            work: a function of a module; what it raises is raised here.
            jobs: a key and arguments for each call; taken as there is room for them.

        Raises:
            WorkersLost: those who simulate were lost again and again.
        """
        ...


@lru_cache(maxsize=_DESIGNS)
def _reducer(scenario_json: str) -> Reducer:
    return Reducer(Design(Scenario.model_validate_json(scenario_json)))


def design_of(scenario_json: str) -> Design:
    """The design of a scenario, as the chunks of this process have it."""
    return _reducer(scenario_json).design


def simulate_chunk(scenario_json: str, seed: int, first: int, n: int, keep: int) -> Chunk:
    """A chunk, in a process or on a machine that knows nothing yet but the program.

    Args:
        scenario_json: the scenario.
        seed: where random numbers start.
        first: number of the first replication.
        n: how many.
        keep: replications with a number below this are kept whole.
    """
    return replicate_chunk(_reducer(scenario_json), seed, first, n, keep)


class Alone:
    """This process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def do(
        self, work: Callable[..., Any], jobs: Iterable[tuple[Key, Arguments]]
    ) -> Generator[tuple[Key, Any], None, None]:
        """Do jobs, one after the other."""
        for key, arguments in jobs:
            yield key, work(*arguments)


class Cores:
    """Processes on this machine, started when there is more than one job. Those that are killed are replaced.

    Args:
        workers: processes.
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
        """Do jobs side by side.

        Raises:
            WorkersLost: workers were killed again and again.
        """
        rest = iter(jobs)
        first = list(islice(rest, 2))
        if len(first) < 2 and not self._has_started:
            yield from Alone().do(work, first)
            return
        self._has_started = True
        yield from self._workers.do(work, chain(first, rest))


def crew_for(workers: int | None, cluster: str | None) -> Crew:
    """Who is to simulate.

    Args:
        workers: processes; 1 for this process alone; None for as many as there are cores.
        cluster: address of a Dask scheduler, or `local` for a cluster on this machine; None for no cluster.

    Raises:
        UsageError: the cluster cannot be used.
    """
    if cluster is not None:
        return Cluster(cluster, workers)
    n = n_cores() if workers is None else workers
    return Alone() if n <= 1 else Cores(n)
