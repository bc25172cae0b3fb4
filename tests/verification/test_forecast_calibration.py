"""Simulation-based calibration: in trials drawn from the model, the truth is anywhere in the forecast equally often.

Source: Talts et al. 2018 (arXiv 1804.06788).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from synthetic_trials import drifting_trial

from sim.forecast.backtest.study import METHOD, backtest_cut, cuts_at
from sim.forecast.rate.poisson_gamma import empirical_bayes
from sim.forecast.rate.settings import SETTINGS, TrialKind

# A pool of kinds in fixed shares is no mixture of which trials could be drawn; each kind is.
KINDS = SETTINGS.kinds


def _uniform(positions: list[float]) -> float:
    """p-value of positions being uniform, by Kolmogorov and Smirnov."""
    return float(stats.kstest(positions, "uniform").pvalue)


def _drifting_positions(n: int, seed: int, kind: TrialKind = KINDS[-1]) -> tuple[list[float], list[float]]:
    """Positions of the truth, for the last randomisation and for the count in the next 90 days (ties at random)."""
    random, few = np.random.default_rng(seed), replace(SETTINGS, kinds=(kind,), draws=800)
    last, count = [], []
    for i in range(n):
        trial = drifting_trial(random, 90, 2.0, kind)
        cut = cuts_at(trial, [0.35 + 0.1 * (i % 4)])[0]
        found = backtest_cut(trial, cut, settings=few, with_baselines=False).scores[METHOD]
        last.append(found.position)
        count.append(found.count_below + random.random() * (1 - found.count_below - found.count_above))
    return last, count


def _site_positions(n: int, seed: int, n_sites: int) -> tuple[list[float], list[float]]:
    """The same for the Poisson-gamma model by site, its prior estimated anew from each trial."""
    random = np.random.default_rng(seed)
    last, count = [], []
    for _ in range(n):
        rates = random.gamma(1.5, 1 / 1.5, n_sites) * 0.5
        exposure = random.uniform(6, 12, n_sites)
        found = empirical_bayes(random.poisson(rates * exposure), exposure)
        drawn = (random.gamma(found.shape, size=(800, n_sites)) / found.exposure).sum(axis=1)
        last.append(float(np.mean(random.gamma(80, size=800) / drawn < random.gamma(80) / rates.sum())))
        truth, forecast = random.poisson(rates.sum() * 3), random.poisson(drawn * 3)
        below, at = np.mean(forecast < truth), np.mean(forecast == truth)
        count.append(float(below + random.random() * at))
    return last, count


def test_drifting_rate_is_calibrated_small() -> None:
    last, count = _drifting_positions(40, 2024)
    assert _uniform(last) > 0.003
    assert _uniform(count) > 0.003


def test_sites_are_calibrated_small() -> None:
    last, count = _site_positions(150, 7, 40)
    assert _uniform(last) > 0.003
    assert _uniform(count) > 0.003


def test_the_test_sees_a_forecast_that_is_too_sure() -> None:
    """Halving the spread of the forecasts is seen: the test can fail."""
    random = np.random.default_rng(3)
    positions = [float(stats.norm.cdf(2 * x)) for x in random.standard_normal(150)]
    assert _uniform(positions) < 0.003


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_each_kind_of_trial_is_calibrated(kind: TrialKind) -> None:
    last, count = _drifting_positions(300, 1, kind)
    assert _uniform(last) > 0.003
    assert _uniform(count) > 0.003


@pytest.mark.slow
def test_sites_are_calibrated() -> None:
    last, count = _site_positions(2000, 2, 60)
    assert _uniform(last) > 0.003
    assert _uniform(count) > 0.003
