"""How often each risk strikes, and how many days it costs."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from conftest import scenario_of

from sim.analysis.risk_table import risk_table
from sim.core.design import Design

RISK = {"probability": 0.5, "days": 9.0}
DESIGN = Design(scenario_of(risks={"a": RISK, "b": RISK}))
FRAME = pd.DataFrame(
    {
        "outcome": ["complete", "complete", "horizon", "error"],
        "n_struck_a": [1, 0, 1, 1],
        "risk_a_days": [10.0, 0.0, 20.0, 99.0],
        "n_struck_b": [0, 0, 0, 1],
        "risk_b_days": [0.0, 0.0, 0.0, 99.0],
    }
)


def test_shares_are_of_all_trials_and_days_of_those_in_which_it_strikes() -> None:
    """A replication that raised is in neither."""
    found = risk_table(DESIGN, FRAME)
    assert found["share"].to_dict() == pytest.approx({"a": 2 / 3, "b": 0.0})
    assert found.loc["a", "days"] == 15.0
    assert math.isnan(found.loc["b", "days"])
    assert math.isnan(found.loc["a", "lost"])
    assert found["n_pairs"].tolist() == [0, 0]


def test_days_lost_are_those_measured_until_the_milestone() -> None:
    causes = pd.DataFrame(
        [["risks.a", "last_visit", 4.0, 3.0, None, 30, 12], ["risks.a", "last_randomised", 1.0, 0.5, 1.5, 30, 9]],
        columns=["cause", "outcome", "lost", "lost_low", "lost_high", "n", "n_changed"],
    )
    row = risk_table(DESIGN, FRAME, causes, "last_visit").loc["a"]
    assert (row["lost"], row["lost_low"], row["n_pairs"], row["n_changed"]) == (4.0, 3.0, 30, 12)
    assert row["lost_high"] is None or math.isnan(row["lost_high"])
    assert risk_table(DESIGN, FRAME, causes, "last_visit").loc["b", "n_pairs"] == 0


def test_without_risks_there_are_no_rows() -> None:
    assert risk_table(Design(scenario_of()), FRAME).empty
