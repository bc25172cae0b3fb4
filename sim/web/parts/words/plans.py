"""What makes a plan another one, in people's words: `2 general hospitals open in March 2020; artificial liver
allowed`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sim.plurals import counted
from sim.report.key_words import words
from sim.scenario.provenance import differences
from sim.web.parts.levers import levers, value_at
from sim.web.parts.words.values import read_value, value_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.scenario.load import Loaded
    from sim.web.state import State

_CRITERIA = "screening.criteria."
_MOST = 4  # changes that one sentence names
_NOT = ("no_", "not_")
_NOTHING = "without"


def plan_words(before: Loaded, plan: State, loaded: Loaded) -> str:
    """A plan as the changes that make it, or as the name of its scenario.

    Args:
        before: the scenario that it is compared with.
        plan: the plan.
        loaded: its scenario.

    Returns:
        Four changes at most, with a count of the others; they are told as they were set, if each of them differs from
        the other scenario, and otherwise value by value.
    """
    said = [_of(before, loaded, path, now) for path, now in _changes(before, plan, loaded)]
    said = list(dict.fromkeys(text for text in said if text))
    if not said:
        return loaded.scenario.name
    rest = len(said) - _MOST
    return "; ".join([*said[:_MOST], *([f"and {counted(rest, 'more change')}"] if rest > 0 else [])])


def _changes(before: Loaded, plan: State, loaded: Loaded) -> list[tuple[str, Any]]:
    """Paths that differ, with their new values: as they were set where that is known, else value by value."""
    if plan.changes and not plan.file:
        found = [(text.partition("=")[0], read_value(text.partition("=")[2])) for text in plan.changes]
        if all(value_at(before, path) != value_at(loaded, path) for path, _ in found):
            return found
    return [(path, value_at(loaded, path)) for path, _, _ in differences(before, loaded)]


def _of(before: Loaded, loaded: Loaded, path: str, now: Any) -> str:
    was = value_at(before, path)
    keys = path.split(".")
    if path.startswith(_CRITERIA) and (len(keys) == 3 or keys[2] not in loaded.scenario.screening.criteria):
        return criterion_words(keys[2], is_off=keys[2] not in loaded.scenario.screening.criteria)
    if keys[0] == "sites" and keys[1] not in before.scenario.sites:
        group = value_at(loaded, f"sites.{keys[1]}") or {}
        return new_sites_words(group, keys[1])
    if keys[0] == "sites" and keys[-1] == "count" and isinstance(now, int) and isinstance(was, int):
        label = str(value_at(loaded, f"sites.{keys[1]}.label") or words(keys[1]))
        said = _sites(abs(now - was), label)
        return said.replace(" ", " more ", 1) if now > was else f"{said} fewer"
    return _of_value(before, path, was, now)


def criterion_words(name: str, *, is_off: bool) -> str:
    """A criterion that is taken out, or asked again: `artificial liver allowed`.

    Args:
        name: its name in the scenario; one that begins with `no_` or `not_` is told without it.
        is_off: whether it is taken out.
    """
    bare = next((name.removeprefix(start) for start in _NOT if name.startswith(start)), "")
    if bare:
        return f"{words(bare)} {'allowed' if is_off else 'no longer allowed'}"
    return f"{words(name)} {'not asked' if is_off else 'asked'}"


def new_sites_words(group: Mapping[str, Any], name: str) -> str:
    """A group of sites that is added: `2 general hospitals open in March 2020`.

    Args:
        group: what the scenario says of it: `count`, `label`, `opens`.
        name: its name in the scenario, for want of a label.
    """
    n = group.get("count", 1)
    label = str(group.get("label") or words(name)).removeprefix("New ")
    said = _sites(n if isinstance(n, int) else 1, label)
    opens = group.get("opens")
    return f"{said} {'opens' if n == 1 else 'open'} {_when(str(opens))}" if opens else said.replace(" ", " more ", 1)


def _sites(n: int, label: str) -> str:
    label = f"{label[:1].lower()}{label[1:]}"
    return counted(n, label, f"{label[:-1]}ies" if label.endswith("y") else "")


def _when(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return f"on {text}"
    return f"in {day:%B %Y}" if day.day == 1 else f"on {day.day} {day:%B %Y}"


def _of_value(before: Loaded, path: str, was: Any, now: Any) -> str:
    control = levers(before, before).by_path().get(path)
    label = words(path.rpartition(".")[2])
    unit = ""
    if control is not None:
        label = f"{control.part}, {control.label}" if control.part else control.label
        unit = control.description.unit
    instead = "" if was is None or isinstance(was, (dict, list)) else f" instead of {value_words(was, _NOTHING)}"
    if unit and label.startswith(unit):  # it names what is counted
        return f"{value_words(now, _NOTHING)} {unit}{instead}"
    unit = f" {unit}" if unit and unit not in label else ""
    return f"{label} {value_words(now, _NOTHING)}{unit}{instead}"
