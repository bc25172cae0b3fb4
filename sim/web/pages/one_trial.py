"""One trial, played: people on their way, queues, bays, cells and the calendar, and the story of a chosen person.

The player is that of `trialclock play`; the server sends the trial once, into the store `one_trial-document`, and the
browser plays it. The address has the scenario and `replication`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as DashState
from flask import Response

from sim.api.one_trial import stage_of
from sim.core.design import Design
from sim.errors import InputError
from sim.experiment.one_trial import AMONG, PICKS, last_randomised_days, pick
from sim.report.html import script_hash
from sim.report.one_trial.page import headline, player_script, player_style, stage_page, stands_for, told
from sim.report.one_trial.stage import Stage
from sim.web.parts.components import command_line, problem_box
from sim.web.parts.scenario_choice import gallery
from sim.web.shell import QUERY
from sim.web.state import State, whole_number
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/one-trial", "One trial"

_HIGHEST = 99_999
_SCRIPT, _STYLE = "/stage.js", "/stage.css"
_BUTTONS = {
    "typical": ("A typical trial", f"Half of {AMONG} simulated trials have their last participant by then"),
    "early": ("An early one", "One in ten"),
    "late": ("A late one", "Nine in ten"),
}
_COLUMNS = [
    {"field": "day", "headerName": "Day", "width": 90, "type": "numericColumn"},
    {"field": "date", "headerName": "Date", "width": 120},
    {"field": "site", "headerName": "Site", "width": 180, "filter": "agTextColumnFilter"},
    {"field": "said", "headerName": "What happens", "flex": 1, "minWidth": 320, "filter": "agTextColumnFilter"},
]


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """Which trial, and the player."""
    state = State.of(query)
    scenario = studio.loaded(state).scenario
    replication = whole_number(query, "replication", 0, _HIGHEST) or 0
    seed = scenario.experiment.seed if state.seed is None else state.seed
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H1("One trial", className="page-title"),
                            html.H2(id="one_trial-headline", className="stage-headline"),
                            html.P(id="one_trial-stands", className="stage-stands"),
                        ]
                    ),
                    _which(state, seed, replication),
                ],
                className="stage-top",
            ),
            dcc.Store(id="one_trial-of", data=state.query()),
            dcc.Store(id="one_trial-picked"),
            dcc.Store(id="one_trial-document"),
            html.Div(id="one_trial-wrong"),
            html.Section(html.Div(id="one_trial-stage"), className="stage-room", **{"aria-label": "The trial"}),
            _events(),
            html.Details(
                [html.Summary("How to read the picture"), html.Div(id="one_trial-reading")], className="behind"
            ),
            html.Div(id="one_trial-command"),
            dmc.Button("Save as a page that opens offline", id="one_trial-save", variant="default", mt="sm"),
            dcc.Download(id="one_trial-saved"),
        ]
    )


def _which(state: State, seed: int, replication: int) -> Component:
    """The controls: scenario, seed, and which simulated trial."""
    names = [{"value": name, "label": title} for name, title, *_ in gallery()]
    if state.file:
        names.insert(0, {"value": "", "label": "your scenario"})
    picks = [
        dmc.Button(text, id=f"one_trial-{name}", variant="default", size="sm", px="sm", **{"aria-description": why})
        for name, (text, why) in _BUTTONS.items()
    ]
    return html.Div(
        [
            dmc.Select(
                id="one_trial-scenario",
                label="Scenario",
                data=names,
                value="" if state.file else state.scenario,
                allowDeselect=False,
                w=210,
                size="sm",
            ),
            dmc.NumberInput(
                id="one_trial-seed", label="Seed", value=seed, min=0, allowDecimal=False, w=110, size="sm", debounce=600
            ),
            dmc.NumberInput(
                id="one_trial-replication",
                label="Trial number",
                value=replication,
                min=0,
                max=_HIGHEST,
                allowDecimal=False,
                w=90,
                size="sm",
                debounce=600,
            ),
            dmc.Group([*picks, _cancel()], gap="xs"),
        ],
        className="stage-which",
    )


def _cancel() -> Component:
    return dmc.Button("Cancel", id="one_trial-cancel", variant="default", style={"display": "none"})


def _events() -> Component:
    grid = dag.AgGrid(
        id="one_trial-events",
        columnDefs=_COLUMNS,
        rowData=[],
        defaultColDef={"sortable": True, "resizable": True},
        getRowId="params.data.row + ''",
        dashGridOptions={"animateRows": False, "ensureDomOrder": True},
        style={"height": 420},
        className="ag-theme-alpine",
    )
    return html.Details(
        [html.Summary("All events, as a table: choose a cell to go there"), html.Div(grid)], className="behind"
    )


def _reading(stage: Stage) -> list[Component]:
    """The stations that this trial has, each with what being there means, and how to read the rest."""
    page = told(stage, "")
    stations = [part for each in page.stations for part in (html.Dt(each.label), html.Dd(each.meaning))]
    return [html.Dl(stations, className="stage-stations"), *(html.P(text) for text in page.reading)]


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this page, and the player's own script and style.

    A change of scenario, seed or trial number simulates that trial at once; the buttons of a typical, an early and a
    late trial start a job, which fills in the number.
    """
    _serve_player(app)

    @app.callback(
        Output("one_trial-document", "data"),
        Output("one_trial-headline", "children"),
        Output("one_trial-stands", "children"),
        Output("one_trial-command", "children"),
        Output("one_trial-reading", "children"),
        Output("one_trial-wrong", "children"),
        Output("one_trial-of", "data"),
        Output(QUERY, "data", allow_duplicate=True),
        Input("one_trial-scenario", "value"),
        Input("one_trial-seed", "value"),
        Input("one_trial-replication", "value"),
        DashState("one_trial-picked", "data"),
        DashState("one_trial-of", "data"),
        prevent_initial_call="initial_duplicate",
    )
    def shown(name: str, seed: Any, replication: Any, picked: dict[str, Any] | None, of: str) -> tuple[Any, ...]:
        """The trial that the controls name, simulated within the request, with its words, commands and address."""
        try:
            state = _state(studio, of, name, seed)
            stage = _stage(studio, state, replication)
        except InputError as error:
            box = problem_box(error.problems)
            return None, "", "", None, None, box, no_update, no_update
        asked = state.query()
        stands = stands_for(stage, None)
        if picked and (picked["of"], picked["replication"]) == (asked, stage.replication):
            stands = picked["stands"]
        address = f"{asked}{'&' if asked else '?'}replication={stage.replication}"
        line = command_line(*_commands(state, stage))
        return stage.json(), headline(stage), stands, line, _reading(stage), None, asked, address

    app.clientside_callback(
        ClientsideFunction("stage", "shown"),
        Output("one_trial-events", "rowData"),
        Input("one_trial-document", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("stage", "gone"),
        Output("one_trial-stage", "title"),
        Input("one_trial-events", "cellClicked"),
        prevent_initial_call=True,
    )
    _register_picks(app, studio)

    @app.callback(
        Output("one_trial-saved", "data"),
        Input("one_trial-save", "n_clicks"),
        DashState("one_trial-of", "data"),
        DashState("one_trial-replication", "value"),
        prevent_initial_call=True,
    )
    def saved(_: int, of: str, replication: Any) -> dict[str, str]:
        """The page that opens offline, as a download."""
        state = State.of(of)
        stage = _stage(studio, state, replication)
        page = stage_page(stage, _commands(state, stage)[0])
        return {"content": page, "filename": f"trial-{stage.replication}.html", "type": "text/html"}


def _register_picks(app: Dash, studio: Studio) -> None:
    busy = [(Output(f"one_trial-{name}", "disabled"), True, False) for name in PICKS]

    @long_callback(
        app,
        studio,
        Output("one_trial-picked", "data"),
        Output("one_trial-replication", "value"),
        *(Input(f"one_trial-{name}", "n_clicks") for name in PICKS),
        DashState("one_trial-of", "data"),
        running=[*busy, (Output("one_trial-cancel", "style"), {}, {"display": "none"})],
        cancel=[Input("one_trial-cancel", "n_clicks")],
    )
    def picked(*given: Any) -> tuple[Any, Any]:
        """A job: the number of the trial that the pressed button asks for, with what it stands for."""
        of, name = given[-1], str(ctx.triggered_id).removeprefix("one_trial-")
        state = State.of(of)
        scenario = studio.loaded(state).scenario
        seed = scenario.experiment.seed if state.seed is None else state.seed
        design = Design(scenario)
        found = pick(last_randomised_days(design, seed), name)
        stands = stands_for(stage_of(design, seed, found.replication), found)
        return {"of": of, "replication": found.replication, "stands": stands}, found.replication


def _state(studio: Studio, of: str, name: str, seed: Any) -> State:
    """The state of the controls; another scenario starts without the changes of the one before."""
    state = State.of(of)
    if name and (state.file or name != state.scenario):
        state = State(scenario=name)
    is_own = not isinstance(seed, int) or seed == studio.loaded(state).scenario.experiment.seed
    return replace(state, seed=None if is_own else seed)


def _stage(studio: Studio, state: State, replication: Any) -> Stage:
    scenario = studio.loaded(state).scenario
    seed = scenario.experiment.seed if state.seed is None else state.seed
    number = replication if isinstance(replication, int) and 0 <= replication <= _HIGHEST else 0
    return stage_of(Design(scenario), seed, number)


def _commands(state: State, stage: Stage) -> tuple[str, str]:
    which = f"{state.typed()} --replication {stage.replication} --seed {stage.seed}"
    return f"trialclock play {which}", f"trialclock trace {which}"


def _serve_player(app: Dash) -> None:
    """Serve the player's files, which are those of the offline page; their address changes with their content."""
    for address, text, kind, links in (
        (_SCRIPT, player_script(), "text/javascript", app.config.external_scripts),
        (_STYLE, player_style(), "text/css", app.config.external_stylesheets),
    ):

        def send(text: str = text, kind: str = kind) -> Response:
            return Response(text, mimetype=kind, headers={"Cache-Control": "private, max-age=31536000"})

        app.server.add_url_rule(address, address, send)
        links.append(f"{address}?{script_hash(text)[:12].replace('+', '-').replace('/', '_')}")
