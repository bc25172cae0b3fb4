"""The page to show in a meeting: one plan, and if wanted a plan B beside it, on one sheet, with its documents.

It is the page Plan without its controls, for people who look at one screen or at paper; `sheet` draws it, `asked` finds
the runs that it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash import State as DashState

from sim.errors import InputError
from sim.web.pages.meeting import sheet
from sim.web.pages.meeting.asked import Asked, asked_of
from sim.web.parts.components import problem_box
from sim.web.parts.scenario_choice import scenario_options
from sim.web.parts.work_bar import Progress, answer_area, asked_by, asking, meanwhile
from sim.web.shell import QUERY
from sim.web.state import State
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/meeting", "Meeting"
IN_NAVIGATION = False  # one comes here from a plan


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """The controls, which neither full screen nor paper shows, and the sheet."""
    state = State.of(query)
    other = (query.get("b") or [""])[-1]
    scenario = studio.loaded(state).scenario
    controls = (
        dmc.Select(
            id="meeting-b",
            label="Plan B",
            description="beside this plan; optional",
            data=scenario_options(studio, state, [other]),
            value=other or None,
            searchable=True,
            clearable=True,
            clearButtonProps={"aria-label": "Clear plan B"},
            placeholder="none",
            w=300,
        ),
        html.Button("Full screen", type="button", className="button-link", **{"data-full-screen": "meeting-answer"}),
        html.Button("Copy the link", type="button", className="button-link", **{"data-copy-link": "meeting-copied"}),
        dcc.Link("Back to the plan", href=f"/plan{state.query()}", className="button-link"),
    )
    return html.Div(
        [
            html.Div(
                [
                    asking("meeting", "Show", at_once=True, others=controls),
                    html.Span(id="meeting-copied", role="status", className="said"),
                    html.Div(id="meeting-wrong"),
                ],
                className="meeting-controls",
            ),
            dcc.Store(id="meeting-of", data=state.query()),
            html.H1(f"{scenario.name}, for a meeting", className="hidden"),
            answer_area("meeting"),
        ]
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this page, and the addresses of its documents.

    The choice of plan B goes into the address (`shell.QUERY`); a job simulates what is missing and fills
    `meeting-answer`.
    """
    sheet.register(app.server, studio)

    @app.callback(
        Output(QUERY, "data", allow_duplicate=True),
        Input("meeting-b", "value"),
        DashState("meeting-of", "data"),
        prevent_initial_call=True,
    )
    def keep(other: str | None, of: str) -> str:
        """Plan B becomes a part of the address, so that the link shows it too."""
        pairs = parse_qsl(of.removeprefix("?"), keep_blank_values=True) + ([("b", other)] if other else [])
        return f"?{urlencode(pairs)}" if pairs else ""

    how = meanwhile("meeting")
    # plan B waits for the plan, whose run it needs: two jobs cannot write one run
    how["running"].append((Output("meeting-b", "disabled"), True, False))

    @long_callback(
        app,
        studio,
        Output("meeting-answer", "children"),
        Output("meeting-wrong", "children"),
        *asked_by("meeting"),
        Input("meeting-b", "value"),
        DashState("meeting-of", "data"),
        **how,
    )
    def shown(set_progress: Any, _: Any, __: Any, other: str | None, of: str) -> tuple[Any, Any]:
        """A job: the sheet, once the plan and plan B are simulated, or what is wrong with the choice."""
        try:
            asked = asked_of(studio, State.of(of), other or "")
            return _shown(asked, Progress("meeting", set_progress)), None
        except InputError as error:
            return None, problem_box(error.problems, "This cannot be shown")


def _shown(asked: Asked, tell: Progress) -> Component:
    asked.simulate(tell)
    return sheet.sheet(asked.results(), asked.compared(), asked.query(), asked.what())
