"""One simulated trial to be played: who is where after each event, the cells, and what the page says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_line import call
from conftest import ROOT, scenario_of

from sim.analysis.index import EventIndex
from sim.analysis.intervals import quantile
from sim.api.one_trial import stage_of
from sim.core import events
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, PERSON, SITE, TIME
from sim.experiment.one_trial import last_randomised_days, pick
from sim.experiment.replicate import replicate
from sim.report.one_trial import places
from sim.report.one_trial.page import told
from sim.report.one_trial.stage import Stage
from sim.report.one_trial.story import story
from sim.scenario.load import load_scenario

SEED = 15
SCENARIOS = ("base", "cells-made-to-order", str(ROOT / "tests" / "back" / "eventful.yaml"))


@pytest.fixture(scope="module", params=SCENARIOS)
def stage(request: pytest.FixtureRequest) -> Stage:
    """One simulated trial of each scenario."""
    return stage_of(Design(load_scenario(request.param)), SEED, 2)


def _moments(stage: Stage, n: int = 60) -> list[int]:
    """Numbers of events after which to look: all along the trial, its ends among them."""
    return sorted({*np.linspace(0, len(stage.rows), n).astype(int).tolist(), 1, len(stage.rows) - 1})


def test_everyone_referred_is_in_one_place_and_nobody_else_is_anywhere(stage: Stage) -> None:
    for n in _moments(stage):
        rows = stage.rows[:n]
        known = {(int(row[SITE]), int(row[PERSON])) for row in rows if row[PERSON] >= 0}
        found = stage.moves.places_after(n)
        there = {tuple(who) for who in stage.moves.people[found != places.NOWHERE].tolist()}
        assert there == known
        assert len(there) == np.count_nonzero(rows[:, KIND] == events.REFERRED)
        assert set(found[found != places.NOWHERE]) <= {
            *range(len(places.STATIONS)),
            *(places.out_from(i) for i in range(places.BETWEEN)),
        }


def test_numbers_at_a_station_are_those_of_the_stays_that_the_analysis_finds_in_the_log(stage: Stage) -> None:
    log = replicate(stage.design, SEED, 2)
    index = EventIndex(log)
    passed = index.stays(events.SCREENING_PASSED, events.RANDOMISED, events.SCREENING_FAILED, events.TURNED_AWAY)
    stays = {
        places.QUEUE: index.waits_for_coordinator(),
        places.SCREENING: index.screenings(),
        places.GATE: passed,
        places.BAY: index.infusions(),
    }
    time = stage.rows[:, TIME]
    between = np.flatnonzero(np.diff(time) > 1e-9) + 1  # not within an instant, where the order decides
    seen = dict.fromkeys(stays, 0)
    for n in between:
        found = stage.moves.places_after(int(n))
        now = (time[n - 1] + time[n]) / 2
        for station, both in stays.items():
            expected = np.count_nonzero((both[:, 0] <= now) & (now < both[:, 1]))
            assert np.count_nonzero(found == station) == expected
            seen[station] += int(expected)
    assert all(seen.values()), "every station must have been in use for this to mean anything"


def test_at_the_end_everyone_has_gone_the_way_that_the_log_counts(stage: Stage) -> None:
    rows, found = stage.rows, stage.moves.places_after(len(stage.rows))

    def n_of(kind: int) -> int:
        return int(np.count_nonzero(rows[:, KIND] == kind))

    assert np.count_nonzero(found == places.LEFT) == n_of(events.LEFT)
    assert np.count_nonzero(found == places.COMPLETED) == n_of(events.COMPLETED)
    assert np.count_nonzero(found == places.out_from(places.CHART)) == n_of(events.CHART_FAILED)
    n_out = n_of(events.CHART_FAILED) + n_of(events.CONSENT_REFUSED) + n_of(events.PATIENT_LOST)
    n_out += n_of(events.SCREENING_FAILED) + n_of(events.TURNED_AWAY)
    has_left = [places.station_left(int(place)) is not None for place in found]
    assert sum(has_left) == n_out
    if rows[-1, CODE] == events.ENDED_COMPLETE:
        assert not np.isin(found, range(places.COMPLETED)).any()


def test_queues_are_in_order_of_consent_and_desks_and_bays_hold_one_each(stage: Stage) -> None:
    longest = 0
    limits = {
        places.SCREENING: [group.settings.coordinators for group in stage.design.groups for _ in range(group.count)],
        places.BAY: [group.settings.infusion_bays for group in stage.design.groups for _ in range(group.count)],
    }
    moves = stage.moves
    slot_of: dict[int, int] = {}
    for i, n in enumerate(moves.event):
        slot_of[int(moves.person[i])] = int(moves.slot[i])
        if moves.place[i] not in (places.QUEUE, places.SCREENING, places.BAY):
            continue
        site = int(moves.people[moves.person[i], 0])
        queue = moves.queue_after(int(n) + 1, places.QUEUE, site)
        longest = max(longest, len(queue))
        assert queue == sorted(queue, key=lambda who: _last(stage, who, events.CONSENT_GIVEN, int(n) + 1))
        for station, most in limits.items():
            slots = [slot_of[who] for who in moves.queue_after(int(n) + 1, station, site)]
            assert len(set(slots)) == len(slots)
            assert all(slot >= 0 and (most[site] is None or slot < most[site]) for slot in slots)
    assert longest > 0


def _last(stage: Stage, person: int, kind: int, n: int) -> int:
    site, referral = stage.moves.people[person]
    rows = stage.rows[:n]
    return int(np.flatnonzero((rows[:, KIND] == kind) & (rows[:, SITE] == site) & (rows[:, PERSON] == referral))[-1])


def test_a_queue_forms_where_one_coordinator_has_too_much_to_do() -> None:
    busy = scenario_of(
        sites={"s": {"count": 1, "referrals_per_month": 20.0, "coordinators": 1}},
        screening={"days": 7},
        trial={"target": 5},
    )
    found = stage_of(Design(busy), SEED, 0)
    lengths = [len(found.moves.queue_after(n, places.QUEUE)) for n in range(len(found.rows))]
    assert max(lengths) >= 2


def test_cells_in_the_bank_are_those_released_less_those_given_lost_or_thrown_away(stage: Stage) -> None:
    rows = stage.rows
    sums = {
        kind: rows[rows[:, KIND] == kind, AMOUNT].sum()
        for kind in (
            events.STOCK_OPENED, events.LOT_RELEASED, events.DOSE_GIVEN, events.DOSE_LOST, events.LOT_EXPIRED,
            events.CELLS_DISCARDED,
        )
    }  # fmt: skip
    came = sums[events.STOCK_OPENED] + sums[events.LOT_RELEASED]
    went = sum(sums.values()) - came
    last = stage.cells.bank[-1][1]
    assert came > 0
    assert last == pytest.approx(came - went, abs=1.0)
    if stage.design.scenario.cells and stage.design.scenario.cells.source == "bank":
        assert sum(lot.remaining for lot in stage.cells.lots) == pytest.approx(last, abs=1.0)


def test_a_lot_that_expires_holds_what_the_log_says_of_it() -> None:
    found = stage_of(Design(load_scenario("base", ["cells.stock.shelf_life_days=90"])), SEED, 0)
    expired = np.flatnonzero((found.rows[:, KIND] == events.LOT_EXPIRED) & (found.rows[:, AMOUNT] > 0))
    lots = {lot.number: lot for lot in found.cells.lots}
    assert len(expired) > 2
    for i in expired:
        changes = lots[int(found.rows[i, NUMBER])].left
        before = [cells for row, cells in changes if row < i][-1]
        assert before == pytest.approx(found.rows[i, AMOUNT], abs=1.0)


def test_the_document_is_plain_and_the_same_each_time_and_tells_the_story(stage: Stage) -> None:
    text = stage.json()
    assert text == stage_of(stage.design, SEED, 2).json()
    document = json.loads(text)
    days = document["events"]["day"]
    assert days == sorted(days)
    assert document["events"]["said"][-1] == stage.sentences[-1]
    told = [line for line in story(stage.design, stage.rows) if not line.startswith(" ")]
    sentences = {f"{day}, {date}" for day, date, _, _ in stage.table()}
    assert {line.partition(":")[0].removeprefix("Day ") for line in told} <= sentences
    assert document["people"]["number"].count(0) + len(document["ticks"]["randomised"]) == len(
        document["people"]["number"]
    )


def test_conditions_begin_and_end_with_their_events(stage: Stage) -> None:
    rows = stage.rows
    paused = [found for found in stage.document()["conditions"] if "paused" in found["text"]]
    assert len(paused) == np.count_nonzero(rows[:, KIND] == events.PAUSED)
    for found in paused:
        assert rows[found["from"], KIND] == events.PAUSED
        if found["to"] >= 0:
            assert rows[found["to"], KIND] == events.RESUMED
            assert rows[found["to"], CODE] == rows[found["from"], CODE]


def test_drift_a_reached_cap_and_a_risk_hold_until_they_are_over() -> None:
    """Each from its event to the next of its kind; a limit of one site is not the whole trial's."""
    design = Design(
        scenario_of(
            drift={"common": 0.5},
            caps={"all": {"in_screening": 2}, "own": {"in_screening": 1, "each": "site"}},
            risks={"strike": {"probability": 0.5, "days": 9, "delays": "recruitment", "from": "2020-02-01"}},
        )
    )
    happened = (
        (5.0, events.CAP_REACHED, -1, 0, 0.0), (6.0, events.CAP_REACHED, 0, 1, 0.0),
        (7.0, events.CAP_OPENED, -1, 0, 0.0),
        (31.0, events.RISK_STRUCK, -1, 0, 9.0), (40.0, events.RISK_OVER, -1, 0, 9.0),
        (182.0, events.RATES_DRIFTED, -1, 0, 0.75), (364.0, events.RATES_DRIFTED, -1, 0, 1.25),
        (400.0, events.RECRUITMENT_CLOSED, -1, 0, 0.0),
    )  # fmt: skip
    rows = np.array([(day, kind, site, -1, 0, code, amount) for day, kind, site, code, amount in happened])
    found = [(each["from"], each["to"], each["text"]) for each in Stage(design, SEED, 0, rows).document()["conditions"]]
    assert found == [
        (0, 2, "The cap all is reached"),
        (3, 4, "Strike keeps recruitment closed"),
        (5, 6, "By drift, sites refer 0.75 times as fast as on day 0"),
        (6, 7, "By drift, sites refer 1.25 times as fast as on day 0"),
        (7, -1, "Recruitment is closed"),
    ]


def test_the_typical_trial_stands_at_the_median_and_trials_that_never_end_count_as_latest() -> None:
    days = np.array([50.0, np.inf, 10.0, 30.0, np.nan, 20.0, 40.0])
    typical, early, late = (pick(days, name) for name in ("typical", "early", "late"))
    assert (typical.replication, typical.day, typical.among) == (3, 30.0, 6)
    assert early.replication == 2
    assert (late.replication, late.day) == (1, np.inf)
    with pytest.raises(ValueError, match="no simulated trial"):
        pick(np.array([np.nan]), "typical")


def test_days_to_pick_from_are_those_of_the_simulated_trials() -> None:
    design = Design(scenario_of(trial={"target": 5, "horizon_months": 3}))
    days = last_randomised_days(design, SEED, 40)
    for replication in range(0, 40, 7):
        rows = replicate(design, SEED, replication).table()
        randomised = rows[rows[:, KIND] == events.RANDOMISED, TIME]
        assert days[replication] == (randomised[4] if len(randomised) == 5 else np.inf)
    assert np.isinf(days).any()
    assert pick(days, "typical").day == quantile(days, 0.5).value


def test_named_periods_of_the_calendar_are_stretches_of_days() -> None:
    yearly = {"from": "12-20", "to": "01-05", "factor": 0.5}
    once = {"from": "2020-03-01", "to": "2020-03-31", "factor": 0.5}
    calendar = {"periods": {"holidays": yearly, "lockdown": once}}
    design = Design(scenario_of(calendar=calendar, trial={"horizon_months": 12}))
    assert design.calendar.stretches() == [("holidays", 0.0, 5.0), ("lockdown", 60.0, 91.0), ("holidays", 354.0, 367.0)]


def test_play_writes_one_page_that_needs_nothing_else(tmp_path) -> None:
    page = tmp_path / "one trial.html"
    outcome = call("play", "base", "--replication", 3, "--out", page)
    assert outcome.code == 0, outcome.err
    text = page.read_text(encoding="utf-8")
    assert f"'{page}'" in outcome.out
    assert "default-src 'none'" in text
    assert "src=" not in text
    assert "http" not in text.partition("<body>")[2]
    assert "replication 3" in text
    assert "trialclock play base --replication 3" in text
    call("play", "base", "--replication", 3, "--out", tmp_path / "again.html")
    assert page.read_bytes() == (tmp_path / "again.html").read_bytes()


def test_play_picks_a_trial_and_says_what_it_stands_for(tmp_path) -> None:
    outcome = call("play", "base", "--which", "late", "--among", 30, "--out", tmp_path / "late.html")
    assert outcome.code == 0, outcome.err
    assert "This is a late one of 30 simulated trials: nine in ten of them" in outcome.out
    both = call("play", "base", "--which", "late", "--replication", 1, "--out", tmp_path / "x.html")
    assert both.code == 2
    assert "--replication" in both.message


def test_a_trial_without_doses_coordinators_or_follow_up_has_no_stations_for_them() -> None:
    """Their places keep their numbers, nobody is ever there, and neither picture nor words name them."""
    stage = stage_of(Design(scenario_of(trial={"target": 5})), SEED, 0)
    found = places.stations_of(stage.design.scenario)
    assert [station.name for station in found if station.is_shown] == ["chart", "consent", "gate", "completed"]
    assert found[places.COMPLETED].label == "Enrolled"
    hidden = {i for i, station in enumerate(found) if not station.is_shown}
    at_the_end = stage.moves.places_after(len(stage.rows))
    assert not hidden & set(at_the_end.tolist())
    assert [each["is_shown"] for each in stage.document()["stations"]] == [station.is_shown for station in found]
    words = told(stage, "trialclock play x")
    assert [station.name for station in words.stations] == ["chart", "consent", "gate", "completed"]
    text = " ".join(words.reading)
    for word in ("bays", "desks", "Cells", "bank"):
        assert word not in text
