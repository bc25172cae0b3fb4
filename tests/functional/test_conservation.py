"""What must hold in every trial of every scenario: nobody and nothing is lost, and nothing happens twice."""

from __future__ import annotations

import gc
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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

PROBABILITY = st.one_of(st.floats(0.0, 0.5), st.floats(0.0, 1.0))  # as often low as any: trials get under way
RATE = st.one_of(st.floats(5.0, 60.0), st.floats(5.0, 60.0), st.floats(0.0, 60.0))
DAYS = st.one_of(
    st.floats(0.0, 20.0),
    st.builds(lambda m: {"dist": "exponential", "mean": m}, st.floats(0.1, 10.0)),
    st.builds(lambda a, b: {"dist": "uniform", "low": a, "high": a + b}, st.floats(0, 5), st.floats(0.1, 20)),
    st.builds(lambda m: {"uncertain": "lognormal", "median": m, "sigma": 0.5}, st.floats(0.5, 10.0)),
)


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """A random valid scenario, with every process of the model in it more often than not."""
    allocation = draw(st.sampled_from([(1, 1), (2, 1), (1, 3)]))
    total = sum(allocation)
    n_groups = draw(st.integers(1, 3))
    data: dict[str, Any] = {
        "name": "random",
        "trial": {
            "target": draw(st.integers(1, 30)),
            "enrolment_opens": "2019-10-01",
            "horizon_months": draw(st.sampled_from([6, 24, 48])),
            "overrun": draw(st.sampled_from(["turn_away", "randomise"])),
            "replace": draw(st.sampled_from(["never", "before_first_dose", "not_evaluable"])),
        },
        "arms": {
            "X": {
                "allocation": allocation[0],
                "doses": {"weeks": draw(st.sampled_from([[0], [0, 1, 2, 3], [0, 0.5, 4]])), "cells_per_kg": 5e5},
            },
            "C": {"allocation": allocation[1]},
        },
        "randomisation": {
            "method": draw(st.sampled_from(["simple", "permuted_blocks", "minimisation", "biased_coin", "urn"])),
            "block_sizes": [total, 2 * total],
        },
        "site_defaults": {
            "activation_delay_days": draw(DAYS),
            "lead_days": draw(st.floats(0, 30)),
            "between_site_cv": draw(st.sampled_from([0.0, 0.8])),
            "never_enrols": draw(st.sampled_from([0.0, 0.2])),
            "coordinators": draw(st.sampled_from([None, 1, 2])),
            "infusion_bays": draw(st.sampled_from([None, 1])),
            "ramp_up": draw(st.sampled_from([None, {"start_fraction": 0.2, "days": 60}])),
            "closes": draw(st.sampled_from([None, None, "2020-03-01", {"after_days_without_randomisation": 40}])),
        },
        "sites": {
            f"g{i}": {"count": draw(st.integers(int(i == 0), 3)), "referrals_per_month": draw(RATE)}
            for i in range(n_groups)
        },
        "patients": {
            "attributes": {
                "weight_kg": {"dist": "normal", "mean": 66, "sd": 10, "low": 35},
                "kind": {"a": 0.4, "b": 0.6},
            },
            "conditions": {"ill": draw(PROBABILITY), "odd": draw(PROBABILITY)},
        },
        "screening": {
            "criteria": {
                "not_ill": {"stage": "chart", "none": ["ill"], "passing": draw(st.booleans())},
                "not_odd": {"stage": "tests", "none": ["odd"], "passing": draw(st.booleans())},
            },
            "consent": draw(st.one_of(st.floats(0.4, 1.0), st.floats(0.0, 1.0))),
            "days": draw(DAYS),
            "failure": draw(st.sampled_from([0.0, 0.3])),
            "window_days": draw(st.sampled_from([None, 10.0])),
            "patience_days": draw(st.one_of(st.none(), DAYS)),
            "deteriorates_per_day": draw(st.floats(0.0, 0.2)),
            "rescreen": draw(st.sampled_from([None, {"probability": 0.5, "after_days": 5}])),
        },
        "treatment": {
            "first_dose_delay_days": draw(DAYS),
            "window_days": draw(st.sampled_from([0.0, 2.0, 10.0])),
            "bay_hours": draw(st.one_of(DAYS, st.floats(50.0, 400.0))),
            "unfit_on_the_day": draw(PROBABILITY),
            "unfit_days": draw(st.one_of(st.none(), DAYS)),
            "weekdays_only": draw(st.booleans()),
            "reaction": 0.3,
            "severe_reaction": draw(st.sampled_from([0.0, 0.2])),
        },
        "oversight": {
            "sentinels": {"participants": 2, "days_between": 7, "arm": "X"},
            "board_review": {"after_treated": [2, 4], "observed_days": 10, "takes_days": draw(DAYS)},
            "hold": {"probability": 0.5, "days": draw(DAYS)},
            "stop": {"severe_reactions": 2, "among_first": 6, "action": draw(st.sampled_from(["hold", "end"]))},
        },
    }
    n_sites = sum(group["count"] for group in data["sites"].values())
    target = data["trial"]["target"]
    data["site_defaults"]["max_participants"] = draw(st.sampled_from([None, max(3, -(-target // n_sites))]))
    data["caps"] = draw(caps(target))
    if draw(st.sampled_from([False, True])):
        data["amendments"] = draw(amendments(target))
        data["sites"]["reserve"] = {"count": draw(st.integers(0, 2)), "referrals_per_month": draw(RATE)}
    if draw(st.booleans()):
        data["site_defaults"] |= {"activation_delay_days": 0, "country": "CN", "start_up": draw(start_up())}
        data["sites"]["g0"]["country"] = "DE"
        data["countries"] = {"DE": {"start_up": {"regulator": {"days": draw(DAYS)}}}}
    data["drift"] = draw(st.sampled_from([None, {"common": 0.5}]))
    data["risks"] = draw(risks(has_steps="start_up" in data["site_defaults"]))
    if draw(st.booleans()):
        data["randomisation"]["method"] = "permuted_blocks"
        data["randomisation"]["stratify_by"] = ["site", "kind"]
    if draw(st.sampled_from([True, True, True, False])):
        data["cells"] = draw(cell_supplies())
    if draw(st.sampled_from([True, True, True, True, False])):
        data["follow_up"] = {
            "visit_weeks": [1, 2, 4, 8],
            "primary_endpoint_week": 4,
            "visit_window_days": draw(st.sampled_from([0.0, 3.0])),
            "missed_visit": draw(PROBABILITY),
            "leaving": {
                "death": {"C": {"4": 0.3}, "hazard_ratio": {"X": draw(st.floats(0.0, 3.0))}},
                "withdrawal": {"2": 0.1, "8": 0.3},
            },
            "database_lock_days": draw(DAYS),
        }
        if draw(st.sampled_from([False, False, True])):
            data["follow_up"]["primary_completion"] = draw(event_driven(target))
    if draw(st.sampled_from([False, False, True])):
        driven = "primary_completion" in data.get("follow_up", {})
        data["interims"] = draw(interims(target, "follow_up" in data and not driven))
    return data


@st.composite
def caps(draw: st.DrawFn, target: int) -> dict[str, Any]:
    """Caps of every sort that leave room for the target, or none."""
    overrun = draw(st.sampled_from(["turn_away", "randomise"]))
    of_b = draw(st.integers(1, target))
    every = {
        "desks": {"in_screening": draw(st.integers(1, 3)), "each": draw(st.sampled_from([None, "site", "group"]))},
        "ill": {"in_screening": 1, "stratum": {"ill": False}},
        "b": {"randomised": of_b, "stratum": {"kind": "b"}, "known": draw(st.sampled_from(["chart", "tests"]))},
        "a": {"randomised": max(target - of_b, 1), "stratum": {"kind": "a"}, "overrun": overrun},
        "first": {"randomised": target, "groups": "g0", "overrun": overrun},
        "arm": {"randomised": draw(st.integers(1, target)), "arm": "X"},
    }
    return {name: cap for name, cap in every.items() if draw(st.sampled_from([False, False, True]))}


@st.composite
def couriers(draw: st.DrawFn) -> dict[str, Any]:
    """Deliveries that are early or late, die or keep, and fail."""
    return {
        "days": draw(DAYS),
        "ahead_days": draw(st.sampled_from([0.0, 1.0, 9.0])),
        "life_hours": draw(st.sampled_from([None, 0.0, 24.0, {"dist": "exponential", "mean": 50}])),
        "failure": draw(st.sampled_from([0.0, 0.3])),
    }


@st.composite
def start_up(draw: st.DrawFn) -> dict[str, Any]:
    """Steps one after another, side by side, of a site, a country or the trial."""
    return {
        "protocol": {"days": draw(DAYS), "each": "trial"},
        "regulator": {"days": draw(DAYS), "each": "country", "after": draw(st.sampled_from([[], "protocol"]))},
        "contract": {"days": draw(DAYS), "after": draw(st.sampled_from([[], ["protocol"]]))},
        "initiation": {"days": draw(st.floats(0, 10)), "after": ["regulator", "contract"]},
    }


@st.composite
def amendments(draw: st.DrawFn, target: int) -> dict[str, Any]:
    """Amendments and contingencies of every sort, together or not; the first opens the sites in reserve."""
    moments: list[dict[str, Any]] = [{"on": "2020-01-15"}, {"at_month": 1.5}, {"at_month": 2, "if_fewer_than": target}]
    moments += [{"at_randomised": 1}] if target > 1 else []
    changes: list[dict[str, Any]] = [
        {"drops": "not_ill", "in_screening": draw(st.booleans())},
        {"drops": ["not_odd", "not_ill"], "groups": "g0", "in_screening": True},
        {"consent": draw(PROBABILITY)},
        {"opens_arms": "X"},
        {"closes_arms": "X"},
        {"referrals_times": draw(st.sampled_from([0.0, 0.5, 2.0, {"uncertain": "uniform", "low": 0.5, "high": 2}]))},
        {"consent": 0.9, "referrals_times": 1.5, "groups": ["g0", "reserve"]},
    ]
    chosen = draw(st.lists(st.sampled_from(changes), max_size=3))
    rules = [{"opens": "reserve"}, *chosen]
    return {f"r{i}": rule | draw(st.sampled_from(moments)) | {"after_days": draw(DAYS)} for i, rule in enumerate(rules)}


@st.composite
def risks(draw: st.DrawFn, has_steps: bool) -> dict[str, Any]:
    """Risks to recruitment, to activation and to a step, or none."""
    closed = {"delays": "recruitment", "from": "2019-11-01", "to": "2020-02-01"}
    every: dict[str, Any] = {
        "closed": closed | {"probability": draw(PROBABILITY), "days": draw(st.floats(1, 90))},
        "closed_too": closed | {"probability": 1, "days": 20, "groups": "g0"},
        "late": {"probability": draw(PROBABILITY), "days": draw(st.floats(1, 60))},
    }
    if has_steps:
        every["step"] = {"probability": draw(PROBABILITY), "days": 30, "step": "contract", "country": "DE"}
    return {name: risk for name, risk in every.items() if draw(st.sampled_from([False, False, True]))}


@st.composite
def interims(draw: st.DrawFn, target: int, has_leaving: bool) -> dict[str, Any]:
    """Looks at participants, cohorts and events, that stop, enlarge or go on, with pauses or without."""
    looks: list[dict[str, Any]] = [
        {"at_randomised": draw(st.integers(1, target)), "followed_weeks": draw(st.sampled_from([0, 3]))},
        {"every": draw(st.integers(1, target)), "days_between": draw(st.sampled_from([0, 2.5]))},
    ]
    looks += [{"at_events": [1, 3], "of": "withdrawal"}] if has_leaving and target >= 3 else []
    pauses = ["goes_on", "pauses_at_look", "pauses_when_randomised"]
    found = {}
    for i, look in enumerate(draw(st.lists(st.sampled_from(looks), min_size=1, max_size=2))):
        enlarge = draw(st.sampled_from([{}, {"enlarge": 0.5, "enlarge_by": 3}]))
        found[f"i{i}"] = look | enlarge | {
            "takes_days": draw(DAYS),
            "recruitment": draw(st.sampled_from(pauses[: 2 if "at_events" in look else 3])),
            "stop": draw(st.sampled_from([0.0, 0.2])),
        }  # fmt: skip
    return found


@st.composite
def event_driven(draw: st.DrawFn, target: int) -> dict[str, Any]:
    """Primary completion at an event, of one way or any, with or without dates."""
    latest = draw(st.sampled_from([None, "2020-06-01"]))
    return {
        "events": draw(st.integers(1, max(1, target if latest else target // 4))),
        "of": draw(st.sampled_from([None, "death"])),
        "not_before": draw(st.sampled_from([None, "2020-02-01"])),
        "at_the_latest": latest,
        "last_visits_days": draw(DAYS),
    }


@st.composite
def cell_supplies(draw: st.DrawFn) -> dict[str, Any]:
    source = draw(st.sampled_from(["bank", "made_to_order"]))
    return {
        "source": source,
        "lots": {"culture_days": draw(st.floats(1.0, 40.0)), "yield_cells": draw(st.floats(1e7, 1e9))},
        "release_days": draw(DAYS),
        "failure": draw(PROBABILITY),
        "suites": draw(st.sampled_from([1, 2, 3, 0])),
        "stock": {
            "start_cells": draw(st.sampled_from([1e8, 2e9, 0.0])),
            "reorder_below_cells": draw(st.sampled_from([3e8, 2e9, 0.0])),
            "shelf_life_days": draw(st.sampled_from([20.0, 700.0])),
        },
        "lost_at_bedside": draw(st.sampled_from([0.0, 0.3])),
        "courier": draw(couriers()) if draw(st.booleans()) else None,
        "doses_in_stock_to_randomise": draw(st.sampled_from([0, 1, 4])) if source == "bank" else 0,
    }


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
