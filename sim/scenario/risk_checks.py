"""Checks of discrete risks: unknown names, dates after the end, and delays of only a part of a shared step.

A step done once for several sites cannot be late for some of them: such a risk has no meaning that could be simulated.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.errors import nearest
from sim.scenario.country_checks import countries_of
from sim.scenario.rules import Finding, end_of_time, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.caps import country_of
from sim.scenario.schema.risks import Risk, delayed_groups
from sim.scenario.schema.start_up import step_names, steps_of
from sim.scenario.yaml_source import KeyPath


@registered
def risks(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with the risks of a scenario.

    Yields:
        (message, path, value) of each finding.
    """
    for name, risk in scenario.risks.items():
        path = ("risks", name)
        for group in risk.groups or ():
            if group not in scenario.sites:
                yield f"there is no such site group; {nearest(group, scenario.sites)}", (*path, "groups"), group
        if risk.country and risk.country not in countries_of(scenario):
            message = f"no site group is in this country; {nearest(risk.country, countries_of(scenario))}"
            yield message, (*path, "country"), risk.country
        if risk.step:
            yield from _step(scenario, risk, path)
        yield from _dates(scenario, risk, path)


def _step(scenario: Scenario, risk: Risk, path: KeyPath) -> Iterator[Finding]:
    """Risks to steps that do not exist, or that other groups share without the delay."""
    assert risk.step is not None
    known = step_names(scenario)
    if risk.step not in known:
        yield f"there is no such step of start-up; {nearest(risk.step, known)}", (*path, "step"), risk.step
        return
    delayed = [group for group in delayed_groups(scenario, risk) if risk.step in steps_of(scenario, group)]
    if not delayed:
        yield "none of the sites that it delays has this step", (*path, "step"), risk.step
    for group in delayed:
        each = steps_of(scenario, group)[risk.step].each
        left = [other for other in _sharing(scenario, risk.step, group) if other not in delayed]
        if left:
            message = f"is done once for each {each}, and cannot be later at {group} and not at {left[0]}"
            yield message, (*path, "step"), risk.step
            return


def _sharing(scenario: Scenario, step: str, group: str) -> list[str]:
    """Groups that share a step with a group."""
    if steps_of(scenario, group)[step].each in ("site", "group"):
        return [group]
    own = steps_of(scenario, group)[step]
    return [
        other
        for other in scenario.sites
        if (found := steps_of(scenario, other).get(step)) is not None
        and found.each == own.each
        and (own.each == "trial" or country_of(scenario, other) == country_of(scenario, group))
    ]


def _dates(scenario: Scenario, risk: Risk, path: KeyPath) -> Iterator[Finding]:
    """Windows of risks outside the simulated time."""
    trial = scenario.trial
    end = end_of_time(scenario)
    if risk.from_ and risk.from_ >= end:
        message = f"is after the end of the simulated time ({end}, by trial.horizon_months): it would never strike"
        yield message, (*path, "from"), str(risk.from_)
    if risk.last and risk.last < trial.enrolment_opens:
        message = f"is before enrolment_opens ({trial.enrolment_opens}): it would change nothing"
        yield message, (*path, "to" if risk.to else "from"), str(risk.last)
