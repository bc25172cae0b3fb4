"""Discrete risks of a scenario, made ready: the sites that each delays, and when it may strike.

It says which rule concerns whom, once for all replications; `sim.core.risk_draws` draws whether and when it strikes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.clock import Clock
from sim.scenario.schema import Scenario
from sim.scenario.schema.risks import Risk, delayed_groups


@dataclass(frozen=True)
class RiskDesign:
    """One risk.

    Attributes:
        code: its code in the log; risks are in alphabetical order.
        name: as in the scenario.
        rule: what the scenario says of it.
        groups: names of the site groups that it delays.
        window: first day and end of the window in which a risk to recruitment may strike.
    """

    code: int
    name: str
    rule: Risk
    groups: frozenset[str]
    window: tuple[float, float]


def risks_of(scenario: Scenario, clock: Clock) -> list[RiskDesign]:
    """All risks of a scenario, in alphabetical order.

    Args:
        scenario: the scenario.
        clock: converts the dates of a risk to days.

    Returns:
        The risks, whose position is their code in the log. The window of one with dates is from the start of its first
        day, at the earliest day 0, to the end of its last day.
    """
    found = []
    for code, (name, rule) in enumerate(sorted(scenario.risks.items())):
        window = (0.0, 0.0)
        if rule.from_ is not None and rule.last is not None:
            window = (max(clock.day_of(rule.from_), 0.0), clock.day_of(rule.last) + 1.0)
        found.append(RiskDesign(code, name, rule, frozenset(delayed_groups(scenario, rule)), window))
    return found
