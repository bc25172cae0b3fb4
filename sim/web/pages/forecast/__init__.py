"""A trial under way: its data, when it will be complete, what changed since the plan, and what would help.

The page has the data of `observed_data.DataState` in its store `forecast-data` and in its address; panels change that
store, and tabs read it. Files themselves are kept by the studio under their hashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import Dash, dcc, html

from sim.web.pages.forecast import backtest_tab as backtest
from sim.web.pages.forecast import fit_tab as fitting
from sim.web.pages.forecast import forecast_tab as asked
from sim.web.pages.forecast import told_panel as telling
from sim.web.pages.forecast import upload_panel as bringing
from sim.web.pages.forecast.data_panel import data_panel
from sim.web.pages.forecast.observed_data import DataState
from sim.web.parts.components import page_title
from sim.web.parts.scenario_choice import scenario_options, state_value
from sim.web.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/forecast", "Forecast"


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """Three steps: the data, the plan and what to try, and the answer; or how good such forecasts were."""
    state, data = State.of(query), DataState.of(query)
    plan = (query.get("plan") or [state_value(State(scenario=state.scenario, file=state.file))])[-1]
    what_ifs = list(query.get("try", ())) or ([state_value(state)] if state.changes else [])
    own = list(query.get("own", ()))
    options = scenario_options(studio, state, [plan, *what_ifs])
    return html.Div(
        [
            page_title(
                "When will the trial under way be complete?",
                "From its own data: what has happened stays as it was, and the rest is simulated.",
            ),
            dcc.Store(id="forecast-query", data=f"?{urlencode(_kept(state))}"),
            dcc.Store(id="forecast-data", data=data.query()),
            _step(
                "1. The data",
                bringing.places(studio.settings.limits),
                html.Div(data_panel(studio, data), id="forecast-panel"),
                html.Div(telling.told_panel(data), id="forecast-told"),
            ),
            _step(
                "2. The plan, and what to try",
                asked.choices(options, plan, studio.loaded(State.of(plan)), what_ifs, own),
            ),
            dmc.Tabs(
                [
                    dmc.TabsList(
                        [
                            dmc.TabsTab("Forecast", value="forecast"),
                            dmc.TabsTab("Backtest", value="backtest"),
                            dmc.TabsTab("Fit", value="fit"),
                        ]
                    ),
                    dmc.TabsPanel(
                        asked.tab("try" in query or "go" in query, is_constant="constant" in query), value="forecast"
                    ),
                    dmc.TabsPanel(backtest.tab(), value="backtest"),
                    dmc.TabsPanel(fitting.tab(), value="fit"),
                ],
                value="forecast",
                keepMounted=True,
                mt="lg",
            ),
        ]
    )


def _kept(state: State) -> list[tuple[str, str]]:
    return parse_qsl(state.query().removeprefix("?"), keep_blank_values=True)


def _step(title: str, *parts: Any) -> Component:
    return html.Section([dmc.Title(title, order=2, size="h3"), *parts], className="step")


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of the panels and tabs."""
    for part in (bringing, telling, asked, backtest, fitting):
        part.register(app, studio)
