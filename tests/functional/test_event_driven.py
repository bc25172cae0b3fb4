"""Primary completion at the n-th event: when it comes, what goes on until then, and what it may not say."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import SHARED, Simulated, merged, scenario_of, simplest_file
from scipy import optimize, stats

from sim.analysis.measures import measures
from sim.analysis.tables import replication_table
from sim.continued import ContinuedTrial
from sim.core import events as e
from sim.core.batch import Batch
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import CODE, KIND, NUMBER, TIME
from sim.core.observed import KnownPerson, KnownSite, ObservedState
from sim.errors import ScenarioError
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.report.run.headline import warnings
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

N = 40
PER_DAY = 60 / MONTH_DAYS  # participants, as they are referred
EVENT, LOSS = (-np.log(1 - 0.6) / 364 * share for share in (0.75, 0.25))  # hazards a day, of shares 0.45 and 0.15


def trial(rule: dict[str, Any], **changes: Any) -> Scenario:
    """Poisson accrual, and two exponential ways of leaving: `event` and `loss`."""
    start: dict[str, Any] = {
        "trial": {"target": 800, "enrolment_opens": "2020-01-01", "horizon_months": 120},
        "sites": {"s": {"referrals_per_month": 60.0}},
        "follow_up": {
            "visit_weeks": [4, 52],
            "leaving": {"event": {"52": 0.45}, "loss": {"52": 0.15}},
            "primary_completion": rule,
            "database_lock_days": 30,
        },
    }
    return scenario_of(**merged(start, changes))


def expected_events(days: float, counted: float = EVENT) -> float:
    """Mean number of events by a day: everyone who came, times the share whose first way out was one that counts."""
    hazard = EVENT + LOSS
    return PER_DAY * counted / hazard * (days - (1 - np.exp(-hazard * days)) / hazard)


def rows_of(made: Scenario, replication: int = 0) -> np.ndarray:
    return replicate(Design(made), 5, replication).table()


@pytest.mark.parametrize(("of", "counted"), [("event", EVENT), (None, EVENT + LOSS)])
def test_the_nth_event_comes_when_a_poisson_process_has_it(of: str | None, counted: float) -> None:
    """Poisson accrual, exponential times: events by a day are Poisson, so that the n-th has a known distribution."""
    found = Simulated(trial({"events": 60} | ({"of": of} if of else {})), N, seed=2)
    median = optimize.brentq(lambda day: stats.poisson.sf(59, expected_events(day, counted)) - 0.5, 1, 2000)
    day = found["day_primary_completion"]
    assert not np.isnan(day).any()
    assert abs(np.mean(day <= median) - 0.5) < 4 * 0.5 / np.sqrt(N)
    u = stats.poisson.sf(59, expected_events(day, counted))  # uniform, if the distribution is right
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / N)
    assert (found["n_events"] == 60).all()
    assert (found["reached"] == 0).all()  # recruitment closes with the events, long before its target
    frame = replication_table(measures(found.design), 0, found.chunk.values).to_pandas()
    results = SimpleNamespace(scenario=found.design.scenario, columns=lambda *names: frame[list(names)], failures=[])
    assert "100 % (91 to 100 %) of the simulated trials primary completion comes before all 800" in "".join(
        warnings(results, [])  # type: ignore[arg-type]
    )
    assert found["day_end"] == pytest.approx(day + 30)


def test_at_the_latest_date_there_are_as_many_events_as_expected() -> None:
    """With a date at the latest, primary completion comes on it: events by then are Poisson with the known mean."""
    found = Simulated(trial({"events": 500, "of": "event", "at_the_latest": "2020-10-27"}), N, seed=2)
    assert (found["day_primary_completion"] == 300).all()
    mean = expected_events(300)
    assert abs(found["n_events"].mean() - mean) < 4 * np.sqrt(mean / N)


def test_it_is_not_before_its_date_and_follows_everybody_until_then() -> None:
    """Events that are there too soon wait for the date, and those who come meanwhile are counted too."""
    made = trial({"events": 3, "not_before": "2020-07-19"})
    rows = rows_of(made)
    completed = rows[rows[:, KIND] == e.PRIMARY_COMPLETED]
    assert completed[:, TIME].tolist() == [200.0]
    assert completed[0, CODE] == e.COMPLETED_NOT_BEFORE
    assert completed[0, NUMBER] == np.count_nonzero((rows[:, KIND] == e.LEFT) & (rows[:, TIME] <= 200))
    assert completed[0, NUMBER] > 3


def test_everybody_is_followed_beyond_their_last_visit_until_there_are_enough() -> None:
    """Of 40 participants 30 leave by their last visit; the 36th event comes long after it, at the last hazard."""
    made = trial(
        {"events": 36},
        trial={"target": 40},
        follow_up={"leaving": {"event": {"52": 0.45}, "loss": {"52": 0.30}}},
    )
    rows = rows_of(made)
    left = rows[rows[:, KIND] == e.LEFT, TIME]
    last_in = rows[rows[:, KIND] == e.RANDOMISED, TIME].max()
    assert rows[rows[:, KIND] == e.PRIMARY_COMPLETED, TIME].item() == left[35]
    assert left[35] > last_in + 365
    assert np.count_nonzero(rows[:, KIND] == e.COMPLETED) == 4
    weeks = rows[(rows[:, KIND] == e.VISIT_DONE), NUMBER]
    assert set(weeks) == {4, 52}


def test_last_visits_and_the_lock_follow() -> None:
    """Whoever is followed at primary completion leaves as they would have, or has a last visit within its time."""
    days = {"dist": "uniform", "low": 10, "high": 40}
    rows = rows_of(trial({"events": 80, "of": "event", "last_visits_days": days}))
    completed = rows[rows[:, KIND] == e.PRIMARY_COMPLETED, TIME].item()
    last = rows[rows[:, KIND] == e.COMPLETED, TIME]
    assert len(last) > 50
    assert last.min() >= completed + 10
    assert completed + 35 < last.max() <= completed + 40
    out = rows[np.isin(rows[:, KIND], (e.LEFT, e.COMPLETED)), TIME].max()
    assert rows[rows[:, KIND] == e.DATABASE_LOCKED, TIME].item() == pytest.approx(out + 30)
    assert not np.any((rows[:, KIND] == e.RANDOMISED) & (rows[:, TIME] > completed))
    assert rows[-1, CODE] == e.ENDED_COMPLETE
    told = "\n".join(story(Design(trial({"events": 80, "of": "event"})), rows))
    assert "Primary completion: event 80, the last that was needed." in told
    assert "Recruitment closes: primary completion has come." in told


def test_a_trial_that_runs_out_of_participants_ends_and_says_so() -> None:
    """Everybody has left, too few with an event: no primary completion; with a date at the latest it comes at once."""
    few: dict[str, Any] = {
        "trial": {"target": 20},
        "follow_up": {
            "leaving": {"event": {"52": {"uncertain": "uniform", "low": 0.1, "high": 0.11}}, "loss": {"52": 0.6}}
        },
    }
    rows = rows_of(trial({"events": 18, "of": "event"}, **few))
    assert rows[-1, CODE] == e.ENDED_TOO_FEW_EVENTS
    assert not np.any(rows[:, KIND] == e.PRIMARY_COMPLETED)
    assert np.any(rows[:, KIND] == e.DATABASE_LOCKED)
    rows = rows_of(trial({"events": 18, "of": "event", "at_the_latest": "2029-12-01"}, **few))
    assert rows[-1, CODE] == e.ENDED_COMPLETE
    completed = rows[rows[:, KIND] == e.PRIMARY_COMPLETED][0]
    assert completed[CODE] == e.COMPLETED_NOBODY_LEFT
    assert completed[TIME] == rows[rows[:, KIND] == e.LEFT, TIME].max()


def test_what_it_may_not_say_is_refused_with_the_reason() -> None:
    """Ways that there are not, more events than there can be, dates out of order or out of the simulated time."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"events": 60, "of": "evnt"}, "did you mean 'event'"),
        ({"events": 0}, "must be at least 1"),
        ({"events": 801}, "the 800 participants of trial.target cannot have that many events"),
        ({"events": 640, "of": "event"}, "of 800 participants about 600 have such an event (event)"),
        ({"events": 60, "not_before": "2022-01-01", "at_the_latest": "2021-01-01"}, "must not be after at_the_latest"),
        ({"events": 60, "at_the_latest": "2019-01-01"}, "must be after enrolment_opens"),
        ({"events": 60, "not_before": "2031-01-01"}, "would never come"),
    ]
    for rule, says in wrong:
        with pytest.raises(ScenarioError) as raised:
            trial(rule)
        assert says in str(raised.value), rule
        assert "follow_up" in str(raised.value)
    with pytest.raises(ScenarioError, match="primary_endpoint_week is required"):
        scenario_of(follow_up={"visit_weeks": [4]})
    with pytest.raises(ScenarioError, match="needs ways of leaving"):
        scenario_of(follow_up={"visit_weeks": [4], "primary_completion": {"events": 3}})


def test_validate_says_what_primary_completion_waits_for(tmp_path: Path) -> None:
    """One line says the events, the ways that count and the dates."""
    follow_up = {
        "visit_weeks": [4],
        "leaving": {"event": {"52": 0.4}},
        "primary_completion": {"events": 9, "of": "event", "at_the_latest": "2024-01-01"},
    }
    shown = call("validate", simplest_file(tmp_path, "driven", follow_up=follow_up))
    assert "primary completion at event 9 (event), on 2024-01-01 at the latest" in shown.out


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="needs the shared cases")
def test_a_planners_event_driven_trial_has_its_250th_event_when_it_should() -> None:
    """400 participants of 50 unlike sites, piecewise hazards: the 250th event's median is 2028-04-10, in 4 errors."""
    made = load_scenario(
        SHARED / "cases" / "trials" / "ev.yaml", ["follow_up.primary_completion={events: 250, of: pfs_event}"]
    )
    day = Simulated(made, 200, seed=1)["day_primary_completion"]
    at = Design(made).clock.day_of(np.datetime64("2028-04-10").item())
    density = stats.gaussian_kde(day)(at).item()
    assert abs(np.median(day) - at) < 4 * 0.5 / np.sqrt(len(day)) / density


def test_a_trial_under_way_goes_on_from_its_events() -> None:
    """20 of 30 still in after 200 days, 10 events: the next five come after a sum of exponential times, on average."""
    rate = -np.log(0.5) / 364
    made = scenario_of(
        trial={"target": 30, "horizon_months": 240},
        follow_up={
            "visit_weeks": [4],
            "leaving": {"event": {"52": 0.5}},
            "primary_completion": {"events": 15},
        },
    )
    people = tuple(
        KnownPerson(
            ("s", 0), float(i), float(i), ended=60.0 + 10 * i if i < 10 else None, way_out=0 if i < 10 else None, arm=0
        )
        for i in range(30)
    )
    state = ObservedState(200.0, {("s", 0): KnownSite(activated=0.0)}, people)
    batch = Batch(Design(made), 4, 0, N, observed=state)
    days = []
    for replication in range(N):
        rows = ContinuedTrial(batch, replication).run().table()
        days.append(rows[rows[:, KIND] == e.PRIMARY_COMPLETED, TIME].item() - 200)
        assert np.count_nonzero((rows[:, KIND] == e.LEFT) & (rows[:, TIME] <= 200)) == 10
    steps = np.array([1 / ((20 - i) * rate) for i in range(5)])
    assert abs(np.mean(days) - steps.sum()) < 4 * np.sqrt((steps**2).sum() / N)


def test_a_forecast_counts_the_events_of_the_data_or_says_why_it_cannot(tmp_path: Path) -> None:
    """A note says which words of the data were taken as events; data that name nobody who left are refused."""
    follow_up = {"visit_weeks": [4], "leaving": {"event": {"52": 0.5}}, "primary_completion": {"events": 15}}
    plan = simplest_file(tmp_path, "driven", trial={"target": 30}, follow_up=follow_up)
    rows = [f"P{i},s,2020-01-{i + 1:02d}" for i in range(30)]
    known = tmp_path / "known.csv"
    ends = [f",2020-0{3 + i // 4}-01,relapse" if i < 10 else ",," for i in range(30)]
    known.write_text(
        "participant,site,randomised,left,reason\n" + "\n".join(map("".join, zip(rows, ends, strict=True)))
    )
    arguments = ("--as-of", "2020-07-21", "-n", 30, "-w", 1, "--out", tmp_path / "out")
    done = call("forecast", plan, "--observed", known, *arguments)
    assert "10 of the 15 events are in the data (relapse as event 10)" in " ".join(done.out.split()), done.err
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("participant,site,randomised\n" + "\n".join(rows))
    refused = call("forecast", plan, "--observed", unknown, *arguments)
    assert refused.code == 2
    assert "the data record nobody as having left, though about 7 events are expected by now" in refused.err
