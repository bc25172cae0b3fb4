"""Whose fate an amendment leaves open: those who may be let in, and nobody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of

from sim.core.amended import Amended, amends_consent, amends_criteria, consent_in_force
from sim.scenario.schema import Scenario

LASTING, PASSING, TESTED = 1, 2, 4
CRITERIA = {
    "lasting": {"stage": "chart", "none": ["x"], "item": "E1"},
    "passing": {"stage": "chart", "none": ["x"], "item": "E2", "passing": True},
    "tested": {"stage": "tests", "none": ["x"], "item": "E3"},
}


def with_rules(**rules: dict[str, Any]) -> Scenario:
    return scenario_of(
        patients={"conditions": {"x": 0.5}},
        screening={"criteria": CRITERIA, "consent": 0.3},
        amendments={name: {"at_month": 2, **rule} for name, rule in rules.items()},
    )


def amended(**rules: dict[str, Any]) -> Amended:
    return Amended(with_rules(**rules).amendments, list(CRITERIA), LASTING)


ROWS: Any = SimpleNamespace(probabilities=lambda _path, value: value)


def is_open(made: Amended, chart: list[int], u: list[float], returns: list[bool] | None = None) -> list[bool]:
    flags = None if returns is None else np.array([returns])
    found: list[bool] = made.is_open(ROWS, np.array([chart]), np.array([u]), flags)[0].tolist()
    return found


def test_what_an_amendment_drops_is_a_bit_for_each_criterion() -> None:
    made = amended(a={"drops": ["lasting", "tested"]}, b={"consent": 0.6})
    assert made.dropped == {"a": LASTING | TESTED, "b": 0}
    assert made
    assert not Amended({}, list(CRITERIA), LASTING)


def test_those_whom_a_dropped_criterion_alone_excludes_are_open() -> None:
    made = amended(a={"drops": "lasting"})
    assert is_open(made, [0, LASTING, PASSING, LASTING | PASSING], [0.9] * 4) == [False, True, False, False]


def test_those_who_would_consent_then_are_open() -> None:
    """Nothing fails on the chart, and the draw is below the new consent."""
    made = amended(a={"consent": 0.6})
    assert is_open(made, [0, 0, LASTING], [0.59, 0.6, 0.1]) == [True, False, False]


def test_those_who_come_back_once_the_rest_is_dropped_are_open() -> None:
    made = amended(a={"drops": "lasting"})
    chart = [LASTING | PASSING, LASTING | PASSING, PASSING, 0]
    assert is_open(made, chart, [0.9] * 4, [True, False, True, True]) == [True, False, True, False]
    assert [made.may_return(bits) for bits in (PASSING, LASTING | PASSING)] == [True, False]


def test_what_amendments_change_and_where_consent_stands() -> None:
    scenario = with_rules(a={"drops": "lasting"}, b={"consent": 0.6})
    assert (amends_consent(scenario), amends_criteria(scenario)) == (True, True)
    assert (amends_consent(with_rules(a={"drops": "lasting"})), amends_criteria(with_rules(b={"consent": 0.6}))) == (
        False,
        False,
    )
    assert consent_in_force(scenario) == ("screening.consent", 0.3)
    assert consent_in_force(scenario, "b") == ("amendments.b.consent", pytest.approx(0.6))
