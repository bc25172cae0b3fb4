"""What each country brings, and which steps of start-up hold sites up, counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.by_country import countries, country_measures, longest_way, start_up, start_up_measures
from sim.analysis.index import EventIndex
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import EndedAtOnce

SITES = {
    "a": {"count": 2, "referrals_per_month": 1.0, "country": "DE"},
    "b": {"referrals_per_month": 1.0, "country": "FR"},
    "c": {"referrals_per_month": 1.0},
}
STEPS: dict[str, Any] = {
    "approval": {"days": 60.0, "each": "country"},
    "contract": {"days": 30.0},
    "initiation": {"days": 10.0, "after": ["approval", "contract"]},
}


def design(**changes: Any) -> Design:
    return Design(scenario_of(sites=SITES, **changes))


def stepwise() -> Design:
    """Both countries, each with its approval."""
    sites = {name: group for name, group in SITES.items() if "country" in group}
    return Design(scenario_of(sites=sites, site_defaults={"start_up": STEPS}))


LOG = log_of(
    (1.0, e.SITE_ACTIVATED, 1),
    (2.0, e.SITE_ACTIVATED, 2),
    (3.0, e.SITE_ACTIVATED, 3),
    (4.0, e.REFERRED, 0, 0),
    (5.0, e.SCREENING_STARTED, 0, 0, 1),
    (6.0, e.RANDOMISED, 3, 0, 1),
    (7.0, e.RANDOMISED, 1, 0, 2),
    (8.0, e.RANDOMISED, 0, 0, 3),
)
none = np.zeros(2, dtype=np.int64)
LOG.ended_at_once = EndedAtOnce(np.array([1, 2]), np.array([1.5, 2.5]), none, none + e.CONSENT_REFUSED, none, none)


def test_people_and_first_days_are_of_their_site_s_country() -> None:
    """Sites 0 and 1 are in one, site 2 in another, site 3 in none; who ended on the day was referred too."""
    row: dict[str, Any] = {}
    countries(row, design(), EventIndex(LOG))
    assert row["country_DE_n_sites_activated"] == row["country_FR_n_sites_activated"] == 1
    assert (row["country_DE_n_referred"], row["country_FR_n_referred"]) == (2, 1)
    assert (row["country_DE_n_screened"], row["country_DE_n_randomised"]) == (1, 2)
    assert (row["country_DE_day_first_site_active"], row["country_DE_day_first_randomised"]) == (1.0, 7.0)
    assert np.isnan(row["country_FR_day_first_randomised"])
    assert set(row) == {name for name, _, _ in country_measures(design())}


def test_without_countries_or_steps_nothing_is_measured() -> None:
    row: dict[str, Any] = {}
    plain = Design(scenario_of())
    countries(row, plain, EventIndex(LOG))
    start_up(row, plain, EventIndex(LOG))
    assert row == {}
    assert list(country_measures(plain)) == list(start_up_measures(plain)) == []


def step(day: float, name: str, days: float, site: int = -1, place: int = 0) -> tuple[float, ...]:
    return (day, e.STEP_DONE, site, -1, place, sorted(STEPS).index(name), days)


def test_the_longest_way_leads_back_from_the_last_step() -> None:
    """Of the activated sites 0 and 2: at one the contract was the last before initiation, at the other the approval."""
    made = stepwise()
    de, fr = 2, 3
    log = log_of(
        step(60.0, "approval", 60.0, place=de),
        step(50.0, "approval", 50.0, place=fr),
        step(90.0, "contract", 90.0, 0),
        step(30.0, "contract", 30.0, 1),
        step(20.0, "contract", 20.0, 2),
        step(100.0, "initiation", 10.0, 0),
        step(60.0, "initiation", 10.0, 2),
        (60.0, e.SITE_ACTIVATED, 2),
        (100.0, e.SITE_ACTIVATED, 0),
    )
    row: dict[str, Any] = {}
    start_up(row, made, EventIndex(log))
    assert set(row) == {name for name, _, _ in start_up_measures(made)}
    assert (row["n_started_up"], row["start_up_days"]) == (2, pytest.approx((100 + 60) / 2))
    assert (row["n_critical_contract"], row["n_critical_approval"], row["n_critical_initiation"]) == (1, 1, 2)
    assert row["start_up_contract_days"] == pytest.approx((90 + 20) / 2)
    assert row["start_up_contract_critical_days"] == pytest.approx(90 / 2)
    assert row["start_up_approval_critical_days"] == pytest.approx(50 / 2)
    assert (row["country_DE_n_started_up"], row["country_FR_n_started_up"]) == (1, 1)
    assert (row["country_DE_n_critical_contract"], row["country_FR_n_critical_contract"]) == (1, 0)


def test_of_steps_that_end_together_the_first_is_critical() -> None:
    group = stepwise().groups[0]
    approval, contract, initiation = range(3)
    assert longest_way(group, {approval: (60.0, 60.0), contract: (60.0, 30.0), initiation: (70.0, 10.0)}) == [
        initiation,
        approval,
    ]
    assert longest_way(group, {approval: (60.0, 60.0), contract: (61.0, 30.0), initiation: (71.0, 10.0)}) == [
        initiation,
        contract,
    ]


def test_where_no_site_was_activated_there_is_no_mean() -> None:
    row: dict[str, Any] = {}
    start_up(row, stepwise(), EventIndex(log_of()))
    assert row["n_started_up"] == 0
    assert np.isnan(row["start_up_days"])
    assert np.isnan(row["start_up_contract_critical_days"])
