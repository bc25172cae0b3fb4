"""What must hold in every trial of every scenario: nobody and nothing is lost, and nothing happens twice."""

from __future__ import annotations

import gc
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_scenarios import scenarios

from sim.analysis.measures import PATH_MILESTONES, STEPS, path_name
from sim.analysis.reduce import Reducer
from sim.core import events as e
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, PERSON, SITE, TIME
from sim.experiment.replicate import replicate, replicate_chunk
from sim.processes.cells import Bank, Unlimited
from sim.scenario.load import load_scenario, scenario_from_mapping
from sim.trial import Trial


def _by_person(rows: np.ndarray) -> dict[tuple[float, float], list[np.ndarray]]:
    people = defaultdict(list)
    for row in rows:
        if row[PERSON] >= 0:
            people[row[SITE], row[PERSON]].append(row)
    return people


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=scenarios(), seed=st.integers(0, 2**32))
def test_conservation(data: dict[str, Any], seed: int) -> None:
    """Whatever the scenario: every patient, participant, dose and cell is accounted for, in order of time."""
    design = Design(scenario_from_mapping(data))
    trial = Trial(Batch(design, seed, 0, 1), 0)
    rows = trial.run().table()
    assert np.all(np.diff(rows[:, TIME]) >= 0), "events in order of time"
    assert rows[-1, KIND] == e.TRIAL_ENDED
    assert rows[-1, TIME] <= design.horizon_days + 1e-9
    people = _by_person(rows)
    _patients_end_once(people)
    _participants_leave_once(people)
    _participants_leave_when_they_must(trial, people)
    _doses_end_once(people)
    _deliveries_end_once(people)
    _bays_hold(design, rows)
    _coordinators_hold(design, rows)
    _cells_are_where_the_log_says(trial, rows)
    _caps_hold(design, rows)
    _start_up_holds(design, rows)
    _risks_hold(design, rows)
    _measures_add_up(trial, seed)


def _caps_hold(design: Design, rows: np.ndarray) -> None:
    """No cap is exceeded; it is full when the log says so, and people are turned away at it only while it is full."""
    full: dict[tuple[float, float], float] = {}
    for row in rows:
        if row[KIND] in (e.CAP_REACHED, e.CAP_OPENED):
            cap = design.scenario.caps[design.caps[int(row[CODE])]]
            assert (row[NUMBER] >= cap.limit) == (row[KIND] == e.CAP_REACHED)
            full[row[CODE], row[SITE]] = full.get((row[CODE], row[SITE]), 0) + (1 if row[KIND] == e.CAP_REACHED else -1)
        elif row[KIND] == e.TURNED_AWAY and row[CODE] >= e.AWAY_CAP:
            code = row[CODE] - e.AWAY_CAP
            assert full.get((code, -1.0), 0) > 0 or full.get((code, row[SITE]), 0) > 0
    for code, name in enumerate(design.caps):
        cap = design.scenario.caps[name]
        if cap.overrun == "turn_away":
            reached = rows[(rows[:, KIND] == e.CAP_REACHED) & (rows[:, CODE] == code), NUMBER]
            assert np.all(reached == cap.limit), name


def _start_up_holds(design: Design, rows: np.ndarray) -> None:
    """No step begins before all that it waits for is over, and no site opens before its last step, or without it."""
    done = {(int(r[CODE]), int(r[NUMBER]) or -1 - int(r[SITE])): r for r in rows[rows[:, KIND] == e.STEP_DONE]}
    assert len(done) == np.count_nonzero(rows[:, KIND] == e.STEP_DONE), "a step is done once"
    opened = {int(row[SITE]): row[TIME] for row in rows[rows[:, KIND] == e.SITE_ACTIVATED]}
    for group in design.groups:
        for site in range(group.first_site, group.first_site + group.count):
            for step in group.network:
                event = done.get((step.code, step.place_number or -1 - site))
                if event is None:
                    assert site not in opened
                    continue
                assert event[TIME] <= opened.get(site, np.inf)
                for other in group.network:
                    if other.code in step.after:
                        before = done[other.code, other.place_number or -1 - site]
                        assert before[TIME] <= event[TIME] - event[AMOUNT] + 1e-6


def _risks_hold(design: Design, rows: np.ndarray) -> None:
    """A risk strikes at most once, and while one keeps recruitment closed nobody is referred at the sites it names."""
    struck = rows[rows[:, KIND] == e.RISK_STRUCK]
    assert len(set(struck[:, CODE].tolist())) == len(struck)
    groups = np.array([group.name for group in design.groups for _ in range(group.count)])
    referred = rows[rows[:, KIND] == e.REFERRED]
    for row in struck:
        risk = design.risks[int(row[CODE])]
        if risk.rule.delays == "recruitment":
            here = np.isin(groups[referred[:, SITE].astype(int)], sorted(risk.groups))
            inside = (referred[:, TIME] > row[TIME]) & (referred[:, TIME] < row[TIME] + row[AMOUNT])
            assert not np.any(here & inside)


def _patients_end_once(people: dict[tuple[float, float], list[np.ndarray]]) -> None:
    """Referred once; then refused, lost, failed, turned away, randomised, or still inside."""
    ends = {e.CHART_FAILED, e.TURNED_AWAY, e.CONSENT_REFUSED, e.PATIENT_LOST, e.SCREENING_FAILED, e.RANDOMISED}
    for rows in people.values():
        kinds = [int(row[KIND]) for row in rows]
        assert kinds.count(e.REFERRED) == 1
        assert kinds[0] == e.REFERRED
        ended = [i for i, kind in enumerate(kinds) if kind in ends]
        assert len(ended) <= 1
        if ended and kinds[ended[0]] != e.RANDOMISED:
            assert ended[0] == len(kinds) - 1, "nothing after a patient is out"


def _participants_leave_once(people: dict[tuple[float, float], list[np.ndarray]]) -> None:
    """Every participant leaves or completes at most once, and nothing but their replacement comes after it."""
    for rows in people.values():
        kinds = [int(row[KIND]) for row in rows]
        out = [i for i, kind in enumerate(kinds) if kind in (e.LEFT, e.COMPLETED)]
        assert len(out) <= 1
        if out:
            assert e.RANDOMISED in kinds
            assert kinds[out[0] + 1 :] in ([], [e.REPLACED])


def _participants_leave_when_they_must(trial: Trial, people: dict[tuple[float, float], list[np.ndarray]]) -> None:
    """Participants are numbered in order; each is out on the day that was settled for them, whatever they were at."""
    end = trial.world.env.now
    followed = trial.follow_ups._followed
    assert [person.number for person in followed] == list(range(1, len(followed) + 1))
    for person in followed:
        rows = people[person.site.index, person.referral]
        randomised = [row[NUMBER] for row in rows if row[KIND] == e.RANDOMISED]
        out = [(row[TIME], row[NUMBER]) for row in rows if row[KIND] in (e.LEFT, e.COMPLETED)]
        assert randomised == [person.number]
        if trial.follow_ups.rules is not None:
            assert out == [(person.ends, person.number)] if person.ends < end else len(out) <= 1


def _doses_end_once(people: dict[tuple[float, float], list[np.ndarray]]) -> None:
    """A due dose is given or missed, or its participant left; a thawed one is given or lost."""
    for rows in people.values():
        is_out = any(row[KIND] in (e.LEFT, e.COMPLETED) for row in rows)
        for number in {row[NUMBER] for row in rows if row[KIND] == e.DOSE_DUE}:
            kinds = [
                int(row[KIND]) for row in rows if row[NUMBER] == number and row[KIND] in range(e.DOSE_DUE, e.REACTION)
            ]
            assert kinds.count(e.DOSE_GIVEN) + kinds.count(e.DOSE_MISSED) <= 1
            started, done = kinds.count(e.DOSE_STARTED), kinds.count(e.DOSE_GIVEN) + kinds.count(e.DOSE_LOST)
            assert 0 <= started - done <= (0 if is_out else 1)


def _deliveries_end_once(people: dict[tuple[float, float], list[np.ndarray]]) -> None:
    """What leaves with a courier arrives or is lost, one at a time for a dose; a dose needs one that came."""
    for rows in people.values():
        for number in {row[NUMBER] for row in rows if row[KIND] == e.COURIER_SENT}:
            out = there = False
            for row in rows:
                if row[NUMBER] != number:
                    continue
                if row[KIND] == e.COURIER_SENT:
                    assert not out
                    out, there = True, False
                elif row[KIND] == e.COURIER_ARRIVED:
                    assert out
                    there = True
                elif row[KIND] == e.COURIER_LOST:
                    assert out
                    assert there or row[CODE] != e.LOST_TOO_OLD
                    out = there = False
                elif row[KIND] == e.DOSE_STARTED:
                    assert there
                    out = there = False


def _most_at_once(rows: np.ndarray, start: int, ends: tuple[int, ...], site: int) -> int:
    """Largest number of stays at a site that overlap; at one instant, ends come before starts."""
    here = rows[rows[:, SITE] == site]
    steps = [(row[TIME], 1 if row[KIND] == start else -1) for row in here if row[KIND] == start or row[KIND] in ends]
    level = most = 0
    for _, step in sorted(steps, key=lambda pair: (pair[0], pair[1])):
        level += step
        most = max(most, level)
    return most


def _bays_hold(design: Design, rows: np.ndarray) -> None:
    """Never more in a site's bays than it has."""
    bays = [g.settings.infusion_bays for g in design.groups for _ in range(g.count)]
    for site, limit in enumerate(bays):
        if limit is not None:
            assert _most_at_once(rows, e.DOSE_STARTED, (e.DOSE_GIVEN, e.DOSE_LOST), site) <= limit


@pytest.mark.parametrize("n_bays", [1, 2])
def test_bays_that_many_want_are_full_and_never_fuller(n_bays: int) -> None:
    """Infusions of ten days, and two weeks in which each may begin: a site's bays are all taken, and no more."""
    long = ["treatment.bay_hours=240", "treatment.window_days=14", f"site_defaults.infusion_bays={n_bays}"]
    design = Design(load_scenario("base", [*long, "cells=null", "sites.national_liver_centre.referrals_per_month=60"]))
    most = 0
    for replication in range(3):
        rows = replicate(design, 5, replication).table()
        found = [_most_at_once(rows, e.DOSE_STARTED, (e.DOSE_GIVEN, e.DOSE_LOST), site) for site in range(3)]
        most = max(most, *found)
    assert most == n_bays


def _coordinators_hold(design: Design, rows: np.ndarray) -> None:
    """Never more screened at once than a site has coordinators."""
    limits = [g.settings.coordinators for g in design.groups for _ in range(g.count)]
    for site, limit in enumerate(limits):
        if limit is not None:
            busy: set[float] = set()
            for row in rows[rows[:, SITE] == site]:
                if row[KIND] == e.SCREENING_STARTED:
                    busy.add(row[PERSON])
                elif row[KIND] in (e.SCREENING_PASSED, e.SCREENING_FAILED, e.RESCREEN_PLANNED, e.TURNED_AWAY):
                    busy.discard(row[PERSON])
                assert len(busy) <= limit


def _cells_are_where_the_log_says(trial: Trial, rows: np.ndarray) -> None:
    """What the log says has come and not gone is what lies on the shelf, once nobody holds a dose."""
    cells = trial.cells
    if trial._dosing or isinstance(cells, Unlimited):
        return
    stocks = [cells._stock] if isinstance(cells, Bank) else [order.stock for order in cells._orders.values()]
    signs = {e.STOCK_OPENED: 1, e.LOT_RELEASED: 1}
    signs |= dict.fromkeys((e.DOSE_GIVEN, e.DOSE_LOST, e.COURIER_LOST, e.LOT_EXPIRED, e.CELLS_DISCARDED), -1)
    of_log = sum(signs.get(int(row[KIND]), 0) * row[AMOUNT] for row in rows)
    assert abs(of_log - sum(stock.cells for stock in stocks)) <= 1.0
    assert abs(of_log - sum(lot.cells for stock in stocks for lot in stock._lots)) <= 1.0


def _measures_add_up(trial: Trial, seed: int) -> None:
    """The measures of the same trial balance, and agree with who is inside and followed: people, cells, days."""
    design = trial.world.design
    reducer = Reducer(design)
    chunk = replicate_chunk(reducer, seed, 0, 1)
    assert not chunk.failures, chunk.failures[0].trace
    row = dict(zip(reducer.names, chunk.values[0], strict=True))
    away = sum(value for name, value in row.items() if name.startswith("n_away_"))
    out = row["n_chart_failed"] + row["n_consent_refused"] + row["n_lost"] + row["n_screening_failed"] + away
    assert row["n_referred"] == out + row["n_randomised"] + row["n_inside"]
    assert row["n_inside"] == len(trial._inside)
    left = sum(value for name, value in row.items() if name.startswith("n_left_"))
    assert row["n_randomised"] == left + row["n_completed"] + row["n_following"]
    assert row["n_following"] == trial._n_following
    if not np.isnan(row["day_database_lock"]):
        assert row["n_inside"] == row["n_following"] == 0
    if design.scenario.cells is not None:
        used = sum(row[f"cells_{way}"] for way in ("failed", "infused", "lost", "expired", "discarded", "in_stock"))
        used += row.get("cells_lost_with_couriers", 0.0)
        assert abs(row["cells_made"] + row["cells_opening"] - used) <= 1.0
        assert row["cells_in_stock"] >= -1.0
    for milestone in PATH_MILESTONES:
        steps = [row[path_name(milestone, step)] for step in STEPS]
        day = row[f"day_{milestone}"]
        assert np.isnan(steps).all() if np.isnan(day) else abs(sum(steps) - day) < 1e-6, milestone
        assert np.isnan(day) or min(steps) >= -1e-9, milestone
    if row["reached"]:
        assert row["n_randomised"] >= design.scenario.trial.target + row["n_replaced"]
        names = ["last_randomised", "primary_completion", "last_visit", "database_lock"]
        follow_up = design.scenario.follow_up
        if follow_up is not None and follow_up.primary_completion is not None:
            names.remove("primary_completion")  # it may wait for a date when everybody has left
        order = [row[f"day_{name}"] for name in names]
        known = [day for day in order if not np.isnan(day)]
        assert known == sorted(known)


def test_allocation_of_the_base_scenario_stays_within_its_bound(base_design: Design) -> None:
    """Blocks of 3 and 6 within sites: an arm is never further from its share than the sites' bounds together."""
    bound = base_design.n_sites * 6 * (2 / 9)
    reducer = Reducer(base_design)
    chunk = replicate_chunk(reducer, 5, 0, 40)
    assert chunk.values[:, reducer.names.index("max_imbalance")].max() <= bound


def test_stock_claims_are_not_served_twice(base_design: Design) -> None:
    """Cells infused and lost are never more than cells released, at any time."""
    rows = replicate(base_design, 3, 1).table()
    signs = {e.STOCK_OPENED: 1, e.LOT_RELEASED: 1, e.DOSE_GIVEN: -1, e.DOSE_LOST: -1, e.LOT_EXPIRED: -1}
    flow = np.array([signs.get(int(row[KIND]), 0) * row[AMOUNT] for row in rows])
    assert np.cumsum(flow).min() >= -1.0
    assert flow[rows[:, KIND] == e.DOSE_GIVEN].sum() < 0


def test_codes_are_within_their_vocabularies(base_design: Design) -> None:
    """Every code of every event has a word."""
    from sim.analysis.tables import vocabulary

    for row in replicate(base_design, 3, 2).table():
        words = vocabulary(base_design, int(row[KIND]))
        assert not words or 0 <= row[CODE] < len(words)


def test_a_trial_that_is_over_adds_nothing_to_its_log() -> None:
    """A horizon amid doses leaves participants whose processes Python ends later: the log stays as it was."""
    design = Design(load_scenario("cells-made-to-order", ["trial.horizon_months=16"]))
    gc.freeze()  # only what the trials make is searched, and not all that the tests before have left
    try:
        for replication in range(6):
            log = replicate(design, 1, replication)
            before = log.table()
            gc.collect()
            assert np.array_equal(log.table(), before)
    finally:
        gc.unfreeze()
