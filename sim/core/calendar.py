"""The calendar of a scenario as a factor by day: months, named periods, public holidays.

Sites refer fewer patients in August or at Christmas. The calendar states this as factors on the referral rate, which
multiply. Only the factor of public holidays is left out on days within a named period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sim.core.clock import Clock
from sim.core.intensity import Steps
from sim.scenario.distributions import Family
from sim.scenario.schema.calendar import Calendar
from sim.scenario.schema.countries import CountryHolidays

Array = npt.NDArray[np.float64]
Resolve = Callable[[str, object], float]  # (path, value) -> the value in this replication


@dataclass(frozen=True)
class OwnHolidays:
    """Public holidays of a country that the scenario lists under `countries`.

    Attributes:
        country: ISO code of the country, as in the scenario.
        rule: its subdivision and factor.
    """

    country: str
    rule: CountryHolidays


class CalendarFactors:
    """Factors by day for the site groups of a scenario, from day 0 to the horizon.

    Args:
        calendar: the scenario's calendar.
        clock: days to dates.
        horizon_days: the last day of interest.
        own_holidays: by group, public holidays of a country that has its own; other groups have those of the calendar.

    Attributes:
        is_same: whether a group's factors are the same in all replications, but for risks and drift.
    """

    def __init__(
        self,
        calendar: Calendar,
        clock: Clock,
        horizon_days: float,
        own_holidays: Mapping[str, OwnHolidays] | None = None,
    ) -> None:
        self._calendar = calendar
        self._own_holidays = own_holidays or {}
        self._end = horizon_days
        own_factors = [own.rule.factor for own in self._own_holidays.values()]
        self.is_same = not any(isinstance(value, Family) for value in (*_factors(calendar), *own_factors))
        self._known: dict[str, Steps] = {}
        self._n_days = int(np.ceil(horizon_days)) + 1
        self._opens = clock.opens
        self._month = _months(self._opens, self._n_days)
        self._covered = {
            name: _days_of(period.from_, period.to, self._opens, self._n_days)
            for name, period in calendar.periods.items()
        }

    def stretches(self) -> list[tuple[str, float, float]]:
        """List when the named periods apply.

        Returns:
            (name, first day, day after the last) of each, in order of time; a yearly period appears once a year.
        """
        found = []
        for name, covered in self._covered.items():
            edges = np.flatnonzero(np.diff(np.concatenate(([False], covered, [False])).astype(np.int8)))
            found += [(name, float(start), float(end)) for start, end in edges.reshape(-1, 2)]
        return sorted(found, key=lambda stretch: (stretch[1], stretch[0]))

    def steps(self, group: str, resolve: Resolve) -> Steps:
        """The factor of one site group over time; calculated once if no factor is uncertain.

        Args:
            group: name of the group.
            resolve: gives the value of a factor in this replication, by its path in the scenario.

        Returns:
            The factor, constant between the days on which it changes.
        """
        if not self.is_same:
            return self._steps(group, resolve)
        if group not in self._known:
            self._known[group] = self._steps(group, resolve)
        return self._known[group]

    def _steps(self, group: str, resolve: Resolve) -> Steps:
        """The factor by day: the product of month, periods and, outside periods, public holidays."""
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
        on_holiday, path, of_holidays = self._holidays_of(group)
        if on_holiday is not None:
            factor[on_holiday & ~in_period] *= resolve(path, of_holidays)
        changes = np.flatnonzero(np.diff(factor)) + 1
        edges = np.concatenate(([0], changes))
        return Steps(edges.astype(np.float64), factor[edges], self._end)

    def _holidays_of(self, group: str) -> tuple[npt.NDArray[np.bool_] | None, str, object]:
        """Which days are public holidays of a group, and the path and value of their factor."""
        own, rule = self._own_holidays.get(group), self._calendar.public_holidays
        if own is not None:
            days = _holidays_of(own.country, own.rule.subdivision, self._opens, self._n_days)
            return days, f"countries.{own.country}.public_holidays.factor", own.rule.factor
        if rule is None:
            return None, "", 1.0
        days = _holidays_of(rule.country, rule.subdivision, self._opens, self._n_days)
        return days, "calendar.public_holidays.factor", rule.factor


def _factors(calendar: Calendar) -> Iterator[object]:
    yield from calendar.by_month.values()
    yield from (period.factor for period in calendar.periods.values())
    if calendar.public_holidays is not None:
        yield calendar.public_holidays.factor


def _days(first: date, n_days: int) -> npt.NDArray[np.datetime64]:
    return np.datetime64(first) + np.arange(n_days)


@lru_cache(maxsize=64)
def _months(first: date, n_days: int) -> npt.NDArray[np.int64]:
    """The month of each of `n_days` days. Cached, as `_days_of` is: it seldom differs between variants of a plan."""
    found = _days(first, n_days).astype("datetime64[M]").astype(np.int64) % 12 + 1
    found.setflags(write=False)
    return found


@lru_cache(maxsize=256)
def _days_of(from_: str | date, to: str | date, first: date, n_days: int) -> npt.NDArray[np.bool_]:
    """Which of `n_days` days a period covers, both ends included; ends without a year are those of every year."""
    days = _days(first, n_days)
    if isinstance(from_, str):
        names = np.array([f"{day:%m-%d}" for day in days.tolist()])
        after, before = names >= from_, names <= str(to)
        found = after & before if from_ <= str(to) else after | before
    else:
        found = (days >= np.datetime64(from_)) & (days <= np.datetime64(to))
    found.setflags(write=False)
    return found


@lru_cache(maxsize=64)
def _holidays_of(country: str, subdivision: str | None, first: date, n_days: int) -> npt.NDArray[np.bool_]:
    """Which of `n_days` days are public holidays. Cached: it takes as long as a simulated trial, and seldom differs."""
    import holidays  # heavy, and most scenarios have none

    dates = _days(first, n_days).tolist()
    years = range(first.year, dates[-1].year + 1)
    days = holidays.country_holidays(country, subdiv=subdivision, years=years)
    found = np.array([day in days for day in dates])
    found.setflags(write=False)
    return found
