"""The published models on data whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.forecast.backtest.published import (
    MODELS,
    RateDraws,
    b_spline,
    for_ever,
    piecewise,
    poisson,
    pool,
    time_decay,
)

NOW, DRAWS = 300.0, 4000
STEADY = np.arange(0.5, NOW, 2.0)  # one every two days


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_rate_that_changes_is_added_up_piece_by_piece() -> None:
    """1 a day for ten days, then 3 a day: as gamma(20) exceeds 10, the rest takes a third."""
    futures = RateDraws(np.tile([1.0, 3.0], (DRAWS, 1)), np.array([0.0, 10.0]))
    needed = random().gamma(20, size=DRAWS)
    assert futures.days_to(20, random()) == pytest.approx(np.where(needed < 10, needed, 10 + (needed - 10) / 3))
    counts = futures.count_in(12.0, random())
    assert abs(counts.mean() - 16.0) < 4 * np.sqrt(16.0 / DRAWS)
    assert abs(futures.count_in(5.0, random()).mean() - 5.0) < 4 * np.sqrt(5.0 / DRAWS)


def test_a_rate_of_nothing_takes_a_very_long_time_and_not_for_ever() -> None:
    assert np.all(np.isfinite(for_ever(np.zeros(3)).days_to(5, random())))


@pytest.mark.parametrize("model", [poisson, b_spline, time_decay, piecewise])
def test_a_steady_trial_goes_on_at_its_rate(model: object) -> None:
    """Half a day: the median of the rate now, within what each model is unsure of."""
    found = model(STEADY, NOW, DRAWS, random())  # type: ignore[operator]
    now = found.rate[:, 0]
    spread = np.std(np.log(now))
    assert abs(np.median(np.log(now)) - np.log(0.5)) < max(2 * spread, 0.1)
    assert spread < 0.35


def test_uncertainty_is_that_of_counts() -> None:
    """The log of a rate from n events has standard deviation 1 / sqrt(n); the last third has a third of them."""
    for model, n in ((poisson, 150), (piecewise, 50)):
        spread = np.std(np.log(model(STEADY, NOW, DRAWS, random()).rate[:, 0]))
        assert abs(spread - 1 / np.sqrt(n)) < 5 / np.sqrt(2 * n * DRAWS) + 0.003
    assert np.all(np.isfinite(poisson(np.zeros(0), NOW, 10, random()).rate)), "half a person where there is none"


def test_piecewise_knows_the_last_third_alone() -> None:
    late_only = np.arange(200.0, 300.0, 1.0)
    assert np.median(piecewise(late_only, NOW, DRAWS, random()).rate) == pytest.approx(1.0, rel=0.02)


def test_time_decay_finds_the_plateau() -> None:
    """Arrivals at the quantiles of a rate that rises to 1 a day with delta of 1/50."""
    times = np.linspace(0, 400, 400_001)
    mean = times - 50 * (1 - np.exp(-times / 50))
    days = np.interp(np.arange(0.5, mean[-1], 1.0), mean, times)
    found = time_decay(days, 400.0, DRAWS, random())
    assert np.median(found.rate[:, -1]) == pytest.approx(1.0, rel=0.05)
    assert found.starts[0] == 0.0
    assert np.all(np.diff(found.starts) > 0)


def test_a_spline_follows_growth() -> None:
    """A rate that has risen in proportion to the time: over the last 30 days nearly twice the mean."""
    days = np.sqrt(np.arange(0.5, 150) / 150) * NOW
    found = b_spline(days, NOW, DRAWS, random())
    assert np.median(found.rate) == pytest.approx(2 * 0.5 * 285 / 300, rel=0.2)


def test_the_pool_is_a_quarter_of_each() -> None:
    found = pool(STEADY, NOW, 400, random())
    assert found.rate.shape[0] == 400
    assert len(MODELS) == 4
    assert stats.median_abs_deviation(np.log(found.rate[:, 0])) < 0.3
