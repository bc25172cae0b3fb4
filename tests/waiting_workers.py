"""The command line, with work that is never done: `python tests/waiting_workers.py run ...`.

A test that stops or kills a run must find it under way, however fast or slow the machine is.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.experiment import crew
from sim.experiment.crew import replicate_chunk, simulate_chunk
from sim.experiment.replicate import CHUNK


@dataclass
class Waiting:
    """Work that does the first two chunks, and then waits as long as the command that began it is there.

    Attributes:
        command: the process of the command.
        among_workers: whether worker processes do it, or the command itself.
    """

    command: int
    among_workers: bool

    def __call__(self, *arguments: Any) -> Any:
        first = arguments[2]
        while first >= 2 * CHUNK and self.command in (os.getpid(), os.getppid()):
            time.sleep(0.02)
        return (simulate_chunk if self.among_workers else replicate_chunk)(*arguments)


if __name__ == "__main__":
    from waiting_workers import Waiting as Importable  # by a name that worker processes can import

    from sim.cli import main

    vars(crew)["simulate_chunk"] = Importable(os.getpid(), among_workers=True)
    vars(crew)["replicate_chunk"] = Importable(os.getpid(), among_workers=False)
    sys.exit(main(sys.argv[1:]))
