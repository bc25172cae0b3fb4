"""The whole scenario as a text, in an editor with completion, and errors at their lines.

Messages are those of `trialclock validate`. A text that is not valid yet is kept as a draft under its hash, so that a
reload loses nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update, set_props
from dash.exceptions import PreventUpdate

from sim.errors import InputError
from sim.scenario.load import load_text
from sim.scenario.written import extending, library_text, rewritten
from sim.scenario.yaml_source import MAX_BYTES
from sim.web.limits import check_limits
from sim.web.pages.run.steps import draft_of, read, with_draft
from sim.web.parts.components import file_place, problem_box
from sim.web.parts.uploaded_text import brought
from sim.web.state import BASE, EDITED
from sim.web.state import State as Scenario

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.errors import Problem
    from sim.web.pages.run.steps import Reading
    from sim.web.studio import Studio

_TYPING_MS = 900


def text_of(studio: Studio, reading: Reading, draft: str = "") -> str:
    """The scenario as a file would say it.

    Args:
        studio: the studio, which keeps the texts.
        reading: the state; changes that are refused are left out.
        draft: hash of an edited text that is not valid yet, which is returned as it was typed; empty for none.
    """
    if draft and (text := studio.visitors.text(draft)) is not None:
        return text
    state = reading.state
    refused = dict(reading.refused)
    changes = tuple(change for change in state.changes if change.partition("=")[0] not in refused)
    if state.file:
        text = studio.visitors.text(state.file) or ""
        return rewritten(text, changes) if changes else text
    if not changes:
        return library_text(state.scenario)
    return extending(state.scenario, changes, f"{reading.with_all.scenario.name}, changed"[:80])


def typed(studio: Studio, query: str, text: str) -> str:
    """The query after a text was typed.

    Args:
        studio: the studio, which keeps the text.
        query: the query before.
        text: the text as typed.

    Returns:
        The query before if the text says the same; a query of the text if it is valid; otherwise the query before, with
        the text as its draft.
    """
    state = Scenario.of(query)
    if text == text_of(studio, read(studio, state), draft_of(query)):
        return query
    if state.changes == () and not state.file and text == library_text(state.scenario):
        return state.query()
    digest = studio.visitors.keep_text(text[: MAX_BYTES + 1])
    if _problems(studio, text):
        return with_draft(state.query(), digest)
    return replace(state, scenario=BASE, file=digest, changes=(), name="").query()


def _problems(studio: Studio, text: str) -> tuple[Problem, ...]:
    try:
        check_limits(load_text(text, (), EDITED).scenario, studio.settings.limits)
    except InputError as error:
        return error.problems
    return ()


def block(studio: Studio, reading: Reading, draft: str) -> Component:
    """The editor, with buttons to open and save a file; open if there is a draft.

    Args:
        studio: the studio.
        reading: the state of the page.
        draft: hash of an edited text that is not valid yet; empty for none.
    """
    return html.Details(
        [
            html.Summary(html.H3("The whole file")),
            html.P(
                "Everything that the scenario says. Ctrl-Space offers the keys that may stand where you are; an error "
                "is shown at its line. Whatever is right is simulated as you type.",
                className="help",
            ),
            html.Div(
                [
                    file_place(
                        html.Span("Open a file…", className="like-button"),
                        "plan-open",
                        MAX_BYTES,
                        "plan-text-problems",
                    ),
                    dmc.Button("Save as a file", id="plan-save", variant="default", size="xs", className="waits"),
                    dcc.Download(id="plan-saved"),
                ],
                className="buttons",
            ),
            html.Div(id="plan-text-problems", role="status"),
            html.Div(
                [
                    html.Div(id="plan-gutter", className="gutter", **{"aria-hidden": "true"}),
                    dmc.Textarea(
                        id="plan-text",
                        value=text_of(studio, reading, draft),
                        debounce=_TYPING_MS,
                        spellCheck=False,
                        className="code",
                        **{"aria-label": "The scenario file"},
                    ),
                ],
                className="editor",
            ),
        ],
        className="section",
        open=bool(draft),
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks that check a text, open and save it. What is typed is taken up by `moves`."""

    @app.callback(Output("plan-text-problems", "children"), Output("plan-lines", "data"), Input("plan-query", "data"))
    def check(query: str | None) -> Any:
        """What is wrong with a draft, and at which lines; nothing without a draft."""
        draft = draft_of(query or "")
        text = studio.visitors.text(draft) if draft else None
        problems = _problems(studio, text) if text is not None else ()
        if not problems:
            return None, []
        lines = [problem.line for problem in problems if problem.line is not None]
        return problem_box(problems, "The text is not a valid scenario; the answer is for the last valid one"), lines

    app.clientside_callback(
        ClientsideFunction("editor", "marked"), Output("plan-gutter", "title"), Input("plan-lines", "data")
    )

    @app.callback(
        Output("plan-text", "value", allow_duplicate=True),
        Input("plan-open", "contents"),
        State("plan-open", "filename"),
        prevent_initial_call=True,
    )
    def opened(contents: str | None, name: str | None) -> Any:
        """A file that was brought becomes the text of the editor."""
        if contents is None:
            raise PreventUpdate
        try:
            return brought(contents, name or "", "a scenario file")
        except InputError as error:
            set_props("plan-text-problems", {"children": problem_box(error.problems, "This file cannot be opened")})
            return no_update

    @app.callback(
        Output("plan-saved", "data"), Input("plan-save", "n_clicks"), State("plan-text", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def saved(n: int | None, text: str | None) -> Any:
        """The text of the editor as a file to download."""
        if not n:
            raise PreventUpdate
        return {"content": text or "", "filename": EDITED, "type": "application/yaml"}
