"""One control of a value: what it shows, its label with the unit, what is allowed, and what it says in a scenario.

Ids of controls hold the path of their value, so that one callback serves all of them. `shows` and `typed` are
opposites: a control whose value is `shows(...)` of the scenario says nothing new.
"""

from __future__ import annotations

import re
from datetime import date
from textwrap import indent
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
import yaml

from sim.errors import InputError
from sim.report.key_words import key_words, words
from sim.scenario.yaml_source import parse, shown
from sim.web.pages.new_trial.countries import country_options
from sim.web.pages.new_trial.shapes import (
    CHOICE,
    DATE,
    FILE,
    LIST,
    NUMBER,
    REFERENCES,
    SWITCH,
    WHOLE,
    Form,
    Path,
    form_of,
    meaning_of,
    unit_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dash.development.base_component import Component

VALUE, ON = "new-value", "new-on"  # controls, by their places
SEPARATOR = "/"
_TYPING_MS = 400
_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")  # a key of a scenario inside a sentence
_LARGE = 1e12
_SMALL_STEP = 0.05


def text_of(path: Path) -> str:
    """A path as the name of a control: its keys with `/` between them, since a key may hold a dot."""
    return SEPARATOR.join(path)


def path_of(text: str) -> Path:
    """The path in the name of a control."""
    return tuple(text.split(SEPARATOR))


def control(
    path: Path, node: Mapping[str, Any], value: Any, form: Form, wrong: str | None, choices: list[str] | None
) -> Component:
    """The control of a value.

    Args:
        path: place of the value.
        node: its schema.
        value: the value.
        form: its form.
        wrong: what is wrong with it, if anything.
        choices: names of other parts of the trial that may stand here; None if it is not a reference.
    """
    unit = unit_of(node)
    label = f"by week {path[-1]}" if path[-1].replace(".", "", 1).isdecimal() else key_words(".".join(path))
    label = f"{label[:1].upper()}{label[1:]}"
    shared: dict[str, Any] = {
        "id": {"type": VALUE, "path": text_of(path)},
        "label": label if not unit or unit in label.lower() else f"{label} ({unit})",
        "description": _help(label, node, form),
        "size": "sm",
        "error": wrong,
    }
    if form.kind == SWITCH:
        shared["id"] = {"type": ON, "path": text_of(path)}
        return dmc.Switch(checked=bool(value), **shared)
    if form.kind == CHOICE:
        data = [{"value": choice, "label": words(choice)} for choice in form.choices]
        return dmc.Select(value=value, data=data, allowDeselect=False, **shared)
    if form.kind == DATE:
        day = str(value) if isinstance(value, (str, date)) else None
        return dmc.DateInput(value=day, valueFormat="YYYY-MM-DD", placeholder="not set", **shared)
    if form.kind in (NUMBER, WHOLE):
        return _number(value, form, shared)
    if form.kind == FILE:
        return dmc.Textarea(value=_as_in_a_file(value), autosize=True, minRows=2, debounce=_TYPING_MS, **shared)
    return _text(path, value, form, shared, choices)


def _text(path: Path, value: Any, form: Form, shared: dict[str, Any], choices: list[str] | None) -> Component:
    if form.kind == LIST and (choices is not None or form.choices) and not form.of_numbers:
        value = [value] if isinstance(value, str) else list(value or ())
        return dmc.TagsInput(value=value, data=list(choices or form.choices), **shared)
    if form.kind == LIST:
        value = ", ".join(shown(item) for item in value) if isinstance(value, (list, tuple)) else shown(value)
        return dmc.TextInput(value=value, debounce=_TYPING_MS, **shared)
    if path[-1] == "country":
        return dmc.Select(value=value, data=country_options(), searchable=True, **shared)
    if choices:
        return dmc.Autocomplete(value=value or "", data=choices, debounce=_TYPING_MS, **shared)
    return dmc.TextInput(value="" if value is None else str(value), debounce=_TYPING_MS, **shared)


def _number(value: Any, form: Form, shared: dict[str, Any]) -> Component:
    high = form.high if form.high is not None and form.high < _LARGE else None
    is_whole = isinstance(value, float) and value.is_integer()
    return dmc.NumberInput(
        value=int(value) if is_whole else "" if value is None else value,
        min=form.low,
        max=high,
        clampBehavior="none",
        step=_SMALL_STEP if high == 1 else 1,
        allowDecimal=form.kind != WHOLE,
        debounce=_TYPING_MS,
        **shared,
    )


def _help(label: str, node: Mapping[str, Any], form: Form) -> str:
    """What a value means beyond its label, and what is allowed."""
    allowed = ""
    if form.low is not None and form.low > -_LARGE:
        allowed = f"{form.low:g} or more." if form.high is None or form.high >= _LARGE else (
            f"{form.low:,g} to {form.high:,g}."
        )  # fmt: skip
    if form.kind == LIST:
        allowed = "Several are separated by commas." if form.of_numbers else "Enter adds one."
    if form.kind == FILE:
        allowed = "Written as in a file."
    meaning = _KEY.sub(lambda found: words(found[0]), meaning_of(node))
    if meaning.rstrip(".").lower() == label.lower():
        meaning = ""  # the label says it
    return " ".join(text for text in (meaning, allowed) if text)


def _as_in_a_file(value: Any) -> str:
    return "" if value is None else str(yaml.safe_dump(value, allow_unicode=True, default_flow_style=None))


def shows(path: Path, node: Mapping[str, Any], value: Any) -> Any:
    """What a control says while its value is in the scenario, to tell a change from a control that was only drawn.

    Args:
        path: place of the value.
        node: schema of the value.
        value: the value.
    """
    form = form_of(node, value)
    choices: list[str] | None = [] if path[-1] in REFERENCES and form.kind in (LIST, "text") else None
    made: Any = control(path, node, value, form, None, choices)
    return made.checked if form.kind == SWITCH else made.value


def typed(node: Mapping[str, Any], before: Any, value: Any) -> Any:
    """What a control's value is in a scenario.

    Args:
        node: schema of the value.
        before: the value so far.
        value: value of the control.

    Returns:
        A value of the type that the schema wants, or what was typed if it is none: the check of the scenario then says
        what is wrong. None for an empty control.
    """
    form = form_of(node, before)
    if form.kind == DATE and isinstance(value, str) and value:
        return _day(value)
    if form.kind == "text" and isinstance(value, str) and value.lower() in ("true", "false"):
        is_logical = any(leaf.get("type") == "boolean" for leaf in node.get("anyOf", ()))
        return value.lower() == "true" if is_logical else value
    if form.kind == "text" and isinstance(value, str) and value:
        return _day(value) if any(leaf.get("format") == "date" for leaf in node.get("anyOf", ())) else value
    if form.kind == LIST and isinstance(value, str):
        return [_item(item.strip(), form) for item in value.split(",") if item.strip()]
    if form.kind == FILE and isinstance(value, str):
        return _from_a_file(value)
    if form.kind in (NUMBER, WHOLE) and isinstance(value, str) and value:
        return _item(value, Form(LIST, of_numbers=True))
    return None if value == "" else value


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _item(text: str, form: Form) -> Any:
    if not form.of_numbers:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _from_a_file(text: str) -> Any:
    try:
        return parse("value:\n" + indent(text, "  "), "value").data["value"]
    except InputError:
        return text
