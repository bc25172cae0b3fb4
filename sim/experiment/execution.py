"""How a run is executed: processes or machines, and progress. It never changes results."""

from __future__ import annotations

from dataclasses import dataclass

from sim.experiment.crew import Crew, crew_for
from sim.experiment.progress import Progress, no_progress


@dataclass(frozen=True)
class Execution:
    """How a run is executed. Results are the same bytes for every value of it.

    Attributes:
        workers: number of processes, shared by everything that is simulated; 1 for this process alone; None for one
            per core.
        cluster: address of a Dask scheduler, as in `tcp://HOST:PORT`, or `local` for a cluster on this machine; None
            for no cluster. Any other value raises `UsageError`.
        progress: called with the replications done and the total, over all runs of an answer; see
            `sim.experiment.progress`.
        command: the whole command, for manifests.
    """

    workers: int | None = None
    cluster: str | None = None
    progress: Progress = no_progress
    command: str = ""

    def crew(self) -> Crew:
        """Create what runs the simulations. It starts work inside a with statement.

        Returns:
            This process, a pool of processes or a cluster.

        Raises:
            UsageError: the cluster cannot be used.
        """
        return crew_for(self.workers, self.cluster)


ON_ALL_CORES = Execution()
ALONE = Execution(workers=1)
