"""Checks of amendments: unknown names, moments that never come, and conditions that cannot hold.

An amendment that never comes into force would be simulated without a word, and its comparison would show no effect.
Here are also the groups and arms that wait for an amendment, which the simulation asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sim.errors import nearest
from sim.scenario.rules import Finding, end_of_time, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.amendments import Amendment
from sim.scenario.yaml_source import KeyPath


def waiting_groups(scenario: Scenario) -> set[str]:
    """Site groups that stay closed until an amendment opens them; by name, whether the scenario has them or not.

    Args:
        scenario: the scenario, checked or not.
    """
    return {group for rule in scenario.amendments.values() for group in rule.opens or ()}


def waiting_arms(scenario: Scenario) -> set[str]:
    """Arms that nobody is allocated to until an amendment opens them."""
    return {arm for rule in scenario.amendments.values() for arm in rule.opens_arms or ()}


def changing_groups(scenario: Scenario) -> set[str]:
    """Site groups whose referral rate an amendment may change."""
    rules = [rule for rule in scenario.amendments.values() if rule.referrals_times is not None]
    return {group for rule in rules for group in rule.groups or scenario.sites}


@registered
def amendments(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with the amendments of a scenario.

    Yields:
        (message, path, value) of each finding.
    """
    for name, rule in scenario.amendments.items():
        path = ("amendments", name)
        yield from _moment(scenario, rule, path)
        yield from _names("site group", rule.opens, scenario.sites, (*path, "opens"))
        yield from _names("site group", rule.groups, scenario.sites, (*path, "groups"))
        for key, arms in (("opens_arms", rule.opens_arms), ("closes_arms", rule.closes_arms)):
            yield from _names("arm", arms, scenario.arms, (*path, key))
        yield from _names("criterion", rule.drops, scenario.screening.criteria, (*path, "drops"))
        for group in rule.opens or ():
            if group in scenario.sites and scenario.sites[group].opens is not None:
                message = f"opens by the amendment {name}, and cannot open on a date too: leave one of them out"
                yield message, ("sites", group, "opens"), str(scenario.sites[group].opens)
        if rule.costs is not None and scenario.costs is None:
            yield "changes unit costs, and there are none: write costs", (*path, "costs"), None


@registered
def arms_open(scenario: Scenario) -> Iterator[Finding]:
    """Find arms that open and close in a way that may leave nobody an arm.

    Yields:
        (message, path, value) of each finding.
    """
    changing = {
        arm for rule in scenario.amendments.values() for arm in (*(rule.opens_arms or ()), *(rule.closes_arms or ()))
    }
    if changing and not set(scenario.arms) - changing:
        message = "every arm is opened or closed by one: leave one arm, such as the control, open throughout"
        yield message, ("amendments",), None


def _names(kind: str, written: Iterable[str] | None, known: Iterable[str], path: KeyPath) -> Iterator[Finding]:
    for name in written or ():
        if name not in known:
            yield f"there is no such {kind}; {nearest(name, known)}", path, name


def _moment(scenario: Scenario, rule: Amendment, path: KeyPath) -> Iterator[Finding]:
    """Moments outside the simulated time, or after the target is met.

    A change of unit costs alone may come after the target: it still counts then.
    """
    trial = scenario.trial
    end = end_of_time(scenario)
    never = f"is after the end of the simulated time ({end}, by trial.horizon_months): it would never come"
    if rule.on is not None and rule.on >= end:
        yield never, (*path, "on"), str(rule.on)
    if rule.on is not None and rule.on < trial.enrolment_opens:
        message = f"is before enrolment_opens ({trial.enrolment_opens}): write what holds from the start"
        yield message, (*path, "on"), str(rule.on)
    if rule.at_month is not None and rule.at_month >= trial.horizon_months:
        yield never, (*path, "at_month"), f"{rule.at_month:g}"
    if rule.at_randomised is not None and rule.at_randomised >= trial.target and trial.replace == "never":
        message = f"must be below trial.target ({trial.target}): nobody comes after it"
        if rule.costs is None:
            yield message, (*path, "at_randomised"), str(rule.at_randomised)
    if rule.if_fewer_than is not None and rule.if_fewer_than > trial.target:
        message = f"must be at most trial.target ({trial.target}), which is never passed while recruitment is open"
        yield message, (*path, "if_fewer_than"), str(rule.if_fewer_than)
