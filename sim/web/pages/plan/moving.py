"""A lever is moved: the next state of the page, its address, what can be undone, and what the other controls say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from sim.errors import InputError
from sim.scenario.yaml_source import shown
from sim.web import shell
from sim.web.controls import value_at
from sim.web.pages.plan import editing
from sim.web.pages.plan.answering import begin_answer
from sim.web.pages.plan.panel import LEVER, RESET, SWITCH, new_sites, panel, shown_value
from sim.web.pages.plan.steps import (
    Reading,
    draft_of,
    moved,
    read,
    redone,
    saying_otherwise,
    stepped,
    switched,
    undone,
    with_draft,
    with_new_sites,
)
from sim.web.state import State as Scenario

if TYPE_CHECKING:
    from sim.web.studio import Studio

Says = list[tuple[str | dict[str, str], dict[str, Any]]]  # which components, and what each is to say


def register(app: Dash, studio: Studio) -> None:
    """Add what moves the page from one state to the next."""

    @app.callback(
        Output("plan-moved", "data"),
        Input({"type": LEVER, "path": ALL}, "value"),
        Input({"type": SWITCH, "path": ALL}, "checked"),
        Input({"type": RESET, "path": ALL}, "n_clicks"),
        Input("plan-back", "n_clicks"),
        Input("plan-again", "n_clicks"),
        Input("plan-none", "n_clicks"),
        Input("plan-new-add", "n_clicks"),
        Input("plan-replications", "value"),
        Input("plan-seed", "value"),
        Input("plan-text", "value"),
        State("plan-query", "data"),
        State("plan-undo", "data"),
        State("plan-new-count", "value"),
        State("plan-new-like", "value"),
        State("plan-new-opens", "value"),
        prevent_initial_call=True,
    )
    def move(*given: Any) -> Any:
        query, undo, n_new, like, opens = given[-5:]
        query = query or ""
        cause = ctx.triggered_id
        by_hand, from_text = isinstance(cause, dict) and cause.get("type") in (LEVER, SWITCH), False
        if cause == "plan-back":
            after, undo = undone(undo, query)
        elif cause == "plan-again":
            after, undo = redone(undo, query)
        else:
            after = _typed(studio, query)
            from_text = after != query
            if not from_text:
                after = _after(studio, query, (n_new, like, opens))
                by_hand = by_hand or cause == "plan-text"
            undo = stepped(undo, query, after)
        if after == query and not by_hand:
            raise PreventUpdate
        if after != query:
            begin_answer(studio, after)
        says = _says(studio, query, after, by_hand=by_hand, from_text=from_text)
        stores: Says = [(name, {"data": after}) for name in (shell.QUERY, "plan-query")]
        return [("plan-undo", {"data": undo}), *says, *stores]

    # Not as outputs: what waits for them must not wait for this when the page is opened. And not set by the server: an
    # answer that a later move has overtaken is dropped by the browser, and what the server sets is not. A lever that
    # was moved away and back at once says what the query said when it was asked: that is answered too, since the
    # browser may have taken in the move away meanwhile.
    app.clientside_callback(
        ClientsideFunction("plan", "moved"),
        Output("plan-shown", "data"),
        Input("plan-moved", "data"),
        State("plan-query", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("plan-changes", "children"),
        Output("plan-back", "disabled"),
        Output("plan-again", "disabled"),
        Input("plan-query", "data"),
        Input("plan-undo", "data"),
    )
    def changed(query: str | None, undo: dict[str, Any] | None) -> Any:
        undo = undo or {}
        return _changes(studio, query or ""), not undo.get("past"), not undo.get("future")


def _typed(studio: Studio, query: str) -> str:
    """The query after the text was edited; the same where it says what the query says, as when it follows a lever."""
    for cause in ctx.triggered:
        if cause["prop_id"] == "plan-text.value":
            return editing.typed(studio, query, str(cause["value"] or ""))
    return query


def _after(studio: Studio, query: str, new: tuple[Any, Any, Any]) -> str:
    """The query after what was touched, with all that levers say and no answer has taken in yet.

    A text that follows a lever asks as well: its request overtakes that of a lever moved meanwhile, whose answer the
    browser then drops.
    """
    state = Scenario.of(query)
    for cause in ctx.triggered:
        state = _stepped(studio, state, ctx.triggered_prop_ids.get(cause["prop_id"]), cause["value"], new)
    for key, value in _not_yet_answered(studio, Scenario.of(query)):
        state = _stepped(studio, state, key, value, new)
    return with_draft(state.query(), draft_of(query))


def _not_yet_answered(studio: Studio, before: Scenario) -> list[tuple[dict[str, str], Any]]:
    """Levers and switches that say something else than the query: moved while an earlier move was being answered."""
    given = _given()
    reading = read(studio, before)
    otherwise = saying_otherwise(reading, {key["path"]: value for key, value in given})
    return [(key, value) for key, value in given if key["path"] in otherwise]


def _given() -> list[tuple[dict[str, str], Any]]:
    """What the levers and switches say that stand on the page."""
    return [(item["id"], item.get("value")) for items in ctx.inputs_list[:2] for item in items]


def _stepped(studio: Studio, state: Scenario, key: Any, value: Any, new: tuple[Any, Any, Any]) -> Scenario:
    if key == "plan-none":
        return Scenario(state.scenario, state.file) if value else state
    if key == "plan-new-add":
        n, like, opens = new
        if not value or not isinstance(n, int) or n < 1 or not like:
            return state
        return with_new_sites(read(studio, state), n, str(like), opens or None)
    if key in ("plan-replications", "plan-seed"):
        return _sized(studio, state, str(key), value)
    if not isinstance(key, dict):
        return state
    if key["type"] == RESET:
        return state.changed(key["path"], None) if value else state
    reading = read(studio, state)
    if key["type"] == SWITCH:
        return switched(reading, key["path"], bool(value))
    return moved(reading, key["path"], value)


def _sized(studio: Studio, state: Scenario, key: str, value: Any) -> Scenario:
    """Another number of simulated trials, or another seed."""
    from dataclasses import replace

    if not isinstance(value, int) or value < 0:
        return state
    experiment = read(studio, state).loaded.scenario.experiment
    if key == "plan-seed":
        return replace(state, seed=None if value == experiment.seed else min(value, 2**53))
    return replace(state, replications=None if value == experiment.replications else max(value, 1))


def _says(studio: Studio, before: str, after: str, *, by_hand: bool, from_text: bool) -> Says:
    """What the controls are to say of the new state. One that was moved by hand says so already."""
    old, new = read(studio, Scenario.of(before)), read(studio, Scenario.of(after))
    errors = new.errors
    had, have = old.controls, new.controls
    says: Says = [
        ({"type": LEVER, "path": path}, {"error": errors.get(path)})
        for path in sorted({*old.errors, *errors})
        if path in have
    ]
    if set(had) != set(have) or from_text:
        says.append(("plan-panel", {"children": panel(new, [key["path"] for key, _ in _given()])}))
        says.append(("plan-new", {"children": new_sites(new.loaded)}))
    elif not by_hand:
        says += [*_values(old, new), *_size(new)]
    if not from_text:
        says.append(("plan-text", {"value": editing.text_of(studio, new, draft_of(after))}))
    return says


def _values(old: Reading, new: Reading) -> Says:
    had, have = old.controls, new.controls
    refused = dict(new.refused)
    was_refused = dict(old.refused)
    says: Says = []
    for path, control in have.items():
        if control.value != had[path].value or path in refused or path in was_refused:
            kind, prop = (SWITCH, "checked") if control.kind == "switch" else (LEVER, "value")
            says.append(({"type": kind, "path": path}, {prop: refused.get(path, shown_value(control))}))
    on, was_on = new.loaded.scenario.screening.criteria, old.loaded.scenario.screening.criteria
    for name in sorted({*on} ^ {*was_on}):
        says.append(({"type": SWITCH, "path": f"screening.criteria.{name}"}, {"checked": name in on}))
    return says


def _size(new: Reading) -> Says:
    experiment = new.loaded.scenario.experiment
    return [
        ("plan-replications", {"value": new.state.replications or experiment.replications}),
        ("plan-seed", {"value": experiment.seed if new.state.seed is None else new.state.seed}),
    ]


def _changes(studio: Studio, query: str) -> Any:
    """What was changed, each with a way to take it back."""
    state = Scenario.of(query)
    if not state.changes:
        name = "the edited scenario" if state.file else f"the scenario “{state.scenario}”"
        return html.P(f"Nothing changed: this is {name} as it is.", className="nothing")
    try:
        before = studio.loaded(Scenario(state.scenario, state.file))
    except InputError:
        return no_update
    rows = []
    for change in state.changes:
        path, _, value = change.partition("=")
        was = shown(value_at(before, path))
        what = f"{path}: {was} → {value}" if was != "null" and len(was) < 60 else f"{path}: {value}"
        button = dmc.Button(
            "Take back", id={"type": RESET, "path": path}, size="compact-xs", variant="subtle",
            **{"aria-label": f"Take back {path}"},
        )  # fmt: skip
        rows.append(html.Li([html.Code(what), button]))
    return html.Div([html.H3("Changed"), html.Ul(rows)], className="changed")
