"""One scenario per student: values and a seed of their own, the file, and the simulated answer key.

Everything follows from the student's name and the teacher's seed, so that a list with one name more leaves the others'
scenarios as they were.

Attributes:
    MOST_STUDENTS: maximum number of names in a list.
    MOST_BYTES: maximum size of a list.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sim.analysis.intervals import Estimate
from sim.analysis.spreadsheets import no_formula
from sim.errors import InputError, Problem
from sim.lessons.lesson import Taught
from sim.lessons.session import Session, with_values
from sim.scenario.limited import read_limited
from sim.scenario.yaml_source import shown

MOST_STUDENTS = 500
MOST_BYTES = 100_000
_TOO_LARGE = f"is larger than a list of students may be ({MOST_BYTES:,} bytes)"
_LONGEST = 80  # characters of a name
_COLUMN = "name"
_SEEDS = 2**31


@dataclass(frozen=True)
class Student:
    """One student's lesson.

    Attributes:
        name: name in the list.
        file: name of their files, without ending.
        session: the lesson with their values and seed.
    """

    name: str
    file: str
    session: Session


@dataclass(frozen=True)
class Answered:
    """A student's lesson, answered by the simulation.

    Attributes:
        student: the student.
        taught: the answers.
    """

    student: Student
    taught: Taught


def read_names(path: Path) -> list[str]:
    """Names of students from a CSV file with a column `name`.

    Args:
        path: the file, in UTF-8, with commas or semicolons.

    Returns:
        The names in their order; empty rows are left out.

    Raises:
        InputError: names every problem found (a missing, long or repeated name, too many): file, line, value and what
            is allowed.
    """
    file = path.as_posix()
    try:
        data = read_limited(path, MOST_BYTES)
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", file)) from None
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise InputError(Problem(_TOO_LARGE, file)) from None
        raise InputError(Problem(f"cannot be read: {error.strerror}", file)) from None
    return names_from(data, file)


def names_from(data: bytes, file: str) -> list[str]:
    """As `read_names`, from the bytes of a file.

    Args:
        data: contents of the file.
        file: name of the file in messages.

    Returns:
        The names in their order.

    Raises:
        InputError: as for a file.
    """
    if len(data) > MOST_BYTES:
        raise InputError(Problem(_TOO_LARGE, file))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem("is not UTF-8 text", file)) from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    if not rows:
        raise InputError(Problem(f"is empty; a list of students has a column '{_COLUMN}'", file))
    header = [cell.strip().lower() for cell in rows[0]]
    if _COLUMN not in header:
        message = f"there is no column '{_COLUMN}' in the first line; it has: {', '.join(header)}"
        raise InputError(Problem(message, file, 1))
    return _names(rows[1:], header.index(_COLUMN), file)


def _names(rows: list[list[str]], column: int, file: str) -> list[str]:
    """Names of a column.

    Raises:
        InputError: names every problem found.
    """
    found: dict[str, int] = {}
    wrong = []
    for line, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        name = row[column].strip() if len(row) > column else ""
        if not name:
            wrong.append(Problem("has no name", file, line, _COLUMN))
        elif len(name) > _LONGEST:
            wrong.append(Problem(f"may have at most {_LONGEST} characters", file, line, _COLUMN, name[:_LONGEST]))
        elif name in found:
            wrong.append(Problem(f"stands in line {found[name]} already", file, line, _COLUMN, name))
        else:
            found[name] = line
    if not found and not wrong:
        wrong.append(Problem("has no students", file))
    if len(found) > MOST_STUDENTS:
        wrong.append(Problem(f"may have at most {MOST_STUDENTS} students", file, value=str(len(found))))
    if wrong:
        raise InputError(wrong)
    return list(found)


def students(session: Session, names: Iterable[str]) -> list[Student]:
    """One lesson per student; values and seed depend only on the name and on the session's lesson and seed.

    Args:
        session: the lesson with the teacher's settings.
        names: names of the students, each once.

    Returns:
        The students in their order. Names that become the same file name get numbers.
    """
    found: list[Student] = []
    taken: set[str] = set()
    for name in names:
        file = _file_name(name, taken)
        taken.add(file)
        found.append(Student(name, file, _own(session, name)))
    return found


def _own(session: Session, name: str) -> Session:
    """The lesson with one student's values and seed, from the SHA-256 of lesson, seed and name."""
    digest = hashlib.sha256(f"{session.lesson.name}|{session.seed}|{name}".encode()).digest()
    values = session.values()
    for i, (key, choices) in enumerate(session.varies.items()):
        values[key] = choices[digest[8 + i] % len(choices)]
    parameters = with_values(session.lesson, values, name)
    return replace(session, parameters=parameters, seed=int.from_bytes(digest[:8]) % _SEEDS)


def _file_name(name: str, taken: set[str]) -> str:
    """A name that is a valid file name on every system."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:40] or "student"
    if plain in ("key", "con", "prn", "aux", "nul"):
        plain = f"student-{plain}"
    found, n = plain, 2
    while found in taken:
        found, n = f"{plain}-{n}", n + 1
    return found


def scenario_text(student: Student) -> str:
    """The scenario file of a student, which extends one that comes with the program.

    `trialclock run` with this file simulates the same trials as the lesson's answers.

    Args:
        student: the student.

    Returns:
        YAML; each changed value has a source of grade D.
    """
    session, lesson = student.session, student.session.lesson
    changed = lesson.changes(session.parameters)
    data: dict[str, Any] = {
        "name": f"Lesson {lesson.number}, {student.name}"[:80],
        "question": lesson.question,
        "extends": f"{lesson.base}.yaml",
        **changed,
        "experiment": {"replications": session.replications, "seed": session.seed},
        "sources": {
            key: {"grade": "D", "source": f"a parameter of lesson {lesson.number}"}
            for key in changed
            if changed[key] is not None
        },
    }
    head = f"# Lesson {lesson.number}: {lesson.title}. Scenario of {_one_line(student.name)}.\n"
    return head + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def answer(found: list[Student], progress: Callable[[int, int], None]) -> Iterator[Answered]:
    """The answers of all students, one after the other.

    Args:
        found: the students.
        progress: called with the number of students done and in all.

    Yields:
        Each student with their answers.
    """
    progress(0, len(found))
    for i, student in enumerate(found, start=1):
        yield Answered(student, student.session.teach())
        progress(i, len(found))


def key_table(answers: list[Answered]) -> str:
    """The answer key as CSV: one row per student and number, each with its error.

    Args:
        answers: the answers of each student.

    Returns:
        CSV with the columns student, file, seed, values, what (`prediction`, `check`, or a number of the lesson),
        answer, low, high (95 % interval; empty where there is none), unit and link.
    """
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(("student", "file", "seed", "values", "what", "answer", "low", "high", "unit", "link"))
    for student, taught in ((found.student, found.taught) for found in answers):
        session = student.session
        values = "; ".join(f"{name}={shown(value)}" for name, value in session.values().items())
        head = (no_formula(student.name), f"{student.file}.yaml", session.seed, no_formula(values))
        tail = (f"/learn?{session.query}",)
        prediction, check = taught.prediction, taught.check
        write((*head, "prediction", *_numbers(prediction.answer), prediction.unit, *tail))
        write((*head, "check", no_formula(check.options[check.right]), "", "", "", *tail))
        for fact in taught.facts:
            write((*head, fact.name, *_numbers(fact.estimate), fact.unit, *tail))
    return out.getvalue()


def _numbers(estimate: Estimate) -> tuple[str, ...]:
    return tuple("" if value is None else f"{value:.6g}" for value in estimate)
