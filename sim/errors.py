"""All errors that the package raises on purpose, as one tree.

    TrialclockError
    ├── InputError        something that a person wrote is wrong (exit code 2)
    │   ├── ScenarioError     in a scenario file, or in a --set
    │   ├── UsageError        on the command line
    │   └── ResultsError      in a results folder
    │       └── WriteError        a file cannot be written: a full disk, no permission
    ├── ReplicationFailed a simulated trial raised an exception: a defect of the program (exit code 1)
    ├── WorkersLost       worker processes or a cluster were lost; finished parts are kept (exit code 1)
    └── RunInterrupted    stopped by the user; finished parts are kept (exit code 130)

An `InputError` carries `Problem`s: each has the file, the line and the path in it, the value, and what is allowed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_VALUE = 200  # characters of a value in a message, or of a name to be typed
_LONGEST_QUOTED = 60  # characters of what is quoted within a sentence
_QUOTED = re.compile(rf"(?<!\w)'((?:[^'\n]|'(?=\w)){{{_LONGEST_QUOTED + 1},}})'(?!\w)")


@dataclass(frozen=True)
class Problem:
    """One error in something that a person wrote.

    Attributes:
        message: what is wrong and what is allowed, in one sentence without a full stop.
        file: the file as the person named it, or None.
        line: line in that file, from 1, or None.
        path: dotted path in the document, such as ``sites.general_hospital.count``, or None.
        value: the wrong value as written; None if the value is missing.
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
        return printable(f"{head}: {self.message}{got}" if head else f"{self.message}{got}")


def printable(text: str) -> str:
    """A text in one line, with escapes for letters that cannot be printed and could move or recolour a terminal.

    Args:
        text: any text, such as a message that quotes a file's own words.

    Returns:
        The text with escapes for line ends, controls and marks of direction; everything else as it was.
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _cut(value: str) -> str:
    """A value, shortened for a message."""
    return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}..."


def in_short(text: str, longest: int = _LONGEST_QUOTED) -> str:
    """Shorten a text that somebody else wrote, such as a cell, to what a person reads.

    Args:
        text: the text.
        longest: most characters; an ellipsis stands for the rest.

    Returns:
        The text, at most `longest` characters long with the ellipsis.
    """
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def with_short_quotes(sentence: str) -> str:
    """Shorten what a sentence quotes in single quotation marks, each as by `in_short`.

    Args:
        sentence: a message; quotation marks within a word, as in "trial's", do not count.

    Returns:
        The sentence, in which no quotation is longer than 60 characters.
    """
    return _QUOTED.sub(lambda found: f"'{in_short(found[1])}'", sentence)


class TrialclockError(Exception):
    """Base class of everything that this package raises on purpose.

    Attributes:
        exit_code: exit code of the command line.
    """

    exit_code = 1


class InputError(TrialclockError):
    """Something that a person wrote is wrong; nothing was calculated and nothing was written.

    Args:
        problems: one problem, its message, or several.

    Attributes:
        problems: the problems, one line each in the text of the error.
    """

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
    """A command was called with an argument that it does not accept."""


class ResultsError(InputError):
    """A results folder is missing, damaged, belongs to another run, or cannot be written."""


class WriteError(ResultsError):
    """A file cannot be written; no partial file remains."""


class ReplicationFailed(TrialclockError):
    """A simulated trial raised an exception: a defect of the program."""


class WorkersLost(TrialclockError):
    """Worker processes or a cluster were lost repeatedly; finished chunks are on disk."""


class RunInterrupted(TrialclockError):
    """The user stopped a run; finished chunks are on disk."""

    exit_code = 130


def refusal(error: OSError | ValueError) -> str:
    """Why the operating system refuses a file, in words and without the name of the file.

    Args:
        error: what opening or naming the file raised.

    Returns:
        The second half of a sentence that begins with the file's name, such as "cannot be used: Permission denied".
    """
    if not isinstance(error, OSError):
        return f"is not a file name: {error}"  # a null byte in it
    return f"cannot be used: {error.strerror or error}"


def nearest(name: str, valid: Iterable[str]) -> str:
    """End of a message about an unknown name: the nearest valid name, or else the list of valid names.

    Args:
        name: the name as written.
        valid: the valid names.

    Returns:
        "did you mean '...'?" if a name is similar (a ratio of `difflib` of at least 0.6); else "valid here: ..." with
        at most 12 names in alphabetical order, or "nothing is valid here".
    """
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{_cut(close[0])}'?"
    shown = ", ".join(_cut(name) for name in names[:12]) + (", ..." if len(names) > 12 else "")
    return f"valid here: {shown}" if names else "nothing is valid here"
