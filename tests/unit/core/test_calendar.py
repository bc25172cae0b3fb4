"""The calendar's factors hold on the days that the scenario names."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of

from sim.core.batch import Batch
from sim.core.calendar import CalendarFactors
from sim.core.clock import Clock
from sim.core.design import Design
from sim.core.world import World

OPENS = date(2019, 10, 1)


def factors(calendar: dict[str, Any], n_days: int = 900, group: str = "s", opens: date = OPENS) -> dict[date, float]:
    """The factor on each day, by date."""
    scenario = scenario_of(calendar=calendar)
    made = CalendarFactors(scenario.calendar, Clock(opens), float(n_days))
    steps = made.steps(group, lambda _path, value: float(value))  # type: ignore[arg-type]
    values = steps.values[np.searchsorted(steps.edges[:-1], np.arange(n_days), side="right") - 1]
    assert np.allclose(values, np.diff(np.interp(np.arange(n_days + 1), steps.edges, steps.integral)))
    return {opens + timedelta(days=i): float(value) for i, value in enumerate(values)}


def test_a_period_includes_both_its_days() -> None:
    """From the first instant of `from` to the last of `to`, and no longer."""
    found = factors({"periods": {"p": {"from": "2020-01-24", "to": "2020-02-09", "factor": 0.25}}})
    assert found[date(2020, 1, 23)] == 1.0
    assert found[date(2020, 1, 24)] == found[date(2020, 2, 9)] == 0.25
    assert found[date(2020, 2, 10)] == 1.0
    assert sum(value == 0.25 for value in found.values()) == 17


def test_a_yearly_period_comes_back_and_may_span_the_new_year() -> None:
    """MM-DD periods hold every year, leap days included."""
    found = factors({"periods": {"p": {"from": "12-20", "to": "01-05", "factor": 0.5}}})
    for year in (2019, 2020, 2021):
        assert found[date(year, 12, 19)] == 1.0
        assert found[date(year, 12, 20)] == found[date(year, 12, 31)] == found[date(year + 1, 1, 5)] == 0.5
        assert found[date(year + 1, 1, 6)] == 1.0
    leap = factors({"periods": {"p": {"from": "02-28", "to": "03-01", "factor": 0.5}}})
    assert sum(value == 0.5 for value in leap.values()) == 3 + 2 + 2  # 2020 is a leap year; 2021 and 2022 are not


def test_months_and_periods_multiply() -> None:
    """Where several factors hold, they multiply; months not named have 1."""
    calendar = {"by_month": {"2": 0.8}, "periods": {"p": {"from": "2020-02-10", "to": "2020-03-10", "factor": 0.5}}}
    found = factors(calendar)
    assert found[date(2020, 2, 9)] == 0.8
    assert found[date(2020, 2, 10)] == pytest.approx(0.4)
    assert found[date(2020, 3, 1)] == 0.5
    assert found[date(2020, 4, 1)] == 1.0
    assert found[date(2021, 2, 1)] == 0.8


def test_public_holidays_come_from_the_country_and_yield_to_periods() -> None:
    """China's National Day counts; a holiday within a named period has the period's factor alone."""
    calendar = {
        "public_holidays": {"country": "CN", "factor": 0.6},
        "periods": {"p": {"from": "2020-01-24", "to": "2020-02-09", "factor": 0.25}},
    }
    found = factors(calendar)
    assert found[date(2019, 10, 1)] == found[date(2020, 10, 1)] == 0.6
    assert found[date(2020, 1, 25)] == 0.25  # New Year's Day
    assert found[date(2020, 3, 3)] == 1.0


def test_a_period_may_hold_for_some_groups_only() -> None:
    """`at` names the groups; others do not notice."""
    calendar = {"periods": {"p": {"from": "2020-03-01", "to": "2020-03-31", "factor": 0.0, "at": ["s"]}}}
    assert factors(calendar, group="s")[date(2020, 3, 15)] == 0.0
    assert factors(calendar, group="elsewhere")[date(2020, 3, 15)] == 1.0


def test_a_period_s_uncertain_factor_is_drawn_once() -> None:
    """In one replication a period has one factor, every year and in every group; in another replication another."""
    period = {"from": "12-20", "to": "01-05", "factor": {"uncertain": "uniform", "low": 0.2, "high": 0.8}}
    other = {"from": "02-01", "to": "02-20", "factor": {"uncertain": "uniform", "low": 0.2, "high": 0.8}}
    design = Design(
        scenario_of(
            calendar={"periods": {"year_end": period, "spring": other}},
            sites={"s": {"referrals_per_month": 1}, "t": {"referrals_per_month": 1}},
        )
    )
    batch = Batch(design, 5, 0, 3)
    seen = []
    for replication in range(3):
        world = World(batch, replication)
        drawn = {name: world.unknowns.values[f"calendar.periods.{name}.factor"] for name in ("year_end", "spring")}
        for group in ("s", "t"):
            values = world.calendar(group).values
            assert {float(value) for value in values} == {1.0, *drawn.values()}
            assert np.count_nonzero(values == drawn["year_end"]) > 10
        seen += list(drawn.values())
    assert len(set(seen)) == 6


def test_named_periods_are_stretches_of_days() -> None:
    """In order, the day after the last as the end; a yearly one comes once a year, and is cut at both ends of time."""
    periods = {
        "shock": {"from": "2019-10-03", "to": "2019-10-05", "factor": 0.5},
        "year_end": {"from": "12-31", "to": "01-02", "factor": 0.5},
        "autumn": {"from": "10-01", "to": "10-02", "factor": 0.5},
    }
    scenario = scenario_of(calendar={"periods": periods})
    made = CalendarFactors(scenario.calendar, Clock(OPENS), 366.0)
    assert made.stretches() == [
        ("autumn", 0.0, 2.0),
        ("shock", 2.0, 5.0),
        ("year_end", 91.0, 94.0),
        ("autumn", 366.0, 367.0),
    ]


def test_a_yearly_period_of_one_day_is_that_day() -> None:
    found = factors({"periods": {"p": {"from": "05-01", "to": "05-01", "factor": 0.5}}})
    assert [day for day, value in found.items() if value == 0.5] == [date(2020, 5, 1), date(2021, 5, 1)]
