"""What is known of a trial under way is what its replications go on from."""

from __future__ import annotations

import numpy as np

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
