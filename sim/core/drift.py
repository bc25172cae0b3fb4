"""Drift of referral rates in a plan, from day 0 on: the same process by which forecasts let rates drift.

The logarithm of the rate is a Brownian motion in the logarithm of time: while (time + 28 days) grows by a factor e, the
logarithm of the rate moves by a normal with the standard deviation of the scenario. The rate is constant within steps
of a week, later of four weeks, and then of half a year; a step has the value of its end. At any time half of the paths
are above 1 and half below.

Attributes:
    HALF_YEAR_DAYS: length of a step far from day 0, and of the time after which drift is told.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.core.quantiles import log, settle, standard_normal
from sim.core.rows import Replications
from sim.core.streams import Streams
from sim.scenario.schema.drift import EARLY_DAYS, Drift

Array = npt.NDArray[np.float64]

HALF_YEAR_DAYS = 182.0
_WEEKS, _MONTHS = 26, 72  # steps of a week, and then of four weeks; the rest are half years; as in forecasts
COMMON = ""  # the place of the walk of all sites


def steps_of_drift(horizon_days: float) -> Array:
    """Ends of the steps in which the rate is constant.

    Args:
        horizon_days: the day that the last step must reach.

    Returns:
        (k + 1,) days, from 0 to the horizon or beyond.
    """
    widths = [7.0] * _WEEKS + [28.0] * _MONTHS
    n_more = max(math.ceil((horizon_days - math.fsum(widths)) / HALF_YEAR_DAYS), 0)
    return np.concatenate(([0.0], np.cumsum(widths + [HALF_YEAR_DAYS] * n_more)))


def elapsed(edges: Array) -> list[float]:
    """Growth of log(time + 28 days) in each step.

    Args:
        edges: (k + 1,) ends of the steps, in days.

    Returns:
        k increments: the variance of the walk in each step, for a standard deviation of 1.
    """
    logs = [log(day + EARLY_DAYS) for day in edges.tolist()]
    return [after - before for before, after in pairwise(logs)]


class DriftPaths:
    """How referral rates drift in a batch of replications.

    Args:
        rule: standard deviations of the drift.
        streams: random numbers.
        replications: values of the scenario.
        horizon_days: the last day of interest.

    Attributes:
        edges: (k + 1,) ends of the steps, in days.
        sizes: standard deviation of the drift of all sites (`common`), and of those of each country (`by_country`).
    """

    def __init__(self, rule: Drift, streams: Streams, replications: Replications, horizon_days: float) -> None:
        self._streams, self._replications = streams, replications
        self.edges = steps_of_drift(horizon_days)
        self._roots = np.sqrt(np.array(elapsed(self.edges)))
        self.sizes = {
            name: replications.numbers(f"drift.{name}", getattr(rule, name)) for name in ("common", "by_country")
        }
        self._logs: dict[str, Array] = {}

    def _log(self, place: str) -> Array:
        """(replications, k) log of the factor that all sites share, or of the additional one of a country."""
        if place not in self._logs:
            sd = self.sizes["common" if place == COMMON else "by_country"]
            assert sd is not None
            first, n = self._replications.first, self._replications.n
            steps = range(len(self._roots))
            u = np.column_stack([self._streams.trial("drift", f"{place}.{k}", first, n) for k in steps])
            walk = np.cumsum(standard_normal(u) * self._roots, axis=1)
            self._logs[place] = walk * np.broadcast_to(sd, n)[:, None]
        return self._logs[place]

    def factor(self, country: str | None) -> Array:
        """Factor on the referral rates of a country's sites.

        Args:
            country: code of the country; None for the drift that all sites share.

        Returns:
            (replications, k) factor in each step.
        """
        together = self._log(COMMON)
        if country is not None and np.any(self.sizes["by_country"]):
            together = together + self._log(country)
        return settle(special.expm1(settle(together)) + 1.0)
