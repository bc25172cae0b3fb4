"""What a scenario would be without one cause of delay: the counterfactuals of `explain`.

Each cause is taken away alone, on the same random numbers, and the days that the trial then gains are the days lost to
that cause. Causes overlap (a coordinator is not missed while nobody may be randomised), so their days need not add up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario

Data = dict[str, Any]

TOGETHER = "together"
_ACRONYMS = {"meld", "hcc", "hiv", "inr", "pta", "afp"}


@dataclass(frozen=True)
class Cause:
    """A cause of delay, and the scenario without it.

    Attributes:
        name: stable name, such as `calendar.periods.new_year_2020`.
        kind: what sort of cause it is.
        label: in words.
        without: what was put in its place.
        scenario: the scenario without it.
    """

    name: str
    kind: str
    label: str
    without: str
    scenario: Scenario


@dataclass(frozen=True)
class _Change:
    name: str
    kind: str
    label: str
    without: str
    apply: Callable[[Data], None]


def _everywhere(**values: Any) -> Callable[[Data], None]:
    """Set site settings for all sites: in the defaults, and no longer in any group."""

    def apply(data: Data) -> None:
        data["site_defaults"] = data["site_defaults"] | values
        for group in data["sites"].values():
            for name in values:
                group.pop(name, None)

    return apply


def _at(path: str, value: Any) -> Callable[[Data], None]:
    """Set one value, where the section around it is there."""
    *parents, last = path.split(".")

    def apply(data: Data) -> None:
        for key in parents:
            data = data.get(key) or {}
        if data.get(last) is not None:
            data[last] = value

    return apply


def _without_criterion(name: str) -> Callable[[Data], None]:
    return lambda data: data["screening"]["criteria"].pop(name, None)


def _words(name: str) -> str:
    return " ".join(part.upper() if part in _ACRONYMS else part for part in name.split("_"))


_SITES = (
    _Change(
        "start_up",
        "sites",
        "start-up of the sites",
        "every site active on day 0",
        _everywhere(lead_days=0.0, activation_delay_days=0.0, opens=None),
    ),
    _Change("ramp_up", "sites", "ramp-up of the sites", "full rate from the first day", _everywhere(ramp_up=None)),
    _Change("never_enrols", "sites", "sites that never enrol", "none of them", _everywhere(never_enrols=0.0)),
    _Change(
        "closing",
        "sites",
        "sites that close early",
        "all stay open",
        _everywhere(closes=None, max_participants=None),
    ),
)
_SCREENING = (
    _Change("consent", "screening", "refused consent", "everybody consents", _at("screening.consent", 1.0)),
    _Change("coordinators", "screening", "too few coordinators", "one is always free", _everywhere(coordinators=None)),
    _Change(
        "worsening",
        "screening",
        "worsening while being screened",
        "nobody worsens",
        _at("screening.deteriorates_per_day", 0.0),
    ),
    _Change("window", "screening", "the time limit to randomisation", "no limit", _at("screening.window_days", None)),
)
_AFTER = (
    _Change("sentinels", "safety", "spacing of the first participants", "none", _at("oversight.sentinels", None)),
    _Change("board_review", "safety", "the safety board's review", "none", _at("oversight.board_review", None)),
    _Change("hold", "safety", "holds after severe reactions", "none", _at("oversight.hold", None)),
    _Change("stop", "safety", "the rule that stops the trial", "none", _at("oversight.stop", None)),
    _Change("cells", "supply", "supply of cells", "cells are never short", _at("cells", None)),
    _Change("bays", "supply", "too few infusion bays", "one is always free", _everywhere(infusion_bays=None)),
    _Change("replacement", "replacement", "replacement of participants", "none", _at("trial.replace", "never")),
)


def _calendar(scenario: Scenario) -> Iterator[_Change]:
    for name in scenario.calendar.periods:
        path = f"calendar.periods.{name}"
        yield _Change(path, "calendar", _words(name), "days like any other", _at(f"{path}.factor", 1.0))
    yield _Change(
        "calendar.public_holidays",
        "calendar",
        "public holidays",
        "days like any other",
        _at("calendar.public_holidays.factor", 1.0),
    )
    if scenario.calendar.by_month:
        yield _Change(
            "calendar.by_month", "calendar", "slow months of the year", "months all alike", _at("calendar.by_month", {})
        )


def _criteria(scenario: Scenario) -> Iterator[_Change]:
    for name, rule in scenario.screening.criteria.items():
        label = f"criterion {_words(name)}" + (f" ({rule.item})" if rule.item else "")
        yield _Change(f"screening.criteria.{name}", "criterion", label, "not asked", _without_criterion(name))


def _changes(scenario: Scenario) -> Iterator[_Change]:
    yield from _SITES
    yield from _calendar(scenario)
    yield from _criteria(scenario)
    yield from _SCREENING
    yield from _AFTER


def causes_of_delay(scenario: Scenario) -> list[Cause]:
    """Every cause of delay that a scenario has, and last all of them together, each with the scenario without it."""
    original = canonical(scenario)
    all_away: Data = json.loads(original)
    found = []
    for change in _changes(scenario):
        data: Data = json.loads(original)
        change.apply(data)
        without = scenario_from_json(data, change.name)
        if canonical(without) == original:
            continue  # the scenario has no such cause
        found.append(Cause(change.name, change.kind, change.label, change.without, without))
        change.apply(all_away)
    if len(found) > 1:
        everything = scenario_from_json(all_away, TOGETHER)
        found.append(Cause(TOGETHER, TOGETHER, "all of these together", "none of them", everything))
    return found
