"""Weekdays, by the chi-squared test worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with
from scipy import stats

from sim.forecast.fit.calendar_effects import weekdays, year_end_factor
from sim.forecast.rate.recruitment import learn
from sim.forecast.rate.settings import SETTINGS


def test_weekdays_are_counted_from_monday() -> None:
    """The made trial begins on a Monday: days 0 and 7 are Mondays, day 5 is a Saturday."""
    found = weekdays(trial_with(np.array([0.5, 5.2, 7.9])))
    assert found is not None
    assert found.names[0] == "Monday"
    assert found.counts.tolist() == [2, 0, 0, 0, 0, 1, 0]
    assert np.isnan(found.p_value), "fewer than 35 say nothing"
    assert np.isnan(found.gain)


def test_a_trial_that_rests_at_weekends_is_seen_to() -> None:
    """Eight a weekday, none at weekends: the test's statistic by scipy, and knowing it helps foretell."""
    days = np.array([week * 7 + day + 0.5 for week in range(8) for day in range(5)])
    found = weekdays(trial_with(days))
    assert found is not None
    assert found.p_value == pytest.approx(stats.chisquare([8, 8, 8, 8, 8, 0, 0]).pvalue)
    assert found.gain > 0.1
    alike = weekdays(trial_with(np.arange(70) + 0.5))
    assert alike is not None
    assert alike.p_value == pytest.approx(1.0)


def test_where_days_are_not_known_nothing_is_said() -> None:
    trial = trial_with(EVERY_TWO)
    assert weekdays(replace(trial, resolution_days=7)) is None
    assert weekdays(replace(trial, has_calendar=False)) is None


def test_the_factor_around_new_year_is_its_prior_where_there_was_none() -> None:
    """The made trial is over before December: exp(-0.5 + 0.4 z). Without a calendar there is none."""
    few = replace(SETTINGS, draws=10)
    found = year_end_factor(learn(trial_with(np.arange(30) * 4.0 + 20), 60, few))
    assert found is not None
    assert np.log(found).tolist() == pytest.approx([-0.5 - 0.4 * 1.2816, -0.5, -0.5 + 0.4 * 1.2816], abs=0.03)
    assert year_end_factor(learn(trial_with(EVERY_TWO, has_calendar=False), 60, few)) is None
