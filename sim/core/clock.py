"""The one place that turns days into dates and back.

Time is in days (float) since `enrolment_opens`, whose first instant is day 0. A month is 30.4375 days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

MONTH_DAYS = 30.4375
WEEK_DAYS = 7.0

# Appointments are between these hours; the hour itself is drawn.
FIRST_APPOINTMENT = 8 / 24
APPOINTMENT_HOURS = 8 / 24

_SATURDAY = 5


@dataclass(frozen=True)
class Clock:
    """Days to dates, for a trial that opens on a given date.

    Attributes:
        opens: the date of day 0.
    """

    opens: date

    @cached_property
    def _weekday(self) -> int:
        """Of day 0; Monday is 0."""
        return self.opens.weekday()

    def date_of(self, day: float) -> date:
        """The date on which a day (any instant of it) falls. Raises OverflowError beyond year 9999."""
        return self.opens + timedelta(days=math.floor(day))

    def day_of(self, when: date) -> float:
        """The first instant of a date, in days."""
        return float((when - self.opens).days)

    def weekday_on_or_after(self, day: float) -> float:
        """The same time of day on the first day, from this one on, that is Monday to Friday."""
        weekday = (math.floor(day) + self._weekday) % 7
        return day + (7 - weekday) if weekday >= _SATURDAY else day


def at_an_hour(day: float, u: float) -> float:
    """The appointment on the date of `day`, at an hour drawn by `u` in (0, 1)."""
    return math.floor(day) + FIRST_APPOINTMENT + APPOINTMENT_HOURS * u
