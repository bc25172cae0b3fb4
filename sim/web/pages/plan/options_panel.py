"""The options of the page Cheapest plan: a text area that is checked while typing, and the buttons that fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as DashState

from sim.errors import InputError
from sim.scenario.options import library_options
from sim.scenario.options_starter import starter_options
from sim.scenario.yaml_source import MAX_BYTES
from sim.web.pages.plan.question import OPTIONS, choices_of
from sim.web.parts.components import file_place, problem_box
from sim.web.parts.uploaded_text import brought
from sim.web.state import State

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.web.studio import Studio

WRONG = "These options cannot be used"
_STARTER = ""  # the name of the options that are made from the scenario
_TYPING_MS = 700


def blocks(text: str, *, is_own: bool) -> list[Component]:
    """The text area, the buttons that fill it, and its messages.

    Args:
        text: initial text.
        is_own: whether the scenario is the visitor's own, which no example fits.
    """
    begin = [_STARTER, *([] if is_own else library_options())]
    return [
        dmc.Text(
            "Each lever has a path, as after --set, with the values that it may take; or named settings of several "
            "values. A cost needs its source.",
            c="dimmed",
        ),
        html.Div(
            [
                *(
                    dmc.Button(
                        f"Example: {name}" if name else "Starter for this scenario",
                        id={"type": "cheapest-begin", "name": name},
                        variant="default",
                        size="xs",
                    )
                    for name in begin
                ),
                file_place(
                    html.Span("Open a file…", className="like-button"),
                    "cheapest-open",
                    MAX_BYTES,
                    "cheapest-options-said",
                ),
                dmc.Button("Save as a file", id="cheapest-save", variant="default", size="xs"),
                dcc.Download(id="cheapest-saved"),
            ],
            className="buttons",
        ),
        html.Div(
            [
                html.Div(id="cheapest-gutter", className="gutter", **{"aria-hidden": "true"}),
                dmc.Textarea(
                    id="cheapest-text",
                    value=text,
                    debounce=_TYPING_MS,
                    spellCheck=False,
                    className="code",
                    **{"aria-label": "The options: what may be chosen, and what it costs"},
                ),
            ],
            className="editor short",
        ),
        html.Div(id="cheapest-options-said", role="status"),
    ]


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks that check, fill and save the text."""

    @app.callback(
        Output("cheapest-options-said", "children"),
        Output("cheapest-gutter", "data-wrong"),
        Input("cheapest-text", "value"),
        DashState("cheapest-of", "data"),
    )
    def check(text: str | None, of: str) -> tuple[Any, str]:
        """What is wrong with the options, as they are typed; how many plans they make where nothing is."""
        try:
            choices = choices_of(text or "", studio.loaded(State.of(of)))
        except InputError as error:
            lines = [str(problem.line) for problem in error.problems if problem.line is not None]
            return problem_box(error.problems, WRONG), ",".join(lines)
        return dmc.Text(f"{choices.n_plans:,} plans to choose from.", size="sm", c="dimmed"), ""

    @app.callback(
        Output("cheapest-text", "value"),
        Output("cheapest-options-said", "children", allow_duplicate=True),
        Output("cheapest-open", "contents"),
        Input({"type": "cheapest-begin", "name": ALL}, "n_clicks"),
        Input("cheapest-open", "contents"),
        DashState("cheapest-open", "filename"),
        DashState("cheapest-of", "data"),
        prevent_initial_call=True,
    )
    def begin(clicks: list[int | None], contents: str | None, name: str | None, of: str) -> tuple[Any, Any, None]:
        """Options that are brought, or to begin with."""
        if isinstance(ctx.triggered_id, dict) and any(clicks):
            chosen = ctx.triggered_id["name"]
            texts = library_options()
            if chosen == _STARTER:
                return starter_options(studio.loaded(State.of(of)).scenario), no_update, None
            return texts.get(chosen, no_update), no_update, None
        if not contents:
            return no_update, no_update, None
        try:
            return brought(contents, name or "", "an options file"), no_update, None
        except InputError as error:
            return no_update, problem_box(error.problems, "This file cannot be opened"), None

    @app.callback(
        Output("cheapest-saved", "data"), Input("cheapest-save", "n_clicks"), DashState("cheapest-text", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def saved(n: int | None, text: str | None) -> Any:
        return {"content": text or "", "filename": OPTIONS, "type": "application/yaml"} if n else no_update
