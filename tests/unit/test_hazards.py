"""Hazards reproduce the cumulative incidences that they were made from, with all ways of leaving at work at once."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate

from sim.core.hazards import Curve, Hazard, hazards

PRECISION = 1e-6  # of a logarithm that is settled to 26 bits, a few times over

CURVES: list[Curve] = [
    ((4.0, 0.20), (12.0, 0.37), (24.0, 0.44), (48.0, 0.47)),
    ((24.0, 0.08), (48.0, 0.10)),
    ((48.0, 0.05),),
    ((12.0, 0.03), (24.0, 0.06), (48.0, 0.10)),
]


def rate_at(hazard: Hazard, day: float) -> float:
    i = int(np.searchsorted(hazard.days, day, side="right")) - 1
    if i >= len(hazard.days) - 1:
        return hazard.last_rate
    return (hazard.cumulative[i + 1] - hazard.cumulative[i]) / (hazard.days[i + 1] - hazard.days[i])


def incidence(ways: list[Hazard], way: int, day: float) -> float:
    """Cumulative incidence of one way among all: the integral of S(t) h(t), by scipy."""

    def total(t: float) -> float:
        return sum(float(np.interp(t, each.days, each.cumulative)) for each in ways)

    edges = [0.0, *(d for d in ways[0].days if 0 < d < day), day]
    return sum(
        integrate.quad(lambda t: math.exp(-total(t)) * rate_at(ways[way], t), a, b)[0] for a, b in pairwise(edges)
    )


@pytest.mark.parametrize("way", range(len(CURVES)))
def test_crude_incidences_are_reached_exactly(way: int) -> None:
    """At every week that the scenario names, the share that has left this way is the one it names."""
    ways = hazards(CURVES)
    for week, share in CURVES[way]:
        assert incidence(ways, way, 7 * week) == pytest.approx(share, abs=PRECISION)


def test_everybody_who_has_not_left_stays() -> None:
    """What is left after all ways is one minus the sum of their incidences."""
    ways = hazards(CURVES)
    stays = math.exp(-sum(way.cumulative[-1] for way in ways))
    assert stays == pytest.approx(1 - 0.47 - 0.10 - 0.05 - 0.10, abs=PRECISION)


def test_one_way_alone_is_exponential() -> None:
    """With one way and one week the hazard is -ln(1 - F) / t, and goes on after that week."""
    (way,) = hazards([((10.0, 0.5),)])
    assert way.last_rate == pytest.approx(math.log(2) / 70, rel=1e-7)
    assert way.time_to(math.log(2) / 2) == pytest.approx(35.0, rel=1e-7)
    assert way.time_to(3 * math.log(2)) == pytest.approx(210.0, rel=1e-7)


def test_times_invert_the_cumulative_hazard() -> None:
    """The time to an exposure is when the cumulative hazard reaches it, in every piece."""
    for way in hazards(CURVES):
        for exposure in np.linspace(0.001, 0.999, 37) * way.cumulative[-1]:
            day = way.time_to(float(exposure))
            assert np.interp(day, way.days, way.cumulative) == pytest.approx(exposure, rel=1e-9)


def test_nobody_leaves_while_the_incidence_does_not_rise() -> None:
    """A flat piece has no hazard, and after a flat last piece nobody leaves any more."""
    (way,) = hazards([((4.0, 0.2), (12.0, 0.2), (24.0, 0.3), (48.0, 0.3))])
    assert way.cumulative[1] == way.cumulative[2]
    just_after = way.time_to(way.cumulative[1] * (1 + 1e-6))
    assert just_after >= 84.0
    assert way.time_to(way.cumulative[-1] + 1e-6) == math.inf


def test_a_hazard_ratio_multiplies() -> None:
    """With ratio r the cumulative hazard is r times as large at every day."""
    (way,) = hazards([((4.0, 0.2), (24.0, 0.44))])
    half = way.times(0.5)
    for exposure in (0.01, 0.1, 0.2):
        assert half.time_to(exposure / 2) == pytest.approx(way.time_to(exposure), rel=1e-12)


def test_uncertain_curves_that_exceed_everyone_still_end() -> None:
    """Curves that were drawn to more than everybody give finite hazards and keep somebody."""
    ways = hazards([((10.0, 0.9),), ((10.0, 0.8),)])
    assert all(math.isfinite(value) for way in ways for value in way.cumulative)
    assert math.exp(-sum(way.cumulative[-1] for way in ways)) >= 0.0009
