"""How often caps, amendments and interim looks act, counted by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from conftest import scenario_of

from sim.analysis.rule_tables import amendment_table, cap_table, interim_table
from sim.core.design import Design

NAN = math.nan


def frame(**columns: list[float]) -> pd.DataFrame:
    """Three replications that did not raise."""
    return pd.DataFrame({"outcome": ["complete"] * 3} | columns)


def test_a_row_a_cap() -> None:
    """Reached in two of three trials, first on day 4 in half of them, and it turned two away on average."""
    made = Design(scenario_of(trial={"target": 3}, caps={"full": {"randomised": 3}}))
    table = frame(first_day_full_reached=[4.0, NAN, 2.0], n_turned_away_by_full=[3.0, 0.0, 3.0])
    row = cap_table(made, table).loc["full"]
    assert (row["share"], row["p50"], row["away"]) == (pytest.approx(2 / 3), 4.0, 2.0)
    assert "at most 3" in row["meaning"]
    assert len(cap_table(Design(scenario_of()), table)) == 0


def test_a_row_an_amendment() -> None:
    """Decided in all three trials, in force in two of them, in half of them by day 9."""
    rules = {"later": {"at_month": 1, "consent": 0.5}}
    made = Design(scenario_of(amendments=rules))
    table = frame(day_later_decided=[4.0, 5.0, 6.0], day_later_in_force=[9.0, NAN, 8.0])
    row = amendment_table(made, table).loc["later"]
    assert (row["share"], row["in_force"], row["p50"]) == (1.0, pytest.approx(2 / 3), 9.0)
    assert "consent" in row["meaning"]
    assert len(amendment_table(Design(scenario_of()), table)) == 0


def test_a_row_an_interim_look() -> None:
    """Two of three trials have looks, three in all; one is stopped, and none is enlarged."""
    rules = {"half": {"at_randomised": 5, "stop": 0.2}}
    made = Design(scenario_of(trial={"target": 10}, interims=rules))
    table = frame(
        first_day_half_look=[4.0, NAN, 6.0],
        n_looks_half=[1.0, 0.0, 2.0],
        n_stops_half=[0.0, 0.0, 1.0],
        n_enlargements_half=[0.0, 0.0, 0.0],
    )
    row = interim_table(made, table).loc["half"]
    assert (row["share"], row["stopped"], row["enlarged"]) == (pytest.approx(2 / 3), pytest.approx(1 / 3), 0.0)
    assert (row["looks"], row["p50"]) == (1.0, 6.0)
    assert (row["may_be_stopped"], row["may_be_enlarged"]) == (True, False)
    assert len(interim_table(Design(scenario_of()), table)) == 0
