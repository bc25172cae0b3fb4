"""Work that is held up until a test lets it go on. Workers import this module, so it imports little."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sim.experiment.crew import simulate_chunk
from sim.experiment.replicate import Chunk


@dataclass
class Held:
    """Work that waits, from some replication on, for a file to be there.

    Attributes:
        until: the file.
        from_replication: the first that waits.
    """

    until: Path
    from_replication: int

    def __call__(self, scenario_json: str, seed: int, first: int, n: int, keep: int) -> Chunk:
        while first >= self.from_replication and not self.until.exists():
            time.sleep(0.02)
        return simulate_chunk(scenario_json, seed, first, n, keep)
