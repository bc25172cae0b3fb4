"""What people say of recruitment: closed periods, an announced end, openings to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from made_trials import EVERY_TWO, FIRST, WITH_GAP, trial_with

from sim.errors import UsageError
from sim.forecast.continued.told import Told, as_told, openings_ahead, said_notes, scenario_as_told, told
from sim.forecast.rate.history import history
from sim.forecast.rate.recruitment import rest_of_recruitment
from sim.forecast.rate.settings import SETTINGS
from sim.scenario.load import scenario_from_mapping

FEW = replace(SETTINGS, draws=400)
PLAN = {
    "name": "plan",
    "trial": {"target": 100, "enrolment_opens": FIRST, "horizon_months": 60},
    "arms": {"A": {"allocation": 1}},
    "sites": {"north": {"referrals_per_month": 3.0}, "south": {"referrals_per_month": 2.0, "closes": "2023-06-01"}},
}


@pytest.mark.parametrize(
    ("closed", "ends", "a_month", "value"),
    [
        (["2023-02-01"], None, None, "2023-02-01"),
        (["2023-02-30..2023-03-01"], None, None, "2023-02-30"),
        (["2023-03-01..2023-02-01"], None, None, "2023-03-01..2023-02-01"),
        (["2023-02-01..2023-02-10", "2023-02-10..2023-02-20"], None, None, "and"),
        ([], "soon", None, "soon"),
        ([], None, -1.0, "-1"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(
    closed: list[str], ends: str | None, a_month: float | None, value: str
) -> None:
    with pytest.raises(UsageError, match=r"must|first|overlap|give") as error:
        told(closed, ends, a_month)
    assert value in str(error.value)


def test_a_closed_period_with_somebody_randomised_in_it_is_refused() -> None:
    with pytest.raises(UsageError, match="were randomised in it"):
        as_told(trial_with(EVERY_TWO), told(["2023-02-01..2023-03-01"], None, None))


def test_an_end_that_is_past_is_refused() -> None:
    with pytest.raises(UsageError, match="past"):
        as_told(trial_with(EVERY_TWO), told([], "2023-02-01", None))


def test_closed_days_are_no_exposure() -> None:
    gap = as_told(trial_with(WITH_GAP), told(["2023-02-21..2023-04-21"], None, None))
    assert history(gap).open_days.sum() == pytest.approx(gap.now - 60, abs=0.1)
    assert any("60 days" in note for note in said_notes(gap))


def test_nothing_told_changes_nothing() -> None:
    trial = trial_with(EVERY_TWO)
    assert as_told(trial, Told()) is trial


def test_a_closed_period_that_is_not_over_is_not_known_beyond_the_cut() -> None:
    gap = replace(trial_with(WITH_GAP), closed_periods=((50.0, 110.0),))
    assert gap.as_of(FIRST + timedelta(days=69)).closed_periods == ((50.0, 70.0),)
    assert gap.as_of(FIRST + timedelta(days=39)).closed_periods == ()


def test_nobody_is_randomised_after_an_announced_end() -> None:
    trial = as_told(trial_with(EVERY_TWO), told([], "2023-05-01", None))
    outlook = rest_of_recruitment(trial, 1000, FEW)
    assert outlook.last_day(1000).max() <= trial.day_of(date(2023, 5, 2))
    after = outlook.edges[:-1] >= trial.day_of(date(2023, 5, 2))
    assert np.diff(outlook.total, axis=1)[:, after].max() == 0


def test_more_sites_a_month_bring_the_date_forward() -> None:
    trial = trial_with(EVERY_TWO, sites=3)
    days = [
        float(np.median(rest_of_recruitment(replace(trial, sites_a_month=n), 400, FEW).day_of(400))) for n in (0.0, 2.0)
    ]
    assert days[1] < days[0] - 30
    assert openings_ahead(replace(trial, sites_a_month=2.0), 2) == pytest.approx(
        [trial.now + 365.25 / 48, trial.now + 3 * 365.25 / 48], rel=0.02
    )


def test_the_scenario_is_closed_when_it_was_said_and_ends_when_it_was_said() -> None:
    said = told(["2023-08-01..2023-08-15"], "2023-12-31", None)
    found = scenario_as_told(scenario_from_mapping(PLAN, "plan"), as_told(trial_with(EVERY_TWO), said))
    period = found.calendar.periods["closed_ahead_1"]
    assert (str(period.from_), str(period.to), period.factor) == ("2023-08-01", "2023-08-15", 0.0)
    assert str(found.sites["north"].closes) == "2024-01-01"
    assert str(found.sites["south"].closes) == "2023-06-01"
