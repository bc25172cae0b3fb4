"""The Poisson-gamma model in closed form, and its prior found again from many sites."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.forecast.rate.poisson_gamma import GammaRate, empirical_bayes, planned_rate, site_posteriors


def test_a_gamma_rate_stays_gamma() -> None:
    """Shape and exposure add up; a plan with a weight of a half is worth half of what was planned."""
    assert planned_rate(40, 10.0, 0.5) == GammaRate(20.0, 5.0)
    assert GammaRate(2.0, 4.0).after(6, 8.0) == GammaRate(8.0, 12.0)


def test_the_time_to_a_count_and_the_count_in_a_time_belong_together() -> None:
    """Fewer than k by t is the k-th later than t, whatever k and t; means as they are known."""
    rate = GammaRate(5.0, 2.0)
    for k, t in ((1, 0.3), (4, 2.0), (10, 3.5)):
        assert rate.count_in(t).cdf(k - 1) == pytest.approx(rate.time_to(k).sf(t))
    assert rate.count_in(3.0).mean() == pytest.approx(3.0 * 5.0 / 2.0)
    assert rate.time_to(4).mean() == pytest.approx(4 * 2.0 / (5.0 - 1))


def test_posteriors_of_sites() -> None:
    found = site_posteriors(GammaRate(2.0, 4.0), np.array([0.0, 6.0]), np.array([4.0, 4.0]))
    assert (found.shape.tolist(), found.exposure.tolist()) == ([2.0, 8.0], [8.0, 8.0])
    assert found.mean.tolist() == [0.25, 1.0]
    assert found.cv == pytest.approx(1 / np.sqrt(2.0))


def test_the_prior_comes_back_from_many_sites() -> None:
    """400 sites from a gamma of shape 2 and mean 1.5: both within four standard errors."""
    random = np.random.default_rng(8)
    exposures = random.uniform(5, 15, 400)
    counts = random.poisson(random.gamma(2.0, 1.5 / 2.0, 400) * exposures)
    found = empirical_bayes(counts, exposures)
    mean = found.prior.shape / found.prior.exposure
    assert abs(mean - 1.5) < 4 * 1.5 / np.sqrt(2 * 400)
    assert 1.4 < found.prior.shape < 2.9


def test_sites_that_cannot_be_told_apart_have_one_rate() -> None:
    """Counts that vary less than Poisson's: a very large shape, and every site has the common mean."""
    found = empirical_bayes(np.full(10, 20.0), np.full(10, 10.0))
    assert found.prior.shape > 1e4
    assert found.mean == pytest.approx(np.full(10, 2.0), rel=1e-3)


def test_the_likelihood_is_that_of_negative_binomial_counts() -> None:
    """Nothing near the prior that was found explains the counts better."""
    counts, exposures = np.array([0.0, 3.0, 9.0, 1.0, 14.0, 2.0]), np.array([4.0, 5.0, 6.0, 4.0, 5.0, 6.0])
    found = empirical_bayes(counts, exposures)

    def log_likelihood(shape: float, mean: float) -> float:
        return float(stats.nbinom(shape, shape / (shape + mean * exposures)).logpmf(counts).sum())

    shape, mean = found.prior.shape, found.prior.shape / found.prior.exposure
    best = log_likelihood(shape, mean)
    for other in ((shape * 1.1, mean), (shape / 1.1, mean), (shape, mean * 1.1), (shape, mean / 1.1)):
        assert log_likelihood(*other) < best
