"""From a scenario and data to the state from which simulated trials go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.core.observed import UNKNOWN
from sim.errors import UsageError
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, SiteRecord
from sim.forecast.continued.state import fitted_note, start_from
from sim.forecast.fit.scenario import FITTED
from sim.forecast.identity import data_hash
from sim.scenario.schema import Scenario

FOLLOW_UP = {"visit_weeks": [12], "primary_endpoint_week": 12, "leaving": {"death": {12: 0.1}, "lost": {12: 0.1}}}
SITES = {name: {"referrals_per_month": 8.0, "activation_delay_days": days} for name, days in (("a", 0.0), ("b", 300.0))}


def plan(**changes: Any) -> Scenario:
    usual = {"trial": {"target": 100, "enrolment_opens": FIRST, "horizon_months": 120}, "sites": SITES}
    return scenario_of(**{**usual, "follow_up": FOLLOW_UP, **changes})


def started(trial: Any = None, scenario: Scenario | None = None, **asked: Any) -> Any:
    return start_from(scenario or plan(), trial_with(EVERY_TWO) if trial is None else trial, 3, draws=20, **asked)


def test_data_without_sites_are_of_those_that_the_plan_would_have_open() -> None:
    """One of two by day 99: everybody was there, and the note says so."""
    found = started()
    assert found.state.now == 99.0
    assert found.state.sites[("a", 0)].activated == 0.0
    assert ("b", 0) not in found.state.sites
    assert {someone.site for someone in found.state.people} == {("a", 0)}
    assert found.state.sites[("a", 0)].last_randomised == 98.5
    assert any("1 of 2 are taken as open" in note for note in found.notes)
    assert found.state.rates.shape == (20, 1)
    assert found.state.passing == pytest.approx(1.0, abs=0.02)


def test_days_are_the_scenario_s() -> None:
    """Data that begin ten days after its day 0."""
    scenario = plan(trial={"target": 100, "enrolment_opens": FIRST - timedelta(days=10), "horizon_months": 120})
    found = started(scenario=scenario)
    assert found.state.now == 109.0
    assert found.state.people[0].randomised == 10.5
    assert found.state.edges[0] == 109.0


def test_people_are_what_the_data_say() -> None:
    """One left, one completed, one is in screening, one failed, and one has an arm that is unknown."""
    trial = trial_with(EVERY_TWO)
    people = trial.people
    status = np.array([LEFT, COMPLETED, IN_SCREENING, FAILED, *people.status[4:]], dtype=object)
    randomised = np.where(np.isin(status, [IN_SCREENING, FAILED]), np.nan, people.randomised)
    columns = {
        "status": status,
        "randomised": randomised,
        "screened": np.where(np.arange(50) < 4, EVERY_TWO - 3, np.nan),
        "ended": np.where(np.isin(status, [LEFT, COMPLETED]), 50.0, np.nan),
        "way_out": np.array(["Died", *[""] * 49], dtype=object),
        "arm": np.array(["A", "zzz", *[""] * 48], dtype=object),
    }
    found = started(replace(trial, people=replace(people, **columns), has_screening=True))
    assert len(found.state.people) == 49
    by_day = {someone.screened: someone for someone in found.state.people}
    left, done, screened = by_day[-2.5], by_day[-0.5], by_day[1.5]
    assert (left.ended, left.way_out, left.arm) == (50.0, 0, 0)
    assert (done.ended, done.way_out, done.arm) == (50.0, None, UNKNOWN)
    assert screened.randomised is None
    assert any("the arm of 1 participant is not one" in note for note in found.notes)
    assert found.state.pipeline_days == 0.0, "the data name those in screening"


def test_sites_of_the_data_are_matched_added_or_still_to_open() -> None:
    trial = replace(
        trial_with(EVERY_TWO, sites=2), sites=(SiteRecord("a", activated=0.0), SiteRecord("new", activated=40.0))
    )
    found = started(trial, plan(sites={"a": {"referrals_per_month": 8.0}}))
    assert set(found.scenario.sites) == {"a", "new"}
    assert found.state.sites[("new", 0)].activated == 40.0
    assert any("not in the scenario, and added: new" in note for note in found.notes)
    assert sorted(found.open_sites.values()) == [("a", 0), ("new", 0)]
    unseen = started(trial, plan(sites={**SITES, "new": {"referrals_per_month": 1.0}}))
    assert any("1 site of the scenario is not in the data" in note for note in unseen.notes)


def test_a_target_that_is_met_leaves_follow_up() -> None:
    found = started(scenario=plan(trial={"target": 50, "enrolment_opens": FIRST, "horizon_months": 120}))
    assert found.posterior is None
    assert found.outlook is None
    assert any("the target of 50 was met" in note for note in found.notes)


def test_constant_rates_do_not_drift() -> None:
    found = started(is_constant=True)
    assert found.state.edges.size == 0
    assert found.state.drift.shape == (1, 0)


def test_data_that_cannot_be_of_the_scenario_are_refused_with_what_would_help() -> None:
    early = plan(trial={"target": 100, "enrolment_opens": FIRST + timedelta(days=5), "horizon_months": 120})
    with pytest.raises(UsageError, match=f"--set trial.enrolment_opens={FIRST}"):
        started(scenario=early)
    short = plan(trial={"target": 100, "enrolment_opens": FIRST, "horizon_months": 3}, follow_up=None)
    with pytest.raises(UsageError, match="beyond the end of the simulated time"):
        started(scenario=short)


def test_those_in_screening_are_as_many_days_back_as_it_may_take() -> None:
    """The 99 % point where it varies; a fixed time as it is."""
    assert started(scenario=plan(screening={"days": 9.0})).state.pipeline_days == 9.0
    varies = {"dist": "uniform", "low": 0.0, "high": 100.0}
    assert started(scenario=plan(screening={"days": varies})).state.pipeline_days == pytest.approx(99.0)


def test_a_fitted_scenario_says_whether_it_was_fitted_to_these_data() -> None:
    trial = trial_with(EVERY_TWO)
    assert fitted_note(plan(), trial) is None
    assert fitted_note(plan(bibliography={FITTED: f"Fit to x; data {data_hash(trial)}"}), trial) is None
    assert "other data" in (fitted_note(plan(bibliography={FITTED: "Fit to x; data 123"}), trial) or "")
