"""Where patients are lost, counted by hand."""

from __future__ import annotations

import math

import pandas as pd
from conftest import scenario_of

from sim.analysis.funnel_tables import FUNNEL, LOSSES, criterion_table, funnel_table, loss_table
from sim.core.design import Design
from sim.scenario.load import load_scenario

BASE = load_scenario("base")


def frame(**columns: list[float]) -> pd.DataFrame:
    """Two replications in which every count is 0, but for what is said."""
    counts = {*LOSSES, *(part for parts in FUNNEL.values() for part in parts), "n_referred"}
    return pd.DataFrame({"outcome": ["complete"] * 2} | {name: [0.0] * 2 for name in sorted(counts)} | columns)


def test_the_funnel_is_in_shares_of_those_referred() -> None:
    """Those asked are those who consented and those who did not."""
    table = frame(
        n_referred=[10.0, 30.0], n_consented=[4.0, 6.0], n_consent_refused=[1.0, 9.0], n_randomised=[2.0, 2.0]
    )
    found = funnel_table(BASE, table)
    assert found.loc["patients referred", "mean"] == 20.0
    assert found.loc["not excluded by the chart, and asked", "mean"] == 10.0
    assert found["share"].tolist()[:3] == [1.0, 0.5, 0.25]
    assert found.loc["randomised", "share"] == 0.1
    assert found["share"].iloc[-1] == 0.0
    assert math.isnan(funnel_table(BASE, frame())["share"].iloc[0])


def test_losses_by_reason() -> None:
    found = loss_table(BASE, frame(n_lost=[1.0, 4.0]))
    assert found.loc["no coordinator in time", "mean"] == 2.5
    assert found.loc["no coordinator in time", "measure"] == "n_lost"
    away = "turned away, a cap being reached"
    assert away not in found.index, "nothing of base has a cap"
    assert away in loss_table(scenario_of(caps={"full": {"in_screening": 3}}), frame()).index


def test_a_row_a_criterion() -> None:
    criteria = {
        "well": {"stage": "tests", "none": ["sick"], "item": "E3"},
        "also": {"stage": "chart", "none": ["sick"]},
    }
    made = Design(scenario_of(patients={"conditions": {"sick": 0.1}}, screening={"criteria": criteria}))
    columns = {f"n_failed_{stage}_{name}": [1.0, 3.0] for stage in ("first", "only") for name in criteria}
    columns["n_failed_only_well"] = [0.0, 1.0]
    found = criterion_table(made, frame(**columns))
    assert found["criterion"].tolist() == ["well", "also"]
    assert found[["item", "stage", "first", "only"]].to_numpy().tolist() == [
        ["E3", "tests", 2.0, 0.5],
        ["", "chart", 2.0, 2.0],
    ]
    assert list(criterion_table(Design(scenario_of()), frame()).columns)[:3] == ["criterion", "item", "stage"]
