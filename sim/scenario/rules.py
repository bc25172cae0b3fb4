"""The list of checks of whole scenarios. Each check registers itself, so that none can be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import KeyPath

Finding = tuple[str, KeyPath, str | None]  # message, path, value
Rule = Callable[[Scenario], Iterator[Finding]]

RULES: list[Rule] = []  # in the order in which their findings are shown


def registered(function: Rule) -> Rule:
    """Decorator that registers a check: it then applies to every scenario.

    Args:
        function: takes a scenario, and yields (message, path, value) of each finding.
    """
    RULES.append(function)
    return function
