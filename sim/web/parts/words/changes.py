"""What was changed of a scenario, in people's words: each change as one sentence, without paths.

For what makes one whole plan another, shorter, see `plans`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.key_words import key_words, words
from sim.scenario.entry import wording
from sim.web.parts.levers import levers, value_at
from sim.web.parts.words.plans import criterion_words, new_sites_words
from sim.web.parts.words.values import read_value, value_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.scenario.load import Loaded
    from sim.web.parts.levers import Control, Criterion

_CRITERIA = "screening.criteria."
_NOTHING = "not set"


def change_sentences(before: Loaded, changes: Sequence[str]) -> list[str]:
    """Each change as a sentence: `General hospital, number of sites: 4, was 2`.

    Args:
        before: the scenario without the changes.
        changes: changes as after `--set`.
    """
    if not changes:
        return []
    found, say = levers(before, before), wording(before.scenario)
    return [say(_sentence(before, found.by_path(), found.criteria, change)) for change in changes]


def _sentence(before: Loaded, controls: Mapping[str, Control], criteria: Sequence[Criterion], change: str) -> str:
    path, _, text = change.partition("=")
    was, now = value_at(before, path), read_value(text)
    if path.startswith(_CRITERIA) and (said := _of_criterion(path, criteria, was, now)):
        return said
    if path.startswith("sites.") and path.count(".") == 1 and isinstance(now, dict) and was is None:
        return _capital(new_sites_words(now, path.rpartition(".")[2]))
    control = controls.get(path)
    if control is None:
        part = words(path.split(".")[-2]) if "." in path else ""
        return _capital(f"{part}{', ' if part else ''}{key_words(path)}: {value_words(now, _NOTHING)}{_was(was)}")
    unit = control.description.unit
    unit = f" {unit}" if unit and unit not in control.label else ""
    part = f"{control.part}, " if control.part else ""
    is_given = now is not None and not isinstance(now, bool)
    return _capital(f"{part}{control.label}: {value_words(now, _NOTHING)}{unit if is_given else ''}{_was(was)}")


def _of_criterion(path: str, criteria: Sequence[Criterion], was: Any, now: Any) -> str:
    """A criterion that is taken out, or one of its limits; empty for what is neither."""
    name, _, limit = path.removeprefix(_CRITERIA).partition(".")
    label = next((criterion.label for criterion in criteria if criterion.name == name), words(name))
    if not limit:
        return _capital(criterion_words(name, is_off=True)) if now in (False, "off", None) else ""
    return f"Criterion “{label}”: {key_words(path)} {value_words(now, _NOTHING)}{_was(was)}"


def _was(value: Any) -> str:
    if value is None or isinstance(value, (dict, list, tuple)):
        return ""
    return f", was {value_words(value, _NOTHING)}"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
