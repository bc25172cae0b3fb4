"""Answers from replications that are written down: shares, quantiles and means by hand."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import scenario_of

from sim.analysis import intervals
from sim.analysis.funnel_tables import FUNNEL, LOSSES
from sim.analysis.measures import MILESTONES, PATH_MILESTONES, STEPS, measures
from sim.analysis.modelled import has_measure, has_step
from sim.analysis.summary import (
    cost_table,
    days,
    finished,
    milestone_table,
    odds_table,
    outcome_table,
    path_table,
    summary_table,
    too_few,
    with_dates,
)
from sim.core.clock import Clock
from sim.core.design import Design
from sim.scenario.load import load_scenario

NAN = math.nan
BASE = load_scenario("base")


def design(**changes: Any) -> Design:
    return Design(scenario_of(**changes))


def frame(n: int = 3, raised: int = 0, **columns: list[float]) -> pd.DataFrame:
    """Replications in which every milestone comes on day 5 and every count is 0, but for what is said."""
    found: dict[str, Any] = {"outcome": ["complete"] * n, "reached": [True] * n}
    found |= {f"day_{name}": [5.0] * n for name in MILESTONES}
    found |= {
        name: [0.0] * n for name in (*LOSSES, *{part for parts in FUNNEL.values() for part in parts}, "n_referred")
    }
    table = pd.DataFrame(found | columns)
    table.loc[table.index[n - raised :], "outcome"] = "error"
    return table


def test_replications_that_raised_are_left_out() -> None:
    table = frame(4, raised=1, day_last_visit=[1.0, NAN, 3.0, 9.0])
    assert len(finished(table)) == 3
    assert days(finished(table), "last_visit").tolist()[::2] == [1.0, 3.0]


def test_a_row_a_milestone() -> None:
    """Of ten trials eight came, on days 1 to 8: half by day 5, 80 % by day 8, and the rest never."""
    table = frame(10, day_last_visit=[*map(float, range(1, 9)), NAN, NAN])
    row = milestone_table(table).loc["last_visit"]
    assert row["share"] == 0.8
    assert [row["p10"], row["p50"], row["p80"], row["p90"]] == [1.0, 5.0, 8.0, math.inf]
    assert row["meaning"] == MILESTONES["last_visit"]
    assert list(milestone_table(table).index) == list(MILESTONES)
    expected = intervals.quantile(np.array([*range(1, 9), NAN, NAN], dtype=float), 0.5)
    assert (row["p50_low"], row["p50_high"]) == (expected.low, expected.high)


def test_dates_stand_after_their_days() -> None:
    """Later than the horizon, or not known, is no date."""
    table = frame(10, day_last_visit=[*map(float, range(1, 9)), NAN, NAN])
    dated = with_dates(milestone_table(table), Clock(date(2020, 1, 1)))
    assert dated.loc["last_visit", "p50_date"] == date(2020, 1, 6)
    assert dated.loc["last_visit", "p90_date"] is None
    columns = list(dated.columns)
    assert columns[columns.index("p50_high") + 1 : columns.index("p50_high") + 4] == [
        "p50_date",
        "p50_date_low",
        "p50_date_high",
    ]
    assert "share_date" not in columns


PLANNED = {"planned": {"primary_completion": date(2020, 1, 6), "study_completion": date(2020, 1, 8)}}


def test_odds_of_planned_dates() -> None:
    """A date is met until its last instant: day 5.99 is the sixth of January. Never is not in time."""
    table = frame(
        4,
        reached=[True, True, True, False],
        day_primary_completion=[5.99, 6.0, 1.0, NAN],
        day_last_visit=[7.5, 7.9, 7.0, NAN],
    )
    odds = odds_table(design(trial=PLANNED), table)
    assert list(odds.index) == ["primary_completion", "study_completion", "never_reached"]
    assert odds["probability"].tolist() == [0.5, 0.75, 0.25]
    assert odds["milestone"].tolist() == ["primary_completion", "last_visit", "last_randomised"]
    assert odds.loc["primary_completion", "planned"] == date(2020, 1, 6)
    assert list(odds_table(design(), table).index) == ["never_reached"]


def test_the_odds_of_the_planned_end_of_recruitment_are_those_of_the_last_randomisation() -> None:
    table = frame(4, reached=[True, True, True, False], day_last_randomised=[4.9, 5.0, 1.0, NAN])
    odds = odds_table(design(trial={"planned": {"recruitment": date(2020, 1, 5)}}), table)
    assert odds["probability"].to_dict() == {"recruitment": 0.5, "never_reached": 0.25}


def test_rare_outcomes_are_none() -> None:
    table = frame(4, raised=1)
    found = outcome_table(table)
    assert found["n"].to_dict() == {
        "complete": 3,
        "horizon": 0,
        "stopped": 0,
        "no_sites": 0,
        "never_started": 0,
        "caps": 0,
        "too_few_events": 0,
        "too_much": 0,
        "error": 1,
    }
    assert found.loc["complete", "share"] == 0.75


def test_steps_of_a_path_are_of_the_trials_that_got_there() -> None:
    """Two of three trials: their mean days sum to their mean day, and a step that took no time is 0."""

    def column(name: str) -> np.ndarray:
        if name.startswith("day_"):
            return np.array([10.0, 20.0, NAN]) if name == "day_last_visit" else np.full(3, NAN)
        if name.startswith("path_last_visit_"):
            days_of = {"referral": [6.0, 20.0, NAN], "follow_up": [4.0, 0.0, NAN]}
            return np.array(days_of.get(name.removeprefix("path_last_visit_").removesuffix("_days"), [0.0, 0.0, NAN]))
        return np.full(3, NAN)

    found = path_table(BASE, column)
    assert set(found["milestone"]) == {"last_visit"}
    assert found["step"].tolist() == [step for step in STEPS if has_step(step, BASE)]
    assert found["days"].sum() == pytest.approx(15.0)
    steps = found.set_index("step")
    assert (steps.loc["referral", "days"], steps.loc["follow_up", "days"], steps.loc["cells", "days"]) == (
        13.0,
        2.0,
        0.0,
    )
    assert (steps.loc["referral", "share"], steps.loc["follow_up", "share"], steps.loc["cells", "share"]) == (
        1.0,
        0.5,
        0.0,
    )
    assert set(zip(found["n"], found["n_never"], strict=True)) == {(2, 1)}
    nothing = path_table(BASE, lambda _name: np.full(3, NAN))
    assert len(nothing) == 0
    assert "days" in nothing.columns
    assert len(PATH_MILESTONES) == 10


def test_costs_by_part_where_there_are_any() -> None:
    assert cost_table(BASE, frame(2)).empty
    parts = {f"cost_{name}": [1.0, 3.0] for name in ("sites", "monitoring", "screening", "visits", "cells", "central")}
    found = cost_table(BASE, frame(2, cost=[6.0, 18.0], **parts))
    assert found["mean"].tolist() == [12.0] + [2.0] * 6
    assert not set(cost_table(design().scenario, frame(2, cost=[6.0, 18.0], **parts)).index) & {
        "lots started and doses thawed"
    }
    assert found.index[0] == "all"


def test_every_measure_has_a_row() -> None:
    """Means of the values that came; those of replications that raised are not among them."""
    made = design()

    def column(name: str) -> np.ndarray:
        return np.array([1.0, NAN, 3.0, 99.0]) if name == "day_last_randomised" else np.array([2.0, 2.0, 2.0, 99.0])

    found = summary_table(made, column, ["complete", "horizon", "complete", "error"]).set_index("measure")
    names = [measure.name for measure in measures(made) if measure.name != "outcome"]
    assert list(found.index) == [name for name in names if has_measure(name, made.scenario)]
    row = found.loc["day_last_randomised"]
    assert (row["n"], row["n_never"], row["mean"], row["p50"], row["p90"]) == (3, 1, 2.0, 3.0, math.inf)
    assert found.loc["n_referred", "mean"] == 2.0
    assert row["unit"] == "days"


@pytest.mark.parametrize(("n", "found"), [(1, ["P10", "P50", "P80", "P90"]), (20, ["P10", "P90"]), (40, []), (400, [])])
def test_too_few_replications_are_said(n: int, found: list[str]) -> None:
    """(1 - q)^n must be below 2.5 %: for P90, 36 replications."""
    assert set(too_few(frame(n))) == set(found) | ({"P80"} if n == 1 else set())
