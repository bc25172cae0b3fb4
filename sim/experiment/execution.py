"""How work is executed: on which processes or machines, and what is told on the way. It never changes results."""

from __future__ import annotations

from dataclasses import dataclass

from sim.experiment.crew import Crew, crew_for
from sim.experiment.progress import Progress, no_progress


@dataclass(frozen=True)
class Execution:
    """How work is executed. Every result is the same bytes whatever this is; manifests say it.

    Attributes:
        workers: processes, shared by all that is simulated; 1 for this process alone; None for all cores.
        cluster: address of a Dask scheduler, as in `tcp://HOST:PORT`, or `local` for a cluster on this machine; None
            for this machine without one. Anything else is refused with `UsageError`.
        progress: called with replications done and in all, over all runs of an answer; see
            `sim.experiment.progress`.
        command: the whole command, for manifests.
    """

    workers: int | None = None
    cluster: str | None = None
    progress: Progress = no_progress
    command: str = ""

    def crew(self) -> Crew:
        """Processes or machines that simulate; they start work inside a with statement.

        Raises:
            UsageError: the cluster cannot be used.
        """
        return crew_for(self.workers, self.cluster)


ON_ALL_CORES = Execution()
ALONE = Execution(workers=1)
