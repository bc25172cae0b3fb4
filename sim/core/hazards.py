"""Piecewise-constant hazards of competing ways out, from the cumulative incidences that a planner writes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from sim.core.clock import WEEK_DAYS
from sim.core.quantiles import exp, log

Curve = tuple[tuple[float, float], ...]  # (week, cumulative incidence), in order of the weeks

MOST = 0.999  # uncertain curves may add up to more than everyone; somebody always stays
_NEVER = float("inf")


@dataclass(frozen=True)
class Hazard:
    """A piecewise-constant hazard of one way out in one arm, by its cumulative hazard.

    Attributes:
        days: where pieces start, from 0; the last piece goes on for ever.
        cumulative: cumulative hazard at those days.
        last_rate: hazard per day of the last piece.
    """

    days: list[float]
    cumulative: list[float]
    last_rate: float

    def times(self, ratio: float) -> Hazard:
        """The hazard multiplied by a ratio."""
        return Hazard(self.days, [ratio * value for value in self.cumulative], ratio * self.last_rate)

    def reached(self, day: float) -> float:
        """Cumulative hazard at a day."""
        days, cumulative = self.days, self.cumulative
        if day >= days[-1]:
            return cumulative[-1] + (day - days[-1]) * self.last_rate
        i = bisect_right(days, day) - 1
        share = (day - days[i]) / (days[i + 1] - days[i])
        return cumulative[i] + share * (cumulative[i + 1] - cumulative[i])

    def time_to(self, exposure: float) -> float:
        """When the cumulative hazard reaches `exposure`."""
        days, cumulative = self.days, self.cumulative
        if exposure >= cumulative[-1]:
            return days[-1] + (exposure - cumulative[-1]) / self.last_rate if self.last_rate > 0 else _NEVER
        i = bisect_left(cumulative, exposure, lo=1) - 1
        share = (exposure - cumulative[i]) / (cumulative[i + 1] - cumulative[i])
        return days[i] + share * (days[i + 1] - days[i])


def hazards(curves: Sequence[Curve]) -> list[Hazard]:
    """Hazards of competing ways out that reproduce their cumulative incidences.

    Within an interval all hazards are constant, so that each way takes its share of the total; the total follows from
    those who stay: with S the share still in at the start, F the increments of the incidences and d the length,
    total = -ln(1 - sum(F) / S) / d, and each way's part is total x F / sum(F). Between its own weeks an incidence is
    interpolated on the scale of -ln(1 - incidence), on which a constant hazard is a straight line.

    Args:
        curves: for each way out, (week, cumulative incidence) in order of the weeks; together below 1.
    """
    weeks = sorted({0.0, *(week for curve in curves for week, _ in curve)})
    incidences = [[_interpolated(curve, week) for week in weeks] for curve in curves]
    cumulative: list[list[float]] = [[0.0] for _ in curves]
    rates = [0.0] * len(curves)
    for i in range(1, len(weeks)):
        days = (weeks[i] - weeks[i - 1]) * WEEK_DAYS
        stay = max(1.0 - sum(values[i - 1] for values in incidences), 1.0 - MOST)
        gains = [max(values[i] - values[i - 1], 0.0) for values in incidences]
        gone = sum(gains)
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
