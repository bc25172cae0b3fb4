"""One command at a time in a process of its own, with a bound on its processor time, and what came of it."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sim.cli import main

_REFUSED = 2
_DONE = 0
_NO_CODE = 99


@dataclass(frozen=True)
class Tried:
    """What a command did.

    Attributes:
        code: its exit code; negative is the signal that ended it.
        said: what it wrote to both streams.
    """

    code: int
    said: str

    @property
    def refused(self) -> bool:
        """Whether the input was refused with a message."""
        return self.code == _REFUSED and bool(self.said.strip()) and "Traceback" not in self.said

    @property
    def done(self) -> bool:
        """Whether the question was answered."""
        return self.code == _DONE and "Traceback" not in self.said

    @property
    def hung(self) -> bool:
        """Whether it was ended for its processor time."""
        return self.code in (-signal.SIGXCPU, -signal.SIGKILL)


def prepared() -> None:
    """Import in this process what its forks would otherwise import one by one."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        out = Path(folder) / "out"
        for arguments in (
            ["validate", "base"],
            ["run", "base", "-n", "1", "-w", "1", "--no-causes", "--out", str(out)],
        ):
            if main(arguments) != 0:
                raise SystemExit("base itself does not run")
    gc.freeze()


def tried(arguments: list[str], cpu_seconds: int = 60) -> Tried:
    """Call a command in a forked process, which has at most so many seconds of processor time."""
    return tried_as(lambda: main(arguments), cpu_seconds)


def tried_as(called: Callable[[], int], cpu_seconds: int = 60) -> Tried:
    """Call a function that returns an exit code, as `tried` calls a command."""
    with tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            _called(called, cpu_seconds, told.fileno())
        _, status = os.waitpid(child, 0)
        told.seek(0)
        return Tried(os.waitstatus_to_exitcode(status), told.read().decode(errors="replace"))


def _called(called: Callable[[], int], cpu_seconds: int, told: int) -> None:
    code = _NO_CODE
    try:
        os.dup2(told, 1)
        os.dup2(told, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
        code = called()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Count:
    """How often each outcome came, and the inputs of those that should not have."""

    def __init__(self, kept: Path) -> None:
        self.outcomes: Counter[str] = Counter()
        self._kept = kept
        kept.mkdir(parents=True, exist_ok=True)

    def add(self, outcome: str) -> None:
        """Count an outcome."""
        self.outcomes[outcome] += 1

    def fault(self, kind: str, name: str, said: str, keep: Callable[[Path], object]) -> None:
        """Count a fault, and keep what caused it."""
        self.add(f"FAULT: {kind}")
        folder = self._kept / f"{kind.replace(' ', '-')}-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "said.txt").write_text(said)
        keep(folder)
        print(f"{kind}: {folder}: {said.strip()[-300:]}", flush=True)

    def told(self) -> str:
        """The counts, the commonest first."""
        return "\n".join(f"{n:7d}  {outcome}" for outcome, n in self.outcomes.most_common())


def progress(items: Iterable[int], count: Count, every: int = 500) -> Iterable[int]:
    """The items, with the counts printed now and then."""
    for i, item in enumerate(items):
        if i and i % every == 0:
            print(f"-- after {i}\n{count.told()}", flush=True)
        yield item
