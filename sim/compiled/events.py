"""Events of many replications by kind, and stays, as `sim.analysis.index` needs them, in compiled code."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled_door
from sim.core.events import KIND, PERSON, SITE, TIME, WIDTH

_BITS_OF_PERSON = 32
_MIX = 0x9E3779B97F4A7C15 >> 1  # spreads people over the table
_NOBODY, _NEVER = -(1 << 62), float("nan")  # the first is no person


@compiled_door
def by_kind(happened: Any, starts: Any, counts: Any, rows: Any, replication: Any, place: Any) -> None:
    """Sort events by kind; those of a kind stay in order.

    Args:
        happened: (events, WIDTH) events.
        starts: (n + 1,) where each replication begins.
        counts: (kinds, n) is written: number of events of each kind in each replication.
        rows: (events, WIDTH) is written: the events in order.
        replication: (events,) is written: the replication of each.
        place: (kinds,) for own use.
    """
    n_kinds, n = counts.shape
    for kind in range(n_kinds):
        for i in range(n):
            counts[kind, i] = 0
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            counts[int(happened[k, KIND]), i] += 1
    total = 0
    for kind in range(n_kinds):
        place[kind] = total
        for i in range(n):
            total += counts[kind, i]
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            kind = int(happened[k, KIND])
            to = place[kind]
            place[kind] += 1
            replication[to] = i
            for column in range(WIDTH):
                rows[to, column] = happened[k, column]


@compiled_door
def stays(rows: Any, places: Any, found: Any, people: Any, ends: Any, left: Any) -> None:
    """For events of one kind, when an event of other kinds of the same person comes next; at one instant it does.

    Args:
        rows: (events, WIDTH) events in order of kind, replication and time.
        places: (kinds, n + 1) where each replication begins among the events of each kind, the first being that of the
            events in question.
        found: (k,) is written: the days; NaN where none comes.
        people: (m,) for own use; m is a power of 2 and more than the other events of any replication.
        ends: (m,) likewise.
        left: (kinds,) likewise.
    """
    n_kinds, mask = places.shape[0], len(people) - 1
    for i in range(places.shape[1] - 1):
        people[:] = _NOBODY
        for kind in range(n_kinds):
            left[kind] = places[kind, i + 1]
        while left[0] > places[0, i]:  # from the last event to the first
            latest = 0
            for kind in range(1, n_kinds):
                if left[kind] > places[kind, i] and rows[left[kind] - 1, TIME] >= rows[left[latest] - 1, TIME]:
                    latest = kind
            left[latest] -= 1
            k = left[latest]
            person = (int(rows[k, SITE]) << _BITS_OF_PERSON) + int(rows[k, PERSON])
            slot = ((person * _MIX) >> _BITS_OF_PERSON) & mask
            while people[slot] not in (_NOBODY, person):
                slot = (slot + 1) & mask
            if latest > 0:
                people[slot], ends[slot] = person, rows[k, TIME]
            else:
                found[k - places[0, 0]] = ends[slot] if people[slot] == person else _NEVER
