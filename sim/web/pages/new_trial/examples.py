"""What a part that is added says at first: a plain example, which the planner then changes.

A part without values would be invalid as soon as it is added, and the planner would have to know the schema to mend it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sim.web.pages.new_trial.countries import name_of
from sim.web.pages.new_trial.shapes import (
    CHOICE,
    DATE,
    LIST,
    NUMBER,
    PARTS,
    SWITCH,
    WHOLE,
    Form,
    Path,
    form_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPREAD = {"sigma": 0.3, "cv": 0.4, "n": 40, "shape": 1.0}
_AROUND = {"low": 0.5, "mode": 1.0, "high": 2.0, "mean": 1.0, "median": 1.0, "sd": 0.3, "scale": 1.0}


def example(node: Mapping[str, Any], data: Mapping[str, Any], form: Form | None = None, before: Any = None) -> Any:
    """A value that may stand where a schema says.

    Args:
        node: schema.
        data: the scenario, from which dates and countries are taken.
        form: form of the value; default: the first that it may have.
        before: the value so far, from which a number or a distribution takes its middle.

    Returns:
        The schema's default if it says something; otherwise the plainest value, with required keys only.
    """
    default = node.get("default")
    if form is None and default not in (None, "", [], ()):
        return default
    form = form or form_of(node, None)
    if form.fixed is not None:
        return _drawn(form, middle(before))
    if form.kind == PARTS:
        return {key: _part(key, part, data) for key, part in form.parts.items() if key in form.required}
    if form.kind in (NUMBER, WHOLE):
        return _number(form, before)
    return {
        CHOICE: form.choices[0] if form.choices else "",
        DATE: _day(data),
        SWITCH: True,
        LIST: [1] if form.of_numbers else [],
    }.get(form.kind, "")


def _part(key: str, node: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
    return next(iter(data.get("countries", {})), "US") if key == "country" else example(node, data)


def preset(path: Path, name: str, data: Mapping[str, Any]) -> Any:
    """What planners mostly mean by a new part, where the schema cannot say; None where it can.

    Args:
        path: where it is added, with its key.
        name: what the planner calls it.
        data: the scenario.
    """
    target = data.get("trial", {}).get("target")
    target = target if isinstance(target, int) and target > 1 else 100
    where = path[:-1]
    if where == ("sites",):
        return {"count": 5, "label": name, **_own_rate(data)}
    if where[-1:] == ("start_up",):
        return {"days": 30}
    if where == ("countries",):
        return {"label": name_of(path[-1]) or name}
    if where == ("follow_up", "leaving"):
        weeks = data.get("follow_up", {}).get("visit_weeks") or [24]
        return {f"{max(weeks):g}": 0.05}
    found: dict[Path, Any] = {
        ("arms",): {},
        ("caps",): {"randomised": target},
        ("amendments",): {"at_month": 12, "if_fewer_than": target // 2 or 1, "referrals_times": 1.2},
        ("interims",): {"at_randomised": [target // 2 or 1], "takes_days": 30},
        ("risks",): {"probability": 0.15, "days": 60},
        ("calendar", "periods"): {"from": "12-20", "to": "01-05", "factor": 0.3},
        ("screening", "criteria"): {"attribute": _attribute(data), "min": 18, "stage": "chart"},
        ("patients", "attributes"): {"dist": "normal", "mean": 50, "sd": 10},
    }
    return found.get(where)


def middle(value: Any) -> float | None:
    """A number that stands for a value: itself, or the middle of its distribution; None without one.

    Args:
        value: plain data of a scenario; a distribution may have a distribution as its middle.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        found = next((value[key] for key in ("median", "mean", "mode", "high") if key in value), None)
        return middle(found)
    return None


def _own_rate(data: Mapping[str, Any]) -> dict[str, Any]:
    """A rate of its own for a group, unless it gets that of `site_defaults`."""
    return {} if data.get("site_defaults", {}).get("referrals_per_month") is not None else {"referrals_per_month": 1}


def _attribute(data: Mapping[str, Any]) -> str:
    return next(iter(data.get("patients", {}).get("attributes", {})), "age")


def _drawn(form: Form, about: float | None) -> dict[str, Any]:
    """A distribution around a number."""
    assert form.fixed is not None
    key, name = form.fixed
    about = about or (0.3 if name == "beta" else 1.0)
    found: dict[str, Any] = {key: name}
    for part in form.parts:
        if part in form.required:
            if part == "values":
                found[part] = [about]
            elif part in _SPREAD:
                found[part] = _SPREAD[part]
            else:
                found[part] = float(f"{_AROUND.get(part, 1.0) * about:.3g}")
    return found


def _number(form: Form, before: Any) -> float | int:
    about = middle(before)
    if about is None:
        about = 0.1 if form.high == 1 else max(form.low or 0.0, 1.0)
    return round(about) if form.kind == WHOLE or float(about).is_integer() else about


def _day(data: Mapping[str, Any]) -> date:
    day = data.get("trial", {}).get("enrolment_opens")
    return day if isinstance(day, date) else date(2027, 1, 1)
