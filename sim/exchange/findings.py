"""What a data check finds: errors stop, warnings do not, and each names its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sim.errors import InputError, Problem

_ROWS_SHOWN = 8


class DataError(InputError):
    """A data file is wrong in a way that would change the answer."""


class AmbiguousDatesError(DataError):
    """Dates that can be read in two ways; the person who has the data must say which."""


@dataclass(frozen=True)
class Finding:
    """One thing that a data check found.

    Attributes:
        is_error: whether it stops; otherwise it is a warning.
        message: what is the matter, in one sentence without a full stop.
        file: the file.
        rows: rows of the file, counted from 1, the header being row 1; empty where it is about the whole file.
    """

    is_error: bool
    message: str
    file: str
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}: {self.message}{in_rows(self.rows)}"


def in_rows(rows: Sequence[int]) -> str:
    """` (row 5)`, ` (rows 5, 9, 12)` or ` (rows 5, 9, ... and 31 more)`."""
    if not rows:
        return ""
    shown = ", ".join(str(row) for row in rows[:_ROWS_SHOWN])
    rest = len(rows) - _ROWS_SHOWN
    word = "row" if len(rows) == 1 else "rows"
    return f" ({word} {shown} and {rest:,} more)" if rest > 0 else f" ({word} {shown})"


@dataclass
class DataCheck:
    """Findings about one file, as they are made.

    Attributes:
        file: the file as the person named it.
        findings: what was found so far.
    """

    file: str
    findings: list[Finding] = field(default_factory=list)

    def error(self, message: str, rows: Iterable[int] = ()) -> None:
        """Something that stops; a finding about particular rows is none where there are no such rows."""
        self.findings.append(Finding(True, message, self.file, tuple(int(row) for row in rows)))

    def warn(self, message: str, rows: Iterable[int] = ()) -> None:
        """Something that a person should know."""
        self.findings.append(Finding(False, message, self.file, tuple(int(row) for row in rows)))

    def error_rows(self, message: str, rows: Iterable[int]) -> None:
        """An error about particular rows, if there are any."""
        found = tuple(int(row) for row in rows)
        if found:
            self.error(message, found)

    def warn_rows(self, message: str, rows: Iterable[int]) -> None:
        """A warning about particular rows, if there are any."""
        found = tuple(int(row) for row in rows)
        if found:
            self.warn(message, found)

    def stop_on_errors(self) -> None:
        """Raise what was found, if any of it is an error.

        Raises:
            DataError: with every error.
        """
        stop_on_errors(self.findings)


def stop_on_errors(findings: Iterable[Finding]) -> None:
    """Raise the errors among findings, if there are any.

    Raises:
        DataError: with every error.
    """
    wrong = [Problem(f"{item.message}{in_rows(item.rows)}", item.file) for item in findings if item.is_error]
    if wrong:
        raise DataError(wrong)
