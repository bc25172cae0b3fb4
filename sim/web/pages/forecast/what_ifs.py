"""What a forecast tries: levers that are found by their names, each with the value to try.

The store `forecast-own` holds them as lines of `PATH=VALUE`, as they stand in the address and after `--set`; the rows
show them as controls.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, dcc, html
from dash import State as DashState
from dash.exceptions import PreventUpdate

from sim.experiment.sweep.points import AS_IS, GRID
from sim.experiment.sweep.suggestions import suggested
from sim.scenario.described import described
from sim.scenario.yaml_source import shown
from sim.web.parts import presses
from sim.web.parts.lever_controls import as_shown, offered, value_control
from sim.web.parts.levers import Control, levers, value_at
from sim.web.parts.words.changes import change_sentences
from sim.web.parts.words.values import read_value
from sim.web.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from sim.scenario.load import Loaded
    from sim.web.studio import Studio

_VALUE, _DROP, _ADD = "forecast-what", "forecast-drop", "forecast-add"
_CRITERION = "screening.criteria."

CONTROLS = (DashState({"type": _VALUE, "n": ALL}, "id"), DashState({"type": _VALUE, "n": ALL}, "value"))
"""What the rows say: pressed Forecast may come before what was typed last is in `forecast-own`."""


def what_ifs(loaded: Loaded, lines: Sequence[str]) -> Component:
    """The search for a lever, and a row for each that is tried.

    Args:
        loaded: the plan.
        lines: what is tried, each as `PATH=VALUE ...`.
    """
    return html.Div(
        [
            dcc.Store(id="forecast-own", data="\n".join(lines)),
            *presses.stores("forecast-own"),
            dmc.Select(
                id=_ADD,
                label="What if some value were different",
                description="each is a forecast of its own, on the same chances",
                data=offered(loaded),
                searchable=True,
                placeholder="Find a lever: sites, consent, dropout …",
                nothingFoundMessage="No lever is called so",
                filter={"function": "leverFilter"},
            ),
            html.Div(_rows(loaded, lines), id="forecast-own-form", className="what-ifs"),
        ]
    )


def _rows(loaded: Loaded, lines: Sequence[str]) -> list[Component]:
    known = levers(loaded, loaded).by_path()
    return [_row(loaded, i, line, known) for i, line in enumerate(lines)]


def _row(loaded: Loaded, i: int, line: str, known: dict[str, Control]) -> Component:
    """A lever with the value to try; what no control fits, in words."""
    path, _, text = _split(line)
    control = known.get(path)
    said = control.name if control is not None else _words(loaded, line)
    part: Any = html.Span(said, className="what-if")
    if control is not None and control.kind != "switch":
        part = value_control(
            control,
            as_shown(control, read_value(text)),
            id={"type": _VALUE, "n": i},
            label=control.name,
            description=f"in the plan {shown(value_at(loaded, path))}",
            size="sm",
            debounce=False,
        )
    drop = html.Button(
        "✕", id={"type": _DROP, "n": i}, type="button", className="take-back", **{"aria-label": f"Do not try {said}"}
    )
    return html.Div([part, drop], className="what-if-row")


def _split(line: str) -> tuple[str, str, str]:
    """Path and value of a line with one change; without a path where it has more, or none that can be read."""
    try:
        texts = shlex.split(line)
    except ValueError:
        return "", "", ""
    return texts[0].partition("=") if len(texts) == 1 else ("", "", "")


def _words(loaded: Loaded, line: str) -> str:
    try:
        return "; ".join(change_sentences(loaded, shlex.split(line)))
    except ValueError:
        return line


def begun(loaded: Loaded, path: str) -> str:
    """A lever that was chosen, with a value to begin with: the nearest one beyond that of the plan.

    Args:
        loaded: the plan.
        path: path of the lever.

    Returns:
        A line, quoted as on the command line; a criterion is switched off, a yes-or-no value turned round.
    """
    now = value_at(loaded, path)
    if path.startswith(_CRITERION) and path.count(".") == _CRITERION.count("."):
        return f"{path}=off"
    if isinstance(now, bool):
        return f"{path}={shown(not now)}"
    values = [v for v in suggested(loaded, path, now, described(path), GRID).values if v not in (AS_IS, None)]
    others = [value for value in values if shown(value) != shown(now)]
    beyond = [v for v in others if isinstance(v, (int, float)) and isinstance(now, (int, float)) and v > now]
    return shlex.quote(f"{path}={shown(next(iter(beyond or others), now))}")


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of the rows."""
    drop = {"type": _DROP, "n": ALL}
    presses.register(
        app, "forecast-own", [Input(drop, "n_clicks"), Input(_ADD, "value")], DashState("forecast-own", "data")
    )

    @app.callback(
        presses.told("forecast-own"),
        Input({"type": _VALUE, "n": ALL}, "value"),
        CONTROLS[0],
        DashState("forecast-own", "data"),
        DashState("forecast-plan", "value"),
        *presses.given("forecast-own"),
        prevent_initial_call=True,
    )
    def tried(values: Any, ids: Any, own: str, plan: str, pressed: Any, done: int | None) -> Any:
        """What is chosen, typed and taken away becomes what is tried."""
        before, loaded = own.splitlines(), studio.loaded(State.of(plan))
        asked = presses.unanswered(pressed, done)
        lines = as_typed(before, loaded, ids, values)
        if not asked and lines == before:
            raise PreventUpdate
        dropped = {press["id"]["n"] for press in asked if press["id"] != _ADD}
        lines = [line for n, line in enumerate(lines) if n not in dropped]
        lines += [begun(loaded, press["value"]) for press in asked if press["id"] == _ADD]
        says: list[tuple[str, Any]] = [("forecast-own", {"data": "\n".join(lines)})]
        says += [(_ADD, {"value": None}) for press in asked if press["id"] == _ADD]
        return presses.answer(asked, done, own, says, {"children": _rows(loaded, lines)} if asked else None)

    @app.callback(
        Output(_ADD, "data"),
        Output("forecast-own-form", "children", allow_duplicate=True),
        Input("forecast-plan", "value"),
        DashState("forecast-own", "data"),
        prevent_initial_call=True,
    )
    def planned(plan: str, own: str) -> tuple[Any, Any]:
        """The levers of another plan."""
        loaded = studio.loaded(State.of(plan))
        return offered(loaded), _rows(loaded, own.splitlines())


def as_typed(lines: Sequence[str], loaded: Loaded, ids: Sequence[Any], values: Sequence[Any]) -> list[str]:
    """Return the lines as the controls say them.

    Args:
        lines: the lines, each as `PATH=VALUE ...`.
        loaded: the plan.
        ids: ids of the controls that the page has for some of them.
        values: their values.
    """
    known, found = levers(loaded, loaded).by_path(), list(lines)
    for key, value in zip(ids, values, strict=True):
        path = _split(found[key["n"]])[0] if key["n"] < len(found) else ""
        text = known[path].text(value) if path in known else None
        if text is not None:
            found[key["n"]] = shlex.quote(f"{path}={text}")
    return found
