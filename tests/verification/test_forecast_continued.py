"""Replications that go on from data: what was observed stays as it was, and what follows has its known answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.analysis.index import EventIndex
from sim.continued import ContinuedTrial
from sim.core import events
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.events import CODE, TIME, Log
from sim.core.intensity import Steps
from sim.core.observed import KnownPerson, KnownSite, ObservedState
from sim.exchange.observed import ObservedTrial, People, SiteRecord, nobody
from sim.experiment.execution import ALONE
from sim.forecast.answer import WhatIf, forecast
from sim.forecast.continued.futures import Case, simulate_cases, simulators
from sim.forecast.continued.state import start_from
from sim.scenario.load import load_scenario, scenario_from_mapping
from sim.scenario.schema import Scenario
from sim.trial import Trial

OPENS = date(2022, 1, 1)
NOW = 300.0


def plain_scenario(**more: Any) -> Scenario:
    """Four sites alike that open on day 0, no screening, no losses."""
    data: dict[str, Any] = {
        "name": "plain",
        "trial": {"target": 120, "enrolment_opens": OPENS, "horizon_months": 400},
        "arms": {"A": {"allocation": 1}},
        "sites": {"clinic": {"count": 4, "referrals_per_month": {"uncertain": "gamma", "mean": 1.0, "cv": 0.05}}},
    }
    return scenario_from_mapping(data | more)


def trial_at(days: np.ndarray, last: float, sites: int = 4, **columns: Any) -> ObservedTrial:
    """A trial whose sites, all opened on day 0, randomised on the given days in turn."""
    people = nobody(len(days)) | {"randomised": np.sort(days), "site": np.arange(len(days)) % sites} | columns
    records = tuple(SiteRecord(f"clinic {i + 1}", activated=0.0) for i in range(sites))
    return ObservedTrial(
        "test", "test", OPENS, OPENS + timedelta(days=int(last) - 1), People(**people), records, has_sites=True
    )


def _log(scenario: Scenario, state: ObservedState, replication: int = 0, seed: int = 1) -> Log:
    return ContinuedTrial(Batch(Design(scenario), seed, replication, 1, observed=state), replication).run()


# --- known answers


def test_constant_rates_give_the_pearson_vi_distribution() -> None:
    """Sites all alike, no losses: gamma posteriors by site, and the time left is a beta prime variable."""
    cv, n, target = 0.5, 40, 120
    scenario = plain_scenario(
        sites={"clinic": {"count": 4, "referrals_per_month": 1.2, "between_site_cv": cv}},
    )
    start = start_from(scenario, trial_at((np.arange(n) + 0.5) * NOW / n, NOW), 3, draws=1500, is_constant=True)
    found = simulate_cases([Case("f", start.scenario, start.state, 1500)], 3, None)[0]
    left = (found.days("last_randomised") - NOW) / 30.4375
    shape, exposure = 1 / cv**2, 1 / cv**2 / 1.2
    exact = stats.betaprime(target - n, 4 * shape + n, scale=exposure + NOW / 30.4375)
    assert stats.kstest(left, exact.cdf).pvalue > 0.002
    by_day_600 = found.counts(np.array([600.0]))[:, 0] - n
    months = (600 - NOW) / 30.4375
    rate = exposure + NOW / 30.4375
    assert by_day_600.mean() == pytest.approx(
        stats.nbinom(4 * shape + n, rate / (rate + months)).mean(), abs=4 * by_day_600.std() / np.sqrt(1500)
    )


def test_a_site_that_is_planned_to_close_counts_until_then() -> None:
    """Two of four sites close on day 400: gamma posteriors by site, over 100 days for them and 300 for the others."""
    cv, n, months = 0.5, 40, 30.4375
    sites = {"clinic": {"count": 4, "referrals_per_month": 1.2, "between_site_cv": cv, "closes": "2022-06-01"}}
    trial = trial_at((np.arange(n) + 0.5) * NOW / n, NOW)
    closing = (400.0, 400.0, 5000.0, 5000.0)  # later than the scenario says, so that the table comes first
    records = tuple(replace(site, closing=day) for site, day in zip(trial.sites, closing, strict=True))
    scenario = plain_scenario(sites=sites, trial={"target": 400, "enrolment_opens": OPENS, "horizon_months": 20})
    start = start_from(scenario, replace(trial, sites=records), 3, draws=300, is_constant=True)
    assert start.recruits_until == 5000.0
    found = simulate_cases([Case("f", start.scenario, start.state, 300)], 3, None)[0]
    more = found.counts(np.array([400.0, 600.0])) - n
    rate = (1 / cv**2 + n / 4) / (1 / cv**2 / 1.2 + NOW / months)
    expected = rate * np.array([4 * 100, 4 * 100 + 2 * 200]) / months
    assert np.all(np.abs(more.mean(axis=0) - expected) < 4 * more.std(axis=0) / np.sqrt(300))
    rows = EventIndex(_log(start.scenario, start.state)).of(events.REFERRED)
    assert set(rows[rows[:, TIME] > 400.0, 2].astype(int)) == {2, 3}


def test_without_drift_the_calendar_is_as_it_was() -> None:
    calendar = Steps(np.array([0.0, 10.0]), np.array([1.0, 0.5]), 100.0)
    assert ObservedState(5.0).drifting(calendar, 0) is calendar


def test_drift_multiplies_the_calendar_from_now_on() -> None:
    calendar = Steps(np.array([0.0, 10.0, 20.0]), np.array([1.0, 0.5, 2.0]), 100.0)
    state = ObservedState(15.0, edges=np.array([15.0, 22.0, 30.0]), drift=np.array([[3.0, 4.0], [1.0, 1.0]]))
    found = state.drifting(calendar, 0)
    assert found.edges.tolist() == [0.0, 10.0, 15.0, 20.0, 22.0, 100.0]
    assert found.values.tolist() == [1.0, 0.5, 1.5, 6.0, 8.0]
    assert state.drifting(calendar, 3).values.tolist() == [1.0, 0.5, 0.5, 2.0, 2.0]


def test_the_rate_of_the_open_sites_is_that_of_the_drifting_rate() -> None:
    """What simulated trials randomise in the next 90 days agrees with the forecast that has a track record."""
    from sim.forecast.rate.outlook import look_ahead

    n = 60
    trial = trial_at((np.arange(n) + 0.5) * NOW / n, NOW)
    start = start_from(plain_scenario(trial={"target": 400, "enrolment_opens": OPENS}), trial, 5, draws=600)
    found = simulate_cases([Case("f", start.scenario, start.state, 600)], 5, None)[0]
    simulated = found.counts(np.array([NOW + 90]))[:, 0] - n
    assert start.posterior is not None
    expected = look_ahead(start.posterior, 4000, 9).more_by(NOW + 90)
    error = np.hypot(simulated.std() / np.sqrt(600), expected.std() / np.sqrt(4000))
    assert simulated.mean() == pytest.approx(expected.mean(), abs=4 * error)


# --- what was observed stays as it was


ARMS = {"A": {"allocation": 1, "doses": {"weeks": [0, 1, 2, 3], "cells_per_kg": 0}}, "B": {"allocation": 1}}
FOLLOW_UP = {
    "visit_weeks": [4, 12, 24],
    "primary_endpoint_week": 24,
    "leaving": {"death": {24: 0.2}, "withdrawal": {24: 0.2}},
}


@pytest.fixture(scope="module")
def followed() -> tuple[Scenario, ObservedState]:
    """A trial with doses and follow-up: 12 in, one left, one completed, two in screening, one site closed."""
    scenario = plain_scenario(
        arms=ARMS,
        follow_up=FOLLOW_UP,
        trial={"target": 30, "enrolment_opens": OPENS},
        patients={"conditions": {"ill": 0.3}},
        screening={
            "criteria": {"ill": {"stage": "tests", "none": ["ill"]}},
            "days": {"dist": "uniform", "low": 5, "high": 15},
        },
    )
    people = [KnownPerson(("clinic", i % 4), 20.0 * i, 20.0 * i + 8, arm=i % 2) for i in range(12)]
    people[2] = replace(people[2], ended=100.0, way_out=0)
    people[0] = replace(people[0], ended=180.0)
    people += [KnownPerson(("clinic", 0), 236.0), KnownPerson(("clinic", 1), 238.0)]
    sites = {("clinic", i): KnownSite(activated=10.0 * i, rate=i) for i in range(4)}
    sites[("clinic", 3)] = KnownSite(activated=30.0, closed=235.0)
    state = ObservedState(240.0, sites, tuple(people), rates=np.full((1, 4), 1.0), passing=0.7)
    return scenario, state


def test_observed_participants_are_randomised_when_they_were(followed: tuple[Scenario, ObservedState]) -> None:
    scenario, state = followed
    for replication in range(5):
        index = EventIndex(_log(scenario, state, replication))
        rows = index.of(events.RANDOMISED)
        assert rows[:12, TIME].tolist() == [20.0 * i + 8 for i in range(12)]
        assert rows[:12, CODE].tolist() == [i % 2 for i in range(12)]
        assert (rows[12:, TIME] > state.now).all()
        assert len(rows) == 30


def test_those_who_left_left_when_they_did_and_the_others_are_still_in(
    followed: tuple[Scenario, ObservedState],
) -> None:
    scenario, state = followed
    left_later = 0
    for replication in range(30):
        index = EventIndex(_log(scenario, state, replication))
        randomised = index.keys(index.of(events.RANDOMISED)[:12])
        left = index.of(events.LEFT)
        before = left[left[:, TIME] <= state.now]
        assert before[:, TIME].tolist() == [100.0]
        assert index.keys(before).tolist() == [randomised[2]]
        completed = index.of(events.COMPLETED)
        early = completed[completed[:, TIME] <= state.now]
        assert 180.0 in early[:, TIME]
        left_later += int(np.isin(index.keys(left[left[:, TIME] > state.now]), randomised).sum())
    assert left_later > 0


def test_survival_goes_on_from_the_data() -> None:
    """Of those in for 12 weeks, the share that leaves by week 24 is (F(24) - F(12)) / (1 - F(12))."""
    scenario = plain_scenario(
        follow_up=FOLLOW_UP | {"leaving": {"death": {12: 0.3, 24: 0.5}}},
        trial={"target": 400, "enrolment_opens": OPENS},
    )
    people = tuple(KnownPerson(("clinic", 0), 16.0, 16.0 + 1e-3 * i) for i in range(399))
    sites = {("clinic", 0): KnownSite(activated=0.0, rate=0)}
    state = ObservedState(100.0, sites, people, rates=np.full((1, 1), 30.0))
    shares = []
    for replication in range(8):
        index = EventIndex(_log(scenario, state, replication))
        known = index.keys(index.of(events.RANDOMISED)[:399])
        shares.append(np.isin(index.keys(index.of(events.LEFT)), known).sum() / 399)
    expected = (0.5 - 0.3) / (1 - 0.3)
    assert np.mean(shares) == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / (8 * 399)))


def test_those_in_screening_have_their_results_after_the_data(followed: tuple[Scenario, ObservedState]) -> None:
    scenario, state = followed
    passed = 0
    for replication in range(40):
        index = EventIndex(_log(scenario, state, replication))
        started = index.of(events.SCREENING_STARTED)
        known = index.keys(started[np.isin(started[:, TIME], (236.0, 238.0))])
        assert len(known) == 2
        results = [index.of(kind) for kind in (events.SCREENING_PASSED, events.SCREENING_FAILED)]
        for rows in results:
            assert (rows[np.isin(index.keys(rows), known), TIME] > state.now).all()
        passed += int(np.isin(index.keys(results[0]), known).sum())
    assert passed / 80 == pytest.approx(0.7, abs=4 * np.sqrt(0.7 * 0.3 / 80))


def test_doses_go_on_where_they_were(followed: tuple[Scenario, ObservedState]) -> None:
    """Everyone of arm A who stays has four doses, the last three weeks after the first, whenever they entered."""
    scenario, state = followed
    index = EventIndex(_log(scenario, state))
    given = index.of(events.DOSE_GIVEN)
    last = index.of(events.RANDOMISED)[10]  # randomised on day 208, in arm A
    mine = given[index.keys(given) == index.keys(last[None, :])[0], TIME]
    assert len(mine) == 4
    assert mine[0] == pytest.approx(208.0, abs=2.0)
    assert (mine > 208).all()


def test_a_closed_site_takes_nobody_more(followed: tuple[Scenario, ObservedState]) -> None:
    scenario, state = followed
    for replication in range(5):
        rows = EventIndex(_log(scenario, state, replication)).of(events.REFERRED)
        assert not ((rows[:, 2] == 3) & (rows[:, TIME] > 235.0)).any()


def test_nobody_is_lost(followed: tuple[Scenario, ObservedState]) -> None:
    """Referred = randomised + failed + refused + turned away, the known among them."""
    scenario, state = followed
    for replication in range(10):
        index = EventIndex(_log(scenario, state, replication))
        inn = index.count(events.REFERRED) + index.ended_at_once()
        out = sum(
            index.count(kind)
            for kind in (events.RANDOMISED, events.SCREENING_FAILED, events.TURNED_AWAY, events.CONSENT_REFUSED)
        )
        assert inn == out + index.ended_at_once()


def test_the_base_scenario_goes_on_with_its_board_and_cells() -> None:
    """18 of 45 in after eleven months, in a scenario with everything; cells still add up."""
    scenario = load_scenario("base")
    places = [("national_liver_centre", 0), ("general_hospital", 0), ("general_hospital", 1)]
    days = np.linspace(60.0, 325.0, 18)
    people = tuple(KnownPerson(places[i % 3], day - 4, float(day)) for i, day in enumerate(days.tolist()))
    sites = {key: KnownSite(activated=40.0, rate=i) for i, key in enumerate(places)}
    state = ObservedState(
        335.0, sites, people, rates=np.full((1, 3), 0.6), passing=0.1, mean_consent=0.65, pipeline_days=7.0
    )
    from sim.analysis.reduce import Reducer
    from sim.experiment.replicate import replicate_chunk

    reducer = Reducer(Design(scenario))
    chunk = replicate_chunk(reducer, 1, 0, 24, observed=state)
    assert not chunk.failures
    values = dict(zip(reducer.names, chunk.values.T, strict=True))
    for randomised in chunk.randomised_days:
        assert randomised[:18].tolist() == days.tolist()
        assert (randomised[18:] > 335.0).all()
    parts = ("failed", "infused", "lost", "expired", "discarded", "in_stock")
    total = sum(values[f"cells_{part}"] for part in parts)
    assert total == pytest.approx(values["cells_opening"] + values["cells_made"], rel=1e-9)


def test_late_sites_open_after_the_data(followed: tuple[Scenario, ObservedState]) -> None:
    scenario = plain_scenario(
        sites={
            "clinic": {
                "count": 3,
                "referrals_per_month": 1,
                "activation_delay_days": {"dist": "uniform", "low": 0, "high": 300},
            }
        }
    )
    state = ObservedState(100.0, {("clinic", 0): KnownSite(activated=5.0), ("clinic", 1): KnownSite(planned=150.0)})
    days = Batch(Design(scenario), 1, 0, 200, observed=state).sites(Design(scenario).groups[0])[1]
    assert (days[0] == 5.0).all()
    assert (days[1] == 150.0).all()
    assert days[2].min() > 100.0
    assert days[2].mean() == pytest.approx(200.0, abs=15.0)


def test_runs_without_data_are_as_they_were() -> None:
    """A batch that knows of no data gives the trials that it gave before there was such a thing."""
    design = Design(load_scenario("base"))
    alone = Trial(Batch(design, 4, 3, 1), 3).run().table()
    together = Trial(Batch(design, 4, 0, 6, observed=None), 3).run().table()
    assert alone.tobytes() == together.tobytes()


# --- the whole forecast


def test_a_scenario_paired_with_itself_differs_by_nothing() -> None:
    scenario = plain_scenario(follow_up={"visit_weeks": [4.0], "primary_endpoint_week": 4.0})
    answer = forecast(
        scenario,
        trial_at((np.arange(30) + 0.5) * 8, 240.0),
        [WhatIf("the same", scenario)],
        replications=40,
        seed=2,
        execution=ALONE,
    )
    assert {estimate.value for estimate in answer.what_ifs[0].days.values()} == {0.0}
    assert answer.what_ifs[0].futures.values.tobytes() == answer.futures.values.tobytes()


def test_more_sites_are_sooner_and_known_sites_live_the_same_lives() -> None:
    scenario = plain_scenario()
    more = plain_scenario(
        sites={"clinic": {"count": 8, "referrals_per_month": {"uncertain": "gamma", "mean": 1.0, "cv": 0.05}}}
    )
    trial = trial_at((np.arange(30) + 0.5) * 8, 240.0)
    answer = forecast(scenario, trial, [WhatIf("more", more)], replications=60, seed=2, execution=ALONE)
    moved = answer.what_ifs[0].days["last_randomised"]
    assert moved.high is not None
    assert moved.high < 0


def test_a_forecast_does_not_depend_on_how_many_processes() -> None:
    scenario = plain_scenario()
    trial = trial_at((np.arange(30) + 0.5) * 8, 240.0)
    start = start_from(scenario, trial, 2, draws=200)
    cases = [Case("f", start.scenario, start.state, 200)]
    one = simulate_cases(cases, 2, None)[0]
    with simulators(2) as workers:
        two = simulate_cases(cases, 2, workers)[0]
    assert one.values.tobytes() == two.values.tobytes()


def test_changes_add_up_to_the_whole() -> None:
    trial = trial_at((np.arange(20) + 0.5) * 15, NOW)
    answer = forecast(plain_scenario(), trial, replications=50, seed=1, execution=ALONE)
    *parts, total = answer.changes
    for name in ("last_randomised", "database_lock"):
        assert sum(part.days[name].value for part in parts) == pytest.approx(total.days[name].value, abs=1e-6)
    by_cause = {change.cause: change.days["last_randomised"].value for change in answer.changes}
    assert by_cause["rate"] > 100  # 20 in 300 days, where the plan had four a month
    assert abs(by_cause["sites"]) < 1e-6  # all open on day 0, as planned


def test_the_needed_rate_is_what_is_left_over_the_time_that_is_left() -> None:
    scenario = plain_scenario(
        trial={"target": 120, "enrolment_opens": OPENS, "planned": {"primary_completion": date(2023, 8, 1)}},
        follow_up={"visit_weeks": [4.0], "primary_endpoint_week": 4.0},
    )
    trial = trial_at((np.arange(20) + 0.5) * 15, NOW)
    needed = forecast(scenario, trial, replications=20, seed=1, execution=ALONE).needed[0]
    assert needed.randomised_by == date(2023, 7, 4)
    months = (date(2023, 7, 4) - trial.last).days / 30.4375
    assert needed.per_month == pytest.approx(100 / months)
