"""A forecast as a whole, of a few simulated trials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.analysis.pairing import paired_days
from sim.core.clock import MONTH_DAYS
from sim.experiment.execution import ALONE
from sim.forecast.answer import Answer, WhatIf, forecast, named_apart
from sim.forecast.changes import FORECAST
from sim.scenario.schema import Scenario


def plan(**sites: Any) -> Scenario:
    planned = {"primary_completion": FIRST + timedelta(days=50), "study_completion": FIRST + timedelta(days=300)}
    return scenario_of(
        trial={"target": 80, "enrolment_opens": FIRST, "horizon_months": 60, "planned": planned},
        sites={"s": {"count": 2, "referrals_per_month": 8.0, **sites}},
        follow_up={"visit_weeks": [4], "primary_endpoint_week": 4},
    )


@pytest.fixture(scope="module")
def answer() -> Answer:
    faster = WhatIf("faster", plan(count=4))
    return forecast(plan(), trial_with(EVERY_TWO), [faster], replications=30, seed=3, execution=ALONE)


def test_what_ifs_have_names_of_their_own() -> None:
    scenario = plan()
    names = [item.name for item in named_apart([WhatIf(name, scenario) for name in ("x", "x", FORECAST, "x")])]
    assert names == ["x", "x (2)", f"{FORECAST} (2)", "x (3)"]


def test_the_days_of_the_data_are_as_they_were(answer: Answer) -> None:
    """Fifty were in by day 99 in every simulated trial, and thirty are to come."""
    assert answer.as_of == FIRST + timedelta(days=98)
    assert set(answer.futures.counts(np.array([99.0]))[:, 0]) == {50.0}
    assert all(len(days) == 80 for days in answer.futures.randomised_days)
    assert answer.milestones().loc["last_randomised", "p50"] > 99.0


def test_what_ifs_are_paired_with_the_forecast(answer: Answer) -> None:
    """The same trials with more sites: the median of their differences."""
    (other,) = answer.what_ifs
    ours, theirs = (futures.days("last_randomised") for futures in (answer.futures, other.futures))
    differences = np.sort(paired_days(ours, theirs))
    assert other.days["last_randomised"].value == differences[14]


def test_the_rate_that_a_planned_date_needs(answer: Answer) -> None:
    """Thirty more by day 272, four weeks before the planned end; the other date has passed."""
    passed, study = answer.needed
    months = (300 - 28 - 98) / MONTH_DAYS
    assert (study.milestone, study.randomised_by) == ("study_completion", FIRST + timedelta(days=272))
    assert study.per_month == pytest.approx(30 / months)
    assert study.expected_per_month.value > 0
    assert (passed.milestone, passed.per_month) == ("primary_completion", float("inf"))


def test_it_says_what_it_is(answer: Answer) -> None:
    assert repr(answer).startswith(f"Forecast of made as of {answer.as_of}: 30 simulated trials, seed 3")
    assert [change.cause for change in answer.changes][-1] == "in all"
    assert answer.plan is not None
