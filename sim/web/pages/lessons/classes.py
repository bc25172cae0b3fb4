"""A class that takes a lesson together: it joins by a code, without accounts, and its teacher sees guesses and who is
done.

A class is one file, of which each line is what one student did. Students are kept apart by their cookies, and have
numbers instead of names.

Attributes:
    STEPS: what a student may have done, in the order of a lesson.
    MOST_STUDENTS: most students of a class; further ones are not noted.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from sim.errors import Problem, UsageError
from sim.web.keeping import CLASSES

if TYPE_CHECKING:
    from pathlib import Path

    from sim.web.studio import Studio

CLASS_KEY = "class"  # in an address: the class that a student is in
GUESSED, TRIED, CHECKED = "guessed", "tried", "checked"  # what a student has done, in this order
STEPS = (GUESSED, TRIED, CHECKED)
MOST_STUDENTS = 400
_MOST_LINES = 8 * MOST_STUDENTS
_NAME = re.compile(r"[0-9a-f]{16}")
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Class:
    """A class.

    Attributes:
        path: its file.
        teacher: name of the folder of the visitor who began it.
        query: query of its lesson, without its question mark.
    """

    path: Path
    teacher: str
    query: str

    def note(self, student: str, step: str, value: Any = True) -> None:
        """Write down what a student did. A class that is full takes no more.

        Args:
            student: name of the folder of the visitor.
            step: GUESSED, TRIED or CHECKED.
            value: the guess, or whether the answer was right.
        """
        line = json.dumps({"who": student, "step": step, "value": value, "at": round(time.time())})
        with _LOCK:
            if len(self.path.read_text(encoding="utf-8").splitlines()) < _MOST_LINES:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")

    def students(self) -> list[dict[str, Any]]:
        """What each student did, by step, in the order in which they came.

        Returns:
            A dict for each student: under `GUESSED` the first guess, because the answer is shown after it; under the
            other steps what came last.
        """
        found: dict[str, dict[str, Any]] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines()[1:]:
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            done = found.setdefault(entry["who"], {})
            if entry["step"] == GUESSED:
                done.setdefault(GUESSED, entry["value"])
            else:
                done[entry["step"]] = entry["value"]
        return [*found.values()][:MOST_STUDENTS]


def begin(studio: Studio, query: str) -> Class:
    """Begin a class of a lesson; its teacher is the current visitor.

    Args:
        studio: the studio.
        query: query of the lesson, with its settings; a class in it is left out.

    Returns:
        The class, with a name that cannot be guessed.
    """
    pairs = [(key, value) for key, value in parse_qsl(query.removeprefix("?")) if key != CLASS_KEY]
    path = studio.settings.kept / CLASSES / f"{secrets.token_hex(8)}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"teacher": studio.visitor.folder.name, "query": urlencode(pairs)}
    path.write_text(json.dumps(head) + "\n", encoding="utf-8")
    return class_named(studio, path.stem)


def class_named(studio: Studio, name: str) -> Class:
    """The class with a name.

    Args:
        studio: the studio.
        name: 16 hexadecimal digits.

    Raises:
        UsageError: there is none, or it was deleted after long disuse.
    """
    path = studio.settings.kept / CLASSES / f"{name}.jsonl"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UsageError(Problem("there is no such class here, or it was deleted after long disuse", f"?{CLASS_KEY}"))
    with path.open(encoding="utf-8") as file:
        head = json.loads(file.readline())
    return Class(path, str(head["teacher"]), str(head["query"]))


def class_of(studio: Studio, query: str) -> Class | None:
    """The class that the query of a lesson names; None if it names none, or one that is no more."""
    name = dict(parse_qsl(query.removeprefix("?"))).get(CLASS_KEY, "")
    try:
        return class_named(studio, name) if name else None
    except UsageError:
        return None


def note(studio: Studio, query: str | None, step: str, value: Any = True) -> None:
    """Write down what the current visitor did, if the query names a class.

    Args:
        studio: the studio.
        query: query of the lesson; None for none.
        step: GUESSED, TRIED or CHECKED.
        value: the guess, or whether the answer was right.
    """
    found = class_of(studio, query or "")
    if found is not None:
        found.note(studio.visitor.folder.name, step, value)


def code_of(studio: Studio, found: Class) -> str:
    """The code by which a class joins, which `/go/` opens too.

    Args:
        studio: the studio, which keeps codes.
        found: the class.
    """
    return studio.visitors.short(f"/learn?{found.query}&{CLASS_KEY}={found.path.stem}")


def address_of(studio: Studio, code: str) -> str | None:
    """The address of the lesson of a class.

    Args:
        studio: the studio.
        code: the code that a student typed; spaces in it are left out.

    Returns:
        None if the code is of no lesson of this studio.
    """
    address = studio.visitors.address("".join(code.split()))
    return address if address is not None and address.startswith("/learn?") else None
