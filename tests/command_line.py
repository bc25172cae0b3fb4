"""The command line, called in this process as a shell would call it."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple

from sim.cli import main


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """What went wrong, in one line."""
        return self.err.strip()


def call(*arguments: object) -> Outcome:
    """Run one command and catch what it prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Outcome(code, out.getvalue(), err.getvalue())
