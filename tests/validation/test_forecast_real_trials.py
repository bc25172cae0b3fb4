"""The frozen configuration on real trials: intervals keep what they promise, and scores beat simpler forecasts.

The figures are those that the track record page shows. With twenty trials, twelve of them parts of one, they can shift
by as much as that page says; the settings were chosen with these trials in sight, so other ones are the real test.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from sim.exchange.folder import read_trials
from sim.experiment.execution import ON_ALL_CORES
from sim.forecast.backtest import held
from sim.forecast.backtest.study import METHOD, backtest, cuts_at
from sim.forecast.backtest.track_record import MOST, WHOLE, TrackRecord, by_method, by_trial, of_method
from sim.forecast.backtest.whole_record import MAIN, WholeRecord, whole_record
from sim.forecast.event_record import EventForecast, event_record, held_events
from sim.report.forecast.track_record_page import track_record_page

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".." / "shared" / "data"
FEW_SHARES = (0.4,)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real trials are not here")


@pytest.fixture(scope="module")
def whole() -> WholeRecord:
    return whole_record(read_trials([DATA]))


@pytest.fixture(scope="module")
def events() -> list[EventForecast]:
    return event_record(read_trials([DATA]))


@pytest.fixture(scope="module")
def cuts(whole: WholeRecord) -> pd.DataFrame:
    return whole.record.cuts


def panel(whole: WholeRecord, name: str) -> pd.DataFrame:
    cuts = whole.record.cuts
    return cuts[cuts["trial"].map(whole.panel_of) == name]


@pytest.fixture(scope="module")
def few() -> pd.DataFrame:
    """A cut of each trial: what a usual run of the tests has time for."""
    trials = read_trials([DATA])
    jobs = [(trial, cut, None) for trial in trials for cut in cuts_at(trial, FEW_SHARES)]
    return TrackRecord(tuple(trials), tuple(backtest(jobs, ON_ALL_CORES))).cuts


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-+]?\d+(?:\.\d+)?", text)]


RENEW = "renew it with: python benchmarks/forecast_track_record.py DATA"


@pytest.mark.slow
def test_the_track_record_page_is_what_the_program_gives(whole: WholeRecord, events: list[EventForecast]) -> None:
    """Word for word; figures within what another machine's arithmetic may change, a cut or two of a percentage."""
    made = track_record_page(whole, events)
    page = (ROOT / "docs" / "forecast" / "track-record.md").read_text(encoding="utf-8")
    assert re.sub(r"[-+\d.]+", "#", made) == re.sub(r"[-+\d.]+", "#", page), RENEW
    for ours, theirs in zip(made.splitlines(), page.splitlines(), strict=True):
        assert _numbers(theirs) == pytest.approx(_numbers(ours), rel=0.02, abs=0.021), RENEW


@pytest.mark.slow
def test_what_forecasts_quote_is_what_the_program_gives(whole: WholeRecord, events: list[EventForecast]) -> None:
    near = [*whole.near(), *held_events(events)]
    assert [row.question for row in near] == list(held.near_record())
    for row in near:
        stored = held.near_record()[row.question]
        assert stored.forecasts == row.forecasts, RENEW
        assert stored.covers_80 == pytest.approx(row.covers_80, abs=0.03), RENEW
    for ours in whole.held():
        theirs = held.record()[ours.where]
        assert (theirs.cuts, theirs.trials) == (ours.cuts, ours.trials), RENEW
        assert theirs.covers_80 == pytest.approx(ours.covers_80, abs=0.03), RENEW


@pytest.mark.slow
def test_all_trials_and_cuts_are_there(cuts: pd.DataFrame) -> None:
    assert cuts["trial"].nunique() == 20
    assert len(cuts[(cuts["method"] == METHOD) & (cuts["goal"] != MOST)]) >= 135


@pytest.mark.slow
@pytest.mark.parametrize("name", [MAIN, "IST"])
def test_intervals_keep_what_they_promise_on_each_panel(whole: WholeRecord, name: str) -> None:
    found = of_method(panel(whole, name))
    assert 0.75 <= found["covers_80"] <= 0.86
    assert 0.42 <= found["covers_50"] <= 0.58
    assert found["covers_95"] >= 0.90
    assert found["count_covers_80"] >= 0.75


@pytest.mark.slow
def test_intervals_hold_at_every_stage(cuts: pd.DataFrame) -> None:
    mine = cuts[(cuts["method"] == METHOD) & (cuts["goal"] == WHOLE)]
    assert mine.groupby("cut")["covers_80"].mean().min() >= 0.70


@pytest.mark.slow
def test_scores_are_the_best_of_all_that_are_shown(whole: WholeRecord) -> None:
    """On each panel, by the ratio of means and by the mean over trials."""
    for name in (MAIN, "IST"):
        table = by_method(panel(whole, name))
        for score in ("relative_log_crps", "relative_log_crps_of_trials"):
            assert table[score].idxmin() == METHOD
    main, ist = of_method(panel(whole, MAIN)), of_method(panel(whole, "IST"))
    assert main["relative_log_crps_of_trials"] < 0.77
    assert ist["relative_log_crps_of_trials"] < 0.65
    assert main["relative_log_crps"] < 0.50
    assert ist["relative_log_crps"] < 0.60


@pytest.mark.slow
def test_no_trial_is_forecast_much_worse_than_by_a_constant_rate(cuts: pd.DataFrame) -> None:
    """The steady one aside, of which a constant rate is the truth."""
    ratio = by_trial(cuts)["relative_log_crps"]
    assert ratio.drop("JASA").max() <= 1.3
    assert ratio["JASA"] <= 1.95


@pytest.mark.slow
def test_near_questions_are_answered_as_well_as_they_say(whole: WholeRecord) -> None:
    table = whole.near_table()
    assert table["covers_80"].min() >= 0.70
    assert table["covers_80"].max() <= 0.90


@pytest.mark.slow
def test_dates_of_events_are_within_their_intervals(events: list[EventForecast]) -> None:
    """One trial has events. Of so few forecasts a correct 80 % interval may miss a third."""
    assert len(events) >= 6
    assert sum(one.is_covered for one in events) >= 2 * len(events) / 3


@pytest.mark.slow
def test_a_constant_rate_promises_far_too_much(cuts: pd.DataFrame) -> None:
    """What the facts say of the homogeneous Poisson process: the comparison is with the forecast that they mean."""
    assert of_method(cuts, "homogeneous_poisson")["covers_80"] < 0.30


def test_at_few_cuts_it_beats_the_published_forecasts_too(few: pd.DataFrame) -> None:
    """A usual run sees that nothing broke: limits leave room for so few cuts."""
    ours = of_method(few)
    assert few["trial"].nunique() == 20
    assert ours["relative_log_crps"] <= 0.75
    assert ours["relative_count_crps"] <= 0.8
    assert ours["covers_80"] >= 0.65
    assert by_method(few)["relative_log_crps"].idxmin() == METHOD
    assert of_method(few, "homogeneous_poisson")["covers_80"] < 0.4


def test_the_track_record_page_has_the_trials_of_the_frozen_record(few: pd.DataFrame) -> None:
    page = (ROOT / "docs" / "forecast" / "track-record.md").read_text(encoding="utf-8")
    assert all(trial in page for trial in few["trial"].unique())
    record = json.loads(Path(held.__file__).with_name(held.FILE).read_text(encoding="utf-8"))
    assert {row["where"] for row in record["forecasts"]} == {
        held.ALL,
        *(held.stage_name(*s) for s in held.STAGES),
        *held.PACES,
    }
