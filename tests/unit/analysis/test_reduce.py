"""Measures of trials that are written down event by event, counted by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.logs import Logs
from sim.analysis.measures import MILESTONES
from sim.analysis.reduce import MilestoneReducer, OutcomeReducer, Reducer
from sim.core import events as e
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import EndedAtOnce, Log
from sim.experiment.laboratory import COLUMNS

ARMS = {"A": {"allocation": 2, "doses": {"weeks": [0, 1], "cells_per_kg": 1.0}}, "B": {}}
FOLLOW_UP = {"visit_weeks": [4, 8], "primary_endpoint_week": 4, "leaving": {"death": {8: 0.1}, "lost": {8: 0.1}}}


def reduced(log: Log, uncertain: dict[str, float] | None = None, **changes: Any) -> dict[str, float]:
    scenario = {
        "trial": {"target": 2},
        "arms": ARMS,
        "follow_up": FOLLOW_UP,
        "sites": {"s": {"count": 2, "referrals_per_month": 1.0, "coordinators": 2, "infusion_bays": 1}},
    }
    reducer = Reducer(Design(scenario_of(**{**scenario, **changes})))
    return dict(zip(reducer.names, reducer(Logs.of(log), [uncertain or {}]).measures[0].tolist(), strict=True))


def person(referral: int, start: float, number: int, arm: int) -> list[tuple[float, ...]]:
    """Somebody who is screened for four days by a coordinator who comes after one, and waits two days for a place."""
    return [
        (start, e.REFERRED, 0, referral),
        (start, e.CONSENT_GIVEN, 0, referral, 1),
        (start + 1, e.SCREENING_STARTED, 0, referral, 1),
        (start + 5, e.SCREENING_PASSED, 0, referral, 1),
        (start + 7, e.RANDOMISED, 0, referral, number, arm),
    ]


TRIAL = [
    (-10.0, e.SITE_ACTIVATED, 0),
    (20.0, e.SITE_ACTIVATED, 1),
    *person(0, 3.0, 1, 0),
    *person(1, 13.0, 2, 1),
    (20.0, e.RECRUITMENT_CLOSED, -1, -1, 0, e.RECRUITED),
]
FOLLOWED = [
    *TRIAL,
    (30.0, e.DOSE_DUE, 0, 0, 1),
    (30.0, e.DOSE_STARTED, 0, 0, 1, 0, 0.2),
    (31.0, e.DOSE_GIVEN, 0, 0, 1, 0, 50.0),
    (38.0, e.DOSE_DUE, 0, 0, 2),
    (39.0, e.DOSE_STARTED, 0, 0, 2, 0, 1.0),
    (41.0, e.DOSE_GIVEN, 0, 0, 2, 0, 50.0),
    (42.0, e.REACTION, 0, 0, 2, e.SEVERE),
    (45.0, e.LEFT, 0, 1, 2, 1),
    (66.0, e.COMPLETED, 0, 0, 1),
    (80.0, e.DATABASE_LOCKED),
    (80.0, e.TRIAL_ENDED, -1, -1, 0, e.ENDED_COMPLETE),
]
VISITS = ((38.0, e.VISIT_DONE, 0, 0, 4), (43.0, e.VISIT_MISSED, 0, 1, 4), (66.0, e.VISIT_DONE, 0, 0, 8))


def test_days_of_the_milestones() -> None:
    found = reduced(log_of(*FOLLOWED, visits=VISITS))
    assert {name: found[f"day_{name}"] for name in MILESTONES} == {
        "first_site_active": -10.0,
        "first_referral": 3.0,
        "first_randomised": 10.0,
        "randomised_25pct": 10.0,
        "randomised_50pct": 10.0,
        "randomised_75pct": 20.0,
        "randomised_100pct": 20.0,
        "last_randomised": 20.0,
        "last_dose": 41.0,
        "primary_completion": 43.0,
        "last_visit": 66.0,
        "database_lock": 80.0,
    }
    assert (found["outcome"], found["reached"], found["day_end"]) == (e.ENDED_COMPLETE, 1.0, 80.0)


def test_who_leaves_before_the_primary_visit_completes_it_by_leaving() -> None:
    """Without the missed visit, the second participant's leaving on day 45 is what was waited for."""
    found = reduced(log_of(*FOLLOWED, visits=(VISITS[0], VISITS[2])))
    assert found["day_primary_completion"] == 45.0


def test_who_is_still_in_has_not_completed() -> None:
    """One participant out of two, and one primary visit: last visit and primary completion are never, so far."""
    rows = [row for row in FOLLOWED if row[1] not in (e.LEFT, e.DATABASE_LOCKED)]
    found = reduced(log_of(*rows, visits=(VISITS[0], VISITS[2])))
    for name in ("last_visit", "last_dose", "primary_completion", "database_lock"):
        assert math.isnan(found[f"day_{name}"]), name
    assert found["n_following"] == 1


def test_a_target_that_is_not_met_has_no_last_randomisation() -> None:
    """One of two: a quarter and a half were reached, the rest never."""
    rows = [*TRIAL[:7], (100.0, e.TRIAL_ENDED, -1, -1, 0, e.ENDED_HORIZON)]
    found = reduced(log_of(*rows))
    assert (found["outcome"], found["reached"]) == (e.ENDED_HORIZON, 0.0)
    assert (found["day_randomised_50pct"], found["day_first_randomised"]) == (10.0, 10.0)
    for name in ("randomised_75pct", "last_randomised", "last_visit", "primary_completion", "database_lock"):
        assert math.isnan(found[f"day_{name}"]), name


def test_a_trial_that_must_replace_somebody_has_not_reached_its_target() -> None:
    rows = [*TRIAL, (50.0, e.RECRUITMENT_REOPENED), (100.0, e.TRIAL_ENDED, -1, -1, 0, e.ENDED_HORIZON)]
    assert reduced(log_of(*rows))["reached"] == 0.0
    rows = [*TRIAL[:-1], (20.0, e.RECRUITMENT_CLOSED, -1, -1, 0, e.RECRUITMENT_NO_SITES), (21.0, e.TRIAL_ENDED)]
    assert reduced(log_of(*rows))["reached"] == 0.0


def test_a_trial_without_follow_up_is_complete_with_its_last_randomisation() -> None:
    rows = [
        *TRIAL,
        (20.0, e.COMPLETED, 0, 0, 1),
        (20.0, e.COMPLETED, 0, 1, 2),
        (20.0, e.DATABASE_LOCKED),
        (20.0, e.TRIAL_ENDED),
    ]
    found = reduced(log_of(*rows), follow_up=None)
    assert found["day_primary_completion"] == found["day_last_visit"] == 20.0
    assert math.isnan(found["day_last_dose"])


EVENT_DRIVEN = {
    "visit_weeks": [4],
    "primary_completion": {"events": 2, "at_the_latest": "2025-01-01", "of": ["lost"]},
    "leaving": FOLLOW_UP["leaving"],
}


def test_an_event_driven_trial_is_complete_when_it_says_so() -> None:
    """Whatever was randomised; the number of events is what it said then."""
    rows = [row for row in FOLLOWED if row[1] != e.RECRUITMENT_CLOSED]
    rows.insert(-2, (70.0, e.PRIMARY_COMPLETED, -1, -1, 2, e.COMPLETED_EVENTS))
    found = reduced(log_of(*rows), follow_up=EVENT_DRIVEN)
    assert (found["day_primary_completion"], found["n_events"], found["reached"]) == (70.0, 2, 0.0)
    assert (found["day_last_visit"], found["day_database_lock"]) == (66.0, 80.0)
    assert math.isnan(found["day_last_randomised"])


def test_events_so_far_are_those_that_count() -> None:
    """One was lost, which counts; where only deaths count, none."""
    assert reduced(log_of(*FOLLOWED), follow_up=EVENT_DRIVEN)["n_events"] == 1
    of_deaths = {**EVENT_DRIVEN, "primary_completion": {"events": 2, "at_the_latest": "2025-01-01", "of": ["death"]}}
    assert reduced(log_of(*FOLLOWED), follow_up=of_deaths)["n_events"] == 0
    of_all = {**EVENT_DRIVEN, "primary_completion": {"events": 2, "at_the_latest": "2025-01-01"}}
    assert reduced(log_of(*FOLLOWED), follow_up=of_all)["n_events"] == 1
    assert reduced(log_of(*FOLLOWED))["n_events"] == 0


CRITERIA = {
    "one": {"stage": "chart", "none": ["x"], "item": "E1"},
    "two": {"stage": "tests", "none": ["x"], "item": "E2"},
}


def test_the_funnel_adds_up() -> None:
    """Everyone referred is in one place: 2 randomised, 1 each failed, lost, refused and still inside, 4 on the day."""
    rows = [
        *TRIAL,
        (21.0, e.REFERRED, 1, 0),
        (21.0, e.CONSENT_GIVEN, 1, 0, 1),
        (22.0, e.SCREENING_STARTED, 1, 0, 1),
        (23.0, e.SCREENING_FAILED, 1, 0, 2, e.FAIL_CRITERION + 1),
        (24.0, e.REFERRED, 1, 1),
        (24.0, e.CONSENT_GIVEN, 1, 1, 1),
        (25.0, e.PATIENT_LOST, 1, 1),
        (26.0, e.REFERRED, 1, 2),
        (26.0, e.CONSENT_REFUSED, 1, 2),
        (27.0, e.REFERRED, 1, 3),
        (27.0, e.TURNED_AWAY, 1, 3, 0, e.AWAY_CAP),
        (28.0, e.REFERRED, 1, 4),
        (28.0, e.CONSENT_GIVEN, 1, 4, 1),
        (29.0, e.CAP_REACHED, -1, -1, 2, 0),
        (90.0, e.TRIAL_ENDED, -1, -1, 0, e.ENDED_HORIZON),
    ]
    log = log_of(*rows)
    kinds = [e.CHART_FAILED, e.CHART_FAILED, e.CONSENT_REFUSED, e.TURNED_AWAY]
    none = np.zeros(4, dtype=np.int64)
    log.ended_at_once = EndedAtOnce(
        none, np.array([1.0, 2.0, 3.0, 4.0]), np.arange(4), np.array(kinds), np.array([1, 3, 0, 0]), none
    )
    log.ended_at_once.code[3] = e.AWAY_PAUSED
    found = reduced(
        log,
        caps={"full": {"randomised": 2}},
        screening={"criteria": CRITERIA},
        patients={"conditions": {"x": 0.1}},
    )
    assert found["n_referred"] == 11
    assert (found["n_chart_failed"], found["n_away_paused"], found["n_away_cap"]) == (2, 1, 1)
    assert (found["n_turned_away_by_full"], found["first_day_full_reached"]) == (1, 29.0)
    assert (found["n_consent_refused"], found["n_consented"], found["n_lost"]) == (2, 5, 1)
    assert (found["n_screened"], found["n_screening_failed"], found["n_eligible"]) == (3, 1, 2)
    assert (found["n_inside"], found["n_randomised"]) == (1, 2)
    assert (found["n_failed_first_one"], found["n_failed_only_one"]) == (2, 1)
    assert (found["n_failed_first_two"], found["n_failed_only_two"]) == (1, 1)
    assert found["day_first_referral"] == 1.0


def test_why_screening_ended() -> None:
    rows = [
        (1.0, e.SCREENING_FAILED, 0, 0, 0, e.FAIL_DETERIORATED),
        (2.0, e.SCREENING_FAILED, 0, 1, 0, e.FAIL_WINDOW),
        (3.0, e.SCREENING_FAILED, 0, 2, 0, e.FAIL_WINDOW),
        (9.0, e.TRIAL_ENDED),
    ]
    found = reduced(log_of(*rows))
    assert (found["n_deteriorated"], found["n_out_of_window"], found["n_screening_failed"]) == (1, 2, 3)


def test_participants_and_their_doses() -> None:
    found = reduced(log_of(*FOLLOWED, visits=VISITS))
    assert (found["n_randomised"], found["n_randomised_A"], found["n_randomised_B"]) == (2, 1, 1)
    assert (found["n_left_lost"], found["n_left_death"], found["n_completed"], found["n_following"]) == (1, 0, 1, 0)
    assert (found["n_visits_done"], found["n_visits_missed"]) == (2, 1)
    assert (found["n_doses_due"], found["n_doses_given"], found["n_doses_late"]) == (2, 2, 1)
    assert found["n_all_doses"] == 1
    assert (found["n_reactions_mild"], found["n_reactions_severe"]) == (0, 1)
    one_only = [row for row in FOLLOWED if not (row[1] == e.DOSE_GIVEN and row[4] == 2)]
    assert reduced(log_of(*one_only))["n_all_doses"] == 0


def test_the_largest_distance_from_the_ratio() -> None:
    """At 2:1, after A: 1 against 2/3; after A and B: 1 against 4/3 of A, and 1 against 2/3 of B."""
    assert reduced(log_of(*FOLLOWED))["max_imbalance"] == pytest.approx(1 / 3)
    three_of_b = [(float(i), e.RANDOMISED, 0, i, i, 1) for i in (1, 2, 3)]
    assert reduced(log_of(*three_of_b, (9.0, e.TRIAL_ENDED)))["max_imbalance"] == pytest.approx(2.0)


def test_waits_are_means_of_those_who_got_what_they_waited_for() -> None:
    found = reduced(log_of(*FOLLOWED))
    assert (found["wait_coordinator_days"], found["wait_place_days"]) == (1.0, 2.0)
    nobody = reduced(log_of((9.0, e.TRIAL_ENDED)))
    assert (nobody["wait_coordinator_days"], nobody["wait_place_days"], nobody["rate_per_month"]) == (0.0, 0.0, 0.0)


def test_how_busy_coordinators_and_bays_were() -> None:
    """Two coordinators at site 0 from day 0 to 20: 8 of 40 days. A bay at each site to day 41: 3 of 41 + 21 days."""
    found = reduced(log_of(*FOLLOWED))
    assert found["share_coordinators_busy"] == pytest.approx(8 / 40)
    assert found["share_bays_busy"] == pytest.approx(3 / (41 + 21))
    unlimited = {"s": {"count": 2, "referrals_per_month": 1.0}}
    found = reduced(log_of(*FOLLOWED), sites=unlimited)
    assert (found["share_coordinators_busy"], found["share_bays_busy"]) == (0.0, 0.0)


def test_a_site_that_closed_offers_no_coordinators() -> None:
    """Site 0 closed on day 10; screening that goes on beyond is not counted."""
    rows = sorted([*FOLLOWED, (10.0, e.SITE_CLOSED, 0)], key=lambda row: row[0])
    assert reduced(log_of(*rows))["share_coordinators_busy"] == pytest.approx(4 / 20)


def test_the_rate_is_from_the_first_site_to_the_last_participant() -> None:
    """Two in 30 days."""
    assert reduced(log_of(*FOLLOWED))["rate_per_month"] == pytest.approx(2 * MONTH_DAYS / 30)


def test_uncertain_values_are_kept_with_the_trial() -> None:
    rate = {"uncertain": "uniform", "low": 1.0, "high": 2.0}
    sites = {"s": {"count": 2, "referrals_per_month": rate}}
    path = "sites.s.referrals_per_month"
    assert reduced(log_of(*FOLLOWED), {path: 1.5}, sites=sites)[f"value_{path}"] == 1.5


def test_milestones_alone_are_the_same() -> None:
    design = Design(
        scenario_of(
            trial={"target": 2}, arms=ARMS, follow_up=FOLLOW_UP, sites={"s": {"count": 2, "referrals_per_month": 1}}
        )
    )
    whole, few = Reducer(design), MilestoneReducer(design)
    logs = Logs.of(log_of(*FOLLOWED, visits=VISITS))
    every, only = whole(logs, [{}]), few(logs, [{}])
    assert np.array_equal(every.randomised_days, [[10.0, 20.0]])
    assert np.array_equal(only.randomised_days, every.randomised_days)
    for name, a, b in zip(whole.names, every.measures[0], only.measures[0], strict=True):
        if name.startswith("day_") or name in ("outcome", "reached"):
            assert a == b, name
        else:
            assert math.isnan(b), name


def test_outcomes_alone_are_the_same() -> None:
    """An uncertain price is this trial's there too."""
    uncertain = {"uncertain": "uniform", "low": 1.0, "high": 9.0}
    settings: dict[str, Any] = {"trial": {"target": 2}, "arms": ARMS, "follow_up": FOLLOW_UP}
    settings["sites"] = {"s": {"count": 2, "referrals_per_month": 1}}
    logs, price = Logs.of(log_of(*FOLLOWED, visits=VISITS)), [{"costs.screening": 4.5}]
    for costs in ({}, {"costs": {"currency": "EUR", "screening": uncertain}}):
        design = Design(scenario_of(**settings, **costs))
        whole, few = Reducer(design), OutcomeReducer(design)
        given = price if costs else [{}]
        every = dict(zip(whole.names, whole(logs, given).measures[0].tolist(), strict=True))
        only = dict(zip(few.names, few(logs, given).measures[0].tolist(), strict=True))
        wanted = [name for name in COLUMNS if name in every]
        assert [every[name] for name in wanted] == [only[name] for name in wanted]
        assert not costs or only["cost"] == 9.0


def test_costs_are_measured_where_the_scenario_has_them() -> None:
    """Two screenings at three each."""
    found = reduced(log_of(*FOLLOWED), costs={"currency": "EUR", "screening": 3.0})
    assert (found["cost"], found["cost_screening"], found["cost_sites"]) == (6.0, 6.0, 0.0)
    assert "cost" not in reduced(log_of(*FOLLOWED))


def test_an_arm_counts_for_the_imbalance_from_the_day_on_which_it_opens_to_that_on_which_it_closes() -> None:
    """Two in A before B opens are what is due; then 2/3 more, and after A closes all are due in B."""
    people = [(10.0, e.RANDOMISED, 0, 0, 1, 0), (14.0, e.RANDOMISED, 0, 1, 2, 0)]
    late = {"late": {"at_randomised": 1, "opens_arms": "B"}}
    end = (99.0, e.TRIAL_ENDED)
    assert reduced(log_of(*people, end), amendments=late)["max_imbalance"] == 0.0
    opened = [*people, (15.0, e.ARM_OPENED, -1, -1, 0, 1), (16.0, e.RANDOMISED, 0, 2, 3, 1)]
    assert reduced(log_of(*opened, end), amendments=late)["max_imbalance"] == pytest.approx(2 / 3)
    closed = [*opened, (17.0, e.ARM_CLOSED, -1, -1, 0, 0)]
    closed += [(18.0 + i, e.RANDOMISED, 0, 3 + i, 4 + i, 0) for i in range(2)]
    assert reduced(log_of(*closed, end), amendments=late)["max_imbalance"] == pytest.approx(2 - 2 / 3)
    reducer = Reducer(Design(scenario_of(trial={"target": 2}, arms=ARMS, amendments=late)))
    logs = Logs.joined([Logs.of(log_of(*rows, end)) for rows in (closed, people, opened)])
    found = reducer(logs, [{}] * 3).measures[:, reducer.names.index("max_imbalance")]
    assert found.tolist() == pytest.approx([4 / 3, 0.0, 2 / 3]), "each replication begins from nobody"
