"""Undo and redo of a page: the queries before, and those that were undone.

What can be undone is plain data for a store of the page: `past` (oldest first), `future` (next first) and `at`, the
query that the page is at. None stands for a page on which nothing has happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST_STEPS = 200


def undone(undo: Mapping[str, Any] | None, query: str) -> tuple[str, dict[str, Any]]:
    """The query one step back, and what can then be undone and redone."""
    past, future = _ways(undo)
    if not past:
        return query, {"past": past, "future": future, "at": query}
    return past[-1], {"past": past[:-1], "future": [query, *future], "at": past[-1]}


def redone(undo: Mapping[str, Any] | None, query: str) -> tuple[str, dict[str, Any]]:
    """The query one step forward again, and what can then be undone and redone."""
    past, future = _ways(undo)
    if not future:
        return query, {"past": past, "future": future, "at": query}
    return future[0], {"past": [*past, query], "future": future[1:], "at": future[0]}


def stepped(undo: Mapping[str, Any] | None, before: str, after: str) -> dict[str, Any]:
    """What can be undone after a step from one query to another; what was undone before is dropped.

    Args:
        undo: what could be undone before.
        before: the query before.
        after: the query after; the same query is no step.
    """
    past, future = _ways(undo)
    if before == after:
        return {"past": past, "future": future, "at": after}
    return {"past": [*past, before][-_MOST_STEPS:], "future": [], "at": after}


def _ways(undo: Mapping[str, Any] | None) -> tuple[list[str], list[str]]:
    undo = undo or {}
    return list(undo.get("past") or ()), list(undo.get("future") or ())
