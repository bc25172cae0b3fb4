"""Checks of whole scenarios: each registers itself, so that none can be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import KeyPath

Finding = tuple[str, KeyPath, str | None]  # message, path, value
Rule = Callable[[Scenario], Iterator[Finding]]

RULES: list[Rule] = []  # in the order in which what they find is told


def registered(function: Rule) -> Rule:
    """Register a check: from here on it is asked of every scenario."""
    RULES.append(function)
    return function
