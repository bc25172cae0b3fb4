"""Hazards reproduce the cumulative incidences that they were made from, with all ways of leaving at work at once."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from conftest import scenario_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from sim.core.design import Design
from sim.core.hazards import Curve, Hazard, Times, hazards, hazards_by_arm
from sim.core.leaving import leaving_hazards

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
        return sum(each.reached(t) for each in ways)

    edges = [0.0, *sorted({d for each in ways for d in each.days if 0 < d < day}), day]
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


def test_a_hazard_ratio_is_the_ratio_of_hazards_where_another_way_differs() -> None:
    """Ratio 1, and six in ten withdraw in one arm and one in ten in the other: deaths have the same hazard in both."""
    death, few, many = ((24.0, 0.4),), ((24.0, 0.1),), ((24.0, 0.6),)
    found = hazards_by_arm({"A": [death, few], "B": [Times("A", 1.0), many]})
    assert found["B"][0].last_rate == found["A"][0].last_rate
    assert incidence(found["A"], 0, 168) == pytest.approx(0.4, abs=PRECISION)
    for arm, share in (("A", 0.1), ("B", 0.6)):
        assert incidence(found[arm], 1, 168) == pytest.approx(share, abs=PRECISION)
    # Two exponentials: h_d = 0.4 / 0.5 x ln 2 / 168, and h_w / (h_w + h_d) (1 - exp(-(h_w + h_d) 168)) = 0.6.
    assert found["A"][0].last_rate == pytest.approx(0.8 * math.log(2) / 168, rel=PRECISION)


def test_arms_whose_hazards_depend_on_one_another() -> None:
    """Each of two arms has a way by its own curve and one by a ratio to the other arm: all four are as written."""
    found = hazards_by_arm({"A": [((24.0, 0.3),), Times("B", 2.0)], "B": [Times("A", 0.5), ((12.0, 0.2), (24.0, 0.5))]})
    assert incidence(found["A"], 0, 168) == pytest.approx(0.3, abs=1e-5)
    assert incidence(found["B"], 1, 84) == pytest.approx(0.2, abs=1e-5)
    assert incidence(found["B"], 1, 168) == pytest.approx(0.5, abs=1e-5)
    for day in (30.0, 84.0, 100.0, 168.0, 300.0):
        assert found["B"][0].reached(day) == pytest.approx(0.5 * found["A"][0].reached(day), rel=1e-6)
        assert found["A"][1].reached(day) == pytest.approx(2.0 * found["B"][1].reached(day), rel=1e-6)


CURVE = st.lists(st.tuples(st.sampled_from([4.0, 9.0, 12.0, 24.0, 48.0]), st.floats(0.005, 0.06)), min_size=1).map(
    lambda gains: tuple(
        (week, sum(gain for other, gain in gains[:5] if other <= week)) for week in sorted({w for w, _ in gains[:5]})
    )
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(death=CURVE, here=CURVE, there=CURVE, ratio=st.floats(0.1, 3.0))
def test_ratios_are_of_hazards_and_curves_are_met(death: Curve, here: Curve, there: Curve, ratio: float) -> None:
    """Whatever is written: the ratio of hazards is the one asked, and shares of an arm's curves are reached in it."""
    found = hazards_by_arm({"A": [death, here], "B": [Times("A", ratio), there]})
    for day in (10.0, 63.0, 200.0, 336.0, 400.0):
        assert found["B"][0].reached(day) == pytest.approx(ratio * found["A"][0].reached(day), rel=1e-9)
    for ways, way, curve in ((found["A"], 0, death), (found["A"], 1, here), (found["B"], 1, there)):
        for week, share in curve:
            assert incidence(ways, way, 7 * week) == pytest.approx(share, abs=1e-5)


def test_hazards_between_knots() -> None:
    """The cumulative hazard is straight between named weeks, and goes on after the last as it was before."""
    (way,) = hazards([((4.0, 0.2), (12.0, 0.5))])
    assert way.reached(14.0) == pytest.approx(-math.log(0.8) / 2, rel=1e-7)
    assert way.reached(28.0 + 14.0) == pytest.approx(-math.log(0.8) - math.log(0.5 / 0.8) / 4, rel=1e-7)
    assert way.reached(84.0 + 56.0) == pytest.approx(-math.log(0.5) - math.log(0.5 / 0.8), rel=1e-7)


def _of_arms(leaving: dict[str, object]) -> dict[str, list[Hazard]]:
    """Hazards by arm of the ways out that a scenario writes down, in alphabetical order of the ways."""
    follow_up = {"visit_weeks": [24], "primary_endpoint_week": 24, "leaving": leaving}
    design = Design(scenario_of(arms={"A": {}, "B": {}, "C": {}}, follow_up=follow_up))
    assert design.scenario.follow_up is not None
    found = leaving_hazards(design, design.scenario.follow_up, lambda _path, value: float(value))  # type: ignore[arg-type]
    again = leaving_hazards(design, design.scenario.follow_up, lambda _path, value: float(value))  # type: ignore[arg-type]
    assert found == again
    return {arm.name: found[arm.index] for arm in design.arms}


def test_what_is_written_for_all_arms_and_for_one() -> None:
    """A curve for all is met but where a ratio holds: there it keeps its hazard. A curve of an arm is met in it."""
    found = _of_arms(
        {
            "death": {"A": {"24": 0.4}, "hazard_ratio": {"B": 0.5, "C": 2.0}},
            "loss": {"24": 0.2},
            "move": {"all": {"24": 0.1}, "C": {"12": 0.2}},
        }
    )
    for way, share in ((0, 0.4), (1, 0.2), (2, 0.1)):
        assert incidence(found["A"], way, 168) == pytest.approx(share, abs=PRECISION)
    for day in (50.0, 168.0, 200.0):
        assert found["B"][0].reached(day) == pytest.approx(0.5 * found["A"][0].reached(day), rel=1e-9)
        assert found["C"][0].reached(day) == pytest.approx(2.0 * found["A"][0].reached(day), rel=1e-9)
        assert found["B"][1].reached(day) == pytest.approx(found["A"][1].reached(day), rel=1e-9)
        assert found["C"][1].reached(day) == pytest.approx(found["A"][1].reached(day), rel=1e-9)
    assert incidence(found["B"], 1, 168) > 0.2, "fewer deaths leave more people to be lost"
    assert incidence(found["C"], 2, 84) == pytest.approx(0.2, abs=1e-5)


def test_a_ratio_to_a_curve_for_all() -> None:
    """With a curve for all arms, a ratio is to the arms that have none."""
    found = _of_arms({"death": {"all": {"24": 0.4}, "hazard_ratio": {"C": 0.5}}})
    assert found["A"] == found["B"]
    assert found["C"][0].reached(100.0) == pytest.approx(0.5 * found["A"][0].reached(100.0), rel=1e-9)


def test_a_curve_beside_a_ratio_goes_on_as_in_its_last_piece() -> None:
    """After its last week the hazard is that of the weeks before; nobody leaves by the other way."""
    nobody, few = ((24.0, 0.0),), ((12.0, 0.1), (24.0, 0.3))
    found = hazards_by_arm({"A": [nobody, few], "B": [Times("A", 2.0), few]})
    alone = hazards([few])[0]
    assert found["B"][1].last_rate == pytest.approx(-math.log(0.7 / 0.9) / 84, rel=1e-6)
    assert found["B"][1].last_rate == pytest.approx(alone.last_rate, rel=1e-6)
    assert found["B"][1].reached(500.0) == pytest.approx(alone.reached(500.0), rel=1e-6)
