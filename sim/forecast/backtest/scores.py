"""Scores of a forecast, once it is known what happened.

The CRPS, a proper score, is better for a forecast that is both near and sure. Coverage is counted apart, because an
interval may hold and still be too wide to help.

Attributes:
    LEVELS: probabilities of the central intervals whose coverage is counted.
    MOST_DAYS: longest time that is told apart from never: a hundred years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LEVELS = (0.50, 0.80, 0.95, 0.99)
LEAST_DAYS = 0.5  # shorter times count as this on the log scale, because days in the data are whole

MOST_DAYS = 36_525.0


def crps(draws: Array, truth: float) -> float:
    """Compute the continuous ranked probability score of draws: that of their empirical distribution.

    Source: Gneiting and Raftery 2007 (JASA 102:359), from sorted draws as in Jordan, Krüger and Lerch 2019 (J Stat
    Softw 90(12)). Summed one by one, so that the last digit is the same on every processor.

    Args:
        draws: (draws,) forecast.
        truth: what happened.

    Returns:
        The score in the unit of the draws; 0 is perfect.
    """
    ordered, n = np.sort(draws), len(draws)
    weights = n * (ordered > truth) - np.arange(1, n + 1) + 0.5
    return float(2 / n**2 * np.cumsum((ordered - truth) * weights)[-1])


def log_days(days: Array | float) -> Array:
    """Return the logarithm of a future time in days, from `LEAST_DAYS` to `MOST_DAYS`, which also stands for never.

    Args:
        days: days from the cut to what is forecast, of any shape; infinity for never.
    """
    found: Array = np.log(np.clip(np.asarray(days, dtype=np.float64), LEAST_DAYS, MOST_DAYS))
    return found


@dataclass(frozen=True)
class Score:
    """One forecast of one cut, compared with what happened.

    Attributes:
        median_days: median of the days remaining.
        low80: 10 % point of the days remaining.
        high80: 90 % point.
        error_days: median minus truth, in days; above 0 is too late.
        log_crps: CRPS of the log of the days remaining.
        position: forecast probability of something earlier than what happened.
        count_median: median of the number in the next 90 days.
        count_error: median minus truth, in participants.
        count_crps: CRPS of the number in the next 90 days.
        count_below: forecast probability of fewer than what happened.
        count_above: forecast probability of more.
    """

    median_days: float
    low80: float
    high80: float
    error_days: float
    log_crps: float
    position: float
    count_median: float
    count_error: float
    count_crps: float
    count_below: float
    count_above: float

    def covers(self, level: float) -> bool:
        """Return whether the central interval with this probability contained the truth.

        Args:
            level: probability of the interval, as in 0.8.
        """
        return (1 - level) / 2 <= self.position <= (1 + level) / 2

    def covers_count(self, level: float) -> bool:
        """Return whether the central interval of the count, ends included, contained the truth.

        Args:
            level: probability of the interval, as in 0.8.
        """
        return max(self.count_below, self.count_above) <= (1 + level) / 2


def score(days: Array, true_days: float, counts: Array, true_count: float) -> Score:
    """Score a forecast.

    Args:
        days: (draws,) days remaining.
        true_days: the true days remaining.
        counts: (draws,) number in the next 90 days.
        true_count: the true number.

    Returns:
        The scores.
    """
    low, median, high = np.quantile(days, (0.1, 0.5, 0.9), method="inverted_cdf").tolist()
    count_median = float(np.quantile(counts, 0.5, method="inverted_cdf"))
    return Score(
        median_days=median,
        low80=low,
        high80=high,
        error_days=median - true_days,
        log_crps=crps(log_days(days), float(log_days(true_days))),
        position=float(np.mean(days < true_days)),
        count_median=count_median,
        count_error=count_median - true_count,
        count_crps=crps(counts, true_count),
        count_below=float(np.mean(counts < true_count)),
        count_above=float(np.mean(counts > true_count)),
    )
