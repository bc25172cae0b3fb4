"""The trial that is being built: its parts, and each change with undo. A text that is kept stands behind each step.

The store `new-query` names the text as it is; `new-undo` the queries before and after it. A change of any control makes
a text of what all controls say, keeps it, and puts its query into both and into the address; only then is it checked,
so that a trial may be wrong on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, callback_context, dcc, html, no_update, set_props
from dash import State as DashState
from dash.exceptions import PreventUpdate
from flask import Response

from sim.errors import InputError, Problem, UsageError
from sim.scenario.country_names import key_of
from sim.scenario.written import extending, library_text, rewritten
from sim.web.pages.new_trial.controls import ON, VALUE, path_of, shows, typed
from sim.web.pages.new_trial.draft import (
    Draft,
    draft_of,
    problems_of,
    renamed,
    with_form,
    with_part,
    with_value,
    without,
)
from sim.web.pages.new_trial.form import ADD, KIND, NAME, OPTION, REMOVE, RENAME, SAID, said_at
from sim.web.pages.new_trial.parts import part_named, part_view, parts_nav, questions_view, size_of
from sim.web.pages.new_trial.shapes import schema_at
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.undo import redone, stepped, undone
from sim.web.shell import QUERY
from sim.web.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio


_EMPTY: tuple[Any, ...] = (None, "", [])


def text_of_state(studio: Studio, state: State) -> str:
    """The text of the scenario that a state names, with the state's changes written into it.

    Args:
        studio: the studio, which keeps the texts.
        state: a kept file, or a scenario of the program, with changes.

    Raises:
        InputError: it is not kept here, or a change cannot be made.
    """
    if state.file:
        text = studio.visitors.text(state.file)
        if text is None:
            raise UsageError(Problem(f"this scenario {studio.visitors.why_not(state.file)}", "?file"))
        return rewritten(text, state.changes) if state.changes else text
    if not state.changes:
        return library_text(state.scenario)
    return extending(state.scenario, state.changes, f"{studio.loaded(state).scenario.name}, changed"[:80])


def page(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """The controls of the trial that a query names.

    Args:
        studio: the studio.
        query: the parsed query; `part` names the part that is open.
    """
    text = text_of_state(studio, State.of(query))
    part = part_named((query.get("part") or [""])[-1])
    kept = f"?file={studio.visitors.keep_text(text)}"
    return html.Div(
        [
            dcc.Store(id="new-query", data=kept),
            dcc.Store(id="new-part", data=part),
            dcc.Store(id="new-undo", storage_type="memory"),
            dcc.Store(id="new-focus"),
            dcc.Store(id="new-focused"),
            html.Div(
                [
                    html.Div(_title(draft_of(text)), id="new-heading"),
                    html.Div(_buttons(kept), className="buttons"),
                ],
                className="plan-head",
            ),
            html.Div(id="new-problems", role="status"),
            html.Div(
                [
                    html.Div(
                        [html.Nav(parts_nav(draft_of(text), part, ()), id="new-parts", className="parts",
                                  **{"aria-label": "Parts of the trial"}),
                         html.Div(questions_view(draft_of(text)), id="new-questions")],
                        className="builder-side",
                    ),
                    html.Div(_form(studio, text, part), id="new-form", className="builder-form", **{"data-part": part}),
                ],
                className="builder",
            ),
        ]
    )  # fmt: skip


def _title(draft: Draft) -> Component:
    name = draft.data.get("name")
    return page_title(name if isinstance(name, str) and name else "A new trial", size_of(draft))


def _buttons(query: str) -> list[Any]:
    return [
        dmc.Button("Undo", id="new-back", variant="default", size="xs", disabled=True),
        dmc.Button("Redo", id="new-again", variant="default", size="xs", disabled=True),
        html.A(
            "Download (YAML)",
            id="new-download",
            href=f"/new/scenario.yaml{query}",
            download=True,
            className="button-link keeps-scenario",
        ),
        dcc.Link("Another template or record", href="/new", className="button-link"),
        html.A("Plan this trial", id="new-plan", href=f"/plan{query}", className="button-link main keeps-scenario"),
    ]


def _form(studio: Studio, text: str, part: str) -> Component:
    return part_view(draft_of(text), part, problems_of(text, studio.settings.limits))


def _kept(studio: Studio, draft: Draft) -> str:
    """The query of a draft that is kept."""
    return f"?file={studio.visitors.keep_text(draft.text())}"


def _text(studio: Studio, query: str) -> str:
    return text_of_state(studio, State.of(query))


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of the controls, and the address of the file, `/new/scenario.yaml?file=...`."""
    app.server.add_url_rule("/new/scenario.yaml", "new_scenario", lambda: _download(studio))

    @app.callback(
        Output("new-query", "data"),
        Output("new-undo", "data"),
        Output("new-form", "children"),
        Output("new-form", "data-part"),
        Output("new-focus", "data"),
        Output(QUERY, "data", allow_duplicate=True),
        Input({"type": VALUE, "path": ALL}, "value"),
        Input({"type": ON, "path": ALL}, "checked"),
        Input({"type": KIND, "path": ALL}, "value"),
        Input({"type": OPTION, "path": ALL}, "value"),
        Input({"type": ADD, "path": ALL}, "n_clicks"),
        Input({"type": REMOVE, "path": ALL}, "n_clicks"),
        Input({"type": RENAME, "path": ALL}, "value"),
        Input("new-back", "n_clicks"),
        Input("new-again", "n_clicks"),
        Input("new-part", "data"),
        DashState({"type": NAME, "path": ALL}, "value"),
        DashState("new-query", "data"),
        DashState("new-undo", "data"),
        DashState("new-form", "data-part"),
        running=[(Output("new-parts", "className"), "parts busy", "parts")],
        prevent_initial_call=True,
    )
    def change(*_: Any) -> Any:
        """A control, a button, undo or redo makes the next text; the form is drawn again only where its parts
        change. Dash also calls this when the page has come: what is typed meanwhile stays.
        """
        part, query, undo, drawn = part_named(callback_context.inputs["new-part.data"]), *_[-3:]
        trigger = callback_context.triggered_id
        before = str(query or "")
        draft = draft_of(_text(studio, before))
        changed = _with_values(draft, callback_context.inputs_list)
        if trigger in ("new-part", "new-back", "new-again"):
            after = before
            if changed.data != draft.data:  # typed just before the button: its own answer gives way to this one
                after = _kept(studio, changed)
                undo = stepped(undo, before, after)
            if trigger != "new-part":
                after, undo = (undone if trigger == "new-back" else redone)(undo, after)
            elif part == drawn:
                if after == before:
                    raise PreventUpdate
                return after, undo, no_update, no_update, no_update, after
            focus = "" if trigger == "new-part" else no_update
            return after, undo, _form(studio, _text(studio, after), part), part, focus, after
        focus, is_other = "", False
        if isinstance(trigger, dict) and any(found["value"] for found in callback_context.triggered):
            try:
                changed, focus, is_other = _restructured(changed, trigger, callback_context)
            except InputError as error:
                place = {"type": RENAME if trigger["type"] == RENAME else NAME, "path": trigger["path"]}
                set_props(place, {"error": error.problems[0].message})
        if changed.data == draft.data:
            raise PreventUpdate
        after = _kept(studio, changed)
        form, drawn = (_form(studio, changed.text(), part), part) if is_other else (no_update, no_update)
        return after, stepped(undo, before, after), form, drawn, focus or no_update, after

    app.clientside_callback(
        ClientsideFunction("newTrial", "focus"),
        Output("new-focused", "data"),
        Input("new-focus", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("new-heading", "children"),
        Output("new-problems", "children"),
        Output("new-parts", "children"),
        Output("new-questions", "children"),
        Output("new-back", "disabled"),
        Output("new-again", "disabled"),
        Output({"type": VALUE, "path": ALL}, "error"),
        Output({"type": ON, "path": ALL}, "error"),
        Output({"type": SAID, "path": ALL}, "children"),
        Input("new-query", "data"),
        Input("new-part", "data"),
        Input("new-undo", "data"),
        DashState({"type": VALUE, "path": ALL}, "id"),
        DashState({"type": ON, "path": ALL}, "id"),
        DashState({"type": SAID, "path": ALL}, "id"),
    )
    def checked(query: str | None, part: str, undo: Any, values: Any, switches: Any, said: Any) -> Any:
        """What is wrong stands at its control and above; the lists at the side and the links follow the text."""
        text, undo = _text(studio, query or ""), undo or {}
        draft, problems = draft_of(text), problems_of(text, studio.settings.limits)
        box = problem_box(problems, "Not a trial yet that can be planned") if problems else None
        return (
            _title(draft), box, parts_nav(draft, part, problems), questions_view(draft),
            not undo.get("past"), not undo.get("future"),
            *([said_at(path_of(one["path"]), problems) for one in ids] for ids in (values, switches, said)),
        )  # fmt: skip


def _with_values(draft: Draft, inputs: Any) -> Draft:
    """The draft with what all controls on the page say."""
    for controls in inputs[:2]:
        for control in controls:
            path = path_of(control["id"]["path"])
            node, before = schema_at(path, draft.data), draft.at(path)
            if node is None or "value" not in control:
                continue
            said, now = shows(path, node, before), control["value"]
            if said != now and not (said in _EMPTY and now in _EMPTY):
                draft = with_value(draft, path, typed(node, before, now))
    return draft


def _restructured(draft: Draft, trigger: dict[str, str], context: Any) -> tuple[Draft, str, bool]:
    """The draft after something was added, removed, or given another form; where to look; whether anything was."""
    kind, path = trigger["type"], path_of(trigger["path"])
    value = context.triggered[0]["value"]
    if kind == REMOVE:
        return without(draft, path), trigger["path"].rpartition("/")[0], True
    if kind == RENAME:
        changed, place = renamed(draft, path, value)
        return changed, "/".join(place), changed is not draft
    if kind == KIND:
        return with_form(draft, path, value), trigger["path"], True
    if kind == OPTION:
        changed, place = with_part(draft, path, value)
        return changed, "/".join(place), True
    if kind == ADD:
        names = [
            state["value"]
            for state in context.states_list[0]
            if state["id"]["path"] == trigger["path"] and state.get("value")
        ]
        is_whole = draft.at(path) is None and not names
        changed, place = (
            with_part(draft, path[:-1], path[-1]) if is_whole else with_part(draft, path, (names or [""])[0])
        )
        return changed, "/".join(place), True
    return draft, "", False


def _download(studio: Studio) -> Response:
    from flask import request

    try:
        text = _text(studio, request.query_string.decode())
    except InputError as error:
        return Response(f"{error}\n", 404, mimetype="text/plain")
    name = key_of(str(draft_of(text).data.get("name") or "")) or "scenario"
    return Response(
        text, mimetype="application/yaml", headers={"Content-Disposition": f'attachment; filename="{name[:60]}.yaml"'}
    )
