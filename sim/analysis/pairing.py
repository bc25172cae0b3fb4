"""Differences between two scenarios on the same random numbers, replication by replication, with intervals.

Replication k of one is paired with replication k of the other. A day that never came is infinity, later than
everything. All intervals are at 95 %.

- Differences of quantiles: the percentile bootstrap over pairs (Efron and Tibshirani 1993), with its own fixed random
  numbers.
- Differences of means: the normal interval of the mean of paired differences.
- Differences of probabilities: Wald's interval for matched pairs with half a pair added to each cell of the table
  (Agresti and Min 2005), which McNemar's table needs when few pairs disagree.
- Gain from pairing: the variance of the difference of two independent runs as a multiple of the variance of the paired
  difference, with the delta method's interval for its logarithm.

Attributes:
    RESAMPLES: bootstrap samples behind an interval of a difference of quantiles.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import LEVEL, Estimate, Z

Array = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

RESAMPLES = 1000
SAME_DAYS = 1e-6  # smaller differences between days are rounding
_AT_ONCE = 2_000_000  # values resampled together, so that memory does not grow with replications
_SEED = 1
_NO = Estimate(float("nan"), None, None)


class QuantileChange(NamedTuple):
    """The same quantile of a milestone in two scenarios.

    Attributes:
        reference: the quantile in the reference scenario, in days.
        value: the quantile in the other scenario.
        difference: the other's minus the reference's, in days; infinity if only the other's is later than the horizon,
            NaN if both are.
        narrowing: variance of the difference for independent runs, as a multiple of its variance here; NaN if resamples
            reach beyond the horizon.
    """

    reference: Estimate
    value: Estimate
    difference: Estimate
    narrowing: float


class Earlier(NamedTuple):
    """How often the other scenario is earlier than the reference, later, or the same.

    Attributes:
        earlier: share of pairs in which it is earlier, or in which only it reaches the milestone.
        later: share of pairs in which it is later, or in which only the reference reaches the milestone.
        same: share of pairs in which both are the same, or neither reaches the milestone.
        n_neither: pairs in which neither reaches the milestone.
        n: number of pairs.
    """

    earlier: Estimate
    later: Estimate
    same: Estimate
    n_neither: int
    n: int


def never_as_infinity(days: Array) -> Array:
    """Replace NaN, which means never, with infinity.

    Args:
        days: any shape, in days.

    Returns:
        A new array of the same shape.
    """
    return np.where(np.isnan(days), np.inf, days)


def _quantiles(values: Array, quantiles: tuple[float, ...]) -> Array:
    """Quantiles along the last axis, in a new first axis: the smallest value that a share q does not exceed."""
    n = values.shape[-1]
    ranks = [min(max(math.ceil(q * n - 1e-9), 1), n) - 1 for q in quantiles]
    ordered = np.partition(values, sorted(set(ranks)), axis=-1)
    return np.stack([ordered[..., rank] for rank in ranks])


def _resample(scenarios: tuple[Array, ...], quantiles: tuple[float, ...]) -> Array:
    """Bootstrap quantiles of all scenarios, replications resampled together: (scenarios, quantiles, RESAMPLES)."""
    rng, n = np.random.default_rng(_SEED), len(scenarios[0])
    at_once = max(_AT_ONCE // (len(scenarios) * n), 1)
    found = []
    for start in range(0, RESAMPLES, at_once):
        drawn = rng.integers(0, n, (min(at_once, RESAMPLES - start), n))
        found.append(np.stack([_quantiles(days[drawn], quantiles) for days in scenarios]))
    return np.concatenate(found, axis=-1)


def _subtract(value: Array, reference: Array) -> Array:
    """Differences; NaN where both are infinite."""
    with np.errstate(invalid="ignore"):
        return np.asarray(value - reference)


def _percentile_interval(differences: Array) -> tuple[float, float]:
    """Ends of the middle 95 %; an unknown difference may have any value, so it widens both ends."""
    tail = (1 - LEVEL) / 2
    n = len(differences)
    lowest = np.sort(np.where(np.isnan(differences), -np.inf, differences))
    highest = np.sort(np.where(np.isnan(differences), np.inf, differences))
    return float(lowest[math.floor(tail * n)]), float(highest[n - 1 - math.floor(tail * n)])


def quantile_changes(reference: Array, value: Array, quantiles: tuple[float, ...]) -> list[QuantileChange]:
    """Quantiles of the days of two scenarios, and their paired differences.

    A difference has no interval if there are too few pairs for an interval of either quantile.

    Args:
        reference: (n,) days, one for each replication; infinity means never.
        value: (n,) days of the other scenario, in the same order.
        quantiles: between 0 and 1.

    Returns:
        A change for each quantile.
    """
    ours = [intervals.quantile(reference, q) for q in quantiles]
    theirs = [intervals.quantile(value, q) for q in quantiles]
    if len(reference) < 2:
        return [QuantileChange(a, b, _NO, float("nan")) for a, b in zip(ours, theirs, strict=True)]
    resampled = _resample((reference, value), quantiles)
    found = []
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        difference = float(_subtract(np.array(b.value), np.array(a.value)))
        spread = _subtract(resampled[1, i], resampled[0, i])
        low, high = _percentile_interval(spread)
        known = None not in (a.low, a.high, b.low, b.high)
        estimate = Estimate(difference, low if known else None, high if known else None)
        found.append(QuantileChange(a, b, estimate, _variance_ratio(resampled[0, i], resampled[1, i], spread)))
    return found


def _variance_ratio(reference: Array, value: Array, difference: Array) -> float:
    """Variance of the difference of independent runs over that of paired ones, from (RESAMPLES,) bootstrap values."""
    if not (np.isfinite(reference).all() and np.isfinite(value).all()):
        return float("nan")
    paired, apart = float(difference.var()), float(reference.var() + value.var())
    if paired == 0.0:
        return math.inf if apart > 0.0 else 1.0
    return apart / paired


def linear_of_quantiles(days: Array, weights: Array, q: float) -> list[Estimate]:
    """Weighted sums of one quantile over several scenarios, paired; and the last scenario's minus the first's.

    Args:
        days: (scenarios, n) days; the quantile of each scenario is finite.
        weights: (sums, scenarios).
        q: between 0 and 1.

    Returns:
        An estimate for each row of `weights`, then one for the difference.
    """
    whole = np.zeros(len(days))
    whole[0], whole[-1] = -1.0, 1.0
    weights = np.vstack([weights, whole])
    values = weights @ _quantiles(days, (q,))[0]
    if days.shape[1] < 2 or None in intervals.quantile(days[0], q):
        return [Estimate(float(value), None, None) for value in values]
    resampled = _resample(tuple(days), (q,))[:, 0]
    with np.errstate(invalid="ignore"):
        sums = weights @ resampled
    return [Estimate(float(value), *_percentile_interval(row)) for value, row in zip(values, sums, strict=True)]


def paired_days(reference: Array, value: Array) -> Array:
    """Days by which the other scenario is later in each pair.

    Args:
        reference: (n,) days; infinity means never.
        value: (n,) days of the other scenario, in the same order.

    Returns:
        (n,) differences: infinite if only one never came, 0 if neither came.
    """
    differences = _subtract(value, reference)
    differences[np.isnan(differences) | (np.abs(differences) < SAME_DAYS)] = 0.0
    return differences


def earlier(reference: Array, value: Array) -> Earlier:
    """How often the other scenario is earlier.

    Args:
        reference: (n,) days; infinity means never.
        value: (n,) days of the other scenario, in the same order.

    Returns:
        Shares of the pairs in which the other scenario is earlier, later and equal, with Wilson's intervals. Two that
        never come are equal, and are counted as well.
    """
    differences = paired_days(reference, value)
    n = len(differences)
    before, after = int(np.count_nonzero(differences < 0)), int(np.count_nonzero(differences > 0))
    neither = int(np.count_nonzero(np.isinf(reference) & np.isinf(value)))
    share = intervals.probability
    return Earlier(share(before, n), share(after, n), share(n - before - after, n), neither, n)


def mean_change(reference: Array, value: Array) -> Estimate:
    """Mean of the paired differences, over pairs in which both values are known.

    Args:
        reference: (n,) values in any unit; NaN where not known.
        value: (n,) values of the other scenario, in the same order.

    Returns:
        The mean of other minus reference, with its interval.
    """
    return intervals.mean(value - reference)


def restricted_change(reference: Array, value: Array, horizon: float) -> Estimate:
    """Mean of the paired differences of days, in which a day that never came counts as the horizon.

    This is the difference of restricted means (Royston and Parmar 2013), with Student's interval, because pairs may be
    few. It is the only mean of days that includes every trial and exists whatever share never reaches the milestone. It
    is too small if a longer horizon would have shown a larger difference.

    Args:
        reference: (n,) days, or another outcome; infinity means never, NaN a replication that raised.
        value: (n,) values of the other scenario, in the same order.
        horizon: day that stands for never.

    Returns:
        The mean of other minus reference, in days; negative if the other is earlier.
    """
    before, after = (np.where(np.isinf(days), horizon, days) for days in (reference, value))
    return intervals.mean(after - before, are_few=True)


def narrowing(reference: Array, value: Array) -> Estimate:
    """Gain from pairing for the difference of means: independent variance as a multiple of the paired variance.

    Equally, how many times as many independent replications would give an interval of the same width.

    Args:
        reference: (n,) values, one for each replication.
        value: (n,) values of the other scenario, in the same order.

    Returns:
        1 if pairing changed nothing, less if it did harm; infinity if the difference is the same in every pair; NaN if
        nothing varies, or fewer than two pairs are known.
    """
    known = np.isfinite(reference) & np.isfinite(value)
    a, b = reference[known], value[known]
    n = len(a)
    if n < 2:
        return _NO
    apart = (a - a.mean()) ** 2 + (b - b.mean()) ** 2
    difference = b - a
    paired = (difference - difference.mean()) ** 2
    if apart.sum() == 0.0:
        return _NO
    if paired.sum() <= 1e-18 * apart.sum():
        return Estimate(math.inf, math.inf, math.inf)
    ratio = float(apart.sum() / paired.sum())
    influence = apart / apart.mean() - paired / paired.mean()
    factor = math.exp(Z * float(influence.std(ddof=1)) / math.sqrt(n))
    return Estimate(ratio, ratio / factor, ratio * factor)


def probability_change(reference: Booleans, value: Booleans) -> Estimate:
    """Paired difference of two probabilities (Agresti and Min 2005).

    Args:
        reference: (n,) whether it happened, one for each replication.
        value: (n,) the same in the other scenario.

    Returns:
        Other minus reference, from -1 to 1. The interval adds half a pair to each kind of discordant pair.
    """
    n = len(reference)
    if n == 0:
        return _NO
    gained = int(np.count_nonzero(value & ~reference))
    lost = int(np.count_nonzero(reference & ~value))
    b, c, total = gained + 0.5, lost + 0.5, n + 2.0
    centre = (b - c) / total
    half = Z * math.sqrt(b + c - (b - c) ** 2 / total) / total
    return Estimate((gained - lost) / n, max(centre - half, -1.0), min(centre + half, 1.0))
