"""Who simulates: this process, the cores of this machine, or a cluster. Whoever it is, the chunks are the same."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import NamedTuple, Protocol, Self

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import Chunk, Task, replicate_chunk
from sim.scenario.schema import Scenario


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
    from sim.experiment.workers import Cores, n_cores

    n = n_cores() if workers is None else workers
    return Alone(job) if n <= 1 else Cores(job, n)
