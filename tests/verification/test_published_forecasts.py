"""eventPred's four models, on made data whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.forecast.backtest.published import MODELS, RateDraws, b_spline, for_ever, piecewise, poisson, pool, time_decay

DRAWS = 4000


def _expected(cumulative: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Days on which a process with this mean function is expected to have its first, second, third."""
    return np.interp(np.arange(1, int(cumulative[-1])) - 0.5, cumulative, times)


def test_the_poisson_model_has_the_mean_rate_and_its_error() -> None:
    """The logarithm of the rate is normal about that of n / t, with variance 1 / n."""
    rate = poisson((np.arange(80) + 0.5) * 2.0, 160.0, 40_000, np.random.default_rng(1)).rate[:, 0]
    assert np.log(rate).mean() == pytest.approx(np.log(0.5), abs=0.003)
    assert np.log(rate).std() == pytest.approx(1 / np.sqrt(80), rel=0.02)


def test_piecewise_goes_on_as_in_the_last_third() -> None:
    days = np.concatenate([np.arange(10) * 10.0, 100 + np.arange(100) * 1.0, 200 + np.arange(25) * 4.0])
    rate = piecewise(days, 300.0, DRAWS, np.random.default_rng(1)).rate[:, -1]
    assert np.median(rate) == pytest.approx(0.25, rel=0.02)
    assert np.log(rate).std() == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize(("delta", "plateau"), [(0.01, 2.0), (0.03, 1.0)])
def test_time_decay_finds_the_plateau_that_made_the_data(delta: float, plateau: float) -> None:
    """Data at the expected days of a rate (mu / delta)(1 - exp(-delta t)): rate and date to come are its own."""
    times = np.arange(0.0, 900.0, 0.05)
    cumulative = plateau * (times - (1 - np.exp(-delta * times)) / delta)
    days = _expected(cumulative, times)
    now = 300.0
    found = time_decay(days[days < now], now, DRAWS, np.random.default_rng(2))
    assert np.median(found.rate[:, -1]) == pytest.approx(plateau, rel=0.06)
    at_once = plateau * (1 - np.exp(-delta * now))
    assert np.median(found.rate[:, 0]) == pytest.approx(at_once, rel=0.06)
    left = np.interp(np.interp(now, times, cumulative) + 200, cumulative, times) - now
    assert np.median(found.days_to(200, np.random.default_rng(3))) == pytest.approx(left, rel=0.06)


def test_time_decay_of_a_steady_trial_is_steady_and_of_a_straight_rise_rises() -> None:
    steady = time_decay((np.arange(200) + 0.5) * 1.5, 300.0, DRAWS, np.random.default_rng(1))
    assert np.median(steady.rate[:, -1]) == pytest.approx(1 / 1.5, rel=0.04)
    rising = time_decay(np.sqrt((np.arange(200) + 0.5) / 200) * 300, 300.0, DRAWS, np.random.default_rng(1))
    assert np.median(rising.rate[:, 0]) == pytest.approx(2 * 200 / 300, rel=0.05)


def test_a_b_spline_follows_a_cubic_and_goes_on_with_the_mean_of_thirty_days() -> None:
    """A log rate that is a cubic in time is a spline without inner knots, so it is found."""
    times = np.arange(0.0, 400.01, 0.02)
    log_rate = 0.5 + 1.5 * (times / 400) - 2.0 * (times / 400) ** 3
    cumulative = np.concatenate(([0.0], np.cumsum(np.exp(log_rate[:-1]) * 0.02)))
    days = _expected(cumulative, times)
    found = b_spline(days, 400.0, DRAWS, np.random.default_rng(4)).rate[:, 0]
    last = np.exp(log_rate[times > 370]).mean()
    assert np.median(found) == pytest.approx(last, rel=0.05)


def test_a_b_spline_where_nobody_came_for_long_is_finite() -> None:
    found = b_spline(np.arange(30) + 0.5, 400.0, DRAWS, np.random.default_rng(4))
    assert np.isfinite(found.days_to(10, np.random.default_rng(1))).all()


def test_a_pool_is_a_quarter_of_each() -> None:
    days = np.sqrt((np.arange(200) + 0.5) / 200) * 300
    found = pool(days, 300.0, DRAWS, np.random.default_rng(5)).rate[:, 0]
    parts = [model(days, 300.0, DRAWS // 4, np.random.default_rng(6)).rate[:, 0] for _, model in MODELS.values()]
    assert len(found) == DRAWS
    for k, part in enumerate(parts):
        assert np.median(found[k * 1000 : (k + 1) * 1000]) == pytest.approx(np.median(part), rel=0.03)


def test_days_and_counts_follow_a_rate_in_pieces() -> None:
    """2 a day for 10 days, then 0.5: 30 take 10 + 20 days, and 20 days bring 20 + 5."""
    rates = RateDraws(np.tile([2.0, 0.5], (20_000, 1)), np.array([0.0, 10.0]))
    random = np.random.default_rng(7)
    assert rates.count_in(20.0, random).mean() == pytest.approx(25.0, rel=0.01)
    assert rates.days_to(30, random).mean() == pytest.approx(30.0, rel=0.03)
    one = for_ever(np.full(20_000, 0.4)).days_to(30, random)
    assert np.quantile(one, [0.1, 0.9]) == pytest.approx(stats.gamma(30, scale=2.5).ppf([0.1, 0.9]), rel=0.02)
