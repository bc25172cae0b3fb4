"""Checks of caps: unknown names, combinations that exclude one another, and caps that leave no room for the target.

A trial whose caps allow fewer participants than its target never ends. That is found by bounds that are simple to
compute: they may miss a combination of overlapping caps, but never refuse a trial that can be completed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from sim.errors import nearest
from sim.scenario.country_checks import countries_of
from sim.scenario.rules import Finding, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.caps import Cap, country_of, within
from sim.scenario.yaml_source import KeyPath


def levels(scenario: Scenario) -> dict[str, list[str | bool]]:
    """Strata that a cap may name.

    Args:
        scenario: the scenario.

    Returns:
        By name of the stratum, its levels in the order of their codes: categories in alphabetical order, False and True
        of a condition, `<band>_1` and so on of a band.
    """
    patients = scenario.patients
    found: dict[str, list[str | bool]] = {
        name: [*sorted(value)] for name, value in patients.attributes.items() if isinstance(value, dict)
    }
    found |= {name: [False, True] for name in patients.conditions}
    found |= {name: [f"{name}_{i + 1}" for i in range(len(band.cuts) + 1)] for name, band in patients.bands.items()}
    return found


def max_participants(scenario: Scenario, group: str) -> int | None:
    """Limit on participants of each site of a group, its own or the default.

    Args:
        scenario: the scenario.
        group: name of the group.

    Returns:
        The limit of each of its sites, not of the group; None for no limit, which a group may also write over a
        default.
    """
    own = scenario.sites[group]
    is_own = "max_participants" in own.model_fields_set
    return own.max_participants if is_own else scenario.site_defaults.max_participants


@registered
def caps(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with the caps of a scenario.

    Yields:
        (message, path, value) of each finding.
    """
    wrong = [finding for name, cap in scenario.caps.items() for finding in _names(scenario, name, cap)]
    yield from wrong
    if not wrong:
        yield from _room(scenario)


def _names(scenario: Scenario, name: str, cap: Cap) -> Iterator[Finding]:
    """Names in a cap that the scenario does not have."""
    path = ("caps", name)
    countries = countries_of(scenario)
    for group in cap.groups or ():
        if group not in scenario.sites:
            yield f"there is no such site group; {nearest(group, scenario.sites)}", (*path, "groups"), group
    if cap.country and cap.country not in countries:
        message = f"no site group is in this country; {nearest(cap.country, countries)}"
        yield message, (*path, "country"), cap.country
    if cap.arm and cap.arm not in scenario.arms:
        yield f"there is no such arm; {nearest(cap.arm, scenario.arms)}", (*path, "arm"), cap.arm
    if cap.each == "country":
        for group in scenario.sites:
            if within(cap, group, country_of(scenario, group)) and country_of(scenario, group) is None:
                yield f"a cap for each country needs the 'country' of group {group}", (*path, "each"), "country"
    known = levels(scenario)
    for key, level in cap.stratum.items():
        if key not in known:
            message = f"there is no such categorical attribute, condition or band; {nearest(key, known)}"
            yield message, (*path, "stratum", key), None
        elif not any(level is one or (isinstance(level, str) and level == one) for one in known[key]):
            valid = [str(one).lower() if isinstance(one, bool) else one for one in known[key]]
            shown = str(level).lower() if isinstance(level, bool) else level
            yield f"no such level of {key}; {nearest(shown, valid)}", (*path, "stratum", key), shown


# --- room for the target


def _room(scenario: Scenario) -> Iterator[Finding]:
    """Whether caps leave room for the target, by sites, arms and strata."""
    target = scenario.trial.target
    room = {"sites": _room_at_sites(scenario), "arms": _room_in_arms(scenario), "strata": _room_in_strata(scenario)}
    where = min(room, key=lambda name: room[name])
    if room[where] < target:
        path: KeyPath = ("caps",) if scenario.caps else ("sites",)
        limits = "caps and max_participants allow" if where == "sites" else "caps allow"
        yield (
            f"the {limits} at most {room[where]:.0f} of the {target} participants of trial.target: raise them, or "
            f"lower the target",
            path,
            None,
        )


def _strict(scenario: Scenario) -> list[Cap]:
    """Caps on participants that nobody in screening may exceed."""
    return [cap for cap in scenario.caps.values() if cap.randomised and cap.overrun == "turn_away"]


def _room_of_group(scenario: Scenario, name: str, plain: list[Cap]) -> float:
    """Participants that the sites of one group may have."""
    group, country = scenario.sites[name], country_of(scenario, name)
    most = max_participants(scenario, name)
    each = [cap.limit for cap in plain if cap.each == "site" and within(cap, name, country)]
    a_site = min([math.inf if most is None else float(most), *each])
    together = [cap.limit for cap in plain if cap.each == "group" and within(cap, name, country)]
    return min([group.count * a_site if group.count else 0.0, *together])


def _room_at_sites(scenario: Scenario) -> float:
    """Participants that all sites may have: an upper bound, exact unless caps over several groups overlap."""
    if not any(group.count for group in scenario.sites.values()):
        return math.inf  # there is no site: no matter of caps
    plain = [cap for cap in _strict(scenario) if not cap.stratum and not cap.arm]
    room = {name: _room_of_group(scenario, name, plain) for name in scenario.sites}
    for cap in sorted(plain, key=lambda cap: cap.limit):
        if cap.each in ("site", "group"):
            continue
        over: dict[str | None, list[str]] = {}
        for name in scenario.sites:
            country = country_of(scenario, name)
            if within(cap, name, country):
                over.setdefault(country if cap.each else None, []).append(name)
        for names in over.values():
            _share(room, names, cap.limit)
    return math.fsum(room.values())


def _share(room: dict[str, float], names: list[str], limit: int) -> None:
    """Replace the room of several groups by their common limit, if it is smaller.

    Nothing is changed where one of them is already under another common limit, so that no group counts twice.
    """
    inside = [name for name in names if name in room]
    if len(inside) == len(names) and math.fsum(room[name] for name in names) > limit:
        for name in names:
            del room[name]
        room["+".join(names)] = float(limit)


def _room_in_arms(scenario: Scenario) -> float:
    """Participants that all arms may have."""
    of_arm: dict[str, float] = dict.fromkeys(scenario.arms, math.inf)
    for cap in _strict(scenario):
        if cap.arm:
            of_arm[cap.arm] = min(of_arm[cap.arm], cap.limit)
    return math.fsum(of_arm.values())


def _room_in_strata(scenario: Scenario) -> float:
    """The smallest room over attributes of which every level has a cap: the sum of its levels' caps.

    Only caps on one level in the whole trial are looked at, and only levels that a patient can have.
    """
    rooms: dict[str, dict[str | bool, float]] = {
        name: dict.fromkeys(_possible(scenario, name, of), math.inf) for name, of in levels(scenario).items()
    }
    for cap in _strict(scenario):
        if len(cap.stratum) == 1 and not cap.groups and not cap.country and not cap.each:
            ((name, level),) = cap.stratum.items()
            rooms[name][level] = min(rooms[name].get(level, math.inf), cap.limit)
    return min((math.fsum(room.values()) for room in rooms.values() if room), default=math.inf)


def _possible(scenario: Scenario, name: str, of: list[str | bool]) -> list[str | bool]:
    """Levels that a patient can have."""
    shares = scenario.patients.attributes.get(name)
    if isinstance(shares, Mapping):
        return [level for level in of if shares.get(str(level), 0.0) > 0]
    return of
