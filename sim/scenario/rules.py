"""The list of checks of whole scenarios. Each check registers itself, so that none can be forgotten.

Attributes:
    Finding: message, path and value of something wrong; the value as written, or None where the path says enough.
    Rule: a check.
    RULES: all checks, in the order in which their findings are shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from sim.scenario.schema import Scenario
from sim.scenario.schema.values import MONTH_DAYS
from sim.scenario.yaml_source import KeyPath

Finding = tuple[str, KeyPath, str | None]  # message, path, value
Rule = Callable[[Scenario], Iterator[Finding]]

RULES: list[Rule] = []  # in the order in which their findings are shown


def registered(function: Rule) -> Rule:
    """Decorator that registers a check: it then applies to every scenario.

    Args:
        function: takes a scenario, and yields (message, path, value) of each finding.

    Returns:
        The function itself.
    """
    RULES.append(function)
    return function


def end_of_time(scenario: Scenario) -> date:
    """The first day after the simulated time, by `trial.horizon_months`.

    Returns:
        A date; months have 365.25 / 12 days, and a part of a day does not count.
    """
    trial = scenario.trial
    return trial.enrolment_opens + timedelta(days=math.floor(trial.horizon_months * MONTH_DAYS))
