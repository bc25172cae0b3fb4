"""Checks of whole scenarios: every one is asked."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import sim.scenario
from sim.scenario.checks import check
from sim.scenario.rules import RULES, Finding
from sim.scenario.schema import Scenario


def test_every_check_is_asked() -> None:
    """Whatever looks at a whole scenario and may find something wrong is registered, so that none is dead."""
    looks_at_scenarios = set()
    for module in pkgutil.iter_modules(sim.scenario.__path__, "sim.scenario."):
        for _, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            signature = inspect.signature(function)
            if list(signature.parameters) == ["scenario"] and signature.return_annotation == "Iterator[Finding]":
                looks_at_scenarios.add(f"{function.__module__}.{function.__name__}")
    # Parts of a check that is registered itself.
    parts = {"sim.scenario.cap_checks._room"}
    assert looks_at_scenarios - parts == {f"{rule.__module__}.{rule.__name__}" for rule in RULES}
    assert len(RULES) > 10


def test_a_registered_check_is_asked_of_every_scenario(base: Scenario) -> None:
    """What a registered check finds is among what `check` finds."""

    def found(scenario: Scenario) -> Iterator[Finding]:
        yield f"{scenario.name} is wrong", ("name",), None

    RULES.append(found)
    try:
        assert check(base) == [(f"{base.name} is wrong", ("name",), None)]
    finally:
        RULES.remove(found)
