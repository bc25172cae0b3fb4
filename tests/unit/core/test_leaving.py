"""From what a planner writes of leaving to hazards: curves, ratios, and what is uncertain."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from conftest import scenario_of

from sim.core.design import Design
from sim.core.leaving import falling_curves, leaving_hazards, multiples
from sim.errors import ScenarioError

ARMS = {"A": {}, "B": {}}


def written(leaving: dict[str, Any]) -> Design:
    follow_up = {"visit_weeks": [10], "primary_endpoint_week": 10, "leaving": leaving}
    return Design(scenario_of(arms=ARMS, follow_up=follow_up))


def resolved(values: dict[str, float] | None = None) -> Callable[[str, object], float]:
    return lambda path, value: values[path] if values and path in values else float(value)  # type: ignore[arg-type]


def hazards(design: Design, values: dict[str, float] | None = None) -> list[list[float]]:
    """Cumulative hazard at week 10, by arm and way."""
    rules = design.scenario.follow_up
    assert rules is not None
    return [[way.reached(70.0) for way in arm] for arm in leaving_hazards(design, rules, resolved(values))]


def test_a_curve_for_all_holds_in_every_arm() -> None:
    """20 % by week 10: a cumulative hazard of -ln(0.8)."""
    assert hazards(written({"lost": {10: 0.2}})) == [[pytest.approx(-math.log(0.8))]] * 2


def test_a_ratio_multiplies_the_hazard_of_the_first_arm_with_a_curve() -> None:
    found = hazards(written({"lost": {"B": {10: 0.2}, "hazard_ratio": {"A": 0.5}}}))
    assert found == [[pytest.approx(-math.log(0.8) / 2)], [pytest.approx(-math.log(0.8))]]


def test_ways_are_in_alphabetical_order() -> None:
    """Of two ways with 10 % and 20 %, each has its part of -ln(0.7)."""
    (first, second), _ = hazards(written({"lost": {10: 0.2}, "death": {10: 0.1}}))
    assert (first, second) == (pytest.approx(-math.log(0.7) / 3), pytest.approx(-math.log(0.7) * 2 / 3))


def test_a_ratio_in_one_way_leaves_the_hazard_of_the_others_what_it_is() -> None:
    """In the arm with the ratio the other way goes on with its hazard of all arms, not with its incidence."""
    all_arms, other = hazards(written({"death": {"all": {10: 0.1}, "hazard_ratio": {"B": 3.0}}, "lost": {10: 0.2}}))
    assert other == [pytest.approx(3 * all_arms[0]), pytest.approx(all_arms[1])]


def test_what_is_uncertain_never_falls_and_somebody_always_stays() -> None:
    """A week's draw below that of the week before counts as that; draws beyond 1 leave one in a thousand."""
    uncertain = {"uncertain": "uniform", "low": 0.0, "high": 0.9}
    design = written({"lost": {5: uncertain, 10: uncertain}})
    path = "follow_up.leaving.lost.cumulative.all"
    found = hazards(design, {f"{path}.5": 0.3, f"{path}.10": 0.1})
    assert found == [[pytest.approx(-math.log(0.7))]] * 2
    found = hazards(design, {f"{path}.5": 0.3, f"{path}.10": 7.0})
    assert found == [[pytest.approx(-math.log(0.001), rel=1e-6)]] * 2
    assert design.hazards == {}, "what differs between replications is not kept"


def test_what_is_certain_is_kept_for_all_replications() -> None:
    """Arms without ratios are solved once; a ratio may be uncertain, so that its arm is not kept."""
    design = written({"lost": {"A": {10: 0.2}, "hazard_ratio": {"B": {"uncertain": "uniform", "low": 1, "high": 3}}}})
    path = "follow_up.leaving.lost.hazard_ratio.B"
    for ratio in (2.0, 3.0):
        assert hazards(design, {path: ratio})[1] == [pytest.approx(-ratio * math.log(0.8))]
        assert sorted(design.hazards) == ["A", "all"]


BETA = {"uncertain": "beta", "n": 50}


def falling(curve: dict[float, Any]) -> list[str]:
    return falling_curves(written({"lost": curve}).scenario)


def test_how_often_points_drawn_alone_would_fall() -> None:
    """Uniform on 0 to 0.2 and on 0.1 to 0.3: the later one is lower in half of a quarter, 12.5 %; known ones never."""
    early, late = ({"uncertain": "uniform", "low": low, "high": low + 0.2} for low in (0.0, 0.1))
    (said,) = falling({10: early, 20: late, 30: 0.4})
    assert said.startswith("follow_up.leaving.lost: week 20 would be below week 10 in 12 % ")
    assert falling({10: early, 20: 0.2}) == falling({10: 0.1, 20: 0.2}) == []
    (beside_known,) = falling({10: early, 20: 0.15})
    assert " in 25 % " in beside_known


def test_how_often_beta_points_would_fall() -> None:
    """Beta(5, 45) is above Beta(10, 40) with probability 0.0736, by numerical integration."""
    (said,) = falling({10: BETA | {"mean": 0.1}, 20: BETA | {"mean": 0.2}})
    assert " in 7.4 % " in said


@pytest.mark.parametrize("late", [BETA | {"mean": 0.05}, {"uncertain": "uniform", "low": 0.0, "high": 0.1}, 0.05])
def test_a_curve_that_typically_falls_is_refused(late: object) -> None:
    with pytest.raises(ScenarioError, match=r"week 10 has 0\.1 typically and week 20 has 0\.05"):
        written({"lost": {10: BETA | {"mean": 0.1}, 20: late}})


def test_hazards_of_an_arm_are_multiples_of_those_of_all_arms_or_else_of_the_first_with_a_curve() -> None:
    """Of all arms although A, the first in the alphabet, has a curve of its own: 3 times in B, and 1 of the other."""
    leaving = {
        "death": {"all": {10: 0.1}, "A": {10: 0.3}, "hazard_ratio": {"B": 3.0}},
        "lost": {10: 0.2},
    }
    design = written(leaving)
    hazards(design)
    rules = design.scenario.follow_up
    assert rules is not None
    found = multiples(design, rules, "B")
    assert found is not None
    assert [(one.hazard, one.ratio) for one in found] == [
        (design.hazards["all"][0], 3.0),
        (design.hazards["all"][1], 1.0),
    ]
    assert multiples(design, rules, "A") is None, "it has a curve"
    assert multiples(written({"lost": {10: 0.2}}), rules, "A") is None, "nothing is solved yet"
