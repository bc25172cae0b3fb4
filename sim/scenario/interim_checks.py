"""Checks of interim looks: looks after the end, events that cannot occur, and probabilities that sum to more than 1.

Numbers are compared with the target and all enlargements, so that only a look that can never come is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.errors import nearest
from sim.scenario.distributions import Family
from sim.scenario.rules import Finding, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.interims import Interim
from sim.scenario.schema.values import MONTH_DAYS
from sim.scenario.yaml_source import KeyPath

_WEEK_MONTHS = 7 / MONTH_DAYS


@registered
def interims(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with the interim looks of a scenario.

    Yields:
        (message, path, value) of each finding.
    """
    for name, rule in scenario.interims.items():
        path = ("interims", name)
        yield from _participants(scenario, rule, path)
        if rule.at_events:
            yield from _events(scenario, rule, rule.at_events, path)
        most = sum(value.bounds()[1] if isinstance(value, Family) else value for value in (rule.stop, rule.enlarge))
        if most > 1:
            yield f"stop and enlarge may come to more than 1 together: {most:g}", path, None


def _participants(scenario: Scenario, rule: Interim, path: KeyPath) -> Iterator[Finding]:
    """Looks at more participants than the target with all enlargements, or after the simulated time."""
    target = scenario.trial.target
    more = sum(other.enlarge_by or 0 for other in scenario.interims.values())
    for number in rule.at_randomised or ():
        if number > target + more:
            yield f"is after the end: trial.target is {target}", (*path, "at_randomised"), str(number)
    if rule.every is not None and rule.every > target + more:
        yield f"is after the end: trial.target is {target}", (*path, "every"), str(rule.every)
    if rule.followed_weeks * _WEEK_MONTHS >= scenario.trial.horizon_months:
        message = f"is after the end of the simulated time ({scenario.trial.horizon_months:g} months)"
        yield message, (*path, "followed_weeks"), f"{rule.followed_weeks:g}"


def _events(scenario: Scenario, rule: Interim, numbers: tuple[int, ...], path: KeyPath) -> Iterator[Finding]:
    """Looks at events that do not exist or that come after primary completion."""
    follow_up = scenario.follow_up
    if follow_up is None or not follow_up.leaving:
        yield "needs ways of leaving that are events, under follow_up.leaving", (*path, "at_events"), None
        return
    for name in rule.of or ():
        if name not in follow_up.leaving:
            yield f"there is no such way of leaving; {nearest(name, follow_up.leaving)}", (*path, "of"), name
    most = scenario.trial.target + sum(other.enlarge_by or 0 for other in scenario.interims.values())
    for number in numbers:
        completion = follow_up.primary_completion
        if completion is not None and rule.of in (None, completion.of) and number >= completion.events:
            message = f"is after the end: primary completion comes at event {completion.events}"
            yield message, (*path, "at_events"), str(number)
        elif number > most and scenario.trial.replace == "never":
            message = f"is after the end: {most} participants cannot have that many events, one each"
            yield message, (*path, "at_events"), str(number)
