"""Work during which worker processes are killed. Workers import this module, so it imports little."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from sim.experiment.crew import simulate_chunk
from sim.experiment.replicate import CHUNK, Chunk


@dataclass
class Losing:
    """Work that kills its process at the third chunk and later ones.

    Attributes:
        marker: where it says that it did, and then does it no more; None to do it always.
    """

    marker: Path | None = None

    def __call__(self, scenario_json: str, seed: int, first: int, n: int, keep: int) -> Chunk:
        if first >= 2 * CHUNK and not (self.marker and self.marker.exists()):
            if self.marker:
                self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return simulate_chunk(scenario_json, seed, first, n, keep)
