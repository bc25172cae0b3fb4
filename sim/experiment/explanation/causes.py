"""The causes of delay of a scenario, and the scenario without each of them; `run` and `explain` share this table.

Each cause is removed alone, on the same random numbers. The days that the trial then gains are the days lost to that
cause. Causes overlap (a missing coordinator costs nothing while nobody may be randomised), so their days need not add
up. The days lost are only measured this way, never read off the history of a single trial.

A cause that a scenario does not have is recognised by its removal changing nothing; no table says which scenario has
which cause.

Attributes:
    TOGETHER: name of the cause that stands for all others together.
    TOO_FEW_SITES: name of a cause that is not among these, because the number of sites is a choice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.analysis.modelled import place_of_doses
from sim.experiment.explanation.removals import (
    Data,
    Removal,
    active_at_once,
    amended,
    at,
    everybody_consents,
    everywhere,
    step_in_no_time,
    twice_the_sites,
    without_amendment,
    without_cap,
    without_criterion,
    without_extension,
    without_holidays,
    without_interim,
    without_pause,
    without_periods,
    without_risk,
)
from sim.extension import Extension
from sim.scenario.entry import wording
from sim.scenario.extension_files import known_extension
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario, amendments, interims
from sim.scenario.schema.caps import in_words
from sim.scenario.schema.risks import risk_in_words
from sim.scenario.schema.start_up import step_names

TOGETHER = "together"
TOO_FEW_SITES = "too_few_sites"
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
    """A cause before it is removed from a scenario; `apply` removes it from plain data.

    Other attributes as in `Cause`.
    """

    name: str
    kind: str
    label: str
    without: str
    apply: Removal
    part_of: str = ""


def _words(name: str) -> str:
    return " ".join(part.upper() if part in _ACRONYMS else part for part in name.split("_"))


_TRIAL = (_Change("start", "trial", "a late start of the trial, or none", "a start on day 0", at("trial.start", {})),)
_SITES = (
    _Change(
        "start_up",
        "sites",
        "start-up of the sites",
        "every site active on day 0",
        active_at_once,
    ),
    _Change("drift", "sites", "drift of rates", "rates stay as on day 0", at("drift", None)),
    _Change("ramp_up", "sites", "ramp-up of the sites", "full rate from the first day", everywhere(ramp_up=None)),
    _Change("never_enrols", "sites", "sites that never enrol", "none of them", everywhere(never_enrols=0.0)),
    _Change(
        "closing",
        "sites",
        "sites that close early",
        "all stay open",
        everywhere(closes=None, max_participants=None),
    ),
)
_SCREENING = (
    _Change("consent", "screening", "refused consent", "everybody consents", everybody_consents),
    _Change(
        "failure",
        "screening",
        "failing screening for a reason not stated",
        "nobody does",
        at("screening.failure", 0.0),
    ),
    _Change("coordinators", "screening", "too few coordinators", "one is always free", everywhere(coordinators=None)),
    _Change(
        "worsening",
        "screening",
        "worsening while being screened",
        "nobody worsens",
        at("screening.deteriorates_per_day", 0.0),
    ),
    _Change("window", "screening", "the time limit to randomisation", "no limit", at("screening.window_days", None)),
    _Change(
        "overrun",
        "screening",
        "randomising those in screening at the end",
        "they are turned away",
        at("trial.overrun", "turn_away"),
    ),
)
_AFTER = (
    _Change("sentinels", "safety", "spacing of the first participants", "none", at("oversight.sentinels", None)),
    _Change("board_review", "safety", "the safety board's review", "none", at("oversight.board_review", None)),
    _Change("hold", "safety", "holds after severe reactions", "none", at("oversight.hold", None)),
    _Change("stop", "safety", "the rule that stops the trial", "none", at("oversight.stop", None)),
    _Change("cells", "supply", "supply of cells", "cells are never short", at("cells", None)),
    _Change("couriers", "supply", "couriers of cells", "cells are at the sites", at("cells.courier", None)),
    _Change("replacement", "replacement", "replacement of participants", "none", at("trial.replace", "never")),
    _Change(
        "database_lock",
        "database",
        "cleaning and locking the database",
        "locked on the day of the last visit",
        at("follow_up.database_lock_days", 0.0),
    ),
)
_CALENDAR, _CRITERIA = "calendar", "criteria"
_ALIKE = "days like any other"


def _calendar(scenario: Scenario) -> Iterator[_Change]:
    """Holidays and slow periods together, and each as a part."""

    def apply(data: Data) -> None:
        for part in parts:
            part.apply(data)

    parts = [
        _Change(f"calendar.periods.{stem}", _CALENDAR, _words(stem), _ALIKE, without_periods(names), _CALENDAR)
        for stem, names in _alike(scenario.calendar.periods).items()
    ]
    parts += [
        _Change("calendar.public_holidays", _CALENDAR, "public holidays", _ALIKE, without_holidays, _CALENDAR),
        _Change(
            "calendar.by_month",
            _CALENDAR,
            "slow months of the year",
            "months all alike",
            at("calendar.by_month", {}),
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


def _screening(scenario: Scenario) -> Iterator[_Change]:
    """Ways out of screening, and its days; where coordinators are limited, its days are theirs too."""
    groups = (scenario.site_defaults, *scenario.sites.values())
    limited = any(group.coordinators is not None for group in groups)
    without = "results on the day, coordinators free too" if limited else "results on the day"
    removal = at("screening.days", 0.0)
    yield from _SCREENING
    yield _Change("screening_days", "screening", "the days that screening takes", without, removal)


def _steps(scenario: Scenario) -> Iterator[_Change]:
    for name in step_names(scenario):
        label = f"the start-up step {_words(name)}"
        yield _Change(f"start_up.{name}", "sites", label, "done in no time", step_in_no_time(name), "start_up")


def _caps(scenario: Scenario) -> Iterator[_Change]:
    for name, cap in scenario.caps.items():
        _, _, meaning = in_words(name, cap).partition(": ")
        yield _Change(f"caps.{name}", "cap", f"the cap {_words(name)} ({meaning})", "no such cap", without_cap(name))


def _interims(scenario: Scenario) -> Iterator[_Change]:
    """Each interim look; where it may stop or enlarge the trial, its pause apart as a part."""
    for name, rule in scenario.interims.items():
        label = f"the interim look {_words(name)} ({interims.in_words(name, rule).partition(': ')[2]})"
        path = f"interims.{name}"
        yield _Change(path, "interim", label, "no such look", without_interim(name))
        if rule.stop != 0 or rule.enlarge != 0:
            label = f"the pause of the interim look {_words(name)}"
            yield _Change(f"{path}.recruitment", "interim", label, "recruitment goes on", without_pause(name), path)


def _amendments(scenario: Scenario) -> Iterator[_Change]:
    for name, rule in scenario.amendments.items():
        meaning = f"{amendments.moment_in_words(rule)}: {amendments.effect_in_words(rule)}"
        label = f"the amendment {_words(name)} ({meaning})"
        yield _Change(f"amendments.{name}", "amendment", label, "no such amendment", without_amendment(name))


def _risks(scenario: Scenario) -> Iterator[_Change]:
    for name, risk in scenario.risks.items():
        _, _, meaning = risk_in_words(name, risk).partition(": ")
        label = f"the risk {_words(name)} ({meaning})"
        yield _Change(f"risks.{name}", "risk", label, "it never strikes", without_risk(name))


def _criteria(scenario: Scenario) -> Iterator[_Change]:
    """All criteria together, and each as a part."""

    def apply(data: Data) -> None:
        data["screening"]["criteria"] = {}
        amended(data, lambda rule: rule.update(drops=None))

    yield _Change(_CRITERIA, "criterion", "patients who do not meet the criteria", "everybody meets them", apply)
    for name, rule in scenario.screening.criteria.items():
        label = f"criterion {_words(name)}" + (f" ({rule.item})" if rule.item else "")
        yield _Change(f"screening.criteria.{name}", "criterion", label, "not asked", without_criterion(name), _CRITERIA)


def _extensions(scenario: Scenario) -> Iterator[_Change]:
    """The user's own rules; extensions that only measure cause no delay."""
    for name, use in scenario.extensions.items():
        kind = known_extension(name, use)
        if kind is not None and (kind.begin is not Extension.begin or kind.heard is not Extension.heard):
            label = f"the extension {_words(name)}"
            yield _Change(f"extensions.{name}", "extension", label, "the trial without it", without_extension(name))


def _changes(scenario: Scenario) -> Iterator[_Change]:
    """All removals, in the order of a trial; those that change nothing are sorted out later."""
    yield from _TRIAL
    if sum(group.count for group in scenario.sites.values()) == 1:
        yield _Change(TOO_FEW_SITES, "sites", "having one site only", "two such sites", twice_the_sites)
    else:
        yield _Change(TOO_FEW_SITES, "sites", "too few sites", "twice as many of each kind", twice_the_sites)
    yield from _SITES
    yield from _steps(scenario)
    yield from _caps(scenario)
    yield from _interims(scenario)
    yield from _amendments(scenario)
    yield from _risks(scenario)
    yield from _calendar(scenario)
    yield from _criteria(scenario)
    yield from _screening(scenario)
    yield from _AFTER
    few = f"too few {place_of_doses(scenario)}s"
    yield _Change("bays", "supply", few, "one is always free", everywhere(infusion_bays=None))
    yield from _extensions(scenario)


def causes_of_delay(scenario: Scenario, *, parts: bool = True) -> list[Cause]:
    """Return every cause of delay of a scenario, each with the scenario without it.

    Args:
        scenario: the scenario.
        parts: whether to include parts of causes (each period, each criterion) and, last, all causes together; the
            number of sites is not among those, because it is a choice.

    Returns:
        The causes that the scenario has, in the order of a trial; each whole cause before its parts.

    Raises:
        ScenarioError: the scenario without a cause would not be valid, which is a defect of its removal.
    """
    original = canonical(scenario)
    all_away: Data = json.loads(original)
    say = wording(scenario)
    found = []
    for change in _changes(scenario):
        if change.part_of and not parts:
            continue
        data: Data = json.loads(original)
        change.apply(data)
        without = scenario_from_json(data, change.name)
        if canonical(without) == original:
            continue  # the scenario has no such cause
        label, instead = say(change.label), say(change.without)
        found.append(Cause(change.name, change.kind, label, instead, without, change.part_of))
        if change.name != TOO_FEW_SITES:
            change.apply(all_away)
    if parts and len(found) > 1:
        everything = scenario_from_json(all_away, TOGETHER)
        found.append(
            Cause(TOGETHER, TOGETHER, "all of these together", "none of them, with the same sites", everything)
        )
    return found
