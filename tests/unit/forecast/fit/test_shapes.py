"""Each shape on a history that has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import EVERY_TWO, WITH_GAP, trial_with

from sim.forecast.fit.shapes import LEARNERS, STEP_DAYS, choose_shape, trial_day
from sim.forecast.rate.history import history
from sim.forecast.rate.settings import SETTINGS


def learnt(name: str, days: np.ndarray, target: int = 1000, **more: object) -> tuple[np.ndarray, float, str]:
    """Factor by bin, mean number in the next four weeks, and what is said."""
    trial = trial_with(days, **more)  # type: ignore[arg-type]
    shape = LEARNERS[name][1](trial, history(trial), target, np.random.default_rng(1))
    return shape.factor, float(shape.next_count.mean()), shape.note


def test_one_rate_throughout() -> None:
    """Fourteen in the next four weeks of one every two days."""
    factor, count, _ = learnt("constant", EVERY_TWO)
    assert set(factor) == {1.0}
    assert count == pytest.approx(14.0, abs=4 * np.sqrt(14 + 4) / np.sqrt(600))


def test_a_change_is_found_where_it_was() -> None:
    """One a week for 140 days, then one a day for 70: seven times as fast, and so it goes on."""
    days = np.concatenate([np.arange(20) * 7.0, 140 + np.arange(70)]) + 0.5
    factor, count, note = learnt("change_point", days)
    assert factor[0] == pytest.approx(1 / 7, rel=0.15)
    assert factor[-1] == 1.0
    assert count == pytest.approx(28.0, rel=0.1)
    assert "on day 1" in note
    assert learnt("change_point", np.array([0.5, 9.5]))[2] == "too short for a change"


def test_a_ramp_is_of_the_length_that_fits() -> None:
    """Arrivals at the quantiles of a rate that rises in 120 days from a fifth."""
    times = np.linspace(0, 300, 300_001)
    rate = np.minimum(0.2 + 0.8 * times / 120, 1.0) / 2
    mean = np.concatenate(([0.0], np.cumsum(rate[1:] * np.diff(times))))
    days = np.interp(np.arange(0.5, mean[-1], 1.0), mean, times)
    factor, count, note = learnt("ramp", days)
    assert "120" in note
    assert factor[-1] == 1.0
    assert factor[0] < 0.4
    assert count == pytest.approx(14.0, rel=0.1)


def test_a_trend_goes_on() -> None:
    """A rate that grows for a year: the next weeks bring more than its mean."""
    days = np.sqrt((np.arange(180) + 0.5) / 180) * 360
    assert learnt("trend", days)[1] > 28 * 0.5 * 1.3
    assert learnt("trend", EVERY_TWO)[1] == pytest.approx(14.0, rel=0.3)


@pytest.mark.parametrize("name", ["constant", "ramp", "trend", "change_point"])
def test_days_that_were_closed_are_no_time(name: str) -> None:
    """One every two days, but for 60 days: if they were closed the next four weeks have fourteen, else fewer."""
    told = learnt(name, WITH_GAP, closed_periods=((50.0, 110.0),))[1]
    assert told == pytest.approx(14.0, rel=0.35)
    assert told > learnt(name, WITH_GAP)[1] or name == "change_point"


def test_a_drifting_rate_is_that_of_forecasts() -> None:
    factor, count, note = learnt("drifting", EVERY_TWO, 100)
    assert factor[-1] == pytest.approx(1.0)
    assert 8 < count < 20
    assert note.startswith("drifts by ")


def test_too_short_a_history_is_drifting() -> None:
    """Fewer than three days from which to foretell: nothing is scored."""
    found = choose_shape(trial_with(np.arange(12) * 2.0 + 0.5), 100, replace(SETTINGS, draws=50))
    assert (found.chosen, found.n_origins) == ("drifting", 0)
    assert np.isnan(found.scores["constant"])
    assert set(found.shapes) == set(LEARNERS)


def test_a_day_in_words() -> None:
    past = history(trial_with(EVERY_TWO))
    assert trial_day(past, len(past.counts) - 1) == "day 99"
    assert STEP_DAYS == 28.0
