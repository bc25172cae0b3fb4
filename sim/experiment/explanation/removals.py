"""How each cause of delay is taken out of a scenario, given as plain data.

Each function changes the data in place, or returns a function that does. Nothing is checked here: the changed data are
read as a scenario afterwards. A removal that finds nothing to remove leaves the data as they are.

Attributes:
    Data: a scenario as plain data, with every value written out.
    Removal: changes such data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Data = dict[str, Any]
Removal = Callable[[Data], None]

_MOST_SITES = 5000  # of a group, as the schema allows


def everywhere(**values: Any) -> Removal:
    """Change site settings for all sites: in the defaults, and removed from every group.

    Args:
        values: settings by name.

    Returns:
        A function that changes the data of a scenario in place.
    """

    def apply(data: Data) -> None:
        data["site_defaults"] = data["site_defaults"] | values
        for group in data["sites"].values():
            for name in values:
                group.pop(name, None)

    return apply


def active_at_once(data: Data) -> None:
    """Every site is active on day 0, without delay, steps, dates or risks to its start-up.

    Args:
        data: the whole scenario as plain data; changed in place.
    """
    everywhere(lead_days=0.0, activation_delay_days=0.0, opens=None, start_up={})(data)
    for country in data["countries"].values():
        country.pop("start_up", None)
    data["risks"] = {name: risk for name, risk in data["risks"].items() if risk["delays"] == "recruitment"}


def step_in_no_time(name: str) -> Removal:
    """A step of start-up takes no days, in every place where it is set.

    Args:
        name: name of the step; places that do not set its days stay as they are.
    """

    def apply(data: Data) -> None:
        for place in (data["site_defaults"], *data["countries"].values(), *data["sites"].values()):
            step = place.get("start_up", {}).get(name)
            if step and step.get("days") is not None:
                step["days"] = 0.0

    return apply


def at(path: str, value: Any) -> Removal:
    """Set one value, if the section around it exists and the value is there.

    Args:
        path: dotted path.
        value: the new value.

    Returns:
        A function that changes the data of a scenario in place; it does nothing where the value is missing or null.
    """
    *parents, last = path.split(".")

    def apply(data: Data) -> None:
        for key in parents:
            data = data.get(key) or {}
        if data.get(last) is not None:
            data[last] = value

    return apply


def twice_the_sites(data: Data) -> None:
    """Double the number of sites of every group, up to the limit of the schema."""
    for group in data["sites"].values():
        count = group.get("count", 1)
        group["count"] = max(count, min(2 * count, _MOST_SITES))


def without_cap(name: str) -> Removal:
    """Remove a cap."""
    return lambda data: data["caps"].pop(name, None)


def without_interim(name: str) -> Removal:
    """Remove an interim look."""
    return lambda data: data["interims"].pop(name, None)


def without_pause(name: str) -> Removal:
    """Keep an interim look, but do not pause recruitment for it or space participants."""

    def apply(data: Data) -> None:
        if name in data["interims"]:
            data["interims"][name] |= {"recruitment": "goes_on", "days_between": 0.0}

    return apply


def without_amendment(name: str) -> Removal:
    """Remove an amendment, and the sites that only it would open; arms that only it would open close on day 0.

    Args:
        name: name of the amendment; nothing happens without it.
    """

    def apply(data: Data) -> None:
        rule = data["amendments"].pop(name, None) or {}
        others = list(data["amendments"].values())
        for group in set(rule.get("opens") or ()) - {group for other in others for group in other["opens"] or ()}:
            data["sites"][group]["count"] = 0
        arms = set(rule.get("opens_arms") or ()) - {arm for other in others for arm in other["opens_arms"] or ()}
        if arms:
            at_once = {"at_month": 0.0, "after_days": 0.0, "in_screening": False, "closes_arms": sorted(arms)}
            data["amendments"][name] = dict.fromkeys(rule) | at_once

    return apply


def amended(data: Data, change: Removal) -> None:
    """Change every amendment; one that then changes nothing is removed, and its sites stay closed.

    Args:
        data: the scenario.
        change: changes one amendment.
    """
    for name, rule in list(data["amendments"].items()):
        change(rule)
        has_effect = rule["drops"] or rule["consent"] is not None or rule["referrals_times"] is not None
        if not rule["drops"]:
            rule["drops"], rule["in_screening"] = None, False
        if not has_effect:
            rule["groups"] = None
        if not (has_effect or any(rule.get(key) for key in ("opens", "opens_arms", "closes_arms", "costs"))):
            del data["amendments"][name]


def everybody_consents(data: Data) -> None:
    """Let everybody consent, in the scenario and in its amendments."""
    data["screening"]["consent"] = 1.0
    amended(data, lambda rule: rule.update(consent=None))


def without_risk(name: str) -> Removal:
    """Remove a risk."""
    return lambda data: data["risks"].pop(name, None)


def without_holidays(data: Data) -> None:
    """Make public holidays ordinary days, in every country."""
    at("calendar.public_holidays.factor", 1.0)(data)
    for country in data["countries"].values():
        if country.get("public_holidays"):
            country["public_holidays"]["factor"] = 1.0


def without_periods(names: Sequence[str]) -> Removal:
    """Make the days of some named periods ordinary days.

    Args:
        names: names of periods of `calendar.periods`.
    """

    def apply(data: Data) -> None:
        for name in names:
            at(f"calendar.periods.{name}.factor", 1.0)(data)

    return apply


def without_extension(name: str) -> Removal:
    """Remove a user's own rule."""
    return lambda data: data["extensions"].pop(name)


def without_criterion(name: str) -> Removal:
    """Remove a criterion, and its name from the amendments that drop it.

    Args:
        name: name of the criterion; nothing happens without it.
    """

    def apply(data: Data) -> None:
        data["screening"]["criteria"].pop(name, None)
        amended(data, lambda rule: rule.update(drops=[other for other in rule["drops"] or () if other != name]))

    return apply
