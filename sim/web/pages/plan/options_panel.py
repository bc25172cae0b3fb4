"""The options of the page Cheapest plan: a form, and the same as a file that is checked while typing.

Form and file say the same at all times: a change of one is written into the other, and what the form cannot show stays
in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as DashState

from sim.errors import InputError
from sim.scenario.options import library_options
from sim.scenario.options_starter import starter_options
from sim.scenario.yaml_source import MAX_BYTES
from sim.web.pages.plan import options_form
from sim.web.pages.plan.question import OPTIONS, choices_of
from sim.web.parts.components import file_place, problem_box
from sim.web.parts.uploaded_text import brought
from sim.web.state import State

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.scenario.load import Loaded
    from sim.web.studio import Studio

WRONG = "These options cannot be used"
_STARTER = ""  # the name of the options that are made from the scenario
_TYPING_MS = 700


def blocks(text: str, loaded: Loaded, *, is_own: bool) -> list[Component]:
    """The form, what one may begin with, and the same as a file; below them, what is wrong.

    Args:
        text: initial text of the file.
        loaded: the scenario.
        is_own: whether the scenario is the visitor's own, which no example fits.
    """
    begin = [_STARTER, *([] if is_own else library_options())]
    costs = loaded.scenario.costs
    counted = "The scenario says nothing of costs: only those here count."
    if costs is not None:
        counted = f"The scenario's own costs, in {costs.currency}, are counted already: a cost here comes on top."
    buttons = [
        dmc.Button(
            f"Example: {name.replace('_', ' ').replace('-', ' ')}" if name else "Starter for this scenario",
            id={"type": "cheapest-begin", "name": name},
            variant="default",
            size="xs",
        )
        for name in begin
    ]
    return [
        dmc.Text(f"Every combination of these is a plan that may be chosen. {counted}", c="dimmed"),
        html.Div([html.Span("Begin with", className="buttons-label"), *buttons], className="buttons"),
        options_form.form(loaded, text),
        html.Div(id="cheapest-options-said", role="status"),
        html.Details([html.Summary("As a file"), *_file(text)], className="as-file"),
    ]


def _file(text: str) -> list[Component]:
    """The same as text, to open and to save."""
    return [
        dmc.Text(
            "Each lever has a label, the value of the trial that it moves (path), and what that may be (values); "
            "or named settings of several values, which only a file can say. A cost needs its source.",
            c="dimmed",
            size="sm",
        ),
        html.Div(
            [
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
    ]


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks that check, fill and save the text, and those of the form.

    `cheapest-text` is checked at each pause in typing: a message goes to `cheapest-options-said`, and lines with errors
    to the gutter beside the text.
    """
    options_form.register(app, studio)

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
        """The text as a file to download."""
        return {"content": text or "", "filename": OPTIONS, "type": "application/yaml"} if n else no_update
