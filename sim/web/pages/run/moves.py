"""A lever moves: the next state of the page, its address, undo and redo, and new values of the other controls.

One callback answers all controls, with several touches at once. A control that was moved by hand is not written to,
since its user may already be moving it further; those that show something else by then are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from sim.errors import InputError
from sim.web import shell
from sim.web.pages.run import editor as editing
from sim.web.pages.run.answer import begin_answer
from sim.web.pages.run.panel import LEVER, RESET, SWITCH, finder, groups, new_sites, panel
from sim.web.pages.run.steps import (
    Reading,
    draft_of,
    moved,
    read,
    switched,
    with_draft,
    with_new_sites,
    wrong_rule,
)
from sim.web.parts.lever_controls import shown_value
from sim.web.parts.levers import without_changes
from sim.web.parts.undo import redone, stepped, undone
from sim.web.parts.words.changes import change_sentences
from sim.web.state import State as Scenario

if TYPE_CHECKING:
    from sim.web.studio import Studio

_MOST_TOUCHED = 100  # between two answers; no hand is faster
Says = list[tuple[str | dict[str, str], dict[str, Any]]]  # which components, and what each is to say


@dataclass
class _Move:
    """A page on its way from one query to another.

    Attributes:
        query: the query so far.
        undo: what can be undone and redone.
        levers: paths of the levers that moved; they already show their values.
        by_hand: whether only levers moved, so that they need no update.
        from_text: whether the text changed.
    """

    query: str
    undo: dict[str, Any]
    levers: set[str] = field(default_factory=set)
    by_hand: bool = True
    from_text: bool = False


def register(app: Dash, studio: Studio) -> None:
    """Add the callback that moves the page from one state to the next. `assets/moves.js` collects the touches.

    The browser sends `plan-touched`: a list of `{id, value, n}`, which levers are there, and the number of the last
    touch. It gets `plan-moved`: the query before and what each component is to say, which it applies unless a later
    move has overtaken it.
    """
    app.clientside_callback(
        ClientsideFunction("moves", "touched"),
        Output("plan-touched", "data"),
        Input({"type": LEVER, "path": ALL}, "value"),
        Input({"type": SWITCH, "path": ALL}, "checked"),
        Input({"type": RESET, "path": ALL}, "n_clicks"),
        *(Input(name, "n_clicks") for name in ("plan-back", "plan-again", "plan-none", "plan-new-add")),
        *(Input(name, "value") for name in ("plan-replications", "plan-seed", "plan-until", "plan-text")),
        *(State(name, "value") for name in ("plan-new-count", "plan-new-like", "plan-new-opens")),
        State("plan-visit", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("plan-moved", "data"),
        Input("plan-touched", "data"),
        State("plan-query", "data"),
        State("plan-undo", "data"),
        prevent_initial_call=True,
    )
    def move(asked: dict[str, Any] | None, query: str | None, undo: dict[str, Any] | None) -> Any:
        """All touches since the last answer become one next query, whose first answer is begun here."""
        if not asked:
            raise PreventUpdate
        before = query or ""
        touched = asked["touched"][:_MOST_TOUCHED]
        way = _Move(before, undo or {})
        for touch in touched:
            _step(studio, way, touch)
        says: Says = []
        if way.query != before:
            begin_answer(studio, way.query)
            follows = touched[-1]["id"] != "plan-text"
            says += [("plan-undo", {"data": way.undo}), *_says(studio, before, way, asked["there"], text=follows)]
            says += [(name, {"data": way.query}) for name in (shell.QUERY, "plan-query")]
        return {"n": touched[-1]["n"], "before": before, "says": says}

    # Not outputs: callbacks that wait for them must not wait for this when the page opens. Not set by the server: an
    # answer that a later move has overtaken is dropped by the browser, but an update from the server is not.
    app.clientside_callback(
        ClientsideFunction("moves", "moved"),
        Output("plan-shown", "data"),
        Input("plan-moved", "data"),
        State("plan-query", "data"),
        State("plan-visit", "data"),
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
        """The list of changes, and whether there is anything to undo or redo."""
        undo = undo or {}
        return _changes(studio, query or ""), not undo.get("past"), not undo.get("future")


def _step(studio: Studio, move: _Move, touch: dict[str, Any]) -> None:
    """Apply one touch of the page."""
    key, value, before = touch["id"], touch.get("value"), move.query
    if isinstance(key, dict) and key.get("type") in (LEVER, SWITCH):
        move.levers.add(str(key.get("path")))
    else:
        move.by_hand = move.by_hand and key == "plan-text"
    if key in ("plan-back", "plan-again"):
        move.query, move.undo = (undone if key == "plan-back" else redone)(move.undo, before)
        return
    if key == "plan-text":
        move.query = editing.typed(studio, before, str(value or ""))
        move.from_text = move.from_text or move.query != before
    else:
        state = _stepped(studio, Scenario.of(before), key, value, touch.get("sites"))
        move.query = with_draft(state.query(), draft_of(before))
    move.undo = stepped(move.undo, before, move.query)


def _stepped(studio: Studio, state: Scenario, key: Any, value: Any, new: Any) -> Scenario:
    """The state after a touch of anything but the text, undo and redo."""
    if key == "plan-none":
        return Scenario(state.scenario, state.file) if value else state
    if key == "plan-new-add":
        n, like, opens = new
        if not value or not isinstance(n, int) or n < 1 or not like:
            return state
        return with_new_sites(read(studio, state), n, str(like), opens or None)
    if key in ("plan-replications", "plan-seed"):
        return _sized(studio, state, str(key), value)
    if key == "plan-until":
        return replace(state, until=str(value or "").strip())
    if not isinstance(key, dict):
        return state
    if key.get("type") == RESET:
        return state.changed(key["path"], None) if value else state
    reading = read(studio, state)
    if key.get("type") == SWITCH:
        return switched(reading, key["path"], bool(value))
    return moved(reading, key["path"], value)


def _sized(studio: Studio, state: Scenario, key: str, value: Any) -> Scenario:
    """Another number of simulated trials, or another seed."""
    if not isinstance(value, int) or value < 0:
        return state
    experiment = read(studio, state).loaded.scenario.experiment
    if key == "plan-seed":
        return replace(state, seed=None if value == experiment.seed else min(value, 2**53))
    return replace(state, replications=None if value == experiment.replications else max(value, 1))


def _says(studio: Studio, before: str, way: _Move, there: list[str], *, text: bool) -> Says:
    """New values of the controls. A control that was moved by hand shows its value already."""
    old, new = read(studio, Scenario.of(before)), read(studio, Scenario.of(way.query))
    errors = new.errors
    had, have = old.controls, new.controls
    says: Says = [
        ({"type": LEVER, "path": path}, {"error": errors.get(path)})
        for path in sorted({*old.errors, *errors})
        if path in have
    ]
    if wrong_rule(old) != wrong_rule(new):
        says.append(("plan-until", {"error": wrong_rule(new)}))
    if set(had) != set(have) or way.from_text:
        says.append(("plan-panel", {"children": panel(new, there)}))
        if groups(old.loaded) != groups(new.loaded):
            says.append(("plan-new", {"children": new_sites(new.loaded)}))
        says.append(("plan-finder", {"children": finder(new)}))
    elif not way.by_hand:
        says += [*_values(old, new, way.levers), *_size(new)]
    if text:
        says.append(("plan-text", {"value": editing.text_of(studio, new, draft_of(way.query))}))
    return says


def _values(old: Reading, new: Reading, moved_too: set[str]) -> Says:
    """New values of levers that change, or that moved before another button was pressed."""
    had, have = old.controls, new.controls
    refused = dict(new.refused)
    was_refused = dict(old.refused)
    says: Says = []
    for path, control in have.items():
        if control.value != had[path].value or path in refused or path in was_refused or path in moved_too:
            kind, prop = (SWITCH, "checked") if control.kind == "switch" else (LEVER, "value")
            says.append(({"type": kind, "path": path}, {prop: refused.get(path, shown_value(control))}))
    on, was_on = new.loaded.scenario.screening.criteria, old.loaded.scenario.screening.criteria
    prefix = "screening.criteria."
    for name in sorted(({*on} ^ {*was_on}) | {path.removeprefix(prefix) for path in moved_too if path not in have}):
        says.append(({"type": SWITCH, "path": f"{prefix}{name}"}, {"checked": name in on}))
    return says


def _size(new: Reading) -> Says:
    experiment = new.loaded.scenario.experiment
    return [
        ("plan-replications", {"value": new.state.replications or experiment.replications}),
        ("plan-seed", {"value": experiment.seed if new.state.seed is None else new.state.seed}),
        ("plan-until", {"value": new.state.until}),
    ]


def _changes(studio: Studio, query: str) -> Any:
    """The changes, each with a button to take it back."""
    state = Scenario.of(query)
    if not state.changes:
        return html.P("Nothing is changed yet. Move a lever: the answer follows.", className="nothing")
    try:
        before = studio.loaded(without_changes(state))
    except InputError:
        return no_update
    rows = []
    for change, said in zip(state.changes, change_sentences(before, state.changes), strict=True):
        path = change.partition("=")[0]
        button = html.Button(
            "Take back", id={"type": RESET, "path": path}, type="button", className="take-back", title=path,
            **{"aria-label": f"Take back: {said}"},
        )  # fmt: skip
        rows.append(html.Li([html.Span(said), button], **{"data-change": change}))
    return html.Div([html.H3(f"Changed ({len(rows)})"), html.Ul(rows)], className="changed")
