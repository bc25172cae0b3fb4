"""The levers of the Plan page as controls, each with its unit, range, source and grade.

A section stays empty until it is opened: Dash examines the whole page with every change, and a hundred hidden levers
would
delay the visible ones by half a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from sim.web.parts.levers import CRITERIA, Control, Criterion, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dash.development.base_component import Component

    from sim.scenario.load import Loaded
    from sim.web.pages.run.steps import Reading

LEVER, SWITCH, RESET = "plan-lever", "plan-switch", "plan-reset"
SECTION, HEADING = "plan-section", "plan-heading"
OPEN = ("Sites and rates",)
_TYPING_MS = 150  # between two keys of somebody who types a number; what is overtaken is not waited for
_THOUSANDS = 10_000


def panel(reading: Reading, there: Collection[str] = ()) -> list[Component]:
    """All sections of levers. Those where a planner begins, and those with errors, are open; others are empty until
    opened.

    Args:
        reading: the state. Values that could not be read are shown as typed, with their error.
        there: paths of levers that are already on the page; their sections keep them.
    """
    wrong = {*dict(reading.refused), *reading.errors}
    found = []
    for title in titles(reading):
        paths = _paths(reading, title)
        is_open = title in OPEN or any(_is_part(path, refused) for path in paths for refused in wrong)
        is_full = is_open or not paths.isdisjoint(there)
        found.append(_section(title, section_content(reading, title) if is_full else "…", is_open=is_open))
    return found


def titles(reading: Reading) -> list[str]:
    """Names of the sections, in their order."""
    found = [title for title, controls in reading.levers.sections if controls]
    if reading.levers.criteria:
        found.insert(2, CRITERIA)
    return found


def section_content(reading: Reading, title: str) -> list[Component]:
    """The levers of one section.

    Args:
        reading: as for `panel`.
        title: one of `titles`.
    """
    overlaid, wrong = dict(reading.refused), reading.errors
    if title == CRITERIA:
        return [_criterion(criterion, overlaid, wrong) for criterion in reading.levers.criteria]
    return _by_part(dict(reading.levers.sections)[title], overlaid, wrong)


def _paths(reading: Reading, title: str) -> set[str]:
    """Paths that the levers of a section set."""
    if title != CRITERIA:
        return {control.path for control in dict(reading.levers.sections)[title]}
    criteria = reading.levers.criteria
    return {path for rule in criteria for path in (rule.path, *(control.path for control in rule.controls))}


def _is_part(path: str, refused: str) -> bool:
    """Whether a lever sets the refused value or a part of it, such as a parameter of a distribution."""
    return path == refused or path.startswith(f"{refused}.")


def _section(title: str, content: list[Component] | str, *, is_open: bool) -> Component:
    return html.Details(
        [
            html.Summary(html.H3(title), id={"type": HEADING, "name": title}),
            html.Div(content, id={"type": SECTION, "name": title}, className="levers"),
        ],
        open=is_open,
        className="section",
    )


def _by_part(controls: Iterable[Control], overlaid: Mapping[str, str], wrong: Mapping[str, str]) -> list[Any]:
    """Controls grouped under the part that they belong to."""
    parts: dict[str, list[Any]] = {}
    for control in controls:
        parts.setdefault(control.part, []).append(_lever(control, overlaid.get(control.path), wrong.get(control.path)))
    found: list[Any] = []
    for part, levers in parts.items():
        found += [html.H4(part.capitalize())] if part else []
        found += levers
    return found


def _criterion(criterion: Criterion, overlaid: Mapping[str, str], wrong: Mapping[str, str]) -> Component:
    switch = dmc.Switch(
        id={"type": SWITCH, "path": criterion.path},
        label=f"{criterion.label}, from {'the chart' if criterion.stage == 'chart' else 'tests'}",
        checked=criterion.is_on,
        size="sm",
    )
    limits = [_lever(c, overlaid.get(c.path), wrong.get(c.path)) for c in criterion.controls]
    return html.Div([switch, *limits], className="criterion")


def shown_value(control: Control) -> Any:
    """A value in the form that its control takes."""
    value = control.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "" if value is None and control.kind in ("number", "whole") else value


def _lever(control: Control, typed: str | None = None, error: str | None = None) -> Component:
    key = {"type": SWITCH if control.kind == "switch" else LEVER, "path": control.path}
    value = shown_value(control) if typed is None else typed
    shared = {"id": key, "label": control.title, "description": _help(control), "size": "sm", "error": error}
    where = _where(control)
    if control.kind == "switch":
        return html.Div([dmc.Switch(checked=bool(control.value), **shared), where], className="lever")
    if control.kind == "choice":
        data = [{"value": choice, "label": words(choice)} for choice in control.description.choices]
        made: Any = dmc.Select(value=value, data=data, allowDeselect=False, **shared)
    elif control.kind == "date":
        made = dmc.DateInput(
            value=value,
            valueFormat="YYYY-MM-DD",
            clearable=control.may_be_empty,
            clearButtonProps={"aria-label": f"Clear {control.label}"},
            placeholder="not set",
            **shared,
        )
    elif control.kind == "text":
        made = dmc.TextInput(value=value, debounce=_TYPING_MS, **shared)
    else:
        made = _number(control, value, shared)
    return html.Div([made, where], className="lever")


def _number(control: Control, value: Any, shared: dict[str, Any]) -> Any:
    low, high = control.description.low, control.description.high
    return dmc.NumberInput(
        value=value,
        min=low,
        max=high if high is not None and high < 1e12 else None,
        clampBehavior="none",
        step=control.step,
        allowDecimal=control.kind != "whole",
        thousandSeparator=" " if isinstance(value, (int, float)) and value >= _THOUSANDS else "",
        placeholder="no limit" if control.may_be_empty else "",
        debounce=_TYPING_MS,
        **shared,
    )


def _help(control: Control) -> str:
    allowed = control.description.range
    text = control.description.text
    return f"{text} {allowed.capitalize()}." if allowed else text


def _where(control: Control) -> Component:
    """Source and grade of a value."""
    if not control.source and not control.grade:
        return html.Small("Default of the program", className="source")
    note = f" {control.note}" if control.note else ""
    return html.Small(
        f"{control.source}.{note}",
        className="source",
        title=_GRADES.get(control.grade[:1], ""),
        **{"data-grade": control.grade},
    )


_GRADES = {
    "A": "A: the registry record",
    "B": "B: published, seen in an abstract or table",
    "C": "C: published, not checked",
    "D": "D: an assumption",
}


def new_sites(loaded: Loaded) -> Component:
    """The form to add sites that open on a date."""
    groups = [{"value": name, "label": group.label or words(name)} for name, group in loaded.scenario.sites.items()]
    return html.Details(
        [
            html.Summary(html.H3("Open more sites")),
            html.Div(
                [
                    dmc.NumberInput(id="plan-new-count", label="How many (sites)", value=2, min=1, max=100, size="sm"),
                    dmc.Select(
                        id="plan-new-like",
                        label="Like those of",
                        data=groups,
                        value=groups[-1]["value"] if groups else None,
                        allowDeselect=False,
                        size="sm",
                    ),
                    dmc.DateInput(
                        id="plan-new-opens",
                        label="Opening on",
                        description="Left empty, they start up as the others do.",
                        valueFormat="YYYY-MM-DD",
                        clearable=True,
                        clearButtonProps={"aria-label": "Clear the date"},
                        placeholder="not set",
                        value=str(loaded.scenario.trial.enrolment_opens),
                        size="sm",
                    ),
                    dmc.Button("Add these sites", id="plan-new-add", variant="light", size="sm"),
                ],
                className="levers",
            ),
        ],
        className="section",
    )
