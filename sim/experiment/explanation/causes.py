"""The causes of delay of a scenario, and the scenario without each of them; `run` and `explain` share this table.

Each cause is removed alone, on the same random numbers. The days that the trial then gains are the days lost to that
cause. Causes overlap (a missing coordinator costs nothing while nobody may be randomised), so their days need not add
up. The days lost are only measured this way, never read off the history of a single trial.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.extension import Extension
from sim.scenario.extension_files import known_extension
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario, amendments, interims
from sim.scenario.schema.caps import in_words
from sim.scenario.schema.risks import risk_in_words
from sim.scenario.schema.start_up import step_names

Data = dict[str, Any]

TOGETHER = "together"
TOO_FEW_SITES = "too_few_sites"
_MOST_SITES = 5000  # of a group, as the schema allows
_ACRONYMS = {"meld", "hcc", "hiv", "inr", "pta", "afp"}


@dataclass(frozen=True)
class Cause:
    """A cause of delay, and the scenario without it.

    Attributes:
        name: stable name, such as `calendar.periods.new_year`.
        kind: category of the cause.
        label: the cause in words.
        without: what replaces it, in words.
        scenario: the scenario without it.
        part_of: name of the cause of which this is a part (one criterion of all); empty for a whole cause.
    """

    name: str
    kind: str
    label: str
    without: str
    scenario: Scenario
    part_of: str = ""


@dataclass(frozen=True)
class _Change:
    name: str
    kind: str
    label: str
    without: str
    apply: Callable[[Data], None]
    part_of: str = ""


def _everywhere(**values: Any) -> Callable[[Data], None]:
    """Change site settings for all sites: in the defaults, and removed from every group."""

    def apply(data: Data) -> None:
        data["site_defaults"] = data["site_defaults"] | values
        for group in data["sites"].values():
            for name in values:
                group.pop(name, None)

    return apply


def _active_at_once(data: Data) -> None:
    """Every site is active on day 0, without delay, steps, dates or risks to its start-up."""
    _everywhere(lead_days=0.0, activation_delay_days=0.0, opens=None, start_up={})(data)
    for country in data["countries"].values():
        country.pop("start_up", None)
    data["risks"] = {name: risk for name, risk in data["risks"].items() if risk["delays"] == "recruitment"}


def _step_in_no_time(name: str) -> Callable[[Data], None]:
    """A step of start-up takes no days, in every place where it is set."""

    def apply(data: Data) -> None:
        for place in (data["site_defaults"], *data["countries"].values(), *data["sites"].values()):
            step = place.get("start_up", {}).get(name)
            if step and step.get("days") is not None:
                step["days"] = 0.0

    return apply


def _at(path: str, value: Any) -> Callable[[Data], None]:
    """Set one value, if the section around it exists."""
    *parents, last = path.split(".")

    def apply(data: Data) -> None:
        for key in parents:
            data = data.get(key) or {}
        if data.get(last) is not None:
            data[last] = value

    return apply


def _twice_the_sites(data: Data) -> None:
    for group in data["sites"].values():
        count = group.get("count", 1)
        group["count"] = max(count, min(2 * count, _MOST_SITES))


def _without_cap(name: str) -> Callable[[Data], None]:
    return lambda data: data["caps"].pop(name, None)


def _without_interim(name: str) -> Callable[[Data], None]:
    return lambda data: data["interims"].pop(name, None)


def _without_pause(name: str) -> Callable[[Data], None]:
    def apply(data: Data) -> None:
        if name in data["interims"]:
            data["interims"][name] |= {"recruitment": "goes_on", "days_between": 0.0}

    return apply


def _without_amendment(name: str) -> Callable[[Data], None]:
    """Remove an amendment, and the sites that only it would open."""

    def apply(data: Data) -> None:
        rule = data["amendments"].pop(name, None) or {}
        others = {group for other in data["amendments"].values() for group in other["opens"] or ()}
        for group in set(rule.get("opens") or ()) - others:
            data["sites"][group]["count"] = 0

    return apply


def _amended(data: Data, change: Callable[[Data], None]) -> None:
    """Change every amendment; one that then changes nothing is removed, and its sites stay closed."""
    for name, rule in list(data["amendments"].items()):
        change(rule)
        has_effect = rule["drops"] or rule["consent"] is not None or rule["referrals_times"] is not None
        if not rule["drops"]:
            rule["drops"], rule["in_screening"] = None, False
        if not has_effect:
            rule["groups"] = None
        if not (has_effect or rule["opens"] or rule["costs"]):
            del data["amendments"][name]


def _everybody_consents(data: Data) -> None:
    data["screening"]["consent"] = 1.0
    _amended(data, lambda rule: rule.update(consent=None))


def _without_risk(name: str) -> Callable[[Data], None]:
    return lambda data: data["risks"].pop(name, None)


def _words(name: str) -> str:
    return " ".join(part.upper() if part in _ACRONYMS else part for part in name.split("_"))


def _without_holidays(data: Data) -> None:
    """Make public holidays ordinary days, in every country."""
    _at("calendar.public_holidays.factor", 1.0)(data)
    for country in data["countries"].values():
        if country.get("public_holidays"):
            country["public_holidays"]["factor"] = 1.0


_TRIAL = (_Change("start", "trial", "a late start of the trial, or none", "a start on day 0", _at("trial.start", {})),)
_SITES = (
    _Change(TOO_FEW_SITES, "sites", "too few sites", "twice as many of each kind", _twice_the_sites),
    _Change(
        "start_up",
        "sites",
        "start-up of the sites",
        "every site active on day 0",
        _active_at_once,
    ),
    _Change("drift", "sites", "drift of rates", "rates stay as on day 0", _at("drift", None)),
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
    _Change("consent", "screening", "refused consent", "everybody consents", _everybody_consents),
    _Change(
        "failure",
        "screening",
        "failing screening for a reason not stated",
        "nobody does",
        _at("screening.failure", 0.0),
    ),
    _Change("coordinators", "screening", "too few coordinators", "one is always free", _everywhere(coordinators=None)),
    _Change(
        "screening_days",
        "screening",
        "the days that screening takes",
        "results on the day",
        _at("screening.days", 0.0),
    ),
    _Change(
        "worsening",
        "screening",
        "worsening while being screened",
        "nobody worsens",
        _at("screening.deteriorates_per_day", 0.0),
    ),
    _Change("window", "screening", "the time limit to randomisation", "no limit", _at("screening.window_days", None)),
    _Change(
        "overrun",
        "screening",
        "randomising those in screening at the end",
        "they are turned away",
        _at("trial.overrun", "turn_away"),
    ),
)
_AFTER = (
    _Change("sentinels", "safety", "spacing of the first participants", "none", _at("oversight.sentinels", None)),
    _Change("board_review", "safety", "the safety board's review", "none", _at("oversight.board_review", None)),
    _Change("hold", "safety", "holds after severe reactions", "none", _at("oversight.hold", None)),
    _Change("stop", "safety", "the rule that stops the trial", "none", _at("oversight.stop", None)),
    _Change("cells", "supply", "supply of cells", "cells are never short", _at("cells", None)),
    _Change("bays", "supply", "too few infusion bays", "one is always free", _everywhere(infusion_bays=None)),
    _Change("replacement", "replacement", "replacement of participants", "none", _at("trial.replace", "never")),
    _Change(
        "database_lock",
        "database",
        "cleaning and locking the database",
        "locked on the day of the last visit",
        _at("follow_up.database_lock_days", 0.0),
    ),
)
_CALENDAR, _CRITERIA = "calendar", "criteria"
_ALIKE = "days like any other"


def _calendar(scenario: Scenario) -> Iterator[_Change]:
    def apply(data: Data) -> None:
        for part in parts:
            part.apply(data)

    parts = [
        _Change(f"calendar.periods.{stem}", _CALENDAR, _words(stem), _ALIKE, _without_periods(names), _CALENDAR)
        for stem, names in _alike(scenario.calendar.periods).items()
    ]
    parts += [
        _Change("calendar.public_holidays", _CALENDAR, "public holidays", _ALIKE, _without_holidays, _CALENDAR),
        _Change(
            "calendar.by_month",
            _CALENDAR,
            "slow months of the year",
            "months all alike",
            _at("calendar.by_month", {}),
            _CALENDAR,
        ),
    ]
    yield _Change(_CALENDAR, _CALENDAR, "holidays and slow periods", _ALIKE, apply)
    yield from parts


def _alike(names: Iterable[str]) -> dict[str, list[str]]:
    """Group recurring periods, such as `new_year_2026` and `new_year_2027`, by their common part: one cause each."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(re.sub(r"_?\d+$", "", name) or name, []).append(name)
    return {stem if len(alike) > 1 else alike[0]: alike for stem, alike in found.items()}


def _without_periods(names: Sequence[str]) -> Callable[[Data], None]:
    def apply(data: Data) -> None:
        for name in names:
            _at(f"calendar.periods.{name}.factor", 1.0)(data)

    return apply


def _steps(scenario: Scenario) -> Iterator[_Change]:
    for name in step_names(scenario):
        label = f"the start-up step {_words(name)}"
        yield _Change(f"start_up.{name}", "sites", label, "done in no time", _step_in_no_time(name), "start_up")


def _caps(scenario: Scenario) -> Iterator[_Change]:
    for name, cap in scenario.caps.items():
        _, _, meaning = in_words(name, cap).partition(": ")
        yield _Change(f"caps.{name}", "cap", f"the cap {_words(name)} ({meaning})", "no such cap", _without_cap(name))


def _interims(scenario: Scenario) -> Iterator[_Change]:
    for name, rule in scenario.interims.items():
        label = f"the interim look {_words(name)} ({interims.in_words(name, rule).partition(': ')[2]})"
        path = f"interims.{name}"
        yield _Change(path, "interim", label, "no such look", _without_interim(name))
        if rule.stop != 0 or rule.enlarge != 0:
            label = f"the pause of the interim look {_words(name)}"
            yield _Change(f"{path}.recruitment", "interim", label, "recruitment goes on", _without_pause(name), path)


def _amendments(scenario: Scenario) -> Iterator[_Change]:
    for name, rule in scenario.amendments.items():
        meaning = f"{amendments.moment_in_words(rule)}: {amendments.effect_in_words(rule)}"
        label = f"the amendment {_words(name)} ({meaning})"
        yield _Change(f"amendments.{name}", "amendment", label, "no such amendment", _without_amendment(name))


def _risks(scenario: Scenario) -> Iterator[_Change]:
    for name, risk in scenario.risks.items():
        _, _, meaning = risk_in_words(name, risk).partition(": ")
        label = f"the risk {_words(name)} ({meaning})"
        yield _Change(f"risks.{name}", "risk", label, "it never strikes", _without_risk(name))


def _criteria(scenario: Scenario) -> Iterator[_Change]:
    def apply(data: Data) -> None:
        data["screening"]["criteria"] = {}
        _amended(data, lambda rule: rule.update(drops=None))

    yield _Change(_CRITERIA, "criterion", "patients who do not meet the criteria", "everybody meets them", apply)
    for name, rule in scenario.screening.criteria.items():
        label = f"criterion {_words(name)}" + (f" ({rule.item})" if rule.item else "")
        yield _Change(
            f"screening.criteria.{name}", "criterion", label, "not asked", _without_criterion(name), _CRITERIA
        )


def _extensions(scenario: Scenario) -> Iterator[_Change]:
    """The user's own rules; extensions that only measure cause no delay."""
    for name, use in scenario.extensions.items():
        kind = known_extension(name, use)
        if kind is not None and (kind.begin is not Extension.begin or kind.heard is not Extension.heard):
            label = f"the extension {_words(name)}"
            yield _Change(f"extensions.{name}", "extension", label, "the trial without it", _without_extension(name))


def _without_extension(name: str) -> Callable[[Data], None]:
    return lambda data: data["extensions"].pop(name)


def _without_criterion(name: str) -> Callable[[Data], None]:
    def apply(data: Data) -> None:
        data["screening"]["criteria"].pop(name, None)
        _amended(data, lambda rule: rule.update(drops=[other for other in rule["drops"] or () if other != name]))

    return apply


def _changes(scenario: Scenario) -> Iterator[_Change]:
    yield from _TRIAL
    yield from _SITES
    yield from _steps(scenario)
    yield from _caps(scenario)
    yield from _interims(scenario)
    yield from _amendments(scenario)
    yield from _risks(scenario)
    yield from _calendar(scenario)
    yield from _criteria(scenario)
    yield from _SCREENING
    yield from _AFTER
    yield from _extensions(scenario)


def causes_of_delay(scenario: Scenario, *, parts: bool = True) -> list[Cause]:
    """Return every cause of delay of a scenario, each with the scenario without it.

    Args:
        scenario: the scenario.
        parts: whether to include parts of causes (each period, each criterion) and, last, all causes together; the
            number of sites is not among those, because it is a choice.
    """
    original = canonical(scenario)
    all_away: Data = json.loads(original)
    found = []
    for change in _changes(scenario):
        if change.part_of and not parts:
            continue
        data: Data = json.loads(original)
        change.apply(data)
        without = scenario_from_json(data, change.name)
        if canonical(without) == original:
            continue  # the scenario has no such cause
        found.append(Cause(change.name, change.kind, change.label, change.without, without, change.part_of))
        if change.name != TOO_FEW_SITES:
            change.apply(all_away)
    if parts and len(found) > 1:
        everything = scenario_from_json(all_away, TOGETHER)
        found.append(
            Cause(TOGETHER, TOGETHER, "all of these together", "none of them, with the same sites", everything)
        )
    return found
