"""The levers of the Plan page as controls, each with its unit, range, source and grade.

A section stays empty until it is opened: Dash examines the whole page with every change, and a hundred hidden levers
would delay the visible ones by half a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from sim.report.key_words import words
from sim.scenario.provenance import SET_BY_HAND
from sim.web.parts.lever_controls import shown_value, value_control
from sim.web.parts.levers import CRITERIA, Control, Criterion
from sim.web.parts.words.studio import in_studio

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dash.development.base_component import Component

    from sim.scenario.load import Loaded
    from sim.web.pages.run.steps import Reading

LEVER, SWITCH, RESET = "plan-lever", "plan-switch", "plan-reset"
SECTION, HEADING = "plan-section", "plan-heading"
OPEN = ("Sites and rates",)


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


def finder(reading: Reading) -> Component:
    """The search over all levers. A choice opens the lever's section and goes to it: assets/run.js.

    Args:
        reading: the state of the page.
    """
    sections = dict(reading.levers.sections)
    groups = []
    for title in titles(reading):
        if title == CRITERIA:
            items = [(rule.label, rule.path) for rule in reading.levers.criteria]
            items += [(f"{rule.label}: {c.title}", c.path) for rule in reading.levers.criteria for c in rule.controls]
        else:
            items = [(control.name, control.path) for control in sections[title]]
        groups.append(
            {"group": title, "items": [{"value": f"{title}|{path}", "label": name} for name, path in sorted(items)]}
        )
    return dmc.Select(
        id="plan-find",
        data=groups,
        searchable=True,
        placeholder="Find a lever: sites, consent, dropout …",
        nothingFoundMessage="No lever is called so",
        filter={"function": "leverFilter"},
        maxDropdownHeight=280,
        comboboxProps={"keepMounted": False},  # its options are on the page only while it is open
        size="sm",
        **{"aria-label": "Find a lever"},
    )


def section_content(reading: Reading, title: str) -> list[Component]:
    """The levers of one section.

    Args:
        reading: the state of the page.
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
        found += [html.H4(f"{part[:1].upper()}{part[1:]}")] if part else []
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


def _lever(control: Control, typed: str | None = None, error: str | None = None) -> Component:
    key = {"type": SWITCH if control.kind == "switch" else LEVER, "path": control.path}
    value = shown_value(control) if typed is None else typed
    shared: dict[str, Any] = {
        "id": key,
        "label": control.title,
        "description": _help(control),
        "size": "sm",
        "error": error,
    }
    where = _where(control)
    if control.kind == "switch":
        return html.Div([dmc.Switch(checked=bool(control.value), **shared), where], className="lever")
    made = value_control(control, value, **shared)
    return html.Div([made, where], className="lever")


def _help(control: Control) -> str:
    allowed = control.description.range
    text = in_studio(control.description.text)
    return f"{text} {allowed.capitalize()}." if allowed else text


def _where(control: Control) -> Component:
    """Source and grade of a value."""
    if not control.source and not control.grade:
        return html.Small("Default of the program", className="source")
    if control.source == SET_BY_HAND:
        return html.Small("Changed here", className="source")
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


def groups(loaded: Loaded) -> list[dict[str, str]]:
    """Groups of sites of which more may open, as a choice."""
    return [{"value": name, "label": group.label or words(name)} for name, group in loaded.scenario.sites.items()]


def new_sites(loaded: Loaded) -> Component:
    """The form to add sites that open on a date."""
    like = groups(loaded)
    return html.Details(
        [
            html.Summary(html.H3("Open more sites")),
            html.Div(
                [
                    dmc.NumberInput(id="plan-new-count", label="How many (sites)", value=2, min=1, max=100, size="sm"),
                    dmc.Select(
                        id="plan-new-like",
                        label="Like those of",
                        data=like,
                        value=like[-1]["value"] if like else None,
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
