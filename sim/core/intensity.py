"""How often patients arrive, as it changes over time, and exact arrival times from it.

The rate is piecewise linear: the calendar multiplies it by constants, ramp-up by a straight line. Arrivals of the
Poisson process are found by inverting the cumulative rate, with additions, multiplications, divisions and square roots
only, which are the same to the last bit on every machine.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Steps:
    """A piecewise-constant function of time, and its integral.

    Args:
        edges: (k,) where pieces start, increasing; the last piece goes on for ever.
        values: (k,) value of each piece, not negative.
        end: how far the integral is needed.
    """

    def __init__(self, edges: Array, values: Array, end: float) -> None:
        self.values = values
        self.edges = np.append(edges, max(end, edges[-1] + 1.0))
        self.integral = np.zeros(len(self.edges))
        np.cumsum(values * np.diff(self.edges), out=self.integral[1:])
        self._edge_list: list[float] = self.edges.tolist()  # a few pieces are looked at faster in lists
        self._value_list: list[float] = values.tolist()

    def integral_to(self, time: float) -> float:
        """The integral from the first edge to a time."""
        return float(np.interp(time, self.edges, self.integral))

    def times(self, integral: Array) -> Array:
        """When the integral reaches the given values; infinity where it never does."""
        times: Array = np.interp(integral, self.integral, self.edges, right=np.inf)
        return times

    def between(self, start: float, end: float) -> tuple[list[float], list[float]]:
        """Edges from `start` to `end`, both among them, and the value of each piece between."""
        first, last = bisect_right(self._edge_list, start), bisect_left(self._edge_list, end)
        return [start, *self._edge_list[first:last], end], self._value_list[first - 1 : last]

    def multiplied(self, edges: Array, factors: Array) -> Steps:
        """This function times another that is constant in steps, and 1 before the first of them.

        Args:
            edges: (k + 1,) ends of the steps; after the last the last factor goes on.
            factors: (k,) factor in each.
        """
        both = np.union1d(self.edges[:-1], edges[:-1])
        own = self.values[np.searchsorted(self.edges[:-1], both, side="right") - 1]
        other = np.concatenate(([1.0], factors))[np.searchsorted(edges[:-1], both, side="right")]
        return Steps(both, own * other, float(self.edges[-1]))


@dataclass(frozen=True)
class Ramp:
    """The stretch on which a rate rises along a straight line, times the calendar: a few pieces.

    Attributes:
        edges: (k + 1,) where pieces start, and the end of ramp-up.
        left: (k,) rate per day at the start of each piece.
        slope: (k,) change of the rate, per day, within each piece.
        cumulative: (k + 1,) expected arrivals up to each edge.
    """

    edges: list[float]
    left: list[float]
    slope: list[float]
    cumulative: list[float]

    def times(self, wanted: Array) -> Array:
        """When the expected number of arrivals reaches the given increasing values, all of them within the stretch."""
        times = np.empty(len(wanted))
        ends = wanted.searchsorted(self.cumulative[1:]).tolist()
        start = 0
        for piece, end in enumerate(ends):
            if end > start:
                rest = wanted[start:end] - self.cumulative[piece]
                a, b = self.left[piece], self.slope[piece]
                root = np.sqrt(np.maximum(a * a + 2 * b * rest, 0.0))
                np.minimum(self.edges[piece] + 2 * rest / (a + root), self.edges[piece + 1], out=times[start:end])
                start = end
        return times

    def expected(self, time: float) -> float:
        """Expected arrivals up to a time, which is before the end of ramp-up."""
        piece = bisect_right(self.edges, time) - 1
        if piece < 0:
            return 0.0
        since = time - self.edges[piece]
        return self.cumulative[piece] + since * (self.left[piece] + self.slope[piece] * since * 0.5)


@dataclass(frozen=True)
class Intensity:
    """The rate `per_day x calendar(t) x ramp(t)` of a site, from when it opens to the horizon.

    Attributes:
        per_day: full rate per day.
        calendar: factor by day.
        full_from: when the full rate is reached.
        before: the calendar's integral up to then.
        end: the horizon; nothing arrives after it.
        ramp: the stretch before; None where there is none.
    """

    per_day: float
    calendar: Steps
    full_from: float
    before: float
    end: float
    ramp: Ramp | None

    def times(self, cumulative: Array) -> Array:
        """When the expected number of arrivals reaches the given increasing values; infinity where it never does."""
        if self.per_day <= 0 or (self.full_from >= self.end and self.ramp is None):
            return np.full(len(cumulative), np.inf)
        in_ramp = self.ramp.cumulative[-1] if self.ramp else 0.0
        with np.errstate(over="ignore"):  # a rate next to nothing: never
            times = self.calendar.times((cumulative - in_ramp) / self.per_day + self.before)
        if self.ramp is not None:
            n = int(cumulative.searchsorted(in_ramp))
            times[:n] = self.ramp.times(cumulative[:n])
        times[times >= self.end] = np.inf
        return times

    def expected(self, time: float) -> float:
        """Expected arrivals up to a time."""
        if self.ramp is not None and time < self.full_from:
            return self.ramp.expected(time)
        if time < self.full_from:
            return 0.0
        in_ramp = self.ramp.cumulative[-1] if self.ramp else 0.0
        return in_ramp + self.per_day * (self.calendar.integral_to(min(time, self.end)) - self.before)


class ChangingIntensity:
    """An intensity that is multiplied from certain moments on, which are not known before they come.

    The unit-rate arrivals stay as they are: after a change by a factor, the time to the next is divided by it. So an
    arrival before a change is where it would have been without it.

    Args:
        plain: the intensity without any change.
    """

    def __init__(self, plain: Intensity) -> None:
        self._plain = plain
        self._changes: list[tuple[float, float, float]] = []  # arrivals so far, the same without changes, factor
        self._factor = 1.0

    def times(self, cumulative: Array) -> Array:
        """When the expected number of arrivals reaches the given values; infinity where it never does."""
        plain = cumulative.copy()
        for reached, without, factor in self._changes:
            later = cumulative > reached
            plain[later] = without + (cumulative[later] - reached) / factor if factor > 0 else np.inf
        return self._plain.times(plain)

    def opens(self, plain: Intensity) -> None:
        """The site, which had no arrivals, has these from now on."""
        self._plain = plain

    def multiply(self, now: float, factor: float) -> None:
        """Multiply the rate from now on."""
        reached, start = (self._changes[-1][0], self._changes[-1][1]) if self._changes else (0.0, 0.0)
        without = self._plain.expected(now)
        reached += (without - start) * self._factor
        self._factor *= factor
        self._changes.append((reached, without, self._factor))


def intensity(
    per_day: float, calendar: Steps, start: float, end: float, ramp_from: float, ramp_days: float, start_fraction: float
) -> Intensity:
    """The rate of a site.

    Args:
        per_day: full rate per day.
        calendar: factor by day.
        start: when arrivals can begin.
        end: the horizon.
        ramp_from: when ramp-up began (the activation, which may be before `start`).
        ramp_days: length of ramp-up; 0 for none.
        start_fraction: share of the full rate at `ramp_from`.
    """
    full_from = min(max(ramp_from + ramp_days, start), end)
    ramp = None
    if per_day > 0 and start < full_from:
        edges, factors = calendar.between(start, full_from)
        share = [start_fraction + (1 - start_fraction) * ((edge - ramp_from) / ramp_days) for edge in edges]
        lefts, slopes, cumulative = [], [], [0.0]
        for i, factor in enumerate(factors):
            width, rate = edges[i + 1] - edges[i], per_day * factor
            left, right = rate * share[i], rate * share[i + 1]
            lefts.append(left)
            slopes.append((right - left) / width)
            cumulative.append(cumulative[i] + width * (left + right) * 0.5)
        ramp = Ramp(edges, lefts, slopes, cumulative)
    return Intensity(per_day, calendar, full_from, calendar.integral_to(full_from), end, ramp)
