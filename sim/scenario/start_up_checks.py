"""Checks of the steps of start-up: missing lengths, circles, and steps that do not fit what they are shared by.

Steps are merged from site groups, countries and defaults, so that a mistake shows only in the steps of a group; each
is reported once, at the place where it is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.errors import nearest
from sim.scenario.distributions import Family
from sim.scenario.rules import Finding, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.caps import country_of
from sim.scenario.schema.start_up import WIDTHS, FoundStep, in_order, steps_of
from sim.scenario.yaml_source import KeyPath


@registered
def start_up(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with the steps of start-up; each finding once, not for each group.

    Yields:
        (message, path, value) of each finding.
    """
    told: set[tuple[KeyPath, str | None]] = set()
    for group in scenario.sites:
        steps = steps_of(scenario, group)
        for message, path, value in _of_group(scenario, group, steps):
            if (path, value) not in told:
                told.add((path, value))
                yield message, path, value


def _of_group(scenario: Scenario, group: str, steps: dict[str, FoundStep]) -> Iterator[Finding]:
    """Findings of the steps of one group."""
    wrong = [finding for step in steps.values() for finding in _of_step(scenario, group, step, steps)]
    yield from wrong
    if wrong or not steps:
        return
    left = sorted(set(steps) - set(in_order(steps)))
    if left:
        circle = _circle(steps, left)
        path = steps[circle[0]].said_at["after"]
        yield f"steps wait for one another in a circle: {' -> '.join(circle)}", path, ", ".join(steps[circle[0]].after)
        return
    yield from _of_delays(scenario, group, steps)


def _of_step(scenario: Scenario, group: str, step: FoundStep, steps: dict[str, FoundStep]) -> Iterator[Finding]:
    """Findings of one step: its length, what it waits for, and what it is shared by."""
    if step.days is None:
        yield f"is required: nothing says how long this step takes at the sites of {group}", step.path, None
    for other in step.after:
        if other not in steps:
            message = f"the sites of {group} have no such step; {nearest(other, set(steps) - {step.name})}"
            yield message, step.said_at["after"], other
        elif WIDTHS.index(steps[other].each) < WIDTHS.index(step.each):
            yield (
                f"a step once for each {step.each} cannot wait for one that is done for each {steps[other].each}",
                step.said_at["after"],
                other,
            )
    if step.each == "country" and country_of(scenario, group) is None:
        yield f"a step for each country needs the 'country' of group {group}", step.said_at["each"], "country"
    if "days" in step.said_at:
        place = {"sites": "group", "countries": "country", "site_defaults": "trial"}[step.said_at["days"][0]]
        if WIDTHS.index(place) < WIDTHS.index(step.each):
            where = "site_defaults" if step.each == "trial" else "countries or site_defaults"
            yield f"belongs to a step that is done once for each {step.each}: write it under {where}", step.path, None


def _circle(steps: dict[str, FoundStep], left: list[str]) -> list[str]:
    """A circle among the remaining steps; its first name is repeated at the end."""
    way = [left[0]]
    while True:
        following = next(name for name in sorted(steps[way[-1]].after) if name in left)
        if following in way:
            return [*way[way.index(following) :], following]
        way.append(following)


def _of_delays(scenario: Scenario, group: str, steps: dict[str, FoundStep]) -> Iterator[Finding]:
    """Find one delay beside steps, and a shared step that would begin at several times.

    Args:
        scenario: the scenario.
        group: name of the site group.
        steps: its steps.

    Yields:
        (message, path, value) of each finding.
    """
    own, default = scenario.sites[group], scenario.site_defaults
    is_own = "activation_delay_days" in own.model_fields_set
    if (own if is_own else default).activation_delay_days != 0:
        path = (*(("sites", group) if is_own else ("site_defaults",)), "activation_delay_days")
        yield f"cannot be combined with steps of start-up (of {group}): write 0 or leave out the steps", path, None
    is_own = "lead_days" in own.model_fields_set
    lead = (own if is_own else default).lead_days
    shared = [step.name for step in steps.values() if step.each != "site"]
    if not shared:
        return
    path = (*(("sites", group) if is_own else ("site_defaults",)), "lead_days")
    if isinstance(lead, Family) and not lead.is_uncertain:
        yield f"differs from site to site, and {shared[0]} is one step for several: write one number", path, None
    elif is_own and lead != default.lead_days and any(steps[name].each != "group" for name in shared):
        yield (
            f"must be that of site_defaults, since {shared[0]} is one step for the sites of several groups",
            path,
            None,
        )
