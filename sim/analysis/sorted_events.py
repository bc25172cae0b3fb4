"""Events by kind, and when stays end: in compiled code where it is loaded, and else in numpy, with the same results.

Which of the two runs depends only on whether compiled code is loaded, and never changes a measure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.analysis.grouped import group_of
from sim.compiled import ready
from sim.core.events import KIND, PERSON, SITE, TIME

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_PEOPLE_A_SITE = 1 << 32
_SITES = 1 << 16  # at most; a replication has fewer


def person_keys(rows: Array, replication: Integers | int = 0) -> Integers:
    """One number for each person, from replication, site and referral.

    Args:
        rows: (k, WIDTH) events.
        replication: (k,) replication of each event.

    Returns:
        (k,) keys, in order of replication, site and referral.
    """
    place = np.asarray(replication) * _SITES + rows[:, SITE].astype(np.int64)
    return place * _PEOPLE_A_SITE + rows[:, PERSON].astype(np.int64)


def by_kind(happened: Array, starts: Integers, n_kinds: int) -> tuple[Array, Integers, Integers]:
    """Sort events by kind; those of a kind stay in order.

    Args:
        happened: (events, WIDTH) events.
        starts: (n + 1,) where each replication begins.
        n_kinds: number of kinds of event.

    Returns:
        (events, WIDTH) events in order, (events,) the replication of each, and (kinds, n) counts.
    """
    n = len(starts) - 1
    if ready.is_loaded():
        counts = np.empty((n_kinds, n), dtype=np.int64)
        rows, replication = np.empty_like(happened, order="C"), np.empty(len(happened), dtype=np.int64)
        events = np.ascontiguousarray(happened)
        ready.engine().by_kind(events, starts, counts, rows, replication, np.empty(n_kinds, dtype=np.int64))
        return rows, replication, counts
    kinds, replication = happened[:, KIND].astype(np.int16), group_of(starts)
    order = np.argsort(kinds, kind="stable")
    counts = np.bincount(kinds.astype(np.int64) * n + replication, minlength=n_kinds * n).reshape(n_kinds, n)
    return happened[order], replication[order], counts


def ends_of_stays(rows: Array, places: Integers) -> Array:
    """For each event of one kind, when the next event of several other kinds of the same person comes.

    At one instant, what begins comes first.

    Args:
        rows: (events, WIDTH) events in order of kind, replication and time.
        places: (kinds, n + 1) where each replication begins among the events of each kind; the first kind is that which
            begins stays.

    Returns:
        (k,) days; NaN where none comes.
    """
    if not ready.is_loaded():
        return _ends_by_sorting([rows[each[0] : each[-1]] for each in places], [np.diff(each) for each in places])
    most = int(np.diff(places[1:]).sum(axis=0).max(initial=0))
    size = 1 << (2 * most + 1).bit_length()
    found, people = np.empty(places[0, -1] - places[0, 0]), np.empty(size, dtype=np.int64)
    ready.engine().stays(rows, places, found, people, np.empty(size), np.empty(len(places), dtype=np.int64))
    return found


def _ends_by_sorting(parts: Sequence[Array], counts: Sequence[Integers]) -> Array:
    """`ends_of_stays`, from the events of each kind and their numbers in each replication."""
    n = len(parts[0])
    keys = np.concatenate(
        [person_keys(part, np.repeat(np.arange(len(each)), each)) for part, each in zip(parts, counts, strict=True)]
    )
    times = np.concatenate([part[:, TIME] for part in parts])
    order = np.lexsort((np.arange(len(keys)) >= n, times, keys))
    is_end = order >= n
    of_ends = order[is_end]
    after = np.cumsum(is_end)[~is_end]  # of each that begins, in this order, the next end
    begins = order[~is_end]
    has_next = after < len(of_ends)
    begins, ends = begins[has_next], of_ends[after[has_next]]
    is_same = keys[begins] == keys[ends]
    found = np.full(n, np.nan)
    found[begins[is_same]] = times[ends[is_same]]
    return found
