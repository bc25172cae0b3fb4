"""The values that a scenario assumes without a source (grade D), and the scenario with each of them lower and higher.

Each value is halved and doubled. For a share the odds are halved and doubled instead, so that it stays a share. An
uncertain value is fixed at its 10 % and its 90 % point. Measurements of patients, and limits for them, are lowered by a
fifth and raised by a quarter. Conditions, periods and points of a curve that share an entry of `sources` change
together. What the trial itself decides (target, arms, allocation, dates) is not an assumption, and costs move no date.

Attributes:
    LOW: probability at which an uncertain value is fixed on its lower side.
    HIGH: likewise on its higher side.
    HALF_AND_TWICE: factors on a value.
    NARROW: factors on measurements of patients, and on limits for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.errors import ScenarioError
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.provenance import source_of, values_of
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import KeyPath, shown

Data = dict[str, Any]

LOW, HIGH = 0.1, 0.9
HALF_AND_TWICE, NARROW = (0.5, 2.0), (0.8, 1.25)  # times as large
_NARROW = (("patients", "attributes"), ("screening", "criteria"))  # bodies, and limits for them, vary by less
_ALIKE = (("patients", "conditions"), ("calendar", "periods"), ("follow_up", "leaving"))  # changed together
_DECIDED = ("trial", "arms", "randomisation", "costs", "caps")
_NO_NUMBERS = ("visit_weeks", "primary_endpoint_week", "correlation", "after_treated", "costs")
_MOMENTS = ("at_month", "at_randomised", "if_fewer_than", "every", "at_events", "followed_weeks", "enlarge_by")
_IN_UNITS = {"low", "mode", "high", "mean", "median", "sd", "value"}  # parameters in the unit of the value


@dataclass(frozen=True)
class Doubt:
    """An assumption, and the scenarios with another value.

    Attributes:
        path: dotted path of the value, or of the entry of `sources` that covers several values.
        value: the value in one line.
        grade: its grade in `sources`.
        scenarios: the scenario with the value lower, and with it higher; None where that is not valid or changes
            nothing.
        quantiles: for each side, the probability at which an uncertain value is fixed, by path.
    """

    path: str
    value: str
    grade: str
    scenarios: tuple[Scenario | None, Scenario | None]
    quantiles: tuple[Mapping[str, float], Mapping[str, float]] = field(default=({}, {}))


def doubts_of(scenario: Scenario) -> list[Doubt]:
    """Return every assumption of grade D whose change can move a date, in the order of the schema.

    Args:
        scenario: the scenario.

    Returns:
        The assumptions; one that has a valid change on neither side is left out.
    """
    original = canonical(scenario)
    found = []
    for name, grade, members in _groups(scenario):
        path, value = members[0]
        if len(members) == 1 and isinstance(value, Mapping) and "uncertain" in value:
            at = ({".".join(path): LOW}, {".".join(path): HIGH})
            found.append(Doubt(name, shown(value), grade, (scenario, scenario), at))
            continue
        sides = tuple(_changed(original, members, factor) for factor in _factors(path))
        if any(sides):
            text = shown(value) if len(members) == 1 else f"{len(members)} values"
            found.append(Doubt(name, text, grade, (sides[0], sides[1])))
    return found


def _factors(path: KeyPath) -> tuple[float, float]:
    return NARROW if path[:2] in _NARROW else HALF_AND_TWICE


def sides_in_words(path: str, value: str) -> tuple[str, str]:
    """Say how the two sides of an assumption differ from it.

    Args:
        path: its dotted path.
        value: the value in one line.

    Returns:
        The lower and the higher side in words, as in `half` and `twice`.
    """
    if "uncertain:" in value:
        return "at its 10 % point", "at its 90 % point"
    return ("a fifth less", "a quarter more") if _factors(tuple(path.split("."))) == NARROW else ("half", "twice")


def _groups(scenario: Scenario) -> Iterator[tuple[str, str, list[tuple[KeyPath, Any]]]]:
    """Values of grade D, grouped by what changes together: name, grade and members."""
    by_entry: dict[int, list[tuple[KeyPath, Any]]] = {}
    names = {id(entry): name for name, entry in scenario.sources.items()}
    entries = {id(entry): entry for entry in scenario.sources.values()}
    for path, value in values_of(scenario):
        entry = source_of(scenario.sources, path)
        if entry is not None and str(entry.grade).startswith("D") and _moves_dates(path) and _is_number(value):
            by_entry.setdefault(id(entry), []).append((path, value))
    for key, members in by_entry.items():
        grade = str(entries[key].grade)
        certain = [member for member in members if not _is_uncertain(member[1])]
        together = certain if len(certain) > 1 and all(path[:2] in _ALIKE for path, _ in certain) else []
        if together:
            yield names[key], grade, together
        for path, value in members:
            if (path, value) not in together:
                yield ".".join(path), grade, [(path, value)]


def _moves_dates(path: KeyPath) -> bool:
    """Whether a value may be doubted: it is no decision, cost, moment of an amendment, or share of a category."""
    is_weight = path[:2] == ("patients", "attributes") and len(path) > 3  # of a category
    is_cost = path[0] == "countries" and "costs" in path
    return (
        path[0] not in _DECIDED and not is_cost and not is_weight and not {*_NO_NUMBERS, *_MOMENTS}.intersection(path)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, (int, float)) and not isinstance(value, bool) and value != 0
    )


def _is_uncertain(value: Any) -> bool:
    return isinstance(value, Mapping) and "uncertain" in value


def _changed(original: str, members: list[tuple[KeyPath, Any]], factor: float) -> Scenario | None:
    """The scenario with values times a factor; None where that is not valid, or equal."""
    data: Data = json.loads(original)
    for path, value in members:
        *parents, last = path
        place: Any = data
        for key in parents:
            place = place[_key(place, key)] if isinstance(place, dict) and _key(place, key) in place else None
            if place is None:
                return None
        place[_key(place, last)] = _scaled(value, factor)
    try:
        found = scenario_from_json(data, members[0][0][-1])
    except ScenarioError:
        return None
    return None if canonical(found) == original else found


def _key(place: Mapping[str, Any], key: str) -> str:
    """A key as it is in the data: weeks are numbers, written 4 or 4.0."""
    return key if key in place else key.removesuffix(".0")


def _scaled(value: Any, factor: float) -> Any:
    """A value times a factor. Whole numbers stay at least 1, shares below 1, and distributions keep their form."""
    if isinstance(value, Mapping):
        return {key: _scaled(item, factor) if key in _IN_UNITS else item for key, item in value.items()}
    if isinstance(value, int):
        return max(int(value * factor), 1 if value > 0 else 0)
    if isinstance(value, float):
        return value * factor / (1 - value + value * factor) if 0 < value < 1 else value * factor
    return value
