"""Which days are events, and how often intervals of their dates held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_trials import EVERY_TWO, trial_with

from sim.exchange.observed import COMPLETED, LEFT
from sim.experiment.execution import Execution
from sim.forecast.event_record import AHEAD, EventForecast, event_days, event_question, event_record, held_events


def test_events_are_participants_who_left_and_did_not_complete() -> None:
    trial = trial_with(EVERY_TWO)
    status, ended = trial.people.status.copy(), trial.people.ended.copy()
    status[:3], ended[:3] = (LEFT, COMPLETED, LEFT), (40.0, 30.0, 20.0)
    trial = replace(trial, people=replace(trial.people, status=status, ended=ended))
    assert event_days(trial).tolist() == [20.0, 40.0]
    assert event_record([trial]) == [], "too few to score"


def test_a_trial_whose_participants_leave_is_forecast_on_the_way() -> None:
    """Every second participant leaves 20 days after randomisation, the others complete after 60."""
    trial = trial_with(EVERY_TWO)
    leaves = np.arange(50) % 2 == 0
    ended = trial.people.randomised + np.where(leaves, 20.0, 60.0)
    status = np.where(leaves, LEFT, COMPLETED).astype(object)
    trial = replace(trial, people=replace(trial.people, status=status, ended=ended, way_out=np.where(leaves, "x", "")))
    trial = replace(trial, last=trial.date_of(160.0))
    found = event_record([trial], Execution(workers=1), at=(0.5,), replications=20)
    assert [one.question for one in found] == [event_question(share) for share in AHEAD]
    assert [one.event - one.so_far for one in found] == [3, 7, 13]
    for one in found:
        assert one.low <= one.median <= one.high
        assert 0.3 < one.median / one.true_days < 3


def test_coverage_is_counted_by_question_and_has_an_error_only_for_several_trials() -> None:
    one = EventForecast("a", "50%", "q", 5, 8, 100.0, 50.0, 90.0, 120.0)
    two = replace(one, true_days=130.0)
    (row,) = held_events([one, two])
    assert (row.forecasts, row.covers_80, row.covers_80_se) == (2, 0.5, None)
    (row,) = held_events([one, replace(two, trial="b")])
    assert row.covers_80_se is not None
