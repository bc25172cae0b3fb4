"""Randomisations in bins: weeks of late, four weeks before that, and only the first may be cut short."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.exchange.observed import Funnel
from sim.forecast.rate.history import LEAST_OPEN_DAYS, bins_to, history, open_days


@pytest.mark.parametrize("now", [1.0, 6.0, 7.0, 9.0, 30.0, 181.0, 183.0, 185.0, 400.0, 1000.0])
def test_bins_reach_from_day_0_to_now(now: float) -> None:
    edges = bins_to(now)
    assert (edges[0], edges[-1]) == (0.0, now)
    widths = np.diff(edges)
    assert np.all(widths > 0)
    late = widths[edges[:-1] >= now - 26 * 7]
    assert np.all(late[1:] == 7.0)
    assert len(widths) == 1 or widths[0] >= 2.0, "a first bin of less than two days is joined to the next"
    early = widths[1 : len(widths) - 26]
    assert set(early) <= {28.0}


def test_a_year_is_weeks_of_late_and_four_weeks_before() -> None:
    """400 days: 26 weeks, then 7 times 28 days, and 22 days that are left."""
    assert np.diff(bins_to(400.0)).tolist() == [22.0] + [28.0] * 7 + [7.0] * 26


def test_counts_are_those_of_the_days() -> None:
    past = history(trial_with(EVERY_TWO))
    assert (past.n, past.now) == (50, 99.0)
    assert past.counts[1:].tolist() == [
        float(np.sum((a <= EVERY_TWO) & (b > EVERY_TWO))) for a, b in pairwise(past.edges[1:])
    ]
    assert past.counts.sum() == 50
    assert np.all(past.middles == past.edges[:-1] + past.widths / 2)
    assert past.ends == np.inf


def test_counts_by_month_keep_their_own_periods() -> None:
    """What is known by month only is not cut into weeks."""
    start, end = np.array([0.0, 31.0, 59.0]), np.array([31.0, 59.0, 90.0])
    nan = np.full(3, np.nan)
    funnel = Funnel(start, end, nan, nan, np.array([2.0, 1.0, 1.0]), nan)
    trial = trial_with(np.array([5.0, 6.0, 40.0, 80.0]), funnel=funnel, resolution_days=31)
    trial = replace(trial, last=FIRST + timedelta(days=89))
    assert history(trial).edges.tolist() == [0.0, 31.0, 59.0, 90.0]
    assert history(trial).counts.tolist() == [2.0, 1.0, 1.0]


def test_a_month_without_a_row_and_the_days_after_the_last_are_bins_of_their_own() -> None:
    """January and March, known on 10 April, with two in April so far: nobody is lost, and February has nobody."""
    start, end, nan = np.array([0.0, 59.0]), np.array([31.0, 90.0]), np.full(2, np.nan)
    funnel = Funnel(start, end, nan, nan, np.array([2.0, 1.0]), nan)
    trial = trial_with(np.array([5.0, 6.0, 80.0, 91.0, 98.5]), funnel=funnel, resolution_days=31)
    past = history(trial)
    assert past.edges.tolist() == [0.0, 31.0, 59.0, 90.0, trial.now]
    assert past.counts.tolist() == [2.0, 0.0, 1.0, 2.0]
    assert (past.now, past.n) == (trial.now, trial.n_randomised)


def test_closed_days_are_no_exposure() -> None:
    found = open_days(np.array([0.0, 10.0, 20.0, 30.0]), ((5.0, 20.0),))
    assert found == pytest.approx([5.0, LEAST_OPEN_DAYS, 10.0])
    trial = trial_with(EVERY_TWO, closed_periods=((20.0, 34.0),), ends=200.0)
    past = history(trial)
    assert past.open_days.sum() == pytest.approx(99.0 - 14.0, abs=0.01)
    assert past.ends == 200.0
    assert trial.last == FIRST + timedelta(days=98)
