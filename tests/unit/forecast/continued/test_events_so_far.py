"""Events that the data have, and those that they should have by now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.core.design import Design
from sim.errors import UsageError
from sim.exchange.observed import COMPLETED, LEFT
from sim.forecast.continued.events_so_far import events_so_far


def design(**rule: Any) -> Design:
    leaving = {"death": {50: 0.8}, "lost": {50: 0.1}}
    follow_up = {"visit_weeks": [50], "primary_completion": {"events": 20} | rule, "leaving": leaving}
    return Design(scenario_of(trial={"target": 60}, follow_up=follow_up))


def left(n_death: int, n_lost: int, n_completed: int = 0, days: int = 400) -> Any:
    trial = trial_with(EVERY_TWO)
    n = n_death + n_lost + n_completed
    status = np.array([LEFT] * (n_death + n_lost) + [COMPLETED] * n_completed + ["randomised"] * (50 - n), dtype=object)
    way = np.array(["Died"] * n_death + ["lost"] * n_lost + [""] * (50 - n_death - n_lost), dtype=object)
    ended = np.where(np.arange(50) < n, EVERY_TWO + 5, np.nan)
    people = replace(trial.people, status=status, way_out=way, ended=ended)
    return replace(trial, people=people, last=FIRST + timedelta(days=days))


def test_events_are_those_of_the_ways_that_count() -> None:
    assert events_so_far(design(), left(3, 2, 1)) == [
        "5 of the 20 events are in the data (Died as death 3; lost as lost 2)"
    ]
    assert events_so_far(design(of="death"), left(3, 2)) == ["3 of the 20 events are in the data (Died as death 3)"]


def test_a_trial_that_counts_no_events_has_no_note() -> None:
    assert events_so_far(Design(scenario_of()), left(3, 2)) == []


def test_data_that_say_of_nobody_that_they_left_are_asked_about() -> None:
    """Fifty in for a year, of whom 90 % leave within fifty weeks; in three months one or two are lost."""
    with pytest.raises(UsageError, match="record nobody as having left"):
        events_so_far(design(), left(0, 0))
    assert events_so_far(design(events=5, of="lost"), left(0, 0, days=100)) == ["0 of the 5 events are in the data"]
