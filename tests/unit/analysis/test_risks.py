"""Risks of one simulated trial."""

from __future__ import annotations

from typing import Any

from conftest import scenario_of
from small_world import log_of

from sim.analysis.index import EventIndex
from sim.analysis.risks import risk_measures, risks
from sim.core import events as e
from sim.core.design import Design

RISK = {"probability": 0.5, "days": 9.0}


def test_each_risk_has_struck_or_not_and_its_days() -> None:
    design = Design(scenario_of(risks={"a": RISK, "b": RISK}))
    row: dict[str, Any] = {}
    risks(row, design, EventIndex(log_of((3.0, e.RISK_STRUCK, -1, -1, 0, 1, 12.5))))
    found = {name: values.tolist() for name, values in row.items()}
    assert found == {"n_struck_a": [0], "risk_a_days": [0.0], "n_struck_b": [1], "risk_b_days": [12.5]}
    assert set(row) == {name for name, _, _ in risk_measures(design)}


def test_without_risks_nothing_is_measured() -> None:
    row: dict[str, Any] = {}
    risks(row, Design(scenario_of()), EventIndex(log_of()))
    assert row == {}
