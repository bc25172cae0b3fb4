"""The tab Backtest: forecasts made with only what was known then, against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Output, html
from dash import State as DashState

from sim.errors import InputError
from sim.web import observed_data
from sim.web.asking import Progress, answer_area, asked_by, asking, meanwhile
from sim.web.components import problem_box
from sim.web.jobs import long_callback
from sim.web.observed_data import DataState
from sim.web.views import report_view

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.exchange.observed import ObservedTrial
    from sim.web.studio import Studio

_SHARES = {"10": 0.10, "25": 0.25, "50": 0.50, "75": 0.75, "90": 0.90}


def tab() -> Component:
    """What is asked, and below it the answer."""
    shares = dmc.MultiSelect(
        id="forecast-shares",
        label="Forecast when so much of the data was in",
        data=[{"value": name, "label": f"{name} %"} for name in _SHARES],
        value=["25", "50", "75"],
        w=320,
    )
    return html.Div(
        [
            dmc.Text("Forecasts made with only what was known then, against what happened. It needs no plan.", mt="sm"),
            asking("forecast-back", "Backtest", others=(shares,)),
            html.Div(id="forecast-back-wrong"),
            answer_area("forecast-back"),
        ]
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this tab."""

    @long_callback(
        app,
        studio,
        Output("forecast-back-answer", "children"),
        Output("forecast-back-wrong", "children"),
        *asked_by("forecast-back"),
        DashState("forecast-data", "data"),
        DashState("forecast-shares", "value"),
        **meanwhile("forecast-back"),
    )
    def tested(set_progress: Any, _: Any, __: Any, data: str, shares: list[str] | None) -> tuple[Any, Any]:
        try:
            return _tested(studio, DataState.of(data), shares or [], set_progress), None
        except InputError as error:
            return None, problem_box(error.problems, "This cannot be tested")


def _tested(studio: Studio, data: DataState, shares: list[str], set_progress: Any) -> Component:
    """Forecasts made on the way through the data."""
    from sim.forecast.backtest import backtest, cuts_at
    from sim.report.forecast_backtest import backtest_content

    files = observed_data.files_of(studio, data)
    trial: ObservedTrial = observed_data.whole_trial(files, data)
    cuts = cuts_at(trial, [_SHARES[name] for name in _SHARES if name in shares])
    tell = Progress("forecast-back", set_progress, "forecasts")
    results = backtest([(trial, cut, None) for cut in cuts], studio.settings.workers, tell)
    command = f"trialclock backtest {observed_data.typed(files, data, False)} --at {','.join(f'{x}%' for x in shares)}"
    findings = [str(finding) for finding in trial.findings]
    return report_view(backtest_content([trial], results, command, findings), "forecast-back")
