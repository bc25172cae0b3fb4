"""How many are somewhere at a time, of stays that are written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.occupancy import PLACES, mean_level, peak_level, stays
from sim.core.events import KINDS


def found(*stretches: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(stretches, columns=["start", "end"], dtype=float)


def log(*rows: tuple[int, float, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["replication", "day", "event", "site", "patient"])


def test_a_stay_is_from_one_event_to_the_same_person_s_next() -> None:
    """One in a second replication, and one of another person, are stays of their own; one unended lasts to the end."""
    events = log(
        (0, 1.0, "screening.started", "s/1", 1),
        (0, 2.0, "screening.started", "s/1", 2),
        (0, 3.0, "screening.started", "s/2", 1),
        (0, 4.0, "screening.passed", "s/1", 1),
        (0, 6.0, "rescreen.planned", "s/2", 1),
        (0, 9.0, "trial.ended", "", 0),
        (1, 5.0, "screening.started", "s/1", 1),
        (1, 7.0, "screening.failed", "s/1", 1),
    )
    rows = stays(events, PLACES["being_screened"]).sort_values(["replication", "start"])
    assert rows.to_numpy().tolist() == [[0, 1.0, 4.0], [0, 2.0, 9.0], [0, 3.0, 6.0], [1, 5.0, 7.0]]


def test_places_begin_and_end_with_events_of_their_own() -> None:
    names = {
        name: (KINDS[place.begins].name, [KINDS[kind].name for kind in place.ends]) for name, place in PLACES.items()
    }
    assert names["in_bay"] == ("dose.started", ["dose.given", "dose.lost"])
    assert names["waiting_for_place"][0] == "place.awaited"
    assert all(begins not in ends for begins, ends in names.values())


EDGES = np.array([0.0, 10.0, 20.0])


@pytest.mark.parametrize(
    ("stretches", "means", "peaks"),
    [
        ([], [0.0, 0.0], [0, 0]),
        ([(2, 7)], [0.5, 0.0], [1, 0]),
        ([(5, 15)], [0.5, 0.5], [1, 1]),
        ([(0, 20), (5, 15)], [1.5, 1.5], [2, 2]),
        ([(2, 4), (4, 6)], [0.4, 0.0], [1, 0]),
        ([(-5, 5)], [0.5, 0.0], [1, 0]),
        ([(12, 30)], [0.0, 0.8], [0, 1]),
        ([(3, 3)], [0.0, 0.0], [0, 0]),
        ([(5, 10), (10, 12)], [0.5, 0.2], [1, 1]),
    ],
)
def test_levels(stretches: list[tuple[float, float]], means: list[float], peaks: list[int]) -> None:
    """Means over time, and most at any instant: who leaves at an instant makes room, and no time is no presence."""
    assert mean_level(found(*stretches), EDGES).tolist() == pytest.approx(means)
    assert peak_level(found(*stretches), EDGES).tolist() == peaks


def test_the_end_of_another_s_stay_ends_nobody_s() -> None:
    """One is still being screened; the next is turned away without having been; one begins a second time."""
    events = log(
        (0, 1.0, "screening.started", "s/1", 1),
        (0, 2.0, "patient.turned_away", "s/1", 2),
        (0, 3.0, "screening.started", "s/1", 3),
        (0, 4.0, "screening.started", "s/1", 3),
        (0, 5.0, "screening.passed", "s/1", 3),
        (0, 9.0, "trial.ended", "", 0),
    )
    rows = stays(events, PLACES["being_screened"])
    assert rows[["start", "end"]].to_numpy().tolist() == [[1.0, 9.0], [3.0, 9.0], [4.0, 5.0]]
