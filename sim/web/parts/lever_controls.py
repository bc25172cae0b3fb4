"""A lever as a control, and all levers of a scenario to choose from: what pages share that ask for values.

Which levers a scenario has, and what each may say, is found by `levers`; here they are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc

from sim.report.key_words import words
from sim.web.parts.levers import CRITERIA, levers

if TYPE_CHECKING:
    from sim.scenario.load import Loaded
    from sim.web.parts.levers import Control

_TYPING_MS = 150  # between two keys of somebody who types a number; what is overtaken is not waited for
_THOUSANDS = 10_000


def offered(loaded: Loaded) -> list[dict[str, Any]]:
    """All levers to choose from by their names, in the groups of the Plan page; the value of each is its path.

    Args:
        loaded: the scenario.
    """
    groups = []
    found = levers(loaded, loaded)
    for title, controls in found.sections:
        items = [{"value": c.path, "label": c.name} for c in controls]
        groups.append({"group": title, "items": items})
    rules: list[dict[str, str]] = []
    for criterion in found.criteria:
        name = f"{criterion.label[:1].upper()}{criterion.label[1:]}"
        rules.append({"value": criterion.path, "label": f"{name}: as it is, or off"})
        rules += [{"value": c.path, "label": f"{name}: {c.title}"} for c in criterion.controls]
    groups.insert(2, {"group": CRITERIA, "items": rules})
    return [group for group in groups if group["items"]]


def shown_value(control: Control) -> Any:
    """The value of a lever in the form that its control takes."""
    return as_shown(control, control.value)


def as_shown(control: Control, value: Any) -> Any:
    """Any value in the form that a lever's control takes.

    Args:
        control: the lever.
        value: the value, as plain data.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "" if value is None and control.kind in ("number", "whole") else value


def value_control(control: Control, value: Any, *, debounce: int | bool = _TYPING_MS, **shared: Any) -> Any:
    """The control of a lever that is no switch.

    Args:
        control: the lever.
        value: what it shows, as `as_shown` gives it.
        debounce: as of the component: milliseconds after the last key, or False for every key.
        shared: further arguments, such as its id and label.
    """
    if control.kind == "choice":
        data = [{"value": choice, "label": words(choice)} for choice in control.description.choices]
        return dmc.Select(value=value, data=data, allowDeselect=False, **shared)
    if control.kind == "date":
        return dmc.DateInput(
            value=value,
            valueFormat="YYYY-MM-DD",
            clearable=control.may_be_empty,
            clearButtonProps={"aria-label": f"Clear {control.label}"},
            placeholder="not set",
            **shared,
        )
    if control.kind == "text":
        return dmc.TextInput(value=value, debounce=debounce, **shared)
    return _number(control, value, shared | {"debounce": debounce})


def _number(control: Control, value: Any, shared: dict[str, Any]) -> Any:
    low, high = control.description.low, control.description.high
    return dmc.NumberInput(
        value=value,
        min=low,
        max=high if high is not None and high < 1e12 else None,
        clampBehavior="none",
        step=control.step,
        allowDecimal=control.kind != "whole",
        thousandSeparator="," if isinstance(value, (int, float)) and value >= _THOUSANDS else "",
        placeholder="no limit" if control.may_be_empty else "",
        **shared,
    )
