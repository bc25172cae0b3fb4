"""Work during which worker processes are killed. Workers import this module, so it imports little."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from sim.experiment import workers
from sim.experiment.replicate import CHUNK, Chunk

_work = workers._work


@dataclass
class Losing:
    """Work that kills its process at the third chunk and later ones.

    Attributes:
        marker: where it says that it did, and then does it no more; None to do it always.
    """

    marker: Path | None = None

    def __call__(self, seed: int, first: int, n: int, keep: int) -> Chunk:
        if first >= 2 * CHUNK and not (self.marker and self.marker.exists()):
            if self.marker:
                self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return _work(seed, first, n, keep)
