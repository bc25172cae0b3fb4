"""Who is replaced when they leave."""

from __future__ import annotations

import pytest
from small_world import someone, world_of

from sim.processes.replacement import Replacement

ARMS = {"A": {"doses": {"weeks": [1, 3], "cells_per_kg": 1.0}}, "B": {}}


@pytest.mark.parametrize(
    ("rule", "arm", "day", "known", "named"),
    [
        ("never", 0, 11.0, {}, False),
        ("before_first_dose", 0, 11.0, {}, True),
        ("before_first_dose", 0, 11.0, {"n_doses_over": 1}, False),
        ("before_first_dose", 1, 11.0, {}, False),
        ("not_evaluable", 0, 33.9, {"first_due": 20.0}, True),
        ("not_evaluable", 0, 34.0, {"first_due": 20.0}, False),
        ("not_evaluable", 0, 500.0, {}, True),
        ("not_evaluable", 1, 23.9, {}, True),
        ("not_evaluable", 1, 24.0, {}, False),
    ],
)
def test_whom_the_rule_names(rule: str, arm: int, day: float, known: dict[str, float], named: bool) -> None:
    """Two weeks of treatment, from the first dose's due day; without doses from randomisation, here on day 10."""
    world = world_of(arms=ARMS, trial={"replace": rule})
    person = someone(world, arm=world.design.arms[arm], randomised=10.0, **known)
    world.env.begin(day)
    assert Replacement(world).names(person) == named
