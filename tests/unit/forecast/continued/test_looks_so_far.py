"""What a forecast says of the interim looks that the data have reached."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import scenario_of
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.forecast.continued.looks_so_far import looks_so_far


def said(**rule: Any) -> list[str]:
    """Of data in which the k-th is randomised on day 2 k - 2, up to day 99."""
    scenario = scenario_of(trial={"enrolment_opens": FIRST, "target": 100}, interims={"look": rule})
    return list(looks_so_far(scenario, trial_with(EVERY_TWO), 0.0))


@pytest.mark.parametrize(
    ("rule", "day", "says"),
    [
        ({"at_randomised": [20, 40, 60], "takes_days": 14.0}, 78, "at 40 randomised was on {}, and the trial goes on"),
        ({"at_randomised": 40, "takes_days": 30.0}, 78, "at 40 randomised was on {}; its decision is about"),
        ({"at_randomised": 40, "followed_weeks": 4.0}, 106, "at 40 randomised has its participants, and is on {}"),
        ({"every": 15}, 88, "at 45 randomised was on {}"),
    ],
)
def test_the_last_look_is_behind_or_waits(rule: dict[str, Any], day: int, says: str) -> None:
    (note,) = said(**rule)
    assert says.format(FIRST + timedelta(days=day)) in note


@pytest.mark.parametrize("rule", [{"at_randomised": 70}, {"every": 60}])
def test_looks_to_come_are_not_told(rule: dict[str, Any]) -> None:
    assert said(**rule) == []
