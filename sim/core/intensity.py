"""Referral rates that change over time, and exact arrival times from them.

The rate is piecewise linear: the calendar multiplies it by constants, ramp-up by a straight line. Arrivals of the
Poisson process are found by inverting the cumulative rate (Cinlar 1975), with additions, multiplications, divisions and
square roots only, because these give the same bits on every machine.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Steps:
    """A piecewise-constant function of time, and its integral.

    Args:
        edges: (k,) days on which pieces start, increasing; the last piece never ends.
        values: (k,) value of each piece, not negative.
        end: day up to which the integral is needed.

    Attributes:
        edges: (k + 1,) the same, and `end`.
        values: (k,) the same.
        integral: (k + 1,) integral from the first edge to each edge.
    """

    def __init__(self, edges: Array, values: Array, end: float) -> None:
        self.values = values
        self.edges = np.append(edges, max(end, edges[-1] + 1.0))
        self.integral = np.zeros(len(self.edges))
        np.cumsum(values * np.diff(self.edges), out=self.integral[1:])
        self._edge_list: list[float] = self.edges.tolist()  # for a few pieces, lists are faster
        self._value_list: list[float] = values.tolist()

    def integral_to(self, time: float) -> float:
        """The integral from the first edge to a day; constant after the last edge.

        Args:
            time: days since day 0.

        Returns:
            Days, weighted by the value of the function; 0 before the first edge.
        """
        edges, piece = self._edge_list, bisect_right(self._edge_list, time) - 1
        if piece < 0 or piece == len(self.values):
            return self.integral.item(max(piece, 0))
        before, after = self.integral.item(piece), self.integral.item(piece + 1)
        return (after - before) / (edges[piece + 1] - edges[piece]) * (time - edges[piece]) + before

    @cached_property
    def _days_each(self) -> Array:
        """(k,) days in which the integral grows by 1, in each piece."""
        with np.errstate(divide="ignore"):
            days: Array = np.diff(self.edges) / np.diff(self.integral)
        return days

    def times(self, integral: Array) -> Array:
        """The days on which the integral reaches given values.

        Args:
            integral: values of the integral, any shape.

        Returns:
            Days of the same shape; infinity where the integral never reaches the value.
        """
        # Not `np.interp`, whose compiler may join a product and a sum into one rounding on some processors.
        piece = np.minimum(self.integral.searchsorted(integral, side="right"), len(self.values)) - 1
        with np.errstate(invalid="ignore"):  # where the rate is 0 up to the end, which is dealt with below
            days = self._days_each[piece] * (integral - self.integral[piece]) + self.edges[piece]
        times: Array = np.where(integral < self.integral[-1], days, np.inf)
        times[integral == self.integral[-1]] = self.edges[-1]
        return times

    def between(self, start: float, end: float) -> tuple[list[float], list[float]]:
        """The pieces between two days.

        Args:
            start: first day, not before the first edge.
            end: last day.

        Returns:
            (k + 1) edges from `start` to `end`, and the (k) values between them.
        """
        first, last = bisect_right(self._edge_list, start), bisect_left(self._edge_list, end)
        return [start, *self._edge_list[first:last], end], self._value_list[first - 1 : last]

    def multiplied(self, edges: Array, factors: Array) -> Steps:
        """The product of this function and another piecewise-constant one.

        Args:
            edges: (k + 1,) ends of the other's pieces; it is 1 before the first, and keeps its last value at the end.
            factors: (k,) value of each piece.

        Returns:
            A function with the edges of both, which ends where this one ends.
        """
        both = np.union1d(self.edges[:-1], edges[:-1])
        own = self.values[np.searchsorted(self.edges[:-1], both, side="right") - 1]
        other = np.concatenate(([1.0], factors))[np.searchsorted(edges[:-1], both, side="right")]
        return Steps(both, own * other, float(self.edges[-1]))


@dataclass(frozen=True)
class Ramp:
    """The arrival rate during ramp-up: a straight line multiplied by the calendar, hence linear in each piece.

    Attributes:
        edges: (k + 1,) days on which pieces start, and the end of ramp-up.
        left: (k,) rate per day at the start of each piece.
        slope: (k,) change of the rate, per day, within each piece.
        cumulative: (k + 1,) expected arrivals up to each edge.
    """

    edges: list[float]
    left: list[float]
    slope: list[float]
    cumulative: list[float]

    def times(self, wanted: Array) -> Array:
        """The days on which the expected number of arrivals reaches given values.

        Args:
            wanted: (n,) expected arrivals, increasing, all of them reached within ramp-up.

        Returns:
            (n,) days.
        """
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
        """Expected arrivals up to a day, which must be before the end of ramp-up.

        Args:
            time: days since day 0.

        Returns:
            Mean number of referrals; 0 before the ramp begins.
        """
        piece = bisect_right(self.edges, time) - 1
        if piece < 0:
            return 0.0
        since = time - self.edges[piece]
        return self.cumulative[piece] + since * (self.left[piece] + self.slope[piece] * since * 0.5)


@dataclass(frozen=True)
class Intensity:
    """The rate `per_day x calendar(t) x ramp(t)` of a site, from its opening to the horizon.

    Attributes:
        per_day: full rate, referrals per day.
        calendar: factor by day.
        full_from: day on which the full rate is reached.
        before: the calendar's integral up to that day.
        end: the horizon in days; nobody arrives after it.
        ramp: the rate before `full_from`; None without ramp-up.
    """

    per_day: float
    calendar: Steps
    full_from: float
    before: float
    end: float
    ramp: Ramp | None

    def times(self, cumulative: Array) -> Array:
        """The days on which the expected number of arrivals reaches given values.

        Args:
            cumulative: (n,) expected arrivals, increasing: the arrival times of a unit-rate Poisson process.

        Returns:
            (n,) days; infinity where the horizon comes first.
        """
        if self.per_day <= 0 or (self.full_from >= self.end and self.ramp is None):
            return np.full(len(cumulative), np.inf)
        in_ramp = self.ramp.cumulative[-1] if self.ramp else 0.0
        with np.errstate(over="ignore"):  # a rate of almost 0: never
            times = self.calendar.times((cumulative - in_ramp) / self.per_day + self.before)
        if self.ramp is not None:
            n = int(cumulative.searchsorted(in_ramp))
            times[:n] = self.ramp.times(cumulative[:n])
        times[times >= self.end] = np.inf
        return times

    def expected(self, time: float) -> float:
        """Expected arrivals from the opening of the site up to a day.

        Args:
            time: days since day 0; arrivals stop at the horizon.

        Returns:
            Mean number of referrals, as for the Poisson process with this intensity.
        """
        if self.ramp is not None and time < self.full_from:
            return self.ramp.expected(time)
        if time < self.full_from:
            return 0.0
        in_ramp = self.ramp.cumulative[-1] if self.ramp else 0.0
        return in_ramp + self.per_day * (self.calendar.integral_to(min(time, self.end)) - self.before)


def days_of_arrivals(intensities: Sequence[Intensity], cumulative: Array) -> Array:
    """The days of arrivals at several sites at once: those that `Intensity.times` gives for each.

    Args:
        intensities: the rate of each site over time.
        cumulative: (sites, n) expected arrivals, increasing in each row.

    Returns:
        (sites, n) days; infinity where the horizon comes first.
    """
    n = len(intensities)
    rates = [(one.per_day, one.before, one.end, one.ramp.cumulative[-1] if one.ramp else 0.0) for one in intensities]
    per_day, before, ends, in_ramp = np.array(rates).reshape(n, 4).T[:, :, None]
    days = np.full(cumulative.shape, np.inf)
    rows_of: dict[int, list[int]] = {}
    for row, one in enumerate(intensities):
        if one.per_day > 0 and (one.full_from < one.end or one.ramp is not None):
            rows_of.setdefault(id(one.calendar), []).append(row)
    for rows in rows_of.values():
        with np.errstate(over="ignore"):  # a rate of almost 0: never
            integral = (cumulative[rows] - in_ramp[rows]) / per_day[rows] + before[rows]
        days[rows] = intensities[rows[0]].calendar.times(integral)
    place = np.nonzero(cumulative < in_ramp)
    if len(place[0]):
        days[place] = _in_ramps([one.ramp for one in intensities], place[0], cumulative[place])
    days[days >= ends] = np.inf
    return days


def _in_ramps(ramps: Sequence[Ramp | None], row: Integers, wanted: Array) -> Array:
    """`Ramp.times` of several sites: the days on which expected arrivals reach values, each at the ramp of its row."""
    most = max(len(ramp.edges) for ramp in ramps if ramp)
    tables = np.full((4, len(ramps), most), np.inf)
    for i in np.unique(row).tolist():
        ramp = ramps[i]
        assert ramp is not None
        for table, values in zip(tables, (ramp.edges, ramp.left, ramp.slope, ramp.cumulative), strict=True):
            table[i, : len(values)] = values
    edges, left, slope, cumulative = tables
    piece = np.zeros(len(row), dtype=np.int64)
    for k in range(1, most):
        piece += cumulative[row, k] <= wanted
    rest = wanted - cumulative[row, piece]
    a, b = left[row, piece], slope[row, piece]
    root = np.sqrt(np.maximum(a * a + 2 * b * rest, 0.0))
    days: Array = np.minimum(edges[row, piece] + 2 * rest / (a + root), edges[row, piece + 1])
    return days


class ChangingIntensity:
    """An intensity that amendments multiply, on days that are not known in advance.

    The unit-rate arrivals stay the same: after a change by a factor, the time to the next arrival is divided by it. An
    arrival before a change is therefore where it would have been without the change.

    Args:
        plain: the intensity without any change.
    """

    def __init__(self, plain: Intensity) -> None:
        self._plain = plain
        self._changes: list[tuple[float, float, float]] = []  # expected arrivals, those without changes, factor
        self._factor = 1.0

    def times(self, cumulative: Array) -> Array:
        """The days on which the expected number of arrivals reaches given values, with the changes so far.

        Args:
            cumulative: (n,) expected arrivals, increasing.

        Returns:
            (n,) days; infinity where the value is never reached.
        """
        plain = cumulative.copy()
        for reached, without, factor in self._changes:
            later = cumulative > reached
            plain[later] = without + (cumulative[later] - reached) / factor if factor > 0 else np.inf
        return self._plain.times(plain)

    def opens(self, plain: Intensity) -> None:
        """Replace the intensity of a site without arrivals by that of a site that opens.

        Args:
            plain: the intensity from the day of activation on, as without amendments.
        """
        self._plain = plain

    def multiply(self, now: float, factor: float) -> None:
        """Multiply the rate from a day on.

        Args:
            now: the current day.
            factor: multiple of the rate before the change; 0 stops arrivals.
        """
        reached, start = (self._changes[-1][0], self._changes[-1][1]) if self._changes else (0.0, 0.0)
        without = self._plain.expected(now)
        reached += (without - start) * self._factor
        self._factor *= factor
        self._changes.append((reached, without, self._factor))


def intensity(
    per_day: float, calendar: Steps, start: float, end: float, ramp_from: float, ramp_days: float, start_fraction: float
) -> Intensity:
    """The rate of a site over time.

    Args:
        per_day: full rate, referrals per day.
        calendar: factor by day.
        start: first day on which patients can arrive.
        end: the horizon in days.
        ramp_from: day on which ramp-up began (the activation, which may be before `start`).
        ramp_days: length of ramp-up; 0 for none.
        start_fraction: share of the full rate at `ramp_from`.

    Returns:
        The intensity in referrals per day. In ramp-up the factor of the calendar multiplies a rate that rises on a
        straight line from `start_fraction` to 1, counted from `ramp_from` even where patients arrive only later.
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
