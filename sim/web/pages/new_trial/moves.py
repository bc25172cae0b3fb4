"""The trial that is being built: its parts, and each change with undo. A text that is kept stands behind each step.

The store `new-query` names the text as it is; `new-undo` the queries before and after it. A change of any control makes
a text of what all controls say, keeps it, and puts its query into both and into the address; only then is it checked,
so that a trial may be wrong on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, callback_context, dcc, html
from dash import State as DashState
from dash.exceptions import PreventUpdate
from flask import Response

from sim.errors import InputError, Problem, UsageError
from sim.scenario.country_names import key_of
from sim.scenario.written import extending, library_text, rewritten
from sim.web.pages.new_trial.controls import ON, SEPARATOR, VALUE, path_of, shows, typed
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
from sim.web.parts import presses
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.undo import redone, stepped, undone
from sim.web.shell import QUERY
from sim.web.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio


_EMPTY: tuple[Any, ...] = (None, "", [])
_BACK, _AGAIN = "new-back", "new-again"


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
            *presses.stores("new"),
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
        dmc.Button("Undo", id=_BACK, variant="default", size="xs", disabled=True),
        dmc.Button("Redo", id=_AGAIN, variant="default", size="xs", disabled=True),
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

    named = ((ADD, "n_clicks"), (REMOVE, "n_clicks"), (KIND, "value"), (OPTION, "value"), (RENAME, "value"))
    controls = (({"type": VALUE, "path": ALL}, "value"), ({"type": ON, "path": ALL}, "checked"))
    presses.register(
        app,
        "new",
        [
            *(Input({"type": kind, "path": ALL}, said) for kind, said in named),
            Input(_BACK, "n_clicks"),
            Input(_AGAIN, "n_clicks"),
        ],
        DashState("new-query", "data"),
        [DashState(*control) for control in controls],
    )

    @app.callback(
        presses.told("new"),
        *(Input(*control) for control in controls),
        Input("new-part", "data"),
        DashState("new-query", "data"),
        DashState("new-undo", "data"),
        DashState("new-form", "data-part"),
        *presses.given("new"),
        prevent_initial_call=True,
    )
    def change(*given: Any) -> Any:
        """Values, presses, undo and redo make the next text; the form is drawn again only where its parts change. Dash
        also calls this when the page has come: what is typed meanwhile stays.
        """
        part, query, undo, drawn, pressed, done = given[2:]
        part, before = part_named(part), str(query or "")
        asked = presses.unanswered(pressed, done)
        way = _Way(studio, before, undo)
        way.change(asked, [one for controls in callback_context.inputs_list[:2] for one in controls])
        if way.query == before and not asked and part == drawn:
            raise PreventUpdate
        form = None
        if way.is_other or part != drawn:
            form = {"children": _form(studio, _text(studio, way.query), part), "data-part": part}
        says = [*way.errors]
        if way.query != before:
            says += [(name, {"data": way.query}) for name in ("new-query", QUERY)] + [("new-undo", {"data": way.undo})]
        return presses.answer(asked, done, before, says, form, way.focus, way.renamed)

    @app.callback(
        Output("new-heading", "children"),
        Output("new-problems", "children"),
        Output("new-parts", "children"),
        Output("new-questions", "children"),
        Output(_BACK, "disabled"),
        Output(_AGAIN, "disabled"),
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


class _Way:
    """A trial on its way from one text to the next.

    Attributes:
        query: the query so far.
        undo: what can be undone and redone.
        is_other: whether the form must be drawn again.
        focus: place of what was added or renamed last.
        renamed: places before and after, of what got another name.
        errors: controls, and the error of each.
    """

    def __init__(self, studio: Studio, query: str, undo: Any) -> None:
        self._studio, self.query, self.undo = studio, query, undo
        self.is_other, self.focus = False, ""
        self.renamed: list[tuple[str, str]] = []
        self.errors: list[tuple[Any, dict[str, Any]]] = []

    def change(self, asked: Sequence[presses.Press], controls: Sequence[Any]) -> None:
        """Apply presses in their order. The drawn form's values come first, but those typed after undo or redo follow.

        Args:
            asked: the presses.
            controls: all controls with their values, as Dash lists them.
        """
        said = [*(press["values"] for press in asked if "values" in press), controls]
        self._say(said.pop(0))
        last = {press["id"]["path"]: press["n"] for press in asked if _is_rename(press)}
        for press in asked:
            if _is_rename(press) and press["n"] < last[press["id"]["path"]]:
                continue
            if "values" in press:
                before = self.query
                self.query, self.undo = (undone if press["id"] == _BACK else redone)(self.undo, before)
                self.is_other = True
                had = {one["id"]["path"]: one.get("value") for one in press["values"]}
                there = draft_of(_text(self._studio, self.query))
                self._say(
                    [
                        one
                        for one in said.pop(0)
                        if one.get("value") != had.get(one["id"]["path"])
                        and there.at(path_of(one["id"]["path"])[:-1]) is not None
                    ]
                )
            else:
                self._press(press)

    def _say(self, controls: Sequence[Any]) -> None:
        draft = draft_of(_text(self._studio, self.query))
        self._step(draft, _with_values(draft, controls))

    def _step(self, draft: Draft, changed: Draft) -> None:
        if changed.data != draft.data:
            after = _kept(self._studio, changed)
            self.undo, self.query = stepped(self.undo, self.query, after), after

    def _press(self, press: presses.Press) -> None:
        draft, kind, path = draft_of(_text(self._studio, self.query)), press["id"]["type"], press["id"]["path"]
        now = path
        for before, after in self.renamed:
            now = after + now[len(before) :] if now == before or now.startswith(f"{before}{SEPARATOR}") else now
        try:
            changed, focus, is_other = _restructured(draft, press, now)
        except InputError as error:
            place = {"type": RENAME if kind == RENAME else NAME, "path": path}
            self.errors.append((place, {"error": error.problems[0].message}))
            return
        self.is_other = self.is_other or is_other
        if is_other:
            self.focus = focus
            self.renamed += [(now, focus)] if kind == RENAME else []
        self._step(draft, changed)


def _with_values(draft: Draft, controls: Sequence[Any]) -> Draft:
    """The draft with what controls say."""
    for control in controls:
        path = path_of(control["id"]["path"])
        node, before = schema_at(path, draft.data), draft.at(path)
        if node is None or "value" not in control:
            continue
        said, now = shows(path, node, before), control["value"]
        if said != now and not (said in _EMPTY and now in _EMPTY):
            draft = with_value(draft, path, typed(node, before, now))
    return draft


def _is_rename(press: presses.Press) -> bool:
    return isinstance(press["id"], dict) and press["id"]["type"] == RENAME


def _restructured(draft: Draft, press: presses.Press, place: str) -> tuple[Draft, str, bool]:
    """The draft after something was added, removed, or given another form; where to look; whether anything was."""
    kind, value = press["id"]["type"], press["value"]
    path = path_of(place)
    if kind == REMOVE:
        return without(draft, path), place.rpartition("/")[0], True
    if kind == RENAME:
        changed, now = renamed(draft, path, value)
        return changed, "/".join(now), changed is not draft
    if kind == KIND:
        changed = with_form(draft, path, value)
        return changed, place, changed is not draft
    name = press.get("beside") or ""
    if kind == ADD and draft.at(path) is None and not name:
        changed, now = with_part(draft, path[:-1], path[-1])
    else:
        changed, now = with_part(draft, path, name if kind == ADD else value)
    return changed, "/".join(now), True


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
