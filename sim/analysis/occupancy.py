"""How many people are in a state at a time (waiting, in screening, in a bay), from replications kept whole.

Measures have one value a replication; a level over time has a curve, which is worked out from events of trials that
were kept whole.

Attributes:
    PLACES: states that are shown, by name, each with the events that begin and end a stay in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.core import events
from sim.core.events import KINDS

Array = npt.NDArray[np.float64]


class Place(NamedTuple):
    """A state in which people stay for a time.

    Attributes:
        meaning: the state in words.
        begins: kind of event that begins a stay.
        ends: kinds of event of the same person, any of which ends it.
    """

    meaning: str
    begins: int
    ends: tuple[int, ...]


_e = events
PLACES: dict[str, Place] = {
    "waiting_for_coordinator": Place(
        "waiting for a coordinator",
        _e.CONSENT_GIVEN,
        (_e.SCREENING_STARTED, _e.PATIENT_LOST, _e.SCREENING_FAILED, _e.TURNED_AWAY),
    ),
    "being_screened": Place(
        "being screened",
        _e.SCREENING_STARTED,
        (_e.SCREENING_PASSED, _e.SCREENING_FAILED, _e.RESCREEN_PLANNED, _e.TURNED_AWAY),
    ),
    "waiting_for_place": Place(
        "eligible, and waiting to be randomised",
        _e.PLACE_AWAITED,
        (_e.RANDOMISED, _e.SCREENING_FAILED, _e.TURNED_AWAY),
    ),
    "in_bay": Place("in an infusion bay", _e.DOSE_STARTED, (_e.DOSE_GIVEN, _e.DOSE_LOST)),
}


def stays(log: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Every stay in a state; one that never ended lasts until the last event of its trial.

    Args:
        log: events as in `events.parquet`, each replication in order of time.
        place: the state.

    Returns:
        A row for each stay: `replication`, `start` and `end` in days.
    """
    begins, ends = KINDS[place.begins].name, [KINDS[kind].name for kind in place.ends]
    rows = log[log["event"].isin([begins, *ends])].sort_values(["replication", "site", "patient"], kind="stable")
    who = rows[["replication", "site", "patient"]]
    same_person = (who == who.shift(-1)).all(axis=1)
    has_ended = same_person & rows["event"].shift(-1).isin(ends)
    last = log.groupby("replication")["day"].max()
    end = rows["day"].shift(-1).where(has_ended, rows["replication"].map(last))
    found = pd.DataFrame({"replication": rows["replication"], "start": rows["day"], "end": end})
    return found[rows["event"] == begins].reset_index(drop=True)


def _time_before(times: Array, edges: Array) -> Array:
    """For each edge, the sum over times before it of how long before it they are."""
    ordered = np.sort(times)
    summed = np.concatenate(([0.0], np.cumsum(ordered)))
    n = np.searchsorted(ordered, edges)
    return np.asarray(n * edges - summed[n])


def mean_level(found: pd.DataFrame, edges: Array) -> Array:
    """Mean number of people in a state in each period.

    Args:
        found: stays of one replication.
        edges: (n + 1,) ends of the periods in days, increasing.

    Returns:
        (n,) means over time.
    """
    start, end = found["start"].to_numpy(dtype=np.float64), found["end"].to_numpy(dtype=np.float64)
    person_days = _time_before(start, edges) - _time_before(end, edges)
    return np.asarray(np.diff(person_days) / np.diff(edges))


def peak_level(found: pd.DataFrame, edges: Array) -> Array:
    """Largest number of people in a state at the same time in each period; one who leaves makes room at that instant.

    Args:
        found: stays of one replication.
        edges: (n + 1,) ends of the periods in days, increasing.

    Returns:
        (n,) numbers.
    """
    start, end = found["start"].to_numpy(dtype=np.float64), found["end"].to_numpy(dtype=np.float64)
    lasting = end > start
    time = np.concatenate((end[lasting], start[lasting]))
    step = np.concatenate((-np.ones(lasting.sum()), np.ones(lasting.sum())))
    order = np.argsort(time, kind="stable")
    time, level = time[order], np.concatenate(([0.0], np.cumsum(step[order])))
    peaks = level[np.searchsorted(time, edges[:-1], side="right")]  # level when the period begins
    period = np.searchsorted(edges, time, side="right") - 1
    inside = (period >= 0) & (period < len(peaks))
    np.maximum.at(peaks, period[inside], level[1:][inside])
    return np.asarray(peaks)
