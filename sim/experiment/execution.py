"""How a run is executed: processes or machines, and progress. It never changes results.

It is one value, so that a call passes it on without knowing what is in it, and a new way of executing needs no change
in between.

Attributes:
    ON_ALL_CORES: in processes on all cores of this machine, without progress.
    ALONE: in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sim.compiled.choice import asked, checked, prepare
from sim.experiment.crew import Crew, Shared, crew_for
from sim.experiment.workers import n_cores

Progress = Callable[[int, int], None]
"""Called with replications done and replications in all, after every chunk, in the caller's thread.

Where it raises `KeyboardInterrupt`, the simulation ends with `RunInterrupted` as after Ctrl-C: what is finished is
kept, and the same call continues from there.
"""


def no_progress(done: int, total: int) -> None:
    """Do nothing: for callers that show no progress.

    Args:
        done: replications that are finished.
        total: replications of the whole run, as far as that is known.
    """


@dataclass(frozen=True)
class Execution:
    """How a run is executed. Results are the same bytes for every value of it.

    Attributes:
        workers: number of processes, shared by everything that is simulated; 1 for this process alone; None for one
            per core.
        cluster: address of a Dask scheduler, as in `tcp://HOST:PORT`, or `local` for a cluster on this machine; None
            for no cluster. Any other value raises `UsageError`.
        progress: called with the replications done and the total, over all runs of an answer; see `Progress`.
        command: the whole command, for manifests.
        engine: what simulates: `auto`, `simpy` or `compiled`; None for what is asked for around it; see
            `sim.compiled.choice`.
        shared: a crew that works for several parts of an answer; see `together`.
    """

    workers: int | None = None
    cluster: str | None = None
    progress: Progress = no_progress
    command: str = ""
    engine: str | None = None
    shared: Shared | None = None

    @property
    def processes(self) -> int:
        """Number of processes on this machine."""
        return self.workers or n_cores()

    def crew(self) -> Crew:
        """Create what runs the simulations. It starts work inside a with statement.

        Returns:
            This process, a pool of processes or a cluster.

        Raises:
            UsageError: the cluster cannot be used.
        """
        if self.shared is not None:
            return self.shared
        prepare(self.asked_engine)
        return crew_for(self.workers, self.cluster, self.asked_engine)

    @contextmanager
    def together(self) -> Iterator[Execution]:
        """Let the same processes do everything inside a with statement.

        Yields:
            How the parts are executed.
        """
        crew = Shared(self.crew)
        try:
            yield replace(self, shared=crew)
        finally:
            crew.end()

    @property
    def asked_engine(self) -> str:
        """The engine that is asked for, by this or around it.

        Raises:
            UsageError: there is no such engine.
        """
        return asked() if self.engine is None else checked(self.engine)


ON_ALL_CORES = Execution()
ALONE = Execution(workers=1)
