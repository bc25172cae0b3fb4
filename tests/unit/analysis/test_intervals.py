"""Monte Carlo errors are what scipy gives for the same definitions, and never are counted as late."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.analysis.intervals import Estimate, mean, probability, quantile


@pytest.mark.parametrize("n", [5, 20, 37, 200, 1000])
@pytest.mark.parametrize("q", [0.1, 0.5, 0.8, 0.9])
def test_ends_are_the_tightest_order_statistics(n: int, q: float) -> None:
    """Each end is the innermost order statistic that is wrong with at most 2.5 %, by the binomial distribution."""
    estimate = quantile(np.arange(1.0, n + 1), q)  # the k-th smallest value is k
    below = stats.binom(n, q)
    if estimate.low is None:
        assert below.cdf(0) > 0.025  # even the smallest is not sure to be low enough
    else:
        k = int(estimate.low)
        assert below.cdf(k - 1) <= 0.025 < below.cdf(k)
    if estimate.high is None:
        assert below.sf(n - 1) > 0.025
    else:
        k = int(estimate.high)
        assert below.sf(k - 1) <= 0.025 < below.sf(k - 2)


def test_quantile_intervals_cover() -> None:
    """95 % intervals of a known quantile cover it in at least 95 % of experiments, and not in nearly all."""
    rng = np.random.default_rng(1)
    n, runs = 60, 2000
    for q in (0.5, 0.8):
        truth = stats.expon.ppf(q)
        covered = sum(_covers(quantile(rng.exponential(size=n), q), truth) for _ in range(runs)) / runs
        assert 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs) <= covered <= 0.985


def _covers(estimate: object, truth: float) -> bool:
    low, high = estimate.low, estimate.high  # type: ignore[attr-defined]
    return (low is None or low <= truth) and (high is None or truth <= high)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.8, 0.9])
def test_the_quantile_is_the_inverse_of_the_distribution(q: float) -> None:
    """The estimate is the smallest value that a share q does not exceed."""
    values = np.random.default_rng(2).normal(size=137)
    assert quantile(values, q).value == np.quantile(values, q, method="inverted_cdf")


def test_never_is_later_than_everything() -> None:
    """Replications that never got there stay in the count, and a quantile beyond the reached share is infinite."""
    values = np.concatenate([np.arange(70.0), np.full(30, np.nan)])
    assert quantile(values, 0.5).value == 49.0
    assert quantile(values, 0.7).value == 69.0
    assert quantile(values, 0.8).value == math.inf
    assert quantile(values, 0.8).low is not None
    assert quantile(values, 0.68).high == math.inf
    assert quantile(np.full(10, np.nan), 0.1).value == math.inf


def test_too_few_replications_leave_an_end_open() -> None:
    """Where no order statistic is safe enough, an end is unknown and not made up."""
    assert quantile(np.arange(10.0), 0.9).high is None
    assert quantile(np.arange(10.0), 0.1).low is None
    assert quantile(np.arange(5.0), 0.5)[1:] == (None, None)
    assert math.isnan(quantile(np.zeros(0), 0.5).value)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 10), (7, 10), (10, 10), (3, 1000), (412, 1000)])
def test_probabilities_have_wilsons_interval(k: int, n: int) -> None:
    """Wilson's score interval, as scipy computes it."""
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    estimate = probability(k, n)
    assert estimate.value == k / n
    assert estimate.low == pytest.approx(expected.low, abs=1e-12)
    assert estimate.high == pytest.approx(expected.high, abs=1e-12)


def test_probabilities_of_nothing() -> None:
    """Without replications nothing is known."""
    assert math.isnan(probability(0, 0).value)
    assert probability(0, 0)[1:] == (None, None)


def test_means_have_their_standard_error() -> None:
    """The normal interval of the mean, of those values that are known."""
    values = np.array([1.0, 2.0, 4.0, 9.0, np.nan])
    low, high = stats.norm.interval(0.95, loc=4.0, scale=stats.sem(values[:-1]))
    assert mean(values) == pytest.approx((4.0, low, high))
    assert mean(np.array([3.0])) == (3.0, None, None)
    assert math.isnan(mean(np.array([np.nan])).value)


def test_the_interval_of_a_mean_of_few_is_students() -> None:
    """Twelve values: 2.201 standard errors on both sides, as in tables of Student's t, where the normal has 1.960."""
    values = np.arange(12.0)
    error = np.sqrt(13.0 / 12.0)  # the variance of 0 to 11 is 13
    for are_few, expected in ((True, 2.201), (False, 1.960)):
        found = mean(values, are_few=are_few)
        assert found.high is not None
        assert (found.high - found.value) / error == pytest.approx(expected, abs=5e-4)


def test_a_share_in_per_cent_keeps_an_end_that_is_not_known() -> None:
    assert Estimate(0.25, 0.125, None).in_percent == (25.0, 12.5, None)
