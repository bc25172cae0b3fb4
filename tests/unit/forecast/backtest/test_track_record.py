"""Tables of backtests, of scores that a test makes up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from sim.forecast.backtest.baselines import REFERENCE
from sim.forecast.backtest.near import NearAnswer
from sim.forecast.backtest.scores import Score
from sim.forecast.backtest.study import METHOD, Cut, CutResult
from sim.forecast.backtest.track_record import (
    MOST,
    WHOLE,
    by_method,
    by_trial,
    caution_table,
    cut_table,
    held_rows,
    near_table,
    of_method,
    resampled,
)


def scored(error: float, log_crps: float, position: float = 0.5, count_crps: float = 1.0) -> Score:
    return Score(100 + error, 90.0, 120.0, error, log_crps, position, 20.0, 0.0, count_crps, 0.4, 0.4)


def result(trial: str, share: int, mine: Score, reference: Score, **more: Any) -> CutResult:
    scores = {METHOD: mine, REFERENCE: reference}
    cut = Cut(f"{share}%", date(2020, 1, 1) + timedelta(days=share))
    known: dict[str, Any] = {"n": share, "target": 100, "now": 50.0, "true_days": 100.0, "true_count": 20}
    return CutResult(trial, cut, **(known | {"scores": scores} | more))


RESULTS = [
    result("a", 20, scored(10.0, 0.1), scored(20.0, 0.2), pace="growing"),
    result(
        "a", 50, scored(-10.0, 0.2, 0.95), scored(20.0, 0.2), most={METHOD: scored(0.0, 0.1)}, cautions={"silence": "x"}
    ),
    result("b", 20, scored(0.0, 0.3), scored(20.0, 0.6)),
]
CUTS = cut_table(RESULTS)


def test_a_row_for_each_cut_method_and_goal() -> None:
    assert len(CUTS) == 7
    assert (CUTS["goal"] == MOST).sum() == 1
    row = CUTS[(CUTS["trial"] == "a") & (CUTS["cut"] == "50%") & (CUTS["method"] == METHOD) & (CUTS["goal"] == WHOLE)]
    assert row["true_days"].tolist() == [100.0]
    assert (row["covers_80"].item(), row["covers_95"].item(), row["warned"].item()) == (False, True, True)
    assert row["share"].item() == 0.5
    assert row["relative_miss"].item() == pytest.approx(0.1)


def test_methods_beside_the_reference() -> None:
    """Mean scores over mean scores: (0.1 + 0.2 + 0.3) of (0.2 + 0.2 + 0.6); of trials 0.75 and 0.5."""
    mine = of_method(CUTS)
    assert mine["relative_log_crps"] == pytest.approx(0.6)
    assert mine["relative_log_crps_of_trials"] == pytest.approx((0.3 / 0.4 + 0.5) / 2)
    assert mine["covers_80"] == pytest.approx(2 / 3)
    assert mine["median_absolute_error_days"] == 10.0
    assert (mine["cuts"], mine["trials"]) == (3, 2)
    assert by_method(CUTS).loc[REFERENCE, "relative_log_crps"] == 1.0


def test_trials_apart() -> None:
    found = by_trial(CUTS)
    assert found["relative_log_crps"].to_dict() == pytest.approx({"a": 0.75, "b": 0.5})
    assert found["cuts"].to_dict() == {"a": 2, "b": 1}


def test_figures_of_few_trials_are_not_resampled() -> None:
    assert resampled(CUTS) == {}
    three = cut_table([*RESULTS, result("c", 20, scored(0.0, 0.1), scored(0.0, 0.2))])
    low, high = resampled(three)["relative_log_crps"]
    assert 0.5 <= low < of_method(three)["relative_log_crps"] < high <= 0.75


def test_how_often_intervals_held_by_stage_and_pace() -> None:
    """Parts of one trial are one: of a and b as parts of x there is one trial, and no error can be told."""
    rows = {row.where: row for row in held_rows(CUTS, {})}
    assert rows["all"].covers_80 == pytest.approx(2 / 3, abs=1e-4)
    assert rows["all"].trials == 2
    assert (rows["growing"].cuts, rows["growing"].covers_80) == (1, 1.0)
    early = rows["made at 20 % to 35 % of the target"]
    assert (early.cuts, early.covers_80) == (2, 1.0)
    assert rows["all"].furthest == pytest.approx(100 / 90, abs=1e-4)
    (whole,) = (row for row in held_rows(CUTS, {"a": "x", "b": "x"}) if row.where == "all")
    assert whole.trials == 1


def test_near_questions_add_up_over_cuts() -> None:
    near = [(NearAnswer("q", 1, 1, 2.0),), (NearAnswer("q", 3, 1, 4.0),)]
    found = near_table(
        [
            result("a", 20, scored(0, 1), scored(0, 1), near=near[0]),
            result("b", 20, scored(0, 1), scored(0, 1), near=near[1]),
        ],
        {},
    )
    row = found.loc["q"]
    assert (row["forecasts"], row["covers_80"], row["mean_miss"]) == (4, 0.5, pytest.approx((2 + 12) / 4))


def test_cautions_beside_their_absence() -> None:
    found = caution_table(RESULTS)
    row = found.loc["silence"]
    assert (row["given"], row["trials"], row["covers_80"], row["covers_80_without"]) == (1, 1, 0.0, 1.0)
    assert isinstance(caution_table([RESULTS[0]]), pd.DataFrame)
    assert len(caution_table([RESULTS[0]])) == 0
