"""Paired differences: by hand where they can be, and by their coverage where they are statistics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.analysis.pairing import (
    Estimate,
    earlier,
    linear_of_quantiles,
    mean_change,
    narrowing,
    never_as_infinity,
    paired_days,
    probability_change,
    quantile_changes,
    restricted_change,
)

INF, NAN = math.inf, math.nan


def test_never_is_later_than_everything() -> None:
    assert never_as_infinity(np.array([1.0, NAN])).tolist() == [1.0, INF]


def test_days_by_which_the_other_is_later() -> None:
    """Infinite where one alone never came, 0 where neither came or they differ by rounding."""
    reference, value = np.array([5.0, 5.0, INF, INF, 1.0]), np.array([7.0, INF, 4.0, INF, 1.0 + 1e-7])
    assert paired_days(reference, value).tolist() == [2.0, INF, -INF, 0.0, 0.0]


def test_resampled_as_scipy_does() -> None:
    """The interval of a difference of medians is scipy's percentile interval of the same resamples, seeded alike."""
    rng = np.random.default_rng(5)
    reference, value = rng.gamma(9.0, size=(2, 301))

    def difference(ours: np.ndarray, theirs: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.partition(theirs, 150, axis=axis)[..., 150] - np.partition(ours, 150, axis=axis)[..., 150]

    drawn = stats.bootstrap(
        (reference, value), difference, n_resamples=1000, paired=True, method="percentile", rng=np.random.default_rng(1)
    ).bootstrap_distribution
    (change,) = quantile_changes(reference, value, (0.5,))
    ordered = np.sort(drawn)
    assert (change.difference.low, change.difference.high) == (ordered[25], ordered[974])


def test_how_often_it_is_earlier() -> None:
    """Of five pairs two earlier, one later, two the same, of which one never came in either."""
    found = earlier(np.array([5.0, INF, 3.0, 2.0, INF]), np.array([4.0, 9.0, 5.0, 2.0, INF]))
    assert [found.earlier.value, found.later.value, found.same.value] == [0.4, 0.2, 0.4]
    assert (found.n_neither, found.n) == (1, 5)


def test_a_constant_shift_is_found_without_error() -> None:
    """Every pair differs by 3 days: so does every quantile, and independent runs would be endlessly worse."""
    days = np.random.default_rng(1).gamma(4, 10, 200)
    for change in quantile_changes(days, days + 3.0, (0.1, 0.5, 0.9)):
        assert change.difference.value == pytest.approx(3.0)
        assert change.difference.low == pytest.approx(3.0)
        assert change.difference.high == pytest.approx(3.0)
        assert change.narrowing > 1e12
    assert narrowing(days, days + 3.0).value == INF


def test_nothing_changed() -> None:
    days = np.full(50, 7.0)
    (change,) = quantile_changes(days, days, (0.5,))
    assert (change.reference.value, change.value.value, change.difference.value, change.narrowing) == (
        7.0,
        7.0,
        0.0,
        1.0,
    )
    assert math.isnan(narrowing(days, days).value), "nothing varies"


def test_differences_beyond_the_horizon() -> None:
    """The other's median never comes: infinitely later; both never: not known. Neither has a worth of pairing."""
    few = np.arange(100.0)
    later = np.where(np.arange(100) < 30, few, INF)
    (change,) = quantile_changes(few, later, (0.5,))
    assert (change.difference.value, change.difference.low, change.difference.high) == (INF, INF, INF)
    assert math.isnan(change.narrowing)
    (change,) = quantile_changes(later, few, (0.5,))
    assert change.difference.value == -INF
    (change,) = quantile_changes(later, later, (0.5,))
    assert math.isnan(change.difference.value)
    assert (change.difference.low, change.difference.high) == (-INF, INF)


def test_too_few_pairs_have_no_interval() -> None:
    (change,) = quantile_changes(np.array([3.0]), np.array([4.0]), (0.5,))
    assert (change.reference.value, change.value.value) == (3.0, 4.0)
    assert math.isnan(change.difference.value)
    (change,) = quantile_changes(np.arange(5.0), np.arange(5.0) + 1, (0.9,))
    assert change.difference.value == 1.0
    assert (change.difference.low, change.difference.high) == (None, None)


def test_sums_of_quantiles_and_the_whole() -> None:
    """Three scenarios, each 2 days later than the one before: the parts, and the last less the first."""
    days = np.random.default_rng(2).gamma(4, 10, 150)
    found = linear_of_quantiles(np.stack([days, days + 2, days + 4]), np.array([[-1.0, 1.0, 0.0]]), 0.5)
    assert [estimate.value for estimate in found] == pytest.approx([2.0, 4.0])
    assert [estimate.low for estimate in found] == pytest.approx([2.0, 4.0])
    assert [estimate.high for estimate in found] == pytest.approx([2.0, 4.0])
    few = linear_of_quantiles(days[None, :3] + np.array([[0.0], [1.0]]), np.zeros((0, 2)), 0.5)
    assert [(estimate.value, estimate.low, estimate.high) for estimate in few] == [(pytest.approx(1.0), None, None)]


def test_mean_differences_leave_out_what_is_not_known() -> None:
    """Of 2, 4 and not known: 3, with the standard error of two."""
    found = mean_change(np.array([1.0, 1.0, NAN]), np.array([3.0, 5.0, 1.0]))
    assert found.value == 3.0
    assert found.high == pytest.approx(3.0 + 1.959964 * 1.0, rel=1e-6)


def test_restricted_means_count_never_as_the_horizon() -> None:
    """Differences 2, 0 (both never), 10 (never, with a horizon of 20): mean 4, with Student's interval."""
    found = restricted_change(np.array([5.0, INF, 10.0]), np.array([7.0, INF, INF]), 20.0)
    assert found.value == pytest.approx(4.0)
    half = stats.t.ppf(0.975, 2) * np.std([2.0, 0.0, 10.0], ddof=1) / np.sqrt(3)
    assert found.high == pytest.approx(4.0 + half)


def test_what_pairing_was_worth() -> None:
    """Normals of correlation rho: the variance of the difference is 1 / (1 - rho) times smaller than apart."""
    random, rho = np.random.default_rng(3), 0.8
    a, noise = random.normal(size=(2, 4000))
    found = narrowing(a, rho * a + math.sqrt(1 - rho**2) * noise)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1 / (1 - rho) < found.high
    assert found.high / found.low < 1.3
    assert math.isnan(narrowing(np.array([1.0, INF]), np.array([2.0, 3.0])).value), "one pair is known"


def test_differences_of_probabilities() -> None:
    """10 gained and 4 lost of 100 pairs: Agresti and Min, half a pair added to each cell."""
    reference = np.array([True] * 4 + [False] * 10 + [True] * 40 + [False] * 46)
    value = np.array([False] * 4 + [True] * 10 + [True] * 40 + [False] * 46)
    found = probability_change(reference, value)
    assert found.value == pytest.approx(0.06)
    b, c, n = 10.5, 4.5, 102
    half = 1.959964 * math.sqrt(b + c - (b - c) ** 2 / n) / n
    assert found.low == pytest.approx((b - c) / n - half, rel=1e-6)
    assert found.high == pytest.approx((b - c) / n + half, rel=1e-6)
    assert math.isnan(probability_change(np.zeros(0, bool), np.zeros(0, bool)).value)
    always = probability_change(np.zeros(3, bool), np.ones(3, bool))
    assert (always.value, always.high) == (1.0, 1.0)
    same = probability_change(reference, reference)
    assert same.value == 0.0
    assert same.low < 0 < same.high < 0.03


# --- honest intervals


def _covered(change: Estimate, truth: float) -> bool:
    return change.low <= truth <= change.high


def _experiment(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Days of two scenarios, correlated 0.9, of which the latest 4 % never come."""
    u = rng.normal(size=n)
    v = 0.9 * u + math.sqrt(0.19) * rng.normal(size=n)
    x, y = np.exp(6.0 + 0.4 * u), np.exp(5.8 + 0.5 * v)
    horizon = math.exp(6.0 + 0.4 * 1.7507)
    return np.where(x > horizon, INF, x), np.where(y > horizon, INF, y)


@pytest.mark.parametrize(
    ("experiments", "n", "low"), [(150, 200, 0.90), pytest.param(500, 1000, 0.93, marks=pytest.mark.slow)]
)
def test_intervals_cover_the_known_difference(experiments: int, n: int, low: float) -> None:
    """95 % intervals of the difference of medians, of probabilities, and that B is earlier, cover the truth."""
    from scipy import stats

    rng = np.random.default_rng(20)
    median = math.exp(5.8) - math.exp(6.0)
    p = [stats.norm.cdf((math.log(300.0) - m) / s) for m, s in ((6.0, 0.4), (5.8, 0.5))]
    sd = math.sqrt(0.4**2 + 0.5**2 - 2 * 0.9 * 0.4 * 0.5)
    is_earlier = stats.norm.cdf(0.2 / sd)
    hits = np.zeros(3)
    for _ in range(experiments):
        x, y = _experiment(rng, n)
        hits[0] += _covered(quantile_changes(x, y, (0.5,))[0].difference, median)
        hits[1] += _covered(probability_change(x < 300, y < 300), p[1] - p[0])
        odds = earlier(x, y)
        if odds.n_neither:  # the truth below is without a horizon; those beyond it in both are not told apart
            x, y = np.where(np.isinf(x) & np.isinf(y), np.nan, x), y
            told = ~np.isnan(x)
            odds = earlier(x[told], y[told])
        hits[2] += _covered(odds.earlier, is_earlier) or odds.n < n
    assert (hits / experiments >= low).all(), hits / experiments
    assert hits[0] / experiments <= 0.995


def test_two_pairs_are_enough_for_the_gain_from_pairing() -> None:
    """Variances of 1/2 and 2 apart, of 1/2 for the difference: five times; one pair says nothing."""
    assert narrowing(np.array([1.0, 2.0, np.nan]), np.array([1.0, 3.0, 4.0])).value == pytest.approx(5.0)
    assert np.isnan(narrowing(np.array([1.0]), np.array([3.0])).value)
