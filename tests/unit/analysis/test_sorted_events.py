"""Events by kind, and ends of stays: the same in compiled code as in numpy, and as a search one by one finds them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sim.analysis.grouped import starts_of
from sim.analysis.sorted_events import by_kind, ends_of_stays, person_keys
from sim.compiled import ready
from sim.core.events import KIND, PERSON, SITE, TIME, WIDTH

Array = np.ndarray

_N_KINDS = 5


@pytest.fixture(params=["numpy", "compiled"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "compiled":
        if not ready.has_numba():
            pytest.skip("Numba is not installed")
        ready.make_ready_apart()
        ready.engine()
    monkeypatch.setattr(ready, "is_loaded", lambda: request.param == "compiled")


def random_events(seed: int) -> tuple[Array, Array]:
    """Events of a few people at few instants, in order of time in each of some replications, of which one is empty."""
    random = np.random.default_rng(seed)
    counts = np.array([40, 0, 25, 60])
    events = np.zeros((counts.sum(), WIDTH))
    events[:, KIND] = random.integers(0, _N_KINDS, len(events))
    events[:, SITE] = random.integers(-1, 2, len(events))
    events[:, PERSON] = random.integers(-1, 3, len(events))
    starts = starts_of(counts)
    for start, end in pairwise(starts.tolist()):
        events[start:end, TIME] = np.sort(random.integers(0, 15, end - start))
    return events, starts


@pytest.mark.usefixtures("engine")
def test_events_of_a_kind_stay_in_order() -> None:
    events, starts = random_events(1)
    rows, replication, counts = by_kind(events, starts, _N_KINDS)
    of = np.repeat(np.arange(4), np.diff(starts))
    for kind in range(_N_KINDS):
        here, place = events[:, KIND] == kind, rows[:, KIND] == kind
        assert np.array_equal(rows[place], events[here])
        assert np.array_equal(replication[place], of[here])
        assert counts[kind].tolist() == np.bincount(of[here], minlength=4).tolist()
    assert np.array_equal(rows[:, KIND], np.sort(events[:, KIND]))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("seed", range(5))
def test_a_stay_ends_with_the_next_event_of_its_person_at_that_instant_or_later(seed: int) -> None:
    events, starts = random_events(seed)
    rows, replication, counts = by_kind(events, starts, _N_KINDS)
    kinds = (2, 0, 4)
    firsts = starts_of(counts.sum(axis=1))
    found = ends_of_stays(rows, np.array([firsts[kind] + starts_of(counts[kind]) for kind in kinds]))
    keys, is_end = person_keys(rows, replication), np.isin(rows[:, KIND], kinds[1:])
    for row, end in zip(np.flatnonzero(rows[:, KIND] == kinds[0]), found, strict=True):
        later = is_end & (keys == keys[row]) & (rows[:, TIME] >= rows[row, TIME])
        expected = rows[later, TIME].min() if later.any() else np.nan
        assert end == expected or (np.isnan(end) and np.isnan(expected))
