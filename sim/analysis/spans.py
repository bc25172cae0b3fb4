"""Where the time went: the days of a trial, each given to the first of a list of causes that held at the time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.analysis.measures import SPANS
from sim.core import events
from sim.core.events import TIME

Array = npt.NDArray[np.float64]


def spans(row: dict[str, float], index: EventIndex) -> dict[str, float]:
    """Days given to each cause; together the days from day 0 to the last event.

    Recruitment, from the first activation to the last randomisation (or, where the target was not met, to the end of
    recruitment), is given moment by moment to the first cause in the order of `SPANS` that holds. A pause for the
    sentinels counts while somebody eligible waits.

    Args:
        row: the milestones and `reached`.
        index: the events.
    """
    first, end = row["day_first_site_active"], row["day_end"]
    first = end if np.isnan(first) else min(max(first, 0.0), end)
    recruited = _end_of_recruitment(row, index, end)
    recruited = max(recruited, first)
    days = dict.fromkeys(SPANS, 0.0)
    days["start_up"] = first
    days |= _recruitment(index, first, recruited)
    last_visit = end if np.isnan(row["day_last_visit"]) else max(row["day_last_visit"], recruited)
    days["follow_up"] = last_visit - recruited
    days["database_lock"] = end - last_visit
    return {f"span_{name}_days": float(value) for name, value in days.items()}


def _end_of_recruitment(row: dict[str, float], index: EventIndex, end: float) -> float:
    if row["reached"]:
        return row["day_last_randomised"]
    closed = index.of(events.RECRUITMENT_CLOSED)
    reopened = index.of(events.RECRUITMENT_REOPENED)
    is_closed = len(closed) > len(reopened)
    return float(closed[-1, TIME]) if is_closed else end


def _recruitment(index: EventIndex, start: float, end: float) -> dict[str, float]:
    """The days of recruitment, by cause."""
    awaited = index.waits_for_place()
    sentinel = index.pauses(events.PAUSE_SENTINEL)
    causes = [
        ("board_review", [index.pauses(events.PAUSE_BOARD)]),
        ("hold", [index.pauses(events.PAUSE_HOLD)]),
        ("sentinel", [sentinel, awaited]),
        ("cells", [awaited]),
        ("coordinators", [index.waits_for_coordinator()]),
        ("screening", [index.screenings()]),
    ]
    edges = np.unique(
        np.clip(np.concatenate([[start, end], *(x.ravel() for _, all_ in causes for x in all_)]), start, end)
    )
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    free = np.ones(len(middle), dtype=bool)
    days = {}
    for name, conditions in causes:
        held = free & np.logical_and.reduce([_within(middle, stays) for stays in conditions])
        days[name] = float(width[held].sum())
        free &= ~held
    days["patients"] = float(width[free].sum())
    return days


def _within(times: Array, stays: Array) -> npt.NDArray[np.bool_]:
    """Which times fall into any of several stays."""
    begun = np.searchsorted(np.sort(stays[:, 0]), times, side="right")
    ended = np.searchsorted(np.sort(stays[:, 1]), times, side="right")
    return np.asarray(begun > ended)
