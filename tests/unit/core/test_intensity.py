"""Arrival times are the inverse of the integrated rate, as scipy integrates it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate

from sim.core.intensity import ChangingIntensity, Steps, days_of_arrivals, intensity

END = 400.0
EDGES = np.array([0.0, 30.0, 47.5, 120.0, 121.0, 200.0])
FACTORS = np.array([1.0, 0.25, 1.3, 0.0, 0.6, 1.0])
CALENDAR = Steps(EDGES, FACTORS, END)


def calendar_at(day: float) -> float:
    return float(FACTORS[np.searchsorted(EDGES, day, side="right") - 1])


def rate_at(
    per_day: float, start: float, ramp_from: float, ramp_days: float, fraction: float
) -> Callable[[float], float]:
    def rate(day: float) -> float:
        if day < start:
            return 0.0
        share = min((day - ramp_from) / ramp_days, 1.0) if ramp_days else 1.0
        return per_day * calendar_at(day) * (fraction + (1 - fraction) * share)

    return rate


def integral(rate: Callable[[float], float], low: float, high: float, breaks: list[float]) -> float:
    edges = [low, *sorted(b for b in breaks if low < b < high), high]
    return sum(integrate.quad(rate, a, b)[0] for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("start", "ramp_from", "ramp_days", "fraction"),
    [
        (0.0, 0.0, 0.0, 1.0),
        (0.0, 0.0, 90.0, 0.4),
        (35.0, 35.0, 60.0, 0.0),
        (0.0, -40.0, 90.0, 0.4),  # activated before day 0: ramp-up is already under way
        (0.0, -120.0, 90.0, 0.4),  # and already over
        (117.0, 117.0, 6.0, 0.4),  # across a day without any arrival
        (350.0, 350.0, 90.0, 0.4),  # the horizon comes first
    ],
)
def test_times_invert_the_integral(start: float, ramp_from: float, ramp_days: float, fraction: float) -> None:
    """The rate integrated up to the time of the k-th arrival is what the unit-rate process had by then."""
    per_day = 0.37
    law = intensity(per_day, CALENDAR, start, END, ramp_from, ramp_days, fraction)
    rate = rate_at(per_day, start, ramp_from, ramp_days, fraction)
    breaks = [*EDGES.tolist(), ramp_from + ramp_days]
    total = integral(rate, start, END, breaks)
    wanted = np.array([1e-6, *np.linspace(0.01, 0.99, 25) * total])
    times = law.times(wanted)
    assert np.all(np.diff(times) > 0)
    for cumulative, day in zip(wanted, times, strict=True):
        assert integral(rate, start, day, breaks) == pytest.approx(cumulative, rel=1e-7, abs=1e-9)


def test_nothing_arrives_after_the_horizon() -> None:
    """What the cumulative rate never reaches comes at infinity."""
    law = intensity(0.1, CALENDAR, 0.0, END, 0.0, 0.0, 1.0)
    reached = law.expected(END)
    assert law.times(np.array([reached * 0.999]))[0] < END
    assert law.times(np.array([reached * 1.001, 1e9])).tolist() == [np.inf, np.inf]
    late_change = Steps(np.array([0.0, END - 0.5]), np.array([1.0, 2.0]), END)  # its last piece would go on past it
    law = intensity(0.1, late_change, 0.0, END, 0.0, 0.0, 1.0)
    assert law.times(np.array([0.1 * END, 0.1 * END + 0.06])).tolist() == [END - 0.25, np.inf]


def test_a_site_that_refers_nobody() -> None:
    """A rate of 0, and a site that opens at the horizon, have no arrivals."""
    for law in (
        intensity(0.0, CALENDAR, 0.0, END, 0.0, 90.0, 0.4),
        intensity(1.0, CALENDAR, END, END, END, 0.0, 1.0),
        intensity(1.0, CALENDAR, END + 5, END, END + 5, 90.0, 0.4),
    ):
        assert np.all(np.isinf(law.times(np.array([0.001, 1.0, 50.0]))))


def test_expected_arrivals_in_and_after_ramp_up() -> None:
    """The expected number by a day is the integral up to it."""
    law = intensity(0.37, CALENDAR, 10.0, END, 10.0, 60.0, 0.4)
    rate = rate_at(0.37, 10.0, 10.0, 60.0, 0.4)
    for day in (10.0, 25.0, 40.0, 65.0, 70.0, 121.5, 333.0):
        assert law.expected(day) == pytest.approx(integral(rate, 10.0, day, [*EDGES.tolist(), 70.0]), rel=1e-7)


def test_steps_between() -> None:
    """Pieces between two days, the days among their edges."""
    edges, values = CALENDAR.between(30.0, 120.5)
    assert edges == [30.0, 47.5, 120.0, 120.5]
    assert values == [0.25, 1.3, 0.0]
    edges, values = CALENDAR.between(3.0, 4.0)
    assert edges == [3.0, 4.0]
    assert values == [1.0]


def test_arrivals_at_several_sites_at_once_are_those_of_each() -> None:
    """To the last bit: with ramps of several pieces, without, of a rate of 0, under another calendar, in any order."""
    calendar = Steps(np.array([0.0, 20.0, 45.0]), np.array([1.0, 0.0, 2.0]), 200.0)
    flat = Steps(np.array([0.0]), np.array([1.0]), 200.0)
    sites = [
        intensity(0.7, calendar, 0.0, 200.0, -5.0, 60.0, 0.4),
        intensity(0.3, calendar, 10.0, 200.0, 10.0, 0.0, 1.0),
        intensity(0.0, calendar, 0.0, 200.0, 0.0, 60.0, 0.4),
        intensity(0.5, flat, 30.0, 200.0, 30.0, 10.0, 0.1),
        intensity(0.9, flat, 200.0, 200.0, 300.0, 90.0, 0.1),
        intensity(1.1, calendar, 15.0, 200.0, 15.0, 90.0, 0.0),
    ]
    arrivals = np.cumsum(np.random.default_rng(3).exponential(size=(len(sites), 128)), axis=1)
    found = days_of_arrivals(sites, arrivals)
    for site, row, days in zip(sites, arrivals, found, strict=True):
        assert days.tobytes() == site.times(row).tobytes()
    assert np.isinf(found[[2, 4]]).all()
    assert np.isfinite(found[[0, 1, 3, 5], 0]).all()


def test_each_change_multiplies_the_rate_that_the_one_before_left() -> None:
    """One a day; two from day 10, six from day 20, none from day 30 on: 10, 30 and 90 are expected by then."""
    flat = Steps(np.array([0.0]), np.array([1.0]), END)
    changing = ChangingIntensity(intensity(1.0, flat, 0.0, END, 0.0, 0.0, 1.0))
    expected = np.array([5.0, 10.0, 12.0, 30.0, 36.0, 89.0, 91.0])
    assert changing.times(expected).tolist() == expected.tolist()
    changing.multiply(10.0, 2.0)
    assert changing.times(expected) == pytest.approx([5.0, 10.0, 11.0, 20.0, 23.0, 49.5, 50.5])
    changing.multiply(20.0, 3.0)
    assert changing.times(expected) == pytest.approx([5.0, 10.0, 11.0, 20.0, 21.0, 20 + 59 / 6, 20 + 61 / 6])
    changing.multiply(30.0, 0.0)
    assert changing.times(expected) == pytest.approx([5.0, 10.0, 11.0, 20.0, 21.0, 20 + 59 / 6, np.inf])


def test_a_site_that_opens_later_has_no_arrivals_before() -> None:
    flat = Steps(np.array([0.0]), np.array([1.0]), END)
    changing = ChangingIntensity(intensity(0.0, flat, 0.0, END, 0.0, 0.0, 1.0))
    assert changing.times(np.array([0.5])).tolist() == [np.inf]
    changing.multiply(10.0, 2.0)
    changing.opens(intensity(1.0, flat, 40.0, END, 40.0, 0.0, 1.0))
    assert changing.times(np.array([0.5, 4.0])) == pytest.approx([40.25, 42.0])


def test_a_piece_that_begins_at_the_end_or_after_it_has_a_day() -> None:
    for end in (20.0, 30.0, 31.0):
        steps = Steps(np.array([0.0, 30.0]), np.array([1.0, 2.0]), end)
        assert steps.edges.tolist() == [0.0, 30.0, 31.0]
        assert steps.integral.tolist() == [0.0, 30.0, 32.0]
    assert Steps(np.array([0.0, 30.0]), np.array([1.0, 2.0]), 40.0).integral_to(40.0) == 50.0
