"""The calendar of a scenario as a factor by day: months, named periods, public holidays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sim.core.clock import Clock
from sim.core.intensity import Steps
from sim.scenario.distributions import Family
from sim.scenario.schema.calendar import Calendar, Period, PublicHolidays

Array = npt.NDArray[np.float64]
Resolve = Callable[[str, object], float]  # (path, value) -> the value in this replication


class CalendarFactors:
    """Factors by day for the site groups of a scenario, from day 0 to the horizon.

    Args:
        calendar: the scenario's calendar.
        clock: days to dates.
        horizon_days: the last day of interest.
    """

    def __init__(self, calendar: Calendar, clock: Clock, horizon_days: float) -> None:
        self._calendar = calendar
        self._end = horizon_days
        self._same = not any(isinstance(value, Family) for value in _factors(calendar))
        self._known: dict[str, Steps] = {}
        self._n_days = int(np.ceil(horizon_days)) + 1
        dates = [clock.opens + timedelta(days=i) for i in range(self._n_days)]
        self._month = np.array([day.month for day in dates])
        self._covered = {name: _days_of(period, dates) for name, period in calendar.periods.items()}
        self._holiday = _public_holidays(calendar.public_holidays, dates)

    def stretches(self) -> list[tuple[str, float, float]]:
        """Named periods as (name, first day, day after the last), in order; a yearly one comes once a year."""
        found = []
        for name, covered in self._covered.items():
            edges = np.flatnonzero(np.diff(np.concatenate(([False], covered, [False])).astype(np.int8)))
            found += [(name, float(start), float(end)) for start, end in edges.reshape(-1, 2)]
        return sorted(found, key=lambda stretch: (stretch[1], stretch[0]))

    def steps(self, group: str, resolve: Resolve) -> Steps:
        """The factor of one site group; worked out once where no factor is uncertain.

        Args:
            group: name of the group.
            resolve: gives the value of a factor in this replication, by its path in the scenario.
        """
        if not self._same:
            return self._steps(group, resolve)
        if group not in self._known:
            self._known[group] = self._steps(group, resolve)
        return self._known[group]

    def _steps(self, group: str, resolve: Resolve) -> Steps:
        factor = np.ones(self._n_days)
        for month, value in self._calendar.by_month.items():
            factor[self._month == month] *= resolve(f"calendar.by_month.{month}", value)
        in_period = np.zeros(self._n_days, dtype=bool)
        for name in sorted(self._covered):
            period = self._calendar.periods[name]
            if period.at is None or group in period.at:
                days = self._covered[name]
                factor[days] *= resolve(f"calendar.periods.{name}.factor", period.factor)
                in_period |= days
        if self._calendar.public_holidays is not None:
            on_holiday = self._holiday & ~in_period
            factor[on_holiday] *= resolve("calendar.public_holidays.factor", self._calendar.public_holidays.factor)
        changes = np.flatnonzero(np.diff(factor)) + 1
        edges = np.concatenate(([0], changes))
        return Steps(edges.astype(np.float64), factor[edges], self._end)


def _factors(calendar: Calendar) -> Iterator[object]:
    yield from calendar.by_month.values()
    yield from (period.factor for period in calendar.periods.values())
    if calendar.public_holidays is not None:
        yield calendar.public_holidays.factor


def _days_of(period: Period, dates: list[date]) -> npt.NDArray[np.bool_]:
    """Which days a period covers, both ends included."""
    if isinstance(period.from_, str):
        first, last = period.from_, str(period.to)
        names = [f"{day.month:02d}-{day.day:02d}" for day in dates]
        if first <= last:
            return np.array([first <= name <= last for name in names])
        return np.array([name >= first or name <= last for name in names])
    return np.array([period.from_ <= day <= period.to for day in dates])  # type: ignore[operator]


def _public_holidays(rule: PublicHolidays | None, dates: list[date]) -> npt.NDArray[np.bool_]:
    if rule is None:
        return np.zeros(len(dates), dtype=bool)
    return _holidays_of(rule.country, rule.subdivision, dates[0], len(dates))


@lru_cache(maxsize=8)
def _holidays_of(country: str, subdivision: str | None, first: date, n_days: int) -> npt.NDArray[np.bool_]:
    """Which of so many days are public holidays. Kept: it takes as long as a simulated trial, and seldom differs."""
    import holidays  # heavy, and most scenarios have none

    dates = [first + timedelta(days=i) for i in range(n_days)]
    years = range(first.year, dates[-1].year + 1)
    days = holidays.country_holidays(country, subdiv=subdivision, years=years)
    found = np.array([day in days for day in dates])
    found.setflags(write=False)
    return found
