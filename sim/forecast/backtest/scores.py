"""How good a forecast was, once it is known what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LEVELS = (0.50, 0.80, 0.95, 0.99)
LEAST_DAYS = 0.5  # a time that is shorter counts as this on the log scale: days are whole in the data

MOST_DAYS = 36_525.0


def crps(draws: Array, truth: float) -> float:
    """Continuous ranked probability score of draws: 0 is perfect, and it has the unit of the draws.

    Source: Gneiting and Raftery 2007 (JASA 102:359), by the `scoringrules` package.
    """
    from scoringrules import crps_ensemble  # heavy, and only backtests score

    return float(crps_ensemble(truth, np.asarray(draws, dtype=np.float64), estimator="qd"))


def log_days(days: Array | float) -> Array:
    """Logarithm of a time to come, in days; never is as bad as a hundred years."""
    found: Array = np.log(np.clip(np.asarray(days, dtype=np.float64), LEAST_DAYS, MOST_DAYS))
    return found


@dataclass(frozen=True)
class Score:
    """One forecast of one cut against what happened.

    Attributes:
        median_days: median of the days remaining.
        low80: 10 % point of the days remaining.
        high80: 90 % point.
        error_days: median less truth, in days; above 0 is too late.
        log_crps: CRPS of the log of the days remaining.
        position: probability that the forecast gave to something earlier than what happened.
        count_median: median of the number in the next 90 days.
        count_error: median less truth, in participants.
        count_crps: CRPS of the number in the next 90 days.
        count_below: probability that the forecast gave to fewer than what happened.
        count_above: probability that it gave to more.
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
        """Whether the central interval with this probability had the truth in it."""
        return (1 - level) / 2 <= self.position <= (1 + level) / 2

    def covers_count(self, level: float) -> bool:
        """Whether the central interval of the count with at least this probability, ends included, had the truth."""
        return max(self.count_below, self.count_above) <= (1 + level) / 2


def score(days: Array, true_days: float, counts: Array, true_count: float) -> Score:
    """Score draws of the days remaining, and of the number in the next 90 days.

    Args:
        days: (draws,) days remaining.
        true_days: what they were.
        counts: (draws,) number in the next 90 days.
        true_count: what it was.
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
