"""What can go wrong, as one tree.

    TrialclockError
    ├── InputError        something that a person wrote is wrong (exit code 2)
    │   ├── ScenarioError     in a scenario file, or in a --set
    │   ├── UsageError        on the command line
    │   └── ResultsError      in a results folder
    │       └── WriteError        a file cannot be written: a full disk, no permission
    ├── ReplicationFailed a simulated trial raised an exception, which is a defect of the program (exit code 1)
    ├── WorkersLost       processes or a cluster that simulate were lost; what was finished is kept (exit code 1)
    └── RunInterrupted    stopped by hand; what was finished is kept (exit code 130)

An `InputError` carries `Problem`s: each names the file, the line and the path in it, the value, and what is allowed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_VALUE = 200  # characters of a value in a message


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in something a person wrote.

    Attributes:
        message: what is wrong and what is allowed, in one sentence without a full stop.
        file: the file as the person named it, or None where there is none.
        line: line in that file, counted from 1, or None.
        path: dotted path in the document, such as ``sites.general_hospital.count``.
        value: the offending value as written, or None where it is a missing one.
    """

    message: str
    file: str | None = None
    line: int | None = None
    path: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}"
        parts = [part for part in (place, self.path and _cut(self.path)) if part]
        head = ": ".join(parts)
        got = "" if self.value is None else f" (got {_cut(self.value)})"
        return f"{head}: {self.message}{got}" if head else f"{self.message}{got}"


def _cut(value: str) -> str:
    """A value that a message can show."""
    return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}..."


class TrialclockError(Exception):
    """Root of everything this package raises on purpose."""

    exit_code = 1


class InputError(TrialclockError):
    """Something a person wrote is wrong; nothing was computed and nothing was written."""

    exit_code = 2

    def __init__(self, problems: Problem | str | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ScenarioError(InputError):
    """A scenario, or an override of one, is wrong."""


class UsageError(InputError):
    """A command was called with something it cannot take."""


class ResultsError(InputError):
    """A results folder is missing, damaged, of another run, or cannot be written."""


class WriteError(ResultsError):
    """A file cannot be written; nothing of it is left half-written."""


class ReplicationFailed(TrialclockError):
    """A simulated trial raised an exception, which is a defect of the program."""


class WorkersLost(TrialclockError):
    """Processes or a cluster that simulate were lost, again and again; finished chunks are on disk."""


class RunInterrupted(TrialclockError):
    """A run was stopped by hand; finished chunks are on disk."""

    exit_code = 130


def refusal(error: OSError | ValueError) -> str:
    """Why the system refuses a file, in words and without the file's name."""
    if not isinstance(error, OSError):
        return f"is not a file name: {error}"  # a null byte in it
    return f"cannot be used: {error.strerror or error}"


def nearest(name: str, valid: Iterable[str]) -> str:
    """The tail of a message about an unknown name: the nearest valid one, else the list of them.

    Args:
        name: what was written.
        valid: what could have been written.
    """
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"valid here: {shown}" if names else "nothing is valid here"
