"""Simple forecasts, whose rates are known."""

from __future__ import annotations

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.forecast.backtest.baselines import (
    BASELINES,
    REFERENCE,
    Known,
    homogeneous_poisson,
    recent_rate,
    site_poisson_gamma,
)

DRAWS = 4000


def random() -> np.random.Generator:
    return np.random.default_rng(3)


def known(days: np.ndarray, sites: int = 0) -> Known:
    return Known(trial_with(days, sites=sites), 500)


def test_the_recent_rate_is_that_of_the_last_90_days() -> None:
    """Of a shorter trial, of all of it; of nobody, of half a person."""
    slow_then_fast = np.concatenate([np.arange(10) * 20.0, 200 + np.arange(90)]) + 0.5
    found = known(slow_then_fast)
    assert found.now == 290.0
    assert recent_rate(found, 3, random()).rate[:, 0].tolist() == [1.0] * 3
    assert recent_rate(known(np.arange(20) + 0.5), 1, random()).rate[0, 0] == 1.0
    assert recent_rate(known(np.array([0.5, 500.5])), 1, random()).rate[0, 0] == pytest.approx(1 / 90)


def test_one_rate_for_ever_is_gamma() -> None:
    """Fifty in 99 days."""
    rate = homogeneous_poisson(known(EVERY_TWO), DRAWS, random()).rate[:, 0]
    assert abs(rate.mean() - 50 / 99) < 4 * np.sqrt(50) / 99 / np.sqrt(DRAWS)
    assert rate.std() == pytest.approx(np.sqrt(50) / 99, rel=0.05)


def test_sites_add_up() -> None:
    """Each from its own opening; without sites there is no such forecast."""
    assert site_poisson_gamma(known(EVERY_TWO), DRAWS, random()) is None
    found = site_poisson_gamma(known(EVERY_TWO, sites=2), DRAWS, random())
    assert found is not None
    expected = 25 / 98.5 + 25 / 48.5
    assert found.rate.mean() == pytest.approx(expected, rel=0.1)


def test_every_baseline_gives_rates() -> None:
    assert REFERENCE in BASELINES
    for name, (label, baseline) in BASELINES.items():
        found = baseline(known(EVERY_TWO, sites=3), 40, random())
        assert found is not None
        assert label
        assert np.all(found.rate > 0), name
