"""What a data check finds: errors, which stop; warnings, which do not; and questions, which only a user can answer.

Each names the rows that it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sim.errors import InputError, Problem, in_short, with_short_quotes

_ROWS_SHOWN = 8


class DataError(InputError):
    """A data file has an error that would change the answer.

    Args:
        problems: as for `InputError`; long cells that they quote are shortened.
    """

    def __init__(self, problems: Problem | str | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = [problems]
        super().__init__([replace(problem, message=with_short_quotes(problem.message)) for problem in problems])


COLUMNS, DATES, STATUS, STUDY, AS_OF = "--columns", "--dates", "--status", "--study", "--as-of"
SHEET, HEADER, COUNTS = "--sheet", "--header", "--counts"


@dataclass(frozen=True)
class Question:
    """A doubt about the data that changes the answer, and that only a user can settle.

    Attributes:
        message: the doubt, in one sentence without a full stop.
        option: the option that answers it.
        choices: possible answers as typed after the option, each with its meaning.
        subjects: items to answer one by one, such as words of a status column; typed as `SUBJECT=CHOICE`. None for a
            single answer.
        file: the file.
        rows: the rows that it is about.
        path: the column, where it is about one.
        otherwise: another way out, such as correcting the rows.
    """

    message: str
    option: str
    choices: tuple[tuple[str, str], ...]
    subjects: tuple[str, ...] = ()
    file: str | None = None
    rows: tuple[int, ...] = ()
    path: str | None = None
    otherwise: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", with_short_quotes(self.message))

    @property
    def problem(self) -> Problem:
        """The question as a message, with the option that answers it as it would be typed."""
        otherwise = f"; or {self.otherwise}" if self.otherwise else ""
        return Problem(f"{self.message}{in_rows(self.rows)}; say {self.answer}{otherwise}", self.file, path=self.path)

    @property
    def answer(self) -> str:
        """What a user would type: `--study S1 or --study S2`, or `--status "SF=...,On hold=..."`."""
        if self.subjects:
            asked = ",".join(f"{in_short(word, _LONGEST_TYPED)}=..." for word in self.subjects)
            allowed = ", ".join(choice for choice, _ in self.choices)
            return f'which with {self.option} "{asked}", each one of: {allowed}'
        told = self.option in (STATUS, COLUMNS, AS_OF)
        shown = [
            f"{self.option} {quoted(in_short(choice, _LONGEST_TYPED))}{f' ({meaning})' if told else ''}"
            for choice, meaning in self.choices[:_CHOICES_SHOWN]
        ]
        more = len(self.choices) - len(shown)
        return f"which with {' or '.join(shown)}{f' (and {more} more)' if more > 0 else ''}"


_CHOICES_SHOWN = 4
_LONGEST_TYPED = 200  # characters: an answer must be whole, but nobody types one that is longer


def quoted(text: str) -> str:
    """Write a text as it is typed after an option: in quotation marks where a shell would split it.

    Args:
        text: the value of an option.
    """
    return f'"{text}"' if re.search(r"[^\w.=/:-]", text) else text


class QuestionError(DataError):
    """The data can be read in more than one way; the user must say which.

    Args:
        questions: one question, or all that the data leave open; the message has one line for each.

    Attributes:
        questions: the questions.
    """

    def __init__(self, questions: Question | Iterable[Question]) -> None:
        self.questions = (questions,) if isinstance(questions, Question) else tuple(questions)
        super().__init__([question.problem for question in self.questions])


class AmbiguousDatesError(QuestionError):
    """Dates that can be read in two ways."""


@dataclass(frozen=True)
class Finding:
    """One result of a data check.

    Attributes:
        is_error: whether it stops; otherwise it is a warning.
        message: the problem, in one sentence without a full stop.
        file: the file.
        rows: rows of the file, counted from 1, the header being row 1; empty where it is about the whole file.
    """

    is_error: bool
    message: str
    file: str
    rows: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", with_short_quotes(self.message))

    def __str__(self) -> str:
        return f"{self.file}: {self.message}{in_rows(self.rows)}"


def in_rows(rows: Sequence[int]) -> str:
    """Write rows for the end of a message: ` (row 5)`, ` (rows 5, 9, 12)` or ` (rows 5, 9, ... and 31 more)`.

    Args:
        rows: rows of the file, of which eight are named; none gives an empty text.

    Returns:
        Text that begins with a blank, or an empty text.
    """
    if not rows:
        return ""
    shown = ", ".join(str(row) for row in rows[:_ROWS_SHOWN])
    rest = len(rows) - _ROWS_SHOWN
    word = "row" if len(rows) == 1 else "rows"
    return f" ({word} {shown} and {rest:,} more)" if rest > 0 else f" ({word} {shown})"


@dataclass
class DataCheck:
    """Collects the findings about one file.

    All that is wrong with a file is said at once, so that a user corrects it once. Errors are raised before questions:
    the answer to a question may be different in the corrected file.

    Attributes:
        file: the file as the user named it.
        findings: findings so far.
        questions: questions so far.
    """

    file: str
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def error(self, message: str, rows: Iterable[int] = ()) -> None:
        """Record an error.

        Args:
            message: the problem, in one sentence without a full stop.
            rows: the rows that it is about; empty for the whole file.
        """
        self.findings.append(Finding(True, message, self.file, tuple(int(row) for row in rows)))

    def warn(self, message: str, rows: Iterable[int] = ()) -> None:
        """Record a warning. Arguments as for `error`.

        Args:
            message: one sentence without a full stop.
            rows: rows of the file, as a spreadsheet numbers them.
        """
        self.findings.append(Finding(False, message, self.file, tuple(int(row) for row in rows)))

    def error_rows(self, message: str, rows: Iterable[int]) -> None:
        """Record an error about rows, unless there are none. Arguments as for `error`."""
        found = tuple(int(row) for row in rows)
        if found:
            self.error(message, found)

    def warn_rows(self, message: str, rows: Iterable[int]) -> None:
        """Record a warning about rows, unless there are none. Arguments as for `error`."""
        found = tuple(int(row) for row in rows)
        if found:
            self.warn(message, found)

    def ask(self, question: Question) -> None:
        """Record a question. `stop_on_errors` asks it only if there are no errors.

        Args:
            question: the question; without a file it is of this one.
        """
        self.questions.append(replace(question, file=question.file or self.file))

    def stop_on_errors(self) -> None:
        """Raise the errors, if there are any; otherwise the questions, if there are any.

        Raises:
            DataError: with every error.
            QuestionError: with every question.
        """
        stop_on_errors(self.findings)
        if self.questions:
            raise QuestionError(self.questions)


def stop_on_errors(findings: Iterable[Finding]) -> None:
    """Raise the errors among findings, if there are any.

    Args:
        findings: errors and warnings.

    Raises:
        DataError: with every error.
    """
    wrong = [Problem(f"{item.message}{in_rows(item.rows)}", item.file) for item in findings if item.is_error]
    if wrong:
        raise DataError(wrong)
