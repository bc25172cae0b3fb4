"""Sites that open at a pace that somebody said, where the scenario has none left, and the end of recruitment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import scenario_of
from made_trials import FIRST, trial_with

from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.observed import KnownSite
from sim.exchange.observed import SiteRecord
from sim.forecast.continued.futures import Case, simulate_cases
from sim.forecast.continued.sites_ahead import GROUP, recruits_until, still_to_open, with_sites_to_come
from sim.forecast.continued.state import Start, start_from
from sim.scenario.schema import Scenario

NOW, AHEAD = 200, 120.0


def plan(**more: object) -> Scenario:
    sites = {"clinic": {"count": 2, "referrals_per_month": 7.0, "between_site_cv": 0.3, "opens": FIRST, **more}}
    return scenario_of(trial={"target": 9000, "enrolment_opens": FIRST, "horizon_months": 10.6}, sites=sites)


def started(a_month: float, scenario: Scenario) -> Start:
    """Two sites in turn, one participant every other day, open since day 0."""
    days = np.arange(0, NOW, 2) + 0.5
    trial = trial_with(days, sites=2, sites_a_month=a_month)
    people = replace(trial.people, site=np.arange(len(days)) % 2)
    sites = tuple(SiteRecord(f"clinic {k + 1}", activated=0.0) for k in range(2))
    return start_from(scenario, replace(trial, people=people, sites=sites), 3, draws=300, is_constant=True)


def test_sites_open_at_the_pace_that_was_said_with_the_rate_of_the_open_ones() -> None:
    """Two a month from now on, each from its own day, at the mean of the gamma posteriors of those that are open."""
    start = started(2.0, plan())
    assert start.scenario.sites[GROUP].count == 48
    assert any("48 are added" in note for note in start.notes)
    found = simulate_cases([Case("f", start.scenario, start.state, 80)], 3, None)[0]
    more = found.counts(np.array([start.state.now + AHEAD]))[:, 0] - 100
    rate = start.state.rates.mean() / MONTH_DAYS
    opens = MONTH_DAYS / 2 * (np.arange(48) + 0.5)
    expected = rate * (2 * AHEAD + np.maximum(AHEAD - opens, 0.0).sum())
    assert abs(more.mean() - expected) < 4 * more.std() / np.sqrt(80)


def test_no_more_sites_a_month_means_that_none_of_the_plan_opens() -> None:
    start = started(0.0, plan(count=5))
    assert start.has_sites_to_come
    found = simulate_cases([Case("f", start.scenario, start.state, 60)], 3, None)[0]
    more = found.counts(np.array([start.state.now + AHEAD]))[:, 0] - 100
    expected = start.state.rates.sum(axis=1).mean() / MONTH_DAYS * AHEAD
    assert abs(more.mean() - expected) < 4 * more.std() / np.sqrt(60)


def test_added_sites_vary_as_what_is_known_of_the_others() -> None:
    found, notes = with_sites_to_come(plan(), 0.4)
    assert (found.sites[GROUP].count, len(notes)) == (10, 1)
    assert found.sites[GROUP].between_site_cv == pytest.approx(0.3)
    assert found.sites[GROUP].opens is None


def test_recruitment_ends_where_every_site_closes() -> None:
    """Four of the plan, one of which is known to close later, and one to be closed already."""
    trial = trial_with(np.arange(10.0))
    opened = {("clinic", 0): KnownSite(activated=0.0, closing=90.0), ("clinic", 1): KnownSite(0.0, closed=50.0)}
    assert still_to_open(Design(plan(count=3)), opened) == [("clinic", 2)]
    assert recruits_until(Design(plan(count=3)), trial, opened, 0.0) is None
    assert recruits_until(Design(plan(count=2)), trial, opened, 0.0) == 90.0
    assert recruits_until(Design(plan(count=3)), replace(trial, ends=40.0), opened, 5.0) == 45.0
