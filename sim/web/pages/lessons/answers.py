"""The lesson that an address asks for, and its answers, which are kept so that a class does not simulate them again.

A lesson is a pure function of its settings, so an answer can be kept for everybody who has the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from sim.errors import Problem, UsageError
from sim.experiment.identity import program_fingerprint
from sim.lessons.catalogue import LESSONS
from sim.lessons.lesson import Taught
from sim.lessons.session import SEED_KEY, TRIALS_KEY, Session, session_from_query, session_from_text
from sim.web.work.process import lower_priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sim.web.studio import Studio

FILE_KEY = "lesson_file"  # in an address: a teacher's file, by the hash under which this studio keeps it
FILE = "parameters.yaml"  # its name in messages
_KEPT_BYTES = 64 * 2**20
_NICE = 15  # preparation yields to everything else
_FIRST_SHARE, _FEWEST = 4, 4  # a first picture has one trial in four, and at least four


def session_of(studio: Studio, query: Mapping[str, Sequence[str]]) -> Session:
    """The lesson that an address asks for.

    Args:
        studio: the studio, which keeps teachers' files.
        query: the parsed query; of a key that is there twice, the last counts.

    Raises:
        InputError: there is no such lesson, a parameter is not allowed, or a teacher's file is not kept here.
    """
    plain = {key: values[-1] for key, values in query.items() if values}
    digest = plain.get(FILE_KEY)
    if not digest:
        return session_from_query(plain)
    text = studio.visitors.text(digest)
    if text is None:
        raise UsageError(Problem(f"this file {studio.visitors.why_not(digest)}", f"?{FILE_KEY}"))
    return session_from_query(plain, session_from_text(text, FILE))


def query_of(session: Session, before: str) -> str:
    """The query that opens a session, with the other keys of the query before (a scenario, a class, a teacher's file).

    Args:
        session: the lesson with its parameters.
        before: the query before, with or without its question mark.

    Returns:
        A query with its question mark.
    """
    own = {"lesson", SEED_KEY, TRIALS_KEY, *type(session.parameters).model_fields}
    others = [(key, value) for key, value in parse_qsl(before.removeprefix("?")) if key not in own]
    return f"?{urlencode([*others, *parse_qsl(session.query)])}"


def prepare(kept: Path) -> None:
    """Simulate every lesson with its default settings, so that nobody waits for it. Runs in a process of its own, at
    low priority.

    Args:
        kept: the studio's folder of visitors' files; answers that are kept there already are not simulated again.
    """
    lower_priority(_NICE)
    for lesson in LESSONS:
        answered(kept, session_from_query({"lesson": lesson.name}), lambda _done, _all: None)


def answered(
    kept: Path,
    session: Session,
    progress: Callable[[int, int], None],
    first: Callable[[Taught, int], None] | None = None,
) -> Taught:
    """The answers of a session, simulated or kept from an earlier visitor.

    They are kept by the query and by a fingerprint of the program, so that a new version answers anew.

    Args:
        kept: the studio's folder of visitors' files.
        session: the lesson with its parameters.
        progress: called with the number of trials done and in all.
        first: called with answers from the first trials and their number, while the others are simulated; not called
            for kept answers.

    Returns:
        Figures, findings and questions of the lesson.
    """
    import diskcache

    key = hashlib.sha256(f"{program_fingerprint()} {session.query}".encode()).hexdigest()
    with diskcache.Cache(str(kept / "lessons"), size_limit=_KEPT_BYTES) as answers:
        found = answers.get(key)
        if isinstance(found, Taught):
            return found
        if first is not None:
            few = max(session.replications // _FIRST_SHARE, _FEWEST)
            first(replace(session, replications=few).teach(lambda _done, _all: None), few)
        found = session.teach(progress)
        answers.set(key, found)
        return found
