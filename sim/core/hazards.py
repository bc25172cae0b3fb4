"""Piecewise-constant hazards of competing ways out, from the cumulative incidences that a planner writes.

A planner knows shares ("10 % die by week 24"), and a simulation needs hazards. Here the hazards are solved so that the
simulated shares equal the written ones, even though the ways out compete with one another.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.core.clock import WEEK_DAYS
from sim.core.quantiles import exp, log

Curve = tuple[tuple[float, float], ...]  # (week, cumulative incidence), in order of the weeks

_MOST_SWEEPS = 200  # of arms whose hazards depend on one another
_HALVINGS = 60
MOST = 0.999  # uncertain curves may sum to more than 1; at least a thousandth stays
_NEVER = float("inf")


@dataclass(frozen=True)
class Hazard:
    """A piecewise-constant hazard of one way out in one arm, stored as its cumulative hazard.

    Attributes:
        days: days since randomisation on which pieces start, from 0; the last piece never ends.
        cumulative: cumulative hazard on those days.
        last_rate: hazard per day of the last piece.
    """

    days: list[float]
    cumulative: list[float]
    last_rate: float

    def times(self, ratio: float) -> Hazard:
        """The hazard multiplied by a hazard ratio.

        Args:
            ratio: the hazard ratio, not negative; 1 changes nothing.
        """
        return Hazard(self.days, [ratio * value for value in self.cumulative], ratio * self.last_rate)

    def reached(self, day: float) -> float:
        """Cumulative hazard on a day.

        Args:
            day: days since randomisation, not negative.

        Returns:
            The integral of the hazard from randomisation to that day, without a unit.
        """
        days, cumulative = self.days, self.cumulative
        if day >= days[-1]:
            return cumulative[-1] + (day - days[-1]) * self.last_rate
        i = bisect_right(days, day) - 1
        share = (day - days[i]) / (days[i + 1] - days[i])
        return cumulative[i] + share * (cumulative[i + 1] - cumulative[i])

    def time_to(self, exposure: float) -> float:
        """The day on which the cumulative hazard reaches a value; with a unit exponential value, a time to event.

        Args:
            exposure: cumulative hazard, not negative.

        Returns:
            Days since randomisation; infinity if it is never reached.
        """
        days, cumulative = self.days, self.cumulative
        if exposure >= cumulative[-1]:
            return days[-1] + (exposure - cumulative[-1]) / self.last_rate if self.last_rate > 0 else _NEVER
        i = bisect_left(cumulative, exposure, lo=1) - 1
        share = (exposure - cumulative[i]) / (cumulative[i + 1] - cumulative[i])
        return days[i] + share * (days[i + 1] - days[i])


@dataclass(frozen=True)
class Times:
    """A multiple of the hazard of the same way out in another arm.

    Attributes:
        arm: the other arm, which has a curve for that way out.
        ratio: the hazard ratio.
    """

    arm: str
    ratio: float


def hazards_by_arm(
    ways: Mapping[str, Sequence[Curve | Times]], known: Mapping[str, list[Hazard]] | None = None
) -> dict[str, list[Hazard]]:
    """Solve the hazards of competing ways out in each arm, from incidence curves and hazard ratios.

    An arm may have both. Its curves are incidences in the presence of all its ways out, so they depend on hazards that
    come from another arm, which may in turn depend on this one. Such arms are solved in turn until nothing changes
    (relative 1e-9).

    Args:
        ways: by arm, a curve or a multiple for each way out, in the same order in all arms.
        known: hazards by arm that are already solved.

    Returns:
        By arm, the hazard of each way out in the order of `ways`.
    """
    found = dict(known or {})
    mixed: list[str] = []
    multiples: list[str] = []
    for arm, cells in ways.items():
        curves = [cell for cell in cells if not isinstance(cell, Times)]
        if len(curves) < len(cells):
            (mixed if curves else multiples).append(arm)
        elif arm not in found:
            found[arm] = hazards(curves)
    is_settled = not mixed
    for _ in range(_MOST_SWEEPS):
        if is_settled:
            break
        before = {arm: found.get(arm) for arm in mixed}
        for arm in mixed:
            found[arm] = _mixed(ways[arm], found)
        is_settled = all(old is not None and _is_close(old, found[arm]) for arm, old in before.items())
    return found | {arm: _mixed(ways[arm], found) for arm in multiples}


def _is_close(before: list[Hazard], after: list[Hazard]) -> bool:
    return all(
        abs(a - b) <= 1e-9 * abs(b)
        for old, new in zip(before, after, strict=True)
        for a, b in zip(old.cumulative, new.cumulative, strict=True)
    )


def _mixed(cells: Sequence[Curve | Times], found: Mapping[str, list[Hazard]]) -> list[Hazard]:
    """Hazards of an arm with hazard ratios to another arm; a hazard that is not solved yet counts as 0."""
    given: dict[int, Hazard] = {}
    for way, cell in enumerate(cells):
        if isinstance(cell, Times):
            given[way] = found[cell.arm][way].times(cell.ratio) if cell.arm in found else Hazard([0.0], [0.0], 0.0)
    if len(given) == len(cells):
        return list(given.values())
    curves = {way: cell for way, cell in enumerate(cells) if not isinstance(cell, Times)}
    of_curves = {week * WEEK_DAYS for curve in curves.values() for week, _ in curve}
    days = sorted({0.0, *of_curves, *(day for hazard in given.values() for day in hazard.days)})
    cumulative = {way: [0.0] for way in curves}
    rates = dict.fromkeys(curves, 0.0)
    others = [math.fsum(hazard.reached(day) for hazard in given.values()) for day in days]
    stay = 1.0
    for i in range(1, len(days)):
        gains = {
            way: max(_interpolated(curve, days[i] / WEEK_DAYS) - _interpolated(curve, days[i - 1] / WEEK_DAYS), 0.0)
            for way, curve in curves.items()
        }
        gone, other = math.fsum(gains.values()), others[i] - others[i - 1]
        total = _hazard_among(min(gone / stay, MOST), other)
        for way, gain in gains.items():
            part = total * gain / gone if gone > 0 else 0.0
            rates[way] = part / (days[i] - days[i - 1])
            cumulative[way].append(cumulative[way][-1] + part)
        stay = max(stay * exp(-total - other), 1.0 - MOST)
    solved = {way: Hazard(days, cumulative[way], rates[way]) for way in curves}
    return [given[way] if way in given else solved[way] for way in range(len(cells))]


def _hazard_among(share: float, other: float) -> float:
    """The cumulative hazard x over an interval by which a share of people leaves, beside another hazard.

    It solves x / (x + other) (1 - exp(-x - other)) = share, whose left side grows with x up to 1.
    """
    if share <= 0:
        return 0.0
    low = -log(1.0 - share)
    if other <= 0:
        return low
    high = low
    while _share_by(high, other) < share:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _share_by(middle, other) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _share_by(hazard: float, other: float) -> float:
    return hazard / (hazard + other) * (1.0 - exp(-hazard - other))


def hazards(curves: Sequence[Curve]) -> list[Hazard]:
    """Hazards of competing ways out that reproduce their cumulative incidences.

    Within an interval all hazards are constant, so each way takes its share of the total. The total follows from those
    who stay: with S the share still in at the start, F the increments of the incidences and d the length,
    total = -ln(1 - sum(F) / S) / d, and the hazard of each way is total x F / sum(F). Between its own weeks, an
    incidence is interpolated on the scale of -ln(1 - incidence), on which a constant hazard is a straight line.

    Args:
        curves: for each way out, (week, cumulative incidence) in order of the weeks; the incidences sum to less than 1.

    Returns:
        A hazard for each curve, in the same order.
    """
    weeks = sorted({0.0, *(week for curve in curves for week, _ in curve)})
    incidences = [[_interpolated(curve, week) for week in weeks] for curve in curves]
    cumulative: list[list[float]] = [[0.0] for _ in curves]
    rates = [0.0] * len(curves)
    for i in range(1, len(weeks)):
        days = (weeks[i] - weeks[i - 1]) * WEEK_DAYS
        stay = max(1.0 - math.fsum(values[i - 1] for values in incidences), 1.0 - MOST)
        gains = [max(values[i] - values[i - 1], 0.0) for values in incidences]
        gone = math.fsum(gains)
        total = -log(1.0 - min(gone / stay, MOST)) if gone > 0 else 0.0
        for way, gain in enumerate(gains):
            part = total * gain / gone if gone > 0 else 0.0
            rates[way] = part / days
            cumulative[way].append(cumulative[way][-1] + part)
    days_of = [week * WEEK_DAYS for week in weeks]
    return [Hazard(days_of, reached, rate) for reached, rate in zip(cumulative, rates, strict=True)]


def _interpolated(curve: Curve, week: float) -> float:
    """Incidence at a week, straight between knots on the scale of the cumulative hazard; flat after the last."""
    weeks = [0.0, *(w for w, _ in curve)]
    values = [0.0, *(value for _, value in curve)]
    if week in weeks:
        return values[weeks.index(week)]
    if week >= weeks[-1]:
        return values[-1]
    i = bisect_left(weeks, week)
    share = (week - weeks[i - 1]) / (weeks[i] - weeks[i - 1])
    low, high = log(1 - values[i - 1]), log(1 - min(values[i], MOST))
    return 1.0 - exp(low + share * (high - low))
