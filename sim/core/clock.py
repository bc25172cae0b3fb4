"""Days to dates and back; no other module converts them.

Time is in days (float) since `enrolment_opens`; day 0 is its first instant. A month is 30.4375 days (365.25 / 12).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from sim.scenario.schema.values import MONTH_DAYS as MONTH_DAYS

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
    def weekday(self) -> int:
        """Of day 0; Monday is 0."""
        return self.opens.weekday()

    def date_of(self, day: float) -> date:
        """The date on which a day falls, at any time of that day.

        Args:
            day: days since day 0; may be negative.

        Raises:
            OverflowError: the date is after year 9999.
        """
        return self.opens + timedelta(days=math.floor(day))

    def day_of(self, when: date) -> float:
        """The first instant of a date, in days since day 0."""
        return float((when - self.opens).days)

    def weekday_on_or_after(self, day: float) -> float:
        """Move a day that falls on a weekend to the next Monday; the time of day stays the same.

        Args:
            day: days since day 0.

        Returns:
            The day itself from Monday to Friday, otherwise the following Monday at the same time of day.
        """
        return on_weekday(day, self.weekday)


def on_weekday(day: float, weekday_of_day_0: int) -> float:
    """As `Clock.weekday_on_or_after`, for a trial whose day 0 is a given day of the week; Monday is 0."""
    weekday = (math.floor(day) + weekday_of_day_0) % 7
    return day + (7 - weekday) if weekday >= _SATURDAY else day


def at_an_hour(day: float, u: float) -> float:
    """The time of an appointment on the date of `day`, uniform over the working hours.

    Args:
        day: any time on the date, in days since day 0.
        u: uniform number in (0, 1).

    Returns:
        Days since day 0, between `FIRST_APPOINTMENT` and `APPOINTMENT_HOURS` later on that date.
    """
    return math.floor(day) + FIRST_APPOINTMENT + APPOINTMENT_HOURS * u
