"""How often patients arrive, as it changes over time, and exact arrival times from it.

The rate is piecewise linear: the calendar multiplies it by constants, ramp-up by a straight line. Arrivals of the
Poisson process are found by inverting the cumulative rate, with additions, multiplications, divisions and square roots
only, which are the same to the last bit on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """A piecewise-constant function of time.

    Attributes:
        edges: (k,) where pieces start, increasing; the last piece goes on for ever.
        values: (k,) value of each piece.
    """

    edges: Array
    values: Array

    def at(self, times: Array) -> Array:
        """The values at `times`, none of them before the first edge."""
        return self.values[np.searchsorted(self.edges, times, side="right") - 1]


@dataclass(frozen=True)
class Intensity:
    """A piecewise-linear arrival rate between a start and an end.

    Attributes:
        edges: (k + 1,) where pieces start, and the end.
        left: (k,) rate per day at the start of each piece.
        slope: (k,) change of the rate, per day, within each piece; 0 from piece `n_sloped` on.
        cumulative: (k + 1,) expected arrivals up to each edge.
        n_sloped: how many pieces, from the first, belong to ramp-up.
    """

    edges: Array
    left: Array
    slope: Array
    cumulative: Array
    n_sloped: int

    def times(self, cumulative: Array) -> Array:
        """When the expected number of arrivals reaches the given increasing values; infinity where it never does."""
        result = np.interp(cumulative, self.cumulative, self.edges, right=np.inf)
        if self.n_sloped:
            n = int(np.searchsorted(cumulative, self.cumulative[self.n_sloped]))
            if n:
                result[:n] = self._on_slopes(cumulative[:n])
        return result

    def _on_slopes(self, wanted: Array) -> Array:
        piece = np.searchsorted(self.cumulative, wanted, side="right") - 1
        rest = wanted - self.cumulative[piece]
        a, b = self.left[piece], self.slope[piece]
        root = np.sqrt(np.maximum(a * a + 2 * b * rest, 0.0))
        return np.minimum(self.edges[piece] + 2 * rest / (a + root), self.edges[piece + 1])

    def expected(self, times: Array) -> Array:
        """Expected arrivals up to `times`."""
        clipped = np.clip(times, self.edges[0], self.edges[-1])
        piece = np.minimum(np.searchsorted(self.edges, clipped, side="right") - 1, len(self.left) - 1)
        span = clipped - self.edges[piece]
        return self.cumulative[piece] + span * (self.left[piece] + 0.5 * self.slope[piece] * span)


def intensity(
    per_day: float, calendar: Steps, start: float, end: float, ramp_from: float, ramp_days: float, start_fraction: float
) -> Intensity:
    """The rate `per_day x calendar(t) x ramp(t)` from `start` to `end`.

    Args:
        per_day: full rate per day.
        calendar: factor by day.
        start: when arrivals can begin.
        end: the horizon; nothing arrives after it.
        ramp_from: when ramp-up began (the activation, which may be before `start`).
        ramp_days: length of ramp-up; 0 for none.
        start_fraction: share of the full rate at `ramp_from`.
    """
    if not start < end or per_day <= 0:
        zero = np.zeros(1)
        return Intensity(np.array([start, start + 1.0]), zero, zero, np.zeros(2), 0)
    ramp_end = min(ramp_from + ramp_days, end)
    first, last = np.searchsorted(calendar.edges, (start, end), side="right").tolist()
    edges = np.empty(last - first + 2)
    edges[0], edges[1:-1], edges[-1] = start, calendar.edges[first:last], end
    rate = per_day * calendar.values[first - 1 : last]
    if ramp_end <= start:
        width = edges[1:] - edges[:-1]
        return Intensity(edges, rate, np.zeros(len(rate)), _reached(width * rate), 0)
    cut = int(np.searchsorted(edges, ramp_end))
    if edges[cut] != ramp_end:
        edges, rate = np.insert(edges, cut, ramp_end), np.insert(rate, cut, rate[cut - 1])
    share = np.ones(len(edges))
    share[: cut + 1] = start_fraction + (1 - start_fraction) * ((edges[: cut + 1] - ramp_from) / ramp_days)
    width = edges[1:] - edges[:-1]
    left, right = rate * share[:-1], rate * share[1:]
    return Intensity(edges, left, (right - left) / width, _reached(width * (left + right) * 0.5), cut)


def _reached(arrivals: Array) -> Array:
    """Cumulative arrivals at each edge, from those expected in each piece."""
    cumulative = np.empty(len(arrivals) + 1)
    cumulative[0] = 0.0
    np.cumsum(arrivals, out=cumulative[1:])
    return cumulative
