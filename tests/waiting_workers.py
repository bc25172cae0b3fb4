"""The command line, with work that is never done: `python tests/waiting_workers.py run ...`.

A test that stops or kills a command must find it under way, however fast or slow the machine is.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.experiment import laboratory as paired
from sim.experiment.replicate import CHUNK
from sim.experiment.run import execute as going
from sim.experiment.run import several as runs

# What is made to wait, and which of its arguments is the number of the first replication.
WORK: dict[str, tuple[Callable[..., Any], int]] = {
    "simulate_chunk": (going.simulate_chunk, 2),
    "_simulate": (paired._simulate, 4),
}


@dataclass
class Waiting:
    """Work that does the first two chunks, and then waits as long as the command that began it is there.

    Attributes:
        command: the process of the command.
        name: of the work.
    """

    command: int
    name: str

    def __call__(self, *arguments: Any) -> Any:
        work, place = WORK[self.name]
        first = arguments[place]
        while first >= 2 * CHUNK and self._is_there():
            time.sleep(0.02)
        return work(*arguments)

    def _is_there(self) -> bool:
        """Whether the command is there: this process, or the one that started it, from which it need not be forked."""
        parent = parent_process()
        return os.getpid() == self.command or (parent is not None and parent.pid == self.command and parent.is_alive())


if __name__ == "__main__":
    from waiting_workers import Waiting as Importable  # by a name that worker processes can import

    from sim.cli import main

    for module, name in ((going, "simulate_chunk"), (runs, "simulate_chunk"), (paired, "_simulate")):
        vars(module)[name] = Importable(os.getpid(), name)
    sys.exit(main(sys.argv[1:]))
