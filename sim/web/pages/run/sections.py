"""A section of levers is opened: it gets its levers, as they then are.

A scenario has many levers; to draw those of a section when it is first opened keeps the page quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from sim.web.pages.run.panel import HEADING, section_content, titles
from sim.web.pages.run.steps import read
from sim.web.state import State as Scenario

if TYPE_CHECKING:
    from sim.web.studio import Studio


def register(app: Dash, studio: Studio) -> None:
    """Add what fills sections. A page that has moved on since it asked asks again: assets/plan.js.

    The browser sends `plan-opening` (the query and the names of opened sections) and gets `plan-opened` (their levers).
    """
    app.clientside_callback(
        ClientsideFunction("plan", "opening"),
        Output("plan-opening", "data"),
        Input({"type": HEADING, "name": ALL}, "n_clicks"),
        State("plan-query", "data"),
        prevent_initial_call=True,
    )

    app.clientside_callback(
        ClientsideFunction("run", "found"),
        Output("plan-find", "value"),
        Input("plan-find", "value"),
        prevent_initial_call=True,
    )

    @app.callback(Output("plan-opened", "data"), Input("plan-opening", "data"), prevent_initial_call=True)
    def opened(asked: dict[str, Any] | None) -> Any:
        """The levers of the sections that were opened, as the query has them that the browser sent."""
        if not asked:
            raise PreventUpdate
        query = str(asked.get("query") or "")
        reading = read(studio, Scenario.of(query))
        names = [name for name in titles(reading) if name in asked.get("names", ())]
        return {"query": query, "sections": {name: section_content(reading, name) for name in names}}

    app.clientside_callback(
        ClientsideFunction("plan", "opened"),
        Output("plan-filled", "data"),
        Input("plan-opened", "data"),
        State("plan-query", "data"),
        prevent_initial_call=True,
    )
