"""Checks of amendments: unknown names, moments that never come, and conditions that cannot hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sim.errors import nearest
from sim.scenario.rules import Finding, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.amendments import Amendment
from sim.scenario.schema.start_up import steps_of
from sim.scenario.yaml_source import KeyPath

_MONTH_DAYS = 30.4375


def waiting_groups(scenario: Scenario) -> set[str]:
    """Site groups that stay closed until an amendment opens them."""
    return {group for rule in scenario.amendments.values() for group in rule.opens or ()}


def changing_groups(scenario: Scenario) -> set[str]:
    """Site groups whose referral rate an amendment may change."""
    rules = [rule for rule in scenario.amendments.values() if rule.referrals_times is not None]
    return {group for rule in rules for group in rule.groups or scenario.sites}


@registered
def amendments(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with the amendments of a scenario.

    Returns:
        (message, path, value) of each finding.
    """
    for name, rule in scenario.amendments.items():
        path = ("amendments", name)
        yield from _moment(scenario, rule, path)
        yield from _names("site group", rule.opens, scenario.sites, (*path, "opens"))
        yield from _names("site group", rule.groups, scenario.sites, (*path, "groups"))
        yield from _names("criterion", rule.drops, scenario.screening.criteria, (*path, "drops"))
        for group in rule.opens or ():
            if group in scenario.sites and scenario.sites[group].opens is not None:
                message = f"opens by the amendment {name}, and cannot open on a date too: leave one of them out"
                yield message, ("sites", group, "opens"), str(scenario.sites[group].opens)
            if group in scenario.sites and steps_of(scenario, group):
                message = (
                    "has start-up in steps, which begin on day 0: sites that an amendment opens have "
                    "activation_delay_days alone; write start_up for the other groups only"
                )
                yield message, (*path, "opens"), group
        if rule.costs is not None and scenario.costs is None:
            yield "changes unit costs, and there are none: write costs", (*path, "costs"), None


def _names(kind: str, written: Iterable[str] | None, known: Iterable[str], path: KeyPath) -> Iterator[Finding]:
    for name in written or ():
        if name not in known:
            yield f"there is no such {kind}; {nearest(name, known)}", path, name


def _moment(scenario: Scenario, rule: Amendment, path: KeyPath) -> Iterator[Finding]:
    """Moments outside the simulated time, or after the target is met."""
    trial = scenario.trial
    end = trial.enrolment_opens + timedelta(days=math.floor(trial.horizon_months * _MONTH_DAYS))
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
