"""What is known of a trial under way is what its replications go on from."""

from __future__ import annotations

import numpy as np

from sim.core.intensity import Steps
from sim.core.observed import KnownSite, ObservedState


def test_planned_activations_of_known_sites() -> None:
    """A site opens when it did, or as planned; one whose plan has passed is late; the rest as drawn, after the data."""
    sites = {
        ("g", 0): KnownSite(activated=-5.0),
        ("g", 1): KnownSite(planned=130.0),
        ("g", 2): KnownSite(planned=90.0),
        ("g", 3): KnownSite(planned=100.0),
    }
    state = ObservedState(now=100.0, sites=sites)
    drawn = np.full((6, 2), 50.0)
    drawn[5] = 160.0
    later = np.full((6, 2, 3), 60.0)
    later[4, :, 1] = 140.0
    delays = np.array([[7.0, 9.0]] * 6)
    found = state.activations("g", drawn, later, delays)
    assert found.tolist() == [[-5, -5], [130, 130], [107, 109], [107, 109], [140, 140], [160, 160]]
    assert np.all(drawn[:5] == 50.0), "what was drawn stays as it was"


def test_a_rate_drifts_from_now_on_as_in_one_of_the_draws() -> None:
    """The calendar's factor times the drift of the step; before now, and after the last step, as they are."""
    calendar = Steps(np.array([0.0, 50.0, 120.0]), np.array([1.0, 2.0, 4.0]), 200.0)
    drift = np.array([[0.5, 3.0], [1.0, 1.0]])
    state = ObservedState(now=100.0, edges=np.array([100.0, 110.0, 130.0]), drift=drift)
    found = state.drifting(calendar, 4)
    assert found.edges.tolist() == [0.0, 50.0, 100.0, 110.0, 120.0, 200.0]
    assert found.values.tolist() == [1.0, 2.0, 1.0, 6.0, 12.0]
    assert state.drifting(calendar, 5).integral_to(200.0) == calendar.integral_to(200.0)
    assert ObservedState(now=100.0).drifting(calendar, 0) is calendar
