"""From what a planner writes of leaving to hazards: curves, ratios, and what is uncertain."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from conftest import scenario_of

from sim.core.design import Design
from sim.core.leaving import leaving_hazards

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
