"""A trial's randomisations in bins of time: one week each recently, four weeks each before.

Bins are short where the rate of today is learnt, and long before, so that a long trial has as few as a short one.

Attributes:
    LEAST_OPEN_DAYS: days that a bin counts as open at least, so that a logarithm exists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import ObservedTrial
from sim.forecast.rate.settings import WEEK_DAYS

Array = npt.NDArray[np.float64]

_WEEKS_LATE = 26  # number of one-week bins
_WEEKS_A_BIN = 4  # bins before those
_LEAST_DAYS = 2.0  # a first bin shorter than this is joined to the next
LEAST_OPEN_DAYS = 1e-3
_MONTHLY = 28  # from this resolution on, the data's own periods are the bins


@dataclass(frozen=True, eq=False)
class History:
    """Randomisations so far.

    Attributes:
        edges: (k + 1,) ends of the bins, in days since the trial's first day; the last is now.
        counts: (k,) randomisations in each bin.
        days: days of randomisation, increasing.
        closed: (first day, day after the last) of periods in which nobody could be randomised, including future ones.
        ends: day after the last on which anybody may be randomised; infinity where that is not known.
    """

    edges: Array
    counts: Array
    days: Array
    closed: tuple[tuple[float, float], ...] = ()
    ends: float = np.inf

    @property
    def now(self) -> float:
        """End of the last bin, in days since the trial's first day."""
        return float(self.edges[-1])

    @property
    def n(self) -> int:
        """Number of randomisations so far."""
        return int(self.counts.sum())

    @property
    def widths(self) -> Array:
        """(k,) lengths of the bins in days."""
        return np.diff(self.edges)

    @property
    def open_days(self) -> Array:
        """(k,) days of the bins on which randomisation was possible."""
        return open_days(self.edges, self.closed)

    @property
    def days_open(self) -> float:
        """Number of days so far on which randomisation was possible."""
        return float(self.open_days.sum())

    @property
    def middles(self) -> Array:
        """(k,) middles of the bins."""
        return (self.edges[1:] + self.edges[:-1]) / 2


def open_days(edges: Array, closed: tuple[tuple[float, float], ...]) -> Array:
    """Compute the lengths of bins without closed periods.

    Args:
        edges: (k + 1,) ends of the bins, in days.
        closed: (first day, day after the last) of each period; periods do not overlap.

    Returns:
        (k,) days, at least `LEAST_OPEN_DAYS`, so that a logarithm exists.
    """
    total = edges.copy()
    for first, after in closed:
        total = total - np.clip(edges - first, 0.0, after - first)
    return np.maximum(np.diff(total), LEAST_OPEN_DAYS)


def bins_to(now: float) -> Array:
    """Return the ends of bins from 0 to now, counted backward from now, so that only the first may be shorter.

    Args:
        now: end of the data, in days since their first day; positive.

    Returns:
        (bins + 1,) days, increasing, from 0 to `now`.
    """
    late = now - WEEK_DAYS * np.arange(_WEEKS_LATE + 1)
    early = late[-1] - WEEK_DAYS * _WEEKS_A_BIN * np.arange(
        1, int(max(late[-1], 0.0) // (WEEK_DAYS * _WEEKS_A_BIN)) + 2
    )
    edges = np.concatenate((late, early))
    edges = np.append(edges[edges > 0], 0.0)[::-1]
    if len(edges) > 2 and edges[1] < _LEAST_DAYS:
        edges = np.delete(edges, 1)
    return edges


def history(trial: ObservedTrial) -> History:
    """Bin a trial's randomisations up to its last day.

    Args:
        trial: the trial, as far as it is known.

    Returns:
        The history; monthly data keep their own periods as bins.
    """
    days = trial.days
    if trial.funnel is not None and trial.resolution_days >= _MONTHLY and len(trial.funnel.start):
        # Both ends of each period: a month without a row is a bin of its own, and so is what follows the last one.
        edges = np.unique(np.concatenate((trial.funnel.start, trial.funnel.end, [trial.now])))
    else:
        edges = bins_to(trial.now)
    counts = np.histogram(days, edges)[0].astype(np.float64)
    return History(edges, counts, days, trial.closed_periods, trial.recruits_until)
