"""Checks against known answers, with tolerances from the standard error of the run."""

from __future__ import annotations

import numpy as np
from scipy import stats

Z = 4.0  # standard errors; a right model fails one such check in 16,000
P = 1e-4  # the same for a goodness-of-fit test


def mean_is(values: np.ndarray, expected: float, z: float = Z) -> None:
    """The mean is what it should be, within z standard errors."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - expected) <= z * error, f"mean {values.mean():.5g}, not {expected:.5g} ±{error:.2g}"


def sd_is(values: np.ndarray, expected: float, z: float = Z) -> None:
    """The standard deviation is what it should be, within z standard errors by the fourth moment."""
    centred = values - values.mean()
    variance = centred @ centred / (len(values) - 1)
    error = np.sqrt(max((centred**4).mean() - variance**2, 1e-12) / len(values)) / (2 * np.sqrt(variance))
    assert abs(np.sqrt(variance) - expected) <= z * error, (
        f"sd {np.sqrt(variance):.5g}, not {expected:.5g} ±{error:.2g}"
    )


def quantile_is(values: np.ndarray, q: float, expected: float, z: float = Z, slack: float = 0.0) -> None:
    """The share below the known quantile is q, within z standard errors.

    `slack` is half the last printed digit of a published quantile, in its own unit.
    """
    n = len(values)
    error = z * np.sqrt(q * (1 - q) / n)
    low, high = np.mean(values <= expected - slack), np.mean(values <= expected + slack)
    assert low - error <= q <= high + error, f"P(X <= {expected:.5g}) is {low:.4f} to {high:.4f}, not {q} ±{error:.2g}"


def probability_is(happened: np.ndarray, expected: float, z: float = Z) -> None:
    """The share is what it should be, within z standard errors."""
    error = z * np.sqrt(expected * (1 - expected) / len(happened))
    assert abs(np.mean(happened) - expected) <= error, f"share {np.mean(happened):.5f}, not {expected:.5f} ±{error:.2g}"


def distributed_as(values: np.ndarray, cdf: object, p: float = P) -> None:
    """Values follow a continuous distribution, by Kolmogorov and Smirnov."""
    result = stats.kstest(values, cdf)
    assert result.pvalue > p, f"Kolmogorov-Smirnov p = {result.pvalue:.2g}"


def counts_as(values: np.ndarray, distribution: object, p: float = P) -> None:
    """Counts follow a discrete distribution, by chi-squared over cells with at least 5 expected."""
    n = len(values)
    top = int(values.max()) + 1
    expected = n * distribution.pmf(np.arange(top + 1))
    expected[-1] += n * distribution.sf(top)
    observed = np.bincount(values.astype(int), minlength=top + 1).astype(float)
    cells_e, cells_o, sum_e, sum_o = [], [], 0.0, 0.0
    for e, o in zip(expected, observed, strict=True):
        sum_e, sum_o = sum_e + e, sum_o + o
        if sum_e >= 5:
            cells_e.append(sum_e)
            cells_o.append(sum_o)
            sum_e = sum_o = 0.0
    cells_e[-1] += sum_e
    cells_o[-1] += sum_o
    result = stats.chisquare(cells_o, np.array(cells_e) * (n / sum(cells_e)))
    assert result.pvalue > p, f"chi-squared p = {result.pvalue:.2g}"
