"""Which lesson an address asks for, and its answers, which are kept so that a class does not simulate them anew."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from sim.errors import Problem, UsageError
from sim.experiment.identity import program_fingerprint
from sim.lessons.lesson import Taught
from sim.lessons.session import SEED_KEY, TRIALS_KEY, Session, session_from_query, session_from_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim.web.studio import Studio

FILE_KEY = "lesson_file"  # in an address: a teacher's file, by the hash under which this studio keeps it
FILE = "parameters.yaml"  # how messages name it
_KEPT_BYTES = 64 * 2**20


def session_of(studio: Studio, query: Mapping[str, Sequence[str]]) -> Session:
    """The lesson that an address asks for.

    Raises:
        InputError: there is no such lesson, or something in it is not allowed.
    """
    plain = {key: values[-1] for key, values in query.items() if values}
    digest = plain.get(FILE_KEY)
    if not digest:
        return session_from_query(plain)
    text = studio.visitors.text(digest)
    if text is None:
        raise UsageError(Problem("this studio keeps no such file; the link is of another one", f"?{FILE_KEY}"))
    return session_from_query(plain, session_from_text(text, FILE))


def query_of(session: Session, before: str) -> str:
    """The query that opens a session, with what else stood in the query before (a scenario, a teacher's file)."""
    own = {"lesson", SEED_KEY, TRIALS_KEY, *type(session.parameters).model_fields}
    others = [(key, value) for key, value in parse_qsl(before.removeprefix("?")) if key not in own]
    return f"?{urlencode([*others, *parse_qsl(session.query)])}"


def answered(studio: Studio, session: Session, progress: Callable[[int, int], None]) -> Taught:
    """The answers of a session: simulated, or as they were simulated for somebody before."""
    import diskcache

    key = hashlib.sha256(f"{program_fingerprint()} {session.query}".encode()).hexdigest()
    with diskcache.Cache(str(studio.settings.kept / "lessons"), size_limit=_KEPT_BYTES) as kept:
        found = kept.get(key)
        if not isinstance(found, Taught):
            found = session.teach(progress)
            kept.set(key, found)
        return found
