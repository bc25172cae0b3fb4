"""The calendar of a replication, in SimPy's order: by time, urgent before normal, then first scheduled first."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.layout import STEP, TRIGGER, WAKE
from sim.compiled.memory import heap, log, people

_NORMAL = 1 << 62  # added to the number of an entry, so that urgent entries of an instant come first


@compiled
def _copy(w: Any, to: int, from_: int) -> None:
    one, other = heap(w, to), heap(w, from_)
    one.time, one.key = other.time, other.key
    one.kind, one.who, one.token = other.kind, other.who, other.token


@compiled
def _is_before(entry: Any, time: float, key: int) -> bool:
    return entry.time < time or (entry.time == time and entry.key < key)


@compiled
def schedule(w: Any, day: float, kind: int, who: int, token: int, is_urgent: bool) -> None:
    """Put an entry into the calendar, at a day or at once if that has passed.

    Args:
        w: the world.
        day: when it is due.
        kind: what it does; see `sim.compiled.layout`.
        who: the person, site, lot or number that it is for.
        token: for a person, number of the wait that it ends; it does nothing once that wait is over.
        is_urgent: whether it comes before everything else of its instant.
    """
    time = day if day > w.now else w.now
    key = w.n_scheduled + (0 if is_urgent else _NORMAL)
    w.n_scheduled += 1
    i = w.n_heap
    w.n_heap += 1
    while i > 0:
        above = (i - 1) >> 1
        if _is_before(heap(w, above), time, key):
            break
        _copy(w, i, above)
        i = above
    entry = heap(w, i)
    entry.time, entry.key, entry.kind, entry.who, entry.token = time, key, kind, who, token


@compiled
def plan(w: Any, day: float, kind: int, who: int) -> None:
    """Put something into the calendar that is not a person's wait."""
    schedule(w, day, kind, who, 0, False)


@compiled
def take_next(w: Any) -> tuple[int, int, int]:
    """Take the next entry out of the calendar, and set the clock to it.

    Returns:
        Its kind, whom it is for, and its token.
    """
    first = heap(w, 0)
    w.now = first.time
    kind, who, token = first.kind, first.who, first.token
    w.n_heap -= 1
    n = w.n_heap
    time, key = heap(w, n).time, heap(w, n).key
    i, below = 0, 1
    while below < n:
        other = below + 1
        if other < n and _is_before(heap(w, other), heap(w, below).time, heap(w, below).key):
            below = other
        if not _is_before(heap(w, below), time, key):
            break
        _copy(w, i, below)
        i, below = below, 2 * below + 1
    _copy(w, i, n)
    return kind, who, token


@compiled
def wait_until(w: Any, p: int, day: float, state: int) -> None:
    """Let a person's journey go on, on a day."""
    person = people(w, p)
    w.last_token += 1
    person.token, person.is_triggered, person.state = w.last_token, 0, state
    schedule(w, day, STEP, p, person.token, False)


@compiled
def wait_for(w: Any, p: int, at_most_until: float, state: int) -> None:
    """Let a person wait for something to happen, or for a day if that is earlier; see `happens`."""
    person = people(w, p)
    w.last_token += 1
    person.token, person.is_triggered, person.state = w.last_token, 0, state
    schedule(w, at_most_until, TRIGGER, p, person.token, False)


@compiled
def happens(w: Any, p: int) -> None:
    """What a person waits for happens now, unless it has; the journey goes on in the next step of the calendar."""
    person = people(w, p)
    if not person.is_triggered:
        person.is_triggered = 1
        schedule(w, w.now, WAKE, p, person.token, False)


@compiled
def record(w: Any, kind: int, site: int, person: int, number: float, code: int, amount: float) -> None:
    """Add an event that happens now to the log; see `sim.core.events`."""
    event = log(w, w.n_rows)
    w.n_rows += 1
    event.time, event.kind, event.site, event.person = w.now, kind, site, person
    event.number, event.code, event.amount = number, code, amount
