"""Who simulates: this process, the cores of this machine, or a cluster. Whoever it is, the chunks are the same."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from functools import lru_cache
from typing import NamedTuple, Protocol, Self

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import Chunk, Task, replicate_chunk
from sim.experiment.workers import Workers, n_cores
from sim.scenario.schema import Scenario

_DESIGNS = 4  # scenarios that a process keeps ready


class Job(NamedTuple):
    """What all chunks of a run have in common.

    Attributes:
        scenario: the scenario.
        seed: where random numbers start.
        keep: replications with a number below this are kept whole.
    """

    scenario: Scenario
    seed: int
    keep: int


class Crew(Protocol):
    """Simulates chunks of one job. What it holds (processes, a connection) is let go at the end of a with statement."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def simulate(self, todo: Iterable[Task]) -> Generator[Chunk, None, None]:
        """Simulate chunks and hand each over as it is finished, in any order.

        Raises:
            WorkersLost: those who simulate were lost again and again.
        """
        ...


@lru_cache(maxsize=_DESIGNS)
def _reducer(scenario_json: str) -> Reducer:
    return Reducer(Design(Scenario.model_validate_json(scenario_json)))


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
    """This process.

    Args:
        job: what is simulated.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._reducer: Reducer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def simulate(self, todo: Iterable[Task]) -> Generator[Chunk, None, None]:
        """Simulate chunks, one after the other."""
        if self._reducer is None:
            self._reducer = Reducer(Design(self._job.scenario))
        for first, n in todo:
            yield replicate_chunk(self._reducer, self._job.seed, first, n, self._job.keep)


class Cores:
    """Processes on this machine, started when there is work for more than one.

    Args:
        job: what is simulated.
        workers: processes.
    """

    def __init__(self, job: Job, workers: int) -> None:
        self._job = job
        self._workers: Workers[int] = Workers(workers)
        self._has_started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._workers.__exit__(*exc)

    def simulate(self, todo: Iterable[Task]) -> Generator[Chunk, None, None]:
        """Simulate chunks side by side. Workers that are killed are replaced.

        Raises:
            WorkersLost: workers were killed again and again.
        """
        tasks = list(todo)
        if len(tasks) <= 1 and not self._has_started:
            yield from Alone(self._job).simulate(tasks)
            return
        self._has_started = True
        text = self._job.scenario.model_dump_json(by_alias=True)
        jobs = ((first, (text, self._job.seed, first, n, self._job.keep)) for first, n in tasks)
        for _, chunk in self._workers.do(simulate_chunk, jobs):
            yield chunk


def crew_for(job: Job, workers: int | None, cluster: str | None) -> Crew:
    """Who is to simulate.

    Args:
        job: what is simulated.
        workers: processes; 1 for this process alone; None for as many as there are cores.
        cluster: address of a Dask scheduler, or `local` for a cluster on this machine; None for no cluster.

    Raises:
        UsageError: the cluster cannot be used.
    """
    if cluster is not None:
        from sim.experiment.cluster import Cluster

        return Cluster(job, cluster, workers)
    n = n_cores() if workers is None else workers
    return Alone(job) if n <= 1 else Cores(job, n)
