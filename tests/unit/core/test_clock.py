"""Days are dates, and appointments are in working hours."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.clock import MONTH_DAYS, Clock, at_an_hour

OPENS = date(2019, 10, 1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-2000, 20_000))
def test_days_and_dates_agree(opens: date, days: int) -> None:
    """A date's first instant and any later instant of it fall on that date."""
    clock, when = Clock(opens), opens + timedelta(days=days)
    assert clock.date_of(clock.day_of(when)) == when
    assert clock.date_of(clock.day_of(when) + 0.999999) == when
    assert clock.date_of(clock.day_of(when) + 1) == when + timedelta(days=1)


@given(st.integers(-500, 5000), st.floats(0, 0.999))
def test_weekends_are_skipped(day: int, hour: float) -> None:
    """An appointment moves to Monday at the same time of day, and never by more than two days."""
    clock = Clock(OPENS)
    moved = clock.weekday_on_or_after(day + hour)
    assert clock.date_of(moved).weekday() < 5
    assert 0 <= moved - (day + hour) <= 2
    assert moved % 1 == pytest.approx((day + hour) % 1, abs=1e-9)
    if clock.date_of(day).weekday() < 5:
        assert moved == day + hour


@given(st.floats(-100, 5000), st.floats(0, 1, exclude_max=True))
def test_appointments_are_in_working_hours(day: float, u: float) -> None:
    """Between 8 and 16 o'clock of the same date."""
    appointment = at_an_hour(day, u)
    assert np.floor(appointment) == np.floor(day)
    assert 8 / 24 - 1e-9 <= appointment % 1 <= 16 / 24 + 1e-9


def test_a_month_is_the_mean_month() -> None:
    """365.25 / 12 days."""
    assert MONTH_DAYS == 365.25 / 12
