"""Remarks on what is allowed in a scenario, but may not be what the planner meant; and its rules in words.

A check refuses, a remark only says. What is here stops nothing; what is certainly wrong belongs in a check.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sim.scenario.cap_checks import max_participants
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario, amendments, interims
from sim.scenario.schema.caps import in_words

_ROOM = 1.2  # share of the target that sites need room for if participants are replaced


def limits(scenario: Scenario) -> list[str]:
    """Every limit on participants and on people in screening, in words.

    Args:
        scenario: a valid scenario.

    Returns:
        One text for each group whose sites have a limit, then one for each cap; without full stops.
    """
    found = []
    for name, group in scenario.sites.items():
        most = max_participants(scenario, name)
        if most is not None and group.count:
            found.append(f"{name}: at most {most} participants at {_sites(group.count)}{_together(group.count, most)}")
    return [*found, *(in_words(name, cap) for name, cap in scenario.caps.items())]


def _sites(n: int) -> str:
    return "its one site" if n == 1 else f"each of {n} sites"


def _together(n: int, most: int) -> str:
    return "" if n == 1 else f", {n * most} in all"


def amended(scenario: Scenario) -> list[str]:
    """Every amendment, in words."""
    return [amendments.in_words(name, rule) for name, rule in scenario.amendments.items()]


def looks(scenario: Scenario) -> list[str]:
    """Every interim look, in words."""
    return [interims.in_words(name, rule) for name, rule in scenario.interims.items()]


def completion(scenario: Scenario) -> str | None:
    """When primary completion comes in an event-driven trial, in words; None for other trials.

    Returns:
        A clause without a full stop, with the number of the event, the ways that count, and the dates that bound it.
    """
    rule = scenario.follow_up.primary_completion if scenario.follow_up else None
    if rule is None:
        return None
    ways = " or ".join(rule.of) if rule.of else "leaving in any way"
    text = f"primary completion at event {rule.events} ({ways})"
    if rule.not_before:
        text += f", not before {rule.not_before}"
    if rule.at_the_latest:
        text += f", on {rule.at_the_latest} at the latest"
    return text


def remarks(scenario: Scenario) -> list[str]:
    """Settings that may not be what the planner meant.

    Args:
        scenario: a valid scenario.

    Returns:
        A sentence for each, with the alternative to write; without full stops.
    """
    return [*_limits_of_one_site(scenario), *_no_room_for_replacements(scenario), *_closed_before_the_start(scenario)]


def _limits_of_one_site(scenario: Scenario) -> Iterator[str]:
    """Limits of a site that look like limits of its group, because they would hardly ever stop the group.

    They do if the limits of all its sites exceed the target, or one exceeds the group's share of it.
    """
    target = scenario.trial.target
    shares = _shares(scenario)
    for name, group in scenario.sites.items():
        most = max_participants(scenario, name)
        if most is None or group.count < 2:
            continue
        if group.count * most > target or most >= shares[name] * target:
            own = "max_participants" in group.model_fields_set
            yield (
                f"{f'sites.{name}' if own else 'site_defaults'}.max_participants: {most} is the limit of each of the "
                f"{group.count} sites of {name}, {group.count * most} in all, of a target of {target}; for the group "
                f"together write caps: {{{name}: {{groups: {name}, randomised: {most}}}}}"
            )


def _no_room_for_replacements(scenario: Scenario) -> Iterator[str]:
    """Sites that close for good with little more than the target, if participants are replaced."""
    target, rooms = scenario.trial.target, []
    for name, group in scenario.sites.items():
        most = max_participants(scenario, name)
        if group.count and most is None:
            return
        rooms.append(group.count * (most or 0))
    if scenario.trial.replace != "never" and sum(rooms) < _ROOM * target:
        yield (
            f"max_participants: a site that is full closes for good, and all sites together have room for {sum(rooms)} "
            f"participants: {sum(rooms) - target} replacements, and no more; a cap on those randomised, for each site, "
            "does not count those who are replaced"
        )


def _closed_before_the_start(scenario: Scenario) -> Iterator[str]:
    """Sites that close before anybody can be randomised."""
    opens = scenario.trial.enrolment_opens
    for name, group in scenario.sites.items():
        day = group.closes or scenario.site_defaults.closes
        if group.count and isinstance(day, date) and day <= opens:
            yield f"sites.{name}.closes: {day} is not after trial.enrolment_opens, {opens}: its sites randomise nobody"


def _shares(scenario: Scenario) -> dict[str, float]:
    """Share of referrals of each group at full rate; in proportion to its sites if rates are uncertain."""
    rates = {}
    for name, group in scenario.sites.items():
        own = group.referrals_per_month
        rate = scenario.site_defaults.referrals_per_month if own is None else own
        rates[name] = None if rate is None or isinstance(rate, Family) else float(rate)
    is_known = None not in rates.values()
    weights = {
        name: group.count * ((rates[name] or 0.0) if is_known else 1.0) for name, group in scenario.sites.items()
    }
    total = sum(weights.values())
    return {name: weight / total if total else 0.0 for name, weight in weights.items()}
