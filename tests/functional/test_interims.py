"""Interim looks, stages and cohorts: when they come, how long recruitment pauses, and what is decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import SHARED, Simulated, merged, scenario_of, simplest_file
from scipy import stats

from sim.continued import ContinuedTrial
from sim.core import events as e
from sim.core.batch import Batch
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, TIME
from sim.core.observed import KnownPerson, KnownSite, ObservedState
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

N = 60
PER_DAY = 3 / MONTH_DAYS


def trial(*rules: dict[str, Any], **changes: Any) -> Scenario:
    """Poisson accrual of 3 a month up to 43, with looks that are named a, b, ..."""
    start: dict[str, Any] = {
        "trial": {"target": 43, "enrolment_opens": "2020-01-01", "horizon_months": 120},
        "interims": {"abc"[i]: rule for i, rule in enumerate(rules)},
    }
    return scenario_of(**merged(start, changes))


def rows_of(made: Scenario, replication: int = 0) -> np.ndarray:
    return replicate(Design(made), 5, replication).table()


def times(rows: np.ndarray, kind: int) -> np.ndarray:
    return rows[rows[:, KIND] == kind, TIME]


def test_a_stage_waits_for_the_endpoint_of_its_first_participants() -> None:
    """Simon's first stage of 15, 8 weeks and 14 days: the gamma time of 43 at 3 a month, and 70 days more."""
    rule = {"at_randomised": 15, "followed_weeks": 8, "takes_days": 14, "recruitment": "pauses_when_randomised"}
    found = Simulated(trial(rule), 200)
    law = stats.gamma(43, scale=1 / PER_DAY)
    day = found["day_last_randomised"]
    assert abs(day.mean() - (law.mean() + 70)) < 4 * law.std() / np.sqrt(200)
    fifteenth = np.array([days[14] for days in found.chunk.randomised_days])
    sixteenth = np.array([days[15] for days in found.chunk.randomised_days])
    assert found["first_day_a_look"] == pytest.approx(fifteenth + 56)
    assert (sixteenth > fifteenth + 70).all()


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="needs the shared cases")
def test_a_planners_simon_design_takes_as_long_as_by_a_review_of_the_board() -> None:
    """The same pause, said as an interim look instead of a board review, is the same trial: 506 days on average."""
    path = SHARED / "cases" / "planners-files" / "s15_simon.yaml"
    look = "{at_randomised: 15, followed_weeks: 8, takes_days: 14, recruitment: pauses_when_randomised}"
    by_board, by_look = (
        Simulated(load_scenario(path, changes), 200, seed=1)["day_last_randomised"]
        for changes in ([], ["oversight.board_review=null", f"interims={{stage: {look}}}"])
    )
    assert np.array_equal(by_board, by_look)
    law = stats.gamma(43, scale=1 / PER_DAY)
    assert abs(by_look.mean() - (law.mean() + 70)) < 4 * law.std() / np.sqrt(200)
    assert abs(law.mean() + 70 - 506) < 1


@pytest.mark.parametrize(
    ("recruitment", "pause"), [("goes_on", 0), ("pauses_at_look", 14), ("pauses_when_randomised", 70)]
)
def test_recruitment_pauses_as_it_is_said(recruitment: str, pause: float) -> None:
    """Nobody is randomised from the start of the pause to the decision, and referrals of that time are turned away."""
    rule = {"at_randomised": 10, "followed_weeks": 8, "takes_days": 14, "recruitment": recruitment}
    rows = rows_of(trial(rule))
    look = times(rows, e.INTERIM_LOOK).item()
    assert times(rows, e.INTERIM_GOES_ON).item() == pytest.approx(look + 14)
    paused = rows[rows[:, KIND] == e.PAUSED]
    assert len(paused) == (pause > 0)
    if pause:
        start = paused[0, TIME]
        assert paused[0, CODE] == e.PAUSE_INTERIM
        assert start + pause == pytest.approx(look + 14)
        randomised, away = times(rows, e.RANDOMISED), times(rows, e.TURNED_AWAY)
        assert not np.any((randomised > start) & (randomised < look + 14))
        assert np.all((away >= start) & (away < look + 14))


def test_cohorts_take_their_gaps_and_reviews() -> None:
    """Four cohorts of three, at a rate without end: 2 gaps within each, and follow-up and review between them."""
    rule = {
        "every": 3,
        "days_between": 7,
        "followed_weeks": 4,
        "takes_days": 5,
        "recruitment": "pauses_when_randomised",
    }
    made = trial(rule, trial={"target": 12}, sites={"s": {"referrals_per_month": 2000.0}})
    found = Simulated(made, 6)
    exact = 4 * 2 * 7 + 3 * (28 + 5)
    assert np.all((found["day_last_randomised"] >= exact) & (found["day_last_randomised"] < exact + 1))
    assert (found["n_looks_a"] == 4).all()


def test_decisions_come_as_often_as_they_are_said_to() -> None:
    """Two looks that stop with 0.2 and enlarge by 10 with 0.5: binomial counts, and the target that follows."""
    rule = {"at_randomised": [5, 10], "stop": 0.2, "enlarge": 0.5, "enlarge_by": 10}
    found = Simulated(trial(rule, trial={"target": 20}), 400)
    stopped = found["n_stops_a"] > 0
    p = 1 - 0.8**2
    assert abs(stopped.mean() - p) < 4 * np.sqrt(p * (1 - p) / 400)
    assert (found["n_randomised"][~stopped] == 20 + 10 * found["n_enlargements_a"][~stopped]).all()
    assert set(found["n_randomised"][stopped]) == {5, 10}
    n, k = found["n_looks_a"].sum(), found["n_enlargements_a"].sum()
    assert abs(k / n - 0.5) < 4 * np.sqrt(0.25 / n)
    assert ((found["outcome"] == e.ENDED_STOPPED) == stopped).all()
    assert (found["reached"] == ~stopped).all()


def test_a_look_after_the_target_opens_recruitment_again() -> None:
    """The decision comes when all are in: recruitment, which had closed, opens for the ten more."""
    rule = {"at_randomised": 20, "followed_weeks": 12, "takes_days": 3, "enlarge": 1.0, "enlarge_by": 10}
    rows = rows_of(trial(rule, trial={"target": 20}))
    assert len(times(rows, e.RANDOMISED)) == 30
    assert len(times(rows, e.RECRUITMENT_REOPENED)) == 1
    enlarged = rows[rows[:, KIND] == e.INTERIM_ENLARGES]
    assert enlarged[0, AMOUNT] == 10
    assert times(rows, e.RANDOMISED)[20] > enlarged[0, TIME]
    locked = times(rows, e.DATABASE_LOCKED)
    assert len(locked) == 1
    assert locked[0] > times(rows, e.RANDOMISED)[-1] - 1e-9


def test_a_look_at_events_comes_when_a_poisson_process_has_them() -> None:
    """Poisson accrual and exponential times: events by a day are Poisson, so that the 30th has a known distribution."""
    per_day, hazard = 60 / MONTH_DAYS, -np.log(1 - 0.6) / 364
    follow_up = {
        "visit_weeks": [4],
        "leaving": {"event": {"52": 0.45}, "loss": {"52": 0.15}},
        "primary_completion": {"events": 90, "of": "event"},
    }
    changes: dict[str, Any] = {"sites": {"s": {"referrals_per_month": 60.0}}, "follow_up": follow_up}
    found = Simulated(trial({"at_events": 30}, trial={"target": 800}, **changes), 40)
    day = found["first_day_a_look"]
    mean = per_day * 0.75 * (day - (1 - np.exp(-hazard * day)) / hazard)
    u = stats.poisson.sf(29, mean)
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 40)
    assert (found["n_events"] == 90).all()


def test_an_event_driven_trial_that_is_stopped_waits_for_no_more_events() -> None:
    """After the stop everybody has a last visit in its time, primary completion never comes, and the lock follows."""
    follow_up = {
        "visit_weeks": [4],
        "leaving": {"event": {"52": 0.5}},
        "primary_completion": {"events": 30, "last_visits_days": 20},
        "database_lock_days": 10,
    }
    rows = rows_of(trial({"at_events": 5, "stop": 1.0}, follow_up=follow_up, sites={"s": {"referrals_per_month": 30}}))
    stopped = times(rows, e.INTERIM_STOPS).item()
    assert not np.any(rows[:, KIND] == e.PRIMARY_COMPLETED)
    assert times(rows, e.COMPLETED).max() == pytest.approx(stopped + 20)
    assert times(rows, e.DATABASE_LOCKED).item() == pytest.approx(stopped + 30)
    assert rows[-1, CODE] == e.ENDED_STOPPED
    assert not np.any((rows[:, KIND] == e.RANDOMISED) & (rows[:, TIME] > stopped))


def test_nothing_before_the_first_look_is_otherwise() -> None:
    """Up to the pause the log is that of the trial without the look."""
    rule = {
        "at_randomised": 20,
        "takes_days": {"dist": "gamma", "mean": 20, "cv": 0.5},
        "recruitment": "pauses_at_look",
    }
    with_it, without = rows_of(trial(rule)), rows_of(trial())
    until = times(with_it, e.INTERIM_LOOK).item()
    assert np.array_equal(with_it[with_it[:, TIME] < until], without[without[:, TIME] < until])
    assert len(with_it) > len(without[without[:, TIME] < until]) + 3


def test_what_it_may_not_say_is_refused_with_the_reason() -> None:
    """Looks after the end, at events that there are not, and decisions of more than 1: one message, with its path."""
    leaving = {"follow_up": {"visit_weeks": [4], "primary_endpoint_week": 4, "leaving": {"event": {"52": 0.5}}}}
    driven = {"follow_up": leaving["follow_up"] | {"primary_completion": {"events": 20}}}
    wrong: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"at_randomised": 44}, {}, "is after the end: trial.target is 43"),
        ({"every": 50}, {}, "is after the end: trial.target is 43"),
        ({"at_randomised": 4, "followed_weeks": 600}, {}, "is after the end of the simulated time (120 months)"),
        ({"at_events": 5}, {}, "needs ways of leaving"),
        ({"at_events": 5, "of": "evnt"}, leaving, "did you mean 'event'"),
        ({"at_events": 20}, driven, "primary completion comes at event 20"),
        ({"at_events": 50}, leaving, "43 participants cannot have that many events"),
        ({"at_randomised": 4, "at_events": 5}, leaving, "exactly one of at_randomised, every, at_events"),
        ({}, {}, "exactly one of at_randomised, every, at_events"),
        ({"at_events": 5, "followed_weeks": 4}, leaving, "comes with its event"),
        ({"at_randomised": 4, "enlarge": 0.5}, {}, "both of enlarge and enlarge_by"),
        ({"at_randomised": 4, "enlarge_by": 5}, {}, "both of enlarge and enlarge_by"),
        ({"at_randomised": 4, "stop": 0.6, "enlarge": 0.5, "enlarge_by": 5}, {}, "more than 1 together: 1.1"),
        ({"at_randomised": [8, 4]}, {}, "must increase"),
        ({"at_randomised": 4, "of": "event"}, leaving, "it needs at_events"),
        ({"at_randomised": 4, "pauses": True}, {}, "interims.a.pauses"),
    ]
    for rule, changes, says in wrong:
        with pytest.raises(ScenarioError) as raised:
            trial(rule, **changes)
        assert says in str(raised.value), rule
        assert len(raised.value.problems) == 1, rule
        assert "interims.a" in str(raised.value)


def test_explain_takes_a_look_away_and_its_pause_apart() -> None:
    """The look is a cause; where it may also stop or enlarge, its pause is a part of it."""
    pause = {"at_randomised": 15, "followed_weeks": 8, "recruitment": "pauses_when_randomised"}
    causes = {c.name: c for c in causes_of_delay(trial(pause, pause | {"stop": 0.1}))}
    assert {name for name in causes if name.startswith("interims")} == {
        "interims.a", "interims.b", "interims.b.recruitment",
    }  # fmt: skip
    assert causes["interims.b.recruitment"].part_of == "interims.b"
    assert causes["interims.b.recruitment"].scenario.interims["b"].stop == 0.1
    lost = Simulated(trial(pause), 30)["day_last_randomised"] - Simulated(trial(), 30)["day_last_randomised"]
    assert abs(lost.mean() - 56) < 4 * lost.std() / np.sqrt(30) + 1e-9


def test_it_is_told_counted_and_compared(tmp_path: Path) -> None:
    """validate, run, the story and the JSON say the look in words, how often it comes and what is decided."""
    rule = {"at_randomised": 15, "followed_weeks": 8, "recruitment": "pauses_when_randomised", "stop": 1.0}
    plan = simplest_file(tmp_path, "plan", interims={"first_stage": rule}, trial={"target": 43})
    says = "first_stage: at 15 enrolled and 8 weeks of follow-up: recruitment pauses from then to the decision"
    assert f"interim look: {says}, stop with probability 1" in call("validate", plan).out
    run = call("run", plan, "-n", 40, "-w", 1, "--json", "--out", tmp_path / "out")
    found = json.loads(run.out)["interims"]["first_stage"]
    assert found["share_stopped"]["value"] == 1
    assert found["looks"]["value"] == 1
    told = "\n".join(story(Design(load_scenario(plan)), rows_of(load_scenario(plan))))
    assert "The interim look first stage at 15 enrolled." in told
    assert "Recruitment is stopped after the interim look first stage at 15 enrolled." in told
    assert "Enrolment pauses: an interim look." in told
    assert "Interim looks" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_trial_under_way_went_on_after_its_looks_and_waits_for_those_to_come() -> None:
    """A look of the past stops nothing; the pause that the data end in goes on to its end."""
    rule = {"at_randomised": [10, 20], "followed_weeks": 8, "recruitment": "pauses_when_randomised", "stop": 1.0}
    made = trial(rule, trial={"target": 30})
    people = tuple(KnownPerson(("s", 0), 9.0 * i, 9.0 * i, arm=0) for i in range(20))
    state = ObservedState(190.0, {("s", 0): KnownSite(activated=0.0)}, people)
    rows = ContinuedTrial(Batch(Design(made), 4, 0, 1, observed=state), 0).run().table()
    goes_on, stops = (rows[rows[:, KIND] == kind] for kind in (e.INTERIM_GOES_ON, e.INTERIM_STOPS))
    assert goes_on[:, NUMBER].tolist() == [10]
    assert stops[:, NUMBER].tolist() == [20]
    assert stops[0, TIME] == pytest.approx(9 * 19 + 56)
