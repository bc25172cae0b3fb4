"""The tab Fit: what the data say, as a scenario to continue with.

The scenario that it makes is kept like any other text of the visitor, so that every page can go on with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Dash, Output, dcc, html
from dash import State as DashState

from sim.errors import InputError
from sim.forecast.fit.scenario import fitted_yaml
from sim.forecast.fit.study import fit
from sim.report.forecast.fit_page import fit_content
from sim.web.keeping import MADE
from sim.web.limits import positive
from sim.web.pages.forecast import observed_data
from sim.web.pages.forecast.observed_data import DataState
from sim.web.parts.answer_files import final_view
from sim.web.parts.components import problem_box
from sim.web.parts.scenario_choice import state_value
from sim.web.parts.work_bar import Progress, answer_area, asked_by, asking, meanwhile
from sim.web.state import State
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.forecast.fit.study import Fit
    from sim.web.pages.forecast.observed_data import Files
    from sim.web.studio import Studio

_LONGEST_WEEKS = 2_000


def tab() -> Component:
    """Controls, and below them the answer."""
    wanted = dmc.NumberInput(
        id="forecast-fit-target",
        label="Participants wanted",
        placeholder="all in the data",
        min=1,
        allowDecimal=False,
        w=220,
    )
    weeks = dmc.NumberInput(
        id="forecast-fit-weeks",
        label="Weeks to the last visit",
        placeholder="as the data say",
        min=0,
        w=220,
    )
    return html.Div(
        [
            dmc.Text(
                "No plan? What the data say makes one: site rates, the shape over time, the funnel, ways of leaving.",
                mt="sm",
            ),
            asking("forecast-fit", "Fit", others=(wanted, weeks)),
            html.Div(id="forecast-fit-wrong"),
            answer_area("forecast-fit"),
        ]
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callback of this tab: a job that reads data and controls and fills `forecast-fit-answer`."""

    @long_callback(
        app,
        studio,
        Output("forecast-fit-answer", "children"),
        Output("forecast-fit-wrong", "children"),
        *asked_by("forecast-fit"),
        DashState("forecast-data", "data"),
        DashState("forecast-fit-target", "value"),
        DashState("forecast-fit-weeks", "value"),
        **meanwhile("forecast-fit"),
    )
    def fitted(
        set_progress: Any, _: Any, __: Any, data: str, target: float | str | None, weeks: float | str | None
    ) -> tuple[Any, Any]:
        """A job: the fit of the data, or what is wrong with data or controls."""
        try:
            return _fitted(studio, DataState.of(data), target, weeks, Progress("forecast-fit", set_progress)), None
        except InputError as error:
            return None, problem_box(error.problems, "This cannot be fitted")


def _fitted(
    studio: Studio, data: DataState, target: float | str | None, weeks: float | str | None, tell: Progress
) -> Component:
    """The fit, with links to forecast with it or to open it."""
    wanted = positive(target, studio.settings.limits.participants, "Participants wanted")
    length = positive(weeks, _LONGEST_WEEKS, "Weeks to the last visit")
    files = observed_data.files_of(studio, data)
    tell(0, 1)
    trial = observed_data.known_trial(files, data)
    found = fit(trial, None if wanted is None else max(int(wanted), 1), length)
    return _view(studio, found, data, _command(files, data, wanted, length))


def _command(files: Files, data: DataState, wanted: float | None, weeks: float | None) -> str:
    said = [observed_data.typed(files, data, "--as-of", "--ends", "--sites-a-month")]
    said += [f"--target {wanted:.0f}"] if wanted else []
    said += [f"--follow-up-weeks {weeks:g}"] if weeks else []
    return " ".join(["trialclock fit", *said])


def _view(studio: Studio, found: Fit, data: DataState, command: str) -> Component:
    text = fitted_yaml(found, f"{found.trial.name[:60]} fitted")
    state = State(file=studio.visitors.keep_text(text))
    studio.visitor.remember(MADE, {"of": [*data.files, data.sites], "file": state.file})
    forecast = urlencode([*data.pairs(), ("plan", state_value(state)), ("go", "1")])
    content = fit_content(found, command, [str(finding) for finding in found.trial.findings])
    return html.Div([_go_on(found, forecast, state.query()), final_view(studio.visitor, content, "forecast-fit")])


def _go_on(found: Fit, forecast: str, plan: str) -> Component:
    """Links to what may be done with a fit; of a target that is met there is nothing left to forecast."""
    met = (
        f" Its target is the {found.target:,} already in: for a date, say above how many participants are "
        "wanted, and fit again."
    )
    return html.P(
        [
            "What was learnt is a scenario now: ",
            dcc.Link("forecast with it", href=f"/forecast?{forecast}", id="forecast-with-fit"),
            ", or ",
            dcc.Link("open it on the Plan page", href=f"/plan{plan}", id="forecast-plan-fit"),
            ", to change it or to keep its file.",
            met if found.target <= found.trial.n_randomised else "",
        ],
        className="go-on",
    )
