"""Futures of recruitment, read off by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.forecast.rate.outlook import Outlook, look_ahead, steps_ahead
from sim.forecast.rate.recruitment import learn, rest_of_recruitment
from sim.forecast.rate.settings import KINDS, SETTINGS

STEADY = replace(SETTINGS, kinds=(replace(KINDS[0], share=1.0),), draws=2000)


def made(total: list[list[float]], target: int = 10, ends: float = np.inf) -> Outlook:
    """Futures with steps of ten days from day 100 on, events in the middle of their shares."""
    counts = np.array(total)
    nothing: Any = None
    return Outlook(
        now=100.0,
        n=4,
        target=target,
        edges=np.array([100.0, 110.0, 120.0]),
        total=counts,
        log_rate=np.zeros((len(counts), 2)),
        position=np.full(len(counts), 0.5),
        own_rate=np.zeros((len(counts), 2)),
        own_now=np.zeros(len(counts)),
        start=nothing,
        ends=ends,
    )


def test_steps_ahead_are_weeks_then_months_then_half_years() -> None:
    widths = np.diff(steps_ahead(50.0))
    assert steps_ahead(50.0)[0] == 50.0
    assert widths.tolist() == [7.0] * 26 + [28.0] * 72 + [182.0] * 60


def test_the_day_of_a_count_lies_within_its_step() -> None:
    """Five in ten days: the first at a tenth of the step, the third in the middle; the tenth never in the second."""
    found = made([[4, 9, 10], [4, 4, 9]])
    assert found.day_of(5).tolist() == [101.0, 111.0]
    assert found.day_of(7).tolist() == [105.0, 115.0]
    assert found.day_of(10).tolist() == [115.0, np.inf]
    assert made([[4, 9, 10], [4, 4, 9]], ends=118.0).last_day(10).tolist() == [115.0, 118.0]


def test_how_many_more_by_a_day() -> None:
    """None at once, all of a step at its end, and never beyond the target."""
    found = made([[4, 8, 20]])
    assert [found.more_by(day)[0] for day in (100.0, 105.0, 110.0, 120.0, 500.0)] == [0.0, 2.0, 4.0, 6.0, 6.0]


def test_quantiles_of_the_number_stop_at_the_target() -> None:
    found = made([[4, 6, 8], [4, 7, 30], [4, 8, 9]]).quantiles(np.array([0.5, 1.0]))
    assert found.tolist() == [[4.0, 7.0, 9.0], [4.0, 8.0, 10.0]]


def test_a_steady_trial_goes_on_as_it_did() -> None:
    """One every two days: another fifty in a hundred days, as uncertain as fifty are on top of a rate from fifty."""
    outlook = rest_of_recruitment(trial_with(EVERY_TWO, has_calendar=False), 100, STEADY)
    days = outlook.day_of(100) - outlook.now
    assert np.median(days) == pytest.approx(100.0, rel=0.05)
    assert np.std(np.log(days)) == pytest.approx(np.sqrt(1 / 50 + 1 / 50), rel=0.25)
    assert (outlook.n, outlook.now, outlook.target) == (50, 99.0, 100)
    assert np.all(outlook.total[:, 0] == 50)
    assert np.all(np.diff(outlook.total, axis=1) >= 0)


def test_it_looks_ahead_as_far_as_is_asked_and_no_random_number_depends_on_that() -> None:
    posterior = learn(trial_with(EVERY_TWO), 100, STEADY)
    near, far = look_ahead(posterior, draws=50, days=28.0), look_ahead(posterior, draws=50, days=280.0)
    assert near.edges[-1] - near.now == 28.0
    assert np.array_equal(near.total, look_ahead(posterior, draws=50, days=28.0).total)
    assert not np.array_equal(near.total, look_ahead(posterior, draws=50, days=28.0, seed=5).total)
    assert far.edges[-1] - far.now >= 182.0


def test_nobody_is_randomised_while_recruitment_is_closed() -> None:
    trial = trial_with(EVERY_TWO, closed_periods=((106.0, 120.0),))
    outlook = rest_of_recruitment(trial, 100, STEADY)
    inside = (outlook.edges[:-1] >= 106.0) & (outlook.edges[1:] <= 120.0)
    assert inside.sum() == 2
    assert np.diff(outlook.total, axis=1)[:, inside].max() == 0
