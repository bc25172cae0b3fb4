"""A trial under way: its data, when it will be complete, what changed since the plan, and what would help."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as DashState

from sim.errors import InputError, Problem, UsageError
from sim.web import observed_data
from sim.web.asking import Progress, answer_area, asked_by, asking, meanwhile
from sim.web.choices import label_of, scenario_options, state_value
from sim.web.components import page_title, problem_box
from sim.web.data_panel import changed_by_panel, data_panel
from sim.web.jobs import long_callback
from sim.web.observed_data import DataState
from sim.web.shell import QUERY
from sim.web.state import State
from sim.web.views import report_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.exchange.observed import ObservedTrial
    from sim.forecast.answer import WhatIf
    from sim.web.studio import Studio

PATH, TITLE = "/forecast", "Forecast"

FIRST_ANSWER = 96  # simulated trials, for an answer at once
_SHARES = {"10": 0.10, "25": 0.25, "50": 0.50, "75": 0.75, "90": 0.90}


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """Three steps: the data, the plan and what to try, and the answer; or how good such forecasts were."""
    state, data = State.of(query), DataState.of(query)
    plan = (query.get("plan") or [state_value(State(scenario=state.scenario, file=state.file))])[-1]
    what_ifs = list(query.get("try", ())) or ([state_value(state)] if state.changes else [])
    own = "\n".join(query.get("own", ()))
    options = scenario_options(studio, state, [plan, *what_ifs])
    return html.Div(
        [
            page_title(
                "When will the trial under way be complete?",
                "From its own data: what has happened stays as it was, and the rest is simulated.",
            ),
            dcc.Store(id="forecast-query", data=f"?{urlencode(_kept(state))}"),
            dcc.Store(id="forecast-data", data=f"?{urlencode(data.pairs())}"),
            _step(
                "1. The data",
                _bring(studio.settings.limits.file_bytes),
                html.Div(data_panel(studio, data), id="forecast-panel"),
            ),
            _step("2. The plan, and what to try", _plan(options, plan, what_ifs, own)),
            dmc.Tabs(
                [
                    dmc.TabsList(
                        [dmc.TabsTab("Forecast", value="forecast"), dmc.TabsTab("Backtest", value="backtest")]
                    ),
                    dmc.TabsPanel(_forecast("try" in query or "go" in query), value="forecast"),
                    dmc.TabsPanel(_backtest(), value="backtest"),
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


def _bring(most_bytes: int) -> Component:
    """Where files are dropped, and data to try."""
    return html.Div(
        [
            html.Div(
                [
                    _drop(
                        "forecast-upload",
                        "Data of the trial",
                        "An enrolment log, counts by day, week or month, or SDTM (DM, DS, SV): CSV, Excel or "
                        "Dataset-JSON.",
                        most_bytes,
                        multiple=True,
                    ),
                    _drop(
                        "forecast-sites",
                        "Table of sites (may be left out)",
                        "When each site was activated, closed, or is planned to open.",
                        most_bytes,
                    ),
                ],
                className="drops",
            ),
            html.Div(
                [
                    dmc.Button("Try it with simulated data", id="forecast-example", variant="light"),
                    dmc.Button("Take the data away", id="forecast-clear", variant="subtle", color="gray"),
                ],
                className="asking",
            ),
            html.Div(id="forecast-wrong-file", role="status"),
        ]
    )


def _drop(id_: str, title: str, text: str, most_bytes: int, multiple: bool = False) -> Component:
    """A place for files; assets/figures.js refuses those that are too large before they are sent."""
    words = [html.Strong(title), html.Span(text), html.Span("Drop it here, or press to choose.")]
    inside = html.Div(words, className="drop-text")
    place = dcc.Upload(inside, id=id_, multiple=multiple, className="drop", className_active="drop drop-over")
    return html.Div(place, **{"data-most-bytes": str(most_bytes), "data-said-at": "forecast-wrong-file"})


def _plan(options: list[dict[str, Any]], plan: str, what_ifs: list[str], own: str) -> Component:
    return html.Div(
        [
            dmc.Select(
                id="forecast-plan", label="The plan", data=options, value=plan, allowDeselect=False, searchable=True
            ),
            dmc.MultiSelect(
                id="forecast-try",
                label="What if it went on as",
                description="other scenarios, on the same chances",
                data=options,
                value=what_ifs,
                searchable=True,
                clearable=True,
                clearButtonProps={"aria-label": "Clear what is tried"},
                placeholder="none",
            ),
            dmc.Textarea(
                id="forecast-own",
                label="What if some values were others",
                description="a line each: PATH=VALUE, as after --set; several in one line are one what-if",
                placeholder="sites.general_hospital.count=4",
                value=own,
                autosize=True,
                minRows=1,
            ),
        ],
        className="sides",
    )


def _forecast(at_once: bool) -> Component:
    return html.Div(
        [asking("forecast", "Forecast", at_once=at_once), html.Div(id="forecast-wrong"), answer_area("forecast")]
    )


def _backtest() -> Component:
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
    """Add the callbacks of this page."""
    _register_data(app, studio)

    @app.callback(
        Output(QUERY, "data", allow_duplicate=True),
        Input("forecast-data", "data"),
        Input("forecast-run", "n_clicks"),
        DashState("forecast-query", "data"),
        DashState("forecast-plan", "value"),
        DashState("forecast-try", "value"),
        DashState("forecast-own", "value"),
        prevent_initial_call=True,
    )
    def keep(data: str, _: int | None, query: str, plan: str, what_ifs: list[str] | None, own: str | None) -> str:
        """Data, plan and what-ifs become the address."""
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
        pairs += parse_qsl(data.removeprefix("?"), keep_blank_values=True)
        pairs += [("plan", plan), *(("try", value) for value in what_ifs or ())]
        pairs += [("own", line) for line in (own or "").splitlines() if line.strip()]
        return f"?{urlencode(pairs + ([('go', '1')] if ctx.triggered_id == 'forecast-run' else []))}"

    @long_callback(
        app,
        studio,
        Output("forecast-answer", "children"),
        Output("forecast-wrong", "children"),
        *asked_by("forecast"),
        DashState("forecast-query", "data"),
        DashState("forecast-data", "data"),
        DashState("forecast-plan", "value"),
        DashState("forecast-try", "value"),
        DashState("forecast-own", "value"),
        **meanwhile("forecast"),
    )
    def answered(
        set_progress: Any,
        _: Any,
        __: Any,
        query: str,
        data: str,
        plan: str,
        what_ifs: list[str] | None,
        own: str | None,
    ) -> tuple[Any, Any]:
        try:
            asked = _Asked(studio, State.of(query), DataState.of(data), plan, what_ifs or [], own or "")
            return asked.answered(Progress("forecast", set_progress)), None
        except InputError as error:
            return None, problem_box(error.problems, "This cannot be forecast")

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


def _register_data(app: Dash, studio: Studio) -> None:
    @app.callback(
        Output("forecast-data", "data"),
        Output("forecast-wrong-file", "children"),
        Output("forecast-upload", "contents"),
        Output("forecast-sites", "contents"),
        Input("forecast-upload", "contents"),
        Input("forecast-sites", "contents"),
        Input("forecast-example", "n_clicks"),
        Input("forecast-clear", "n_clicks"),
        DashState("forecast-upload", "filename"),
        DashState("forecast-sites", "filename"),
        DashState("forecast-data", "data"),
        prevent_initial_call=True,
    )
    def take(
        contents: list[str] | None,
        sites: str | None,
        _: Any,
        __: Any,
        names: list[str] | None,
        site_name: str,
        data: str,
    ) -> tuple[Any, Any, None, None]:
        """Files that are brought; what is no table is said at once, and what was there stays."""
        try:
            before = DataState.of(data)
            if ctx.triggered_id == "forecast-clear":
                after = DataState()
            elif ctx.triggered_id == "forecast-example":
                after = observed_data.example(studio)
            elif ctx.triggered_id == "forecast-sites" and sites:
                after = observed_data.with_sites(studio, before, site_name, sites)
            elif contents:
                after = observed_data.with_data(studio, before, names or [], contents)
            else:
                return no_update, no_update, None, None
            return f"?{urlencode(after.pairs())}", None, None, None
        except InputError as error:
            return no_update, problem_box(error.problems, "This file cannot be read"), None, None

    @app.callback(Output("forecast-panel", "children"), Input("forecast-data", "data"), prevent_initial_call=True)
    def show(data: str) -> Any:
        return data_panel(studio, DataState.of(data))

    @app.callback(
        Output("forecast-data", "data", allow_duplicate=True),
        Input({"type": "forecast-role", "table": ALL, "role": ALL}, "value"),
        Input({"type": "forecast-how", "what": ALL}, "value"),
        DashState("forecast-data", "data"),
        prevent_initial_call=True,
    )
    def mapped(_: Any, __: Any, data: str) -> Any:
        """What a person said of the columns, the dates, or the day from which to go on."""
        if len(ctx.triggered) != 1:
            return no_update  # a panel that was drawn anew, and no person
        before = DataState.of(data)
        after = changed_by_panel(before, ctx.triggered_id, ctx.triggered[0]["value"] or "")
        return no_update if after == before else f"?{urlencode(after.pairs())}"


class _Asked:
    """A forecast that is asked for.

    Args:
        studio: the studio.
        state: the scenario under work, of which seed and size count.
        data: the data.
        plan: the plan, as a choice.
        what_ifs: other scenarios, as choices.
        own: lines of PATH=VALUE.
    """

    def __init__(self, studio: Studio, state: State, data: DataState, plan: str, what_ifs: list[str], own: str) -> None:
        self._studio, self._state = studio, state
        self._files = observed_data.files_of(studio, data)
        self._data = data
        self._plan = State.of(plan)
        self._scenario = studio.loaded(self._plan).scenario
        self._others = [State.of(value) for value in what_ifs if value != plan]
        self._others += [self._changed(line) for line in own.splitlines() if line.strip()]

    def _changed(self, line: str) -> State:
        try:
            texts = shlex.split(line)
        except ValueError as error:
            raise UsageError(Problem(f"cannot be read: {error}", "--set", value=line)) from None
        found = self._plan
        for text in texts:
            found = replace(found.changed(text.partition("=")[0], None), changes=(*found.changes, text))
        return found

    def _what_ifs(self) -> list[WhatIf]:
        from sim.forecast.answer import WhatIf, named_apart

        found = []
        for other in self._others:
            scenario = self._studio.loaded(other).scenario
            found.append(WhatIf(label_of(other, scenario.name), scenario))
        return named_apart(found)

    def answered(self, tell: Progress) -> Component:
        """The forecast, with a first answer on the way."""
        from sim.forecast.answer import forecast

        trial = observed_data.known_trial(self._files, self._data)
        experiment = self._scenario.experiment
        wanted = self._state.replications or experiment.replications
        seed = experiment.seed if self._state.seed is None else self._state.seed
        what_ifs, view = self._what_ifs(), None
        for n in (FIRST_ANSWER, wanted) if wanted > 2 * FIRST_ANSWER else (wanted,):
            answer = forecast(
                self._scenario, trial, what_ifs, replications=n, seed=seed, workers=self._studio.settings.workers,
                progress=tell,
            )  # fmt: skip
            few = f"A first answer, from {n} simulated trials. A better one follows." if n < wanted else ""
            view = self._view(answer, few)
            if few:
                tell.first(view)
        assert view is not None
        return view

    def _view(self, answer: Any, note: str) -> Component:
        from sim.report.forecast_page import forecast_content

        words = [
            "trialclock forecast",
            self._plan.typed().partition(" ")[0],
            observed_data.typed(self._files, self._data),
        ]
        words += [f"--set {shlex.quote(text)}" for text in self._plan.changes]
        words += [f"--what-if {other.typed()}" for other in self._others if not other.changes]
        return report_view(forecast_content(answer, " ".join(words)), "forecast", note)


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
