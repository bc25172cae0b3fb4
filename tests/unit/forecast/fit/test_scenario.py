"""A fitted scenario is valid, stands alone, and says what was found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import yaml
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.exchange.observed import COMPLETED, LEFT, SiteRecord
from sim.forecast.fit.scenario import (
    ALL_SITES,
    DRIFT_AHEAD,
    FITTED,
    fitted_mapping,
    fitted_yaml,
    group_names,
    site_group,
)
from sim.forecast.fit.study import fit
from sim.forecast.identity import data_hash
from sim.scenario.load import scenario_from_mapping


def test_sites_have_names_that_a_scenario_may_use() -> None:
    assert site_group("St. Mary's (2)") == "St_Mary_s_2"
    assert site_group("001") == "site_001"
    assert group_names(("a b", "a-b", "a_b")) == ["a_b", "a_b_2", "a_b_3"]


def test_what_was_found_is_what_is_written() -> None:
    """One site for all, with a gamma rate of its posterior; the target and the first day as asked."""
    found = fit(trial_with(EVERY_TWO), 80)
    data = fitted_mapping(found, "mine")
    assert (data["name"], data["trial"]) == ("mine", {"target": 80, "enrolment_opens": FIRST})
    rate = data["sites"][ALL_SITES]["referrals_per_month"]
    shape, exposure = float(found.rates.shape[0]), float(found.rates.exposure[0])
    assert rate == {
        "uncertain": "gamma",
        "mean": pytest.approx(shape / exposure, rel=1e-4),
        "cv": pytest.approx(shape**-0.5, rel=1e-4),
    }
    ahead = data["calendar"]["periods"][DRIFT_AHEAD]
    assert ahead["from"] == FIRST + timedelta(days=99)
    assert "follow_up" not in data
    assert data["bibliography"][FITTED].endswith(data_hash(found.trial))
    assert scenario_from_mapping(yaml.safe_load(fitted_yaml(found, "mine"))).trial.target == 80


def test_sites_open_when_they_did_or_are_planned_and_others_never() -> None:
    trial = trial_with(EVERY_TWO, sites=2)
    sites = (
        SiteRecord("a", activated=0.0),
        SiteRecord("b", activated=50.0, closed=99.0),
        SiteRecord("c", planned=120.0),
        SiteRecord("d"),
    )
    groups = fitted_mapping(fit(replace(trial, sites=sites), 80), "x")["sites"]
    assert {name: (entry["opens"], entry.get("closes")) for name, entry in groups.items()} == {
        "a": (FIRST, None),
        "b": (FIRST + timedelta(days=50), FIRST + timedelta(days=99)),
        "c": (FIRST + timedelta(days=120), None),
    }


def test_arms_and_ways_out_are_those_of_the_data() -> None:
    """Twice as many in one arm; one in five left before twelve weeks."""
    trial = trial_with(EVERY_TWO)
    people = trial.people
    out = np.arange(50) % 5 == 0
    status = np.where(out, LEFT, COMPLETED).astype(object)
    columns = {
        "arm": np.where(np.arange(50) % 3 == 0, "control", "active drug").astype(object),
        "status": status,
        "ended": people.randomised + np.where(out, 20.0, 84.0),
        "way_out": np.where(out, "Lost to follow-up", "").astype(object),
    }
    later = replace(trial, people=replace(people, **columns), last=FIRST + timedelta(days=300))
    data = fitted_mapping(fit(later, 50), "x")
    assert data["arms"] == {"active_drug": {"allocation": 2}, "control": {"allocation": 1}}
    assert data["follow_up"]["visit_weeks"] == [12.0]
    curve = data["follow_up"]["leaving"]["lost_to_follow_up"]
    assert curve[12.0]["mean"] == pytest.approx(0.2, abs=1e-4)
