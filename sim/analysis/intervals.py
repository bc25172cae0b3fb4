"""Monte Carlo error: how far an estimate from n replications may be from its value for infinitely many.

Quantiles: order statistics, which assume nothing about the distribution. Probabilities: Wilson's score interval. Means:
their standard error. All intervals are at 95 % unless stated otherwise.

Attributes:
    LEVEL: probability with which intervals cover the true value, where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]

LEVEL = 0.95
Z = float(special.ndtri((1 + LEVEL) / 2))  # half a normal interval at that level, in standard errors


class Estimate(NamedTuple):
    """An estimate and its interval.

    Attributes:
        value: the estimate; infinity for a day later than the horizon, NaN without data.
        low: lower end of the interval; None if there are too few replications to tell.
        high: upper end; infinity for later than the horizon; None if there are too few replications to tell.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def in_percent(self) -> Estimate:
        """A share (0 to 1) in per cent, with its interval."""
        low, high = (None if end is None else 100 * end for end in (self.low, self.high))
        return Estimate(100 * self.value, low, high)

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0, so that the direction of a difference is known."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@lru_cache(maxsize=1024)
def _ranks(n: int, q: float, level: float) -> tuple[int, int]:
    """Ranks (from 1) of the order statistics that enclose the q-quantile with at least the given probability."""
    counts = np.arange(n + 1)
    below = special.bdtr(counts, n, q)  # P(at most this many of n lie below the quantile)
    tail = (1 - level) / 2
    low = int(np.searchsorted(below, tail, side="left"))
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    return low, high


def quantile(values: Array, q: float, level: float = LEVEL) -> Estimate:
    """The q-quantile (the smallest value that a share q does not exceed) with its interval.

    Args:
        values: (n,) one for each replication; NaN means never and counts as later than everything.
        q: between 0 and 1.
        level: probability that the interval covers the true quantile.

    Returns:
        The quantile, with ends from order statistics: infinity if an end is never, None if `n` is too small for one;
        all unknown without values.
    """
    return quantiles(values, (q,), level)[0]


def quantiles(values: Array, of: Sequence[float], level: float = LEVEL) -> list[Estimate]:
    """Several quantiles, as `quantile` gives each; the values are sorted once.

    Args:
        values: as for `quantile`.
        of: between 0 and 1 each.
        level: as for `quantile`.

    Returns:
        An estimate for each, in the order of `of`.
    """
    ordered = np.sort(np.where(np.isnan(values), np.inf, values))
    n = len(ordered)
    if n == 0:
        return [Estimate(float("nan"), None, None)] * len(of)
    found = []
    for q in of:
        rank = min(max(int(np.ceil(q * n - 1e-9)), 1), n)
        low, high = _ranks(n, q, level)
        ends = (float(ordered[low - 1]) if low >= 1 else None, float(ordered[high - 1]) if high <= n else None)
        found.append(Estimate(float(ordered[rank - 1]), *ends))
    return found


def probability(k: int, n: int, level: float = LEVEL) -> Estimate:
    """A share k / n with Wilson's score interval (Wilson 1927, J Am Stat Assoc 22:209).

    Args:
        k: number of replications in which it happened.
        n: number of replications.
        level: probability that the interval covers the true probability.

    Returns:
        The share, with ends from 0 to 1; NaN without an interval if `n` is 0.
    """
    if n == 0:
        return Estimate(float("nan"), None, None)
    z = float(special.ndtri((1 + level) / 2))
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if k == 0 else max(float(centre - half), 0.0)
    high = 1.0 if k == n else min(float(centre + half), 1.0)
    return Estimate(p, low, high)


def mean(values: Array, level: float = LEVEL, *, are_few: bool = False) -> Estimate:
    """The mean of the values that are not NaN, with its interval; no interval for fewer than two values.

    Args:
        values: (n,) values.
        level: probability that the interval covers the true mean.
        are_few: use Student's t instead of the normal distribution, which is too narrow for a dozen values.

    Returns:
        The mean; NaN if no value is known.
    """
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return Estimate(float("nan"), None, None)
    average = float(known.mean())
    if len(known) < 2:
        return Estimate(average, None, None)
    upper = (1 + level) / 2
    errors = float(special.stdtrit(len(known) - 1, upper) if are_few else special.ndtri(upper))
    half = errors * float(known.std(ddof=1)) / float(np.sqrt(len(known)))
    return Estimate(average, average - half, average + half)
