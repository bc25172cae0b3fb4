"""Sums and extremes of many groups at once.

Values are in order of their groups: group i has the places `starts[i]` to `starts[i + 1]`. A group's result is the same
to the last bit whichever groups stand beside it, so that a replication does not depend on its neighbours.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_IN_ORDER = 8  # numpy adds fewer numbers than this one after the other, as `bincount` does


def starts_of(counts: Integers) -> Integers:
    """Where each group begins, and where the last one ends.

    Args:
        counts: (n,) number of values of each group.

    Returns:
        (n + 1,) places.
    """
    return np.concatenate(([0], np.cumsum(counts)))


def group_of(starts: Integers) -> Integers:
    """The group of each value.

    Args:
        starts: (n + 1,) places of the groups.

    Returns:
        (values,) numbers of the groups, from 0.
    """
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def sums(values: Array, starts: Integers) -> Array:
    """The sum of each group, as numpy's `sum` gives it; 0 for an empty one.

    Args:
        values: (values,) numbers.
        starts: (n + 1,) places of the groups.

    Returns:
        (n,) sums.
    """
    n, counts = len(starts) - 1, np.diff(starts)
    found = np.bincount(group_of(starts), values, n).astype(np.float64)
    for i in np.flatnonzero(counts >= _IN_ORDER).tolist():
        found[i] = np.add.reduce(values[starts[i] : starts[i + 1]])
    return found


def exact_sums(values: Array, starts: Integers) -> Array:
    """The sum of each group without rounding on the way; see `math.fsum`.

    Args:
        values: (values,) numbers.
        starts: (n + 1,) places of the groups.

    Returns:
        (n,) sums.
    """
    numbers, places = values.tolist(), starts.tolist()
    return np.array([math.fsum(numbers[a:b]) for a, b in pairwise(places)])


def largest(values: Array, starts: Integers, empty: float) -> Array:
    """The largest value of each group.

    Args:
        values: (values,) numbers.
        starts: (n + 1,) places of the groups.
        empty: result for a group without values.

    Returns:
        (n,) values.
    """
    found = np.full(len(starts) - 1, empty)
    has_any = np.diff(starts) > 0
    if has_any.any():
        found[has_any] = np.maximum.reduceat(values, starts[:-1][has_any])
    return found


def lengths_of_unions(spans: Array, group: Integers, n: int) -> Array:
    """Number of days in the union of each group's intervals.

    Args:
        spans: (k, 2) intervals in days, which may overlap.
        group: (k,) group of each interval, in any order.
        n: number of groups.

    Returns:
        (n,) days, added in order of the beginnings.
    """
    order = np.lexsort((spans[:, 0], group))
    start, end, group = spans[order, 0], spans[order, 1], group[order]
    k = len(order)
    by_end = np.argsort(end, kind="stable")
    rank = np.empty(k, dtype=np.int64)
    rank[by_end] = np.arange(k)
    latest = np.maximum.accumulate(group * k + rank) - group * k  # ranks, because sums of days would be rounded
    reached = np.concatenate(([-np.inf], end[by_end][latest[:-1]]))[:k]
    reached[np.flatnonzero(np.diff(group, prepend=-1))] = -np.inf
    return np.bincount(group, np.maximum(end - np.maximum(start, reached), 0.0), n).astype(np.float64)
