"""The page Plan: levers on one side, and on the other the date of completion. It is the main page of the studio.

How a lever reaches its answer: the browser collects touches (`assets/moves.js`) into `plan-touched`; `moves` makes of
them the next query, in `plan-query` and in the address; a change of that query asks `answer` for a first answer, in
`plan-first`, and then for more trials, in `plan-refined`. An answer names its query, so that the browser drops one that
a later move has overtaken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import dash_mantine_components as dmc
from dash import dcc, html

from sim.web.pages.run import answer as answering
from sim.web.pages.run import editor as editing
from sim.web.pages.run import history as runs
from sim.web.pages.run import kept
from sim.web.pages.run import moves as moving
from sim.web.pages.run import sections as opening
from sim.web.pages.run.panel import finder, new_sites, panel
from sim.web.pages.run.steps import UNTIL, draft_of, read, rules, with_draft, wrong_rule
from sim.web.pages.run.view import heading
from sim.web.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash import Dash
    from dash.development.base_component import Component

    from sim.web.pages.run.steps import Reading
    from sim.web.studio import Studio

PATH, TITLE = "/plan", "Plan"


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """The page of the scenario that a query names; its first answer is begun here, before the browser asks for it."""
    state = State.of(query)
    reading = read(studio, state)
    text = urlencode([(name, value) for name, values in query.items() for value in values])
    draft = draft_of(text)
    asked = with_draft(state.query(), draft)
    answering.begin_answer(studio, asked)
    return html.Div(
        [
            *_stores(asked),
            html.Div(html.Div(heading(reading.loaded.scenario), id="plan-heading"), className="plan-head"),
            html.Div(
                [
                    html.Section(
                        [html.H2("The answer", className="hidden"), *answering.blocks()],
                        className="plan-answer",
                        **{"aria-label": "The answer"},
                    ),
                    html.Section(_levers(studio, reading, draft), className="plan-levers", **{"aria-label": "Levers"}),
                    html.Section(answering.more(), className="plan-more", **{"aria-label": "Behind the answer"}),
                ],
                className="plan",
            ),
            kept.block(studio, asked),
            answering.mini(),
            runs.block(),
        ]
    )


def _stores(asked: str) -> list[Any]:
    return [
        dcc.Store(id="plan-query", data=asked),
        dcc.Store(id="plan-undo", storage_type="session"),
        dcc.Store(id="plan-visit", data=uuid4().hex),
        dcc.Store(id="plan-touched"),
        dcc.Store(id="plan-moved"),
        dcc.Store(id="plan-opening"),
        dcc.Store(id="plan-opened"),
        dcc.Store(id="plan-filled"),
        dcc.Store(id="plan-shown"),
        dcc.Store(id="plan-done"),
        dcc.Store(id="plan-first"),
        dcc.Store(id="plan-figures"),
        dcc.Store(id="plan-drawn"),
        dcc.Store(id="plan-refined"),
        dcc.Store(id="plan-wanted"),
        dcc.Store(id="plan-lines"),
    ]


def _buttons() -> Component:
    return html.Div(
        [
            dmc.Button("Undo", id="plan-back", variant="default", size="compact-sm", disabled=True),
            dmc.Button("Redo", id="plan-again", variant="default", size="compact-sm", disabled=True),
            dmc.Button("Take all changes back", id="plan-none", variant="default", size="compact-sm"),
        ],
        className="buttons",
    )


def _levers(studio: Studio, reading: Reading, draft: str) -> list[Any]:
    head = html.Div(
        [
            html.Div([html.H2("Levers"), _buttons()], className="levers-title"),
            html.Div(finder(reading), id="plan-finder"),
            html.Div(id="plan-changes"),
        ],
        className="levers-head",
    )
    return [
        head,
        html.Div(new_sites(reading.loaded), id="plan-new"),
        html.Div(panel(reading), id="plan-panel"),
        _trials(reading, studio),
        editing.block(studio, reading, draft),
    ]


def _trials(reading: Reading, studio: Studio) -> Component:
    experiment = reading.loaded.scenario.experiment
    most = studio.settings.limits.replications
    return html.Details(
        [
            html.Summary(html.H3("Simulated trials and seed")),
            html.Div(
                [
                    dmc.NumberInput(
                        id="plan-replications",
                        label="Simulated trials",
                        description=f"More make the errors smaller. 1 to {most:,}.",
                        value=reading.state.replications or experiment.replications,
                        min=1,
                        clampBehavior="none",
                        step=500,
                        allowDecimal=False,
                        debounce=300,
                        size="sm",
                    ),
                    dmc.NumberInput(
                        id="plan-seed",
                        label="Seed",
                        description="Where random numbers start; the same seed gives the same trials. 0 or more.",
                        value=experiment.seed if reading.state.seed is None else reading.state.seed,
                        min=0,
                        clampBehavior="none",
                        allowDecimal=False,
                        debounce=300,
                        size="sm",
                    ),
                    dmc.Autocomplete(
                        id="plan-until",
                        label=UNTIL,
                        description=f"Adds trials, at most {most:,}, until the 95 % interval of an answer is "
                        "this narrow: ANSWER<WIDTH, in days (d), weeks (w) or %. Empty: the number above.",
                        value=reading.state.until,
                        data=rules(reading),
                        placeholder="database_lock.p50<14d",
                        error=wrong_rule(reading),
                        debounce=300,
                        size="sm",
                    ),
                ],
                className="levers",
            ),
        ],
        open=wrong_rule(reading) is not None,
        className="section",
    )


def register(app: Dash, studio: Studio) -> None:
    """Callbacks for levers, sections, the editor, and answers."""
    moving.register(app, studio)
    opening.register(app, studio)
    editing.register(app, studio)
    answering.register(app, studio)
    kept.register(app, studio)
    runs.register(app, studio)
