"""The tab Forecast: a plan, what to try, and when the trial under way will be complete."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, ctx, html
from dash import State as DashState

from sim.errors import InputError, Problem, UsageError
from sim.experiment.execution import Execution
from sim.forecast.answer import WhatIf, forecast, named_apart
from sim.report.forecast.page import forecast_content
from sim.report.key_words import unchanged_name
from sim.web.pages.forecast import observed_data, what_ifs
from sim.web.pages.forecast.observed_data import DataState
from sim.web.pages.forecast.told_panel import answers
from sim.web.parts.answer_files import final_view
from sim.web.parts.components import problem_box
from sim.web.parts.levers import without_changes
from sim.web.parts.report_view import report_view
from sim.web.parts.scenario_choice import label_of
from sim.web.parts.work_bar import Progress, answer_area, asked_by, asking, meanwhile
from sim.web.shell import QUERY
from sim.web.state import State
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from sim.scenario.load import Loaded
    from sim.web.studio import Studio

FIRST_ANSWER = 96  # simulated trials of a first answer


def choices(
    options: list[dict[str, Any]], plan: str, loaded: Loaded, others: list[str], own: Sequence[str]
) -> Component:
    """The plan, and what else to try.

    Args:
        options: scenarios to choose from, for both lists.
        plan: the chosen plan, as a query.
        loaded: its scenario.
        others: other scenarios that are tried, as queries.
        own: lines of `PATH=VALUE`, each a what-if of the plan with these values.
    """
    return html.Div(
        [
            dmc.Select(
                id="forecast-plan",
                label="The plan",
                description="no plan? the tab Fit makes one from the data",
                data=options,
                value=plan,
                allowDeselect=False,
                searchable=True,
            ),
            dmc.MultiSelect(
                id="forecast-try",
                label="What if it went on as",
                description="other scenarios, on the same chances",
                data=options,
                value=others,
                searchable=True,
                clearable=True,
                clearButtonProps={"aria-label": "Clear what is tried"},
                placeholder="none",
            ),
            what_ifs.what_ifs(loaded, own),
        ],
        className="sides from-top",
    )


def tab(at_once: bool, *, is_constant: bool) -> Component:
    """Controls, and below them the answer.

    Args:
        at_once: whether the forecast starts when the page opens.
        is_constant: whether rates stay as they are.
    """
    steady = dmc.Switch(
        id="forecast-constant",
        label="Rates stay as they are",
        description="otherwise they drift as those of real trials do",
        checked=is_constant,
    )
    return html.Div(
        [
            asking("forecast", "Forecast", at_once=at_once, others=(steady,)),
            html.Div(id="forecast-wrong"),
            answer_area("forecast"),
        ]
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this tab.

    Data, plan and what-ifs go into the address (`shell.QUERY`) as soon as the data change or Forecast is pressed; a job
    then fills `forecast-answer`, or `forecast-wrong` with what cannot be forecast.
    """
    what_ifs.register(app, studio)

    @app.callback(
        Output(QUERY, "data", allow_duplicate=True),
        Input("forecast-data", "data"),
        Input("forecast-run", "n_clicks"),
        DashState("forecast-query", "data"),
        DashState("forecast-plan", "value"),
        DashState("forecast-try", "value"),
        DashState("forecast-own", "data"),
        DashState("forecast-constant", "checked"),
        *what_ifs.CONTROLS,
        prevent_initial_call=True,
    )
    def keep(
        data: str,
        _: int | None,
        query: str,
        plan: str,
        tried: list[str] | None,
        own: str | None,
        is_constant: bool | None,
        *controls: Any,
    ) -> str:
        """Data, plan and what-ifs become the address."""
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
        pairs += parse_qsl(data.removeprefix("?"), keep_blank_values=True)
        pairs += [("plan", plan), *(("try", value) for value in tried or ())]
        pairs += [
            ("own", line) for line in what_ifs.as_typed((own or "").splitlines(), _loaded(studio, plan), *controls)
        ]
        pairs += [("constant", "1")] if is_constant else []
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
        DashState("forecast-own", "data"),
        DashState("forecast-constant", "checked"),
        *what_ifs.CONTROLS,
        **meanwhile("forecast"),
    )
    def answered(
        set_progress: Any,
        _: Any,
        __: Any,
        query: str,
        data: str,
        plan: str,
        tried: list[str] | None,
        own: str | None,
        is_constant: bool | None,
        *controls: Any,
    ) -> tuple[Any, Any]:
        """A job: the forecast from the data, or what is wrong with data, plan or what-ifs."""
        try:
            state, brought = State.of(query), DataState.of(data)
            lines = what_ifs.as_typed((own or "").splitlines(), _loaded(studio, plan), *controls)
            asked = _Asked(studio, state, brought, plan, tried or [], lines, is_constant=bool(is_constant))
            return asked.answered(Progress("forecast", set_progress)), None
        except InputError as error:
            no_plan = dmc.Text("No plan for this trial? The tab Fit makes one from the data.", size="sm")
            return None, html.Div([problem_box(error.problems, "This cannot be forecast"), no_plan])


def _loaded(studio: Studio, plan: str) -> Loaded:
    return studio.loaded(State.of(plan))


class _Asked:
    """A forecast that is asked for.

    Args:
        studio: the studio.
        state: the scenario under work, of which seed and size count.
        data: the data.
        plan: the plan, as a choice.
        what_ifs: other scenarios, as choices.
        own: lines of PATH=VALUE.
        is_constant: whether rates stay as they are.
    """

    def __init__(
        self,
        studio: Studio,
        state: State,
        data: DataState,
        plan: str,
        what_ifs: list[str],
        own: list[str],
        *,
        is_constant: bool,
    ) -> None:
        self._studio, self._state, self._is_constant = studio, state, is_constant
        self._files = observed_data.files_of(studio, data)
        self._data = data
        self._plan = State.of(plan)
        self._scenario = studio.loaded(self._plan).scenario
        self._others = [State.of(value) for value in what_ifs if value != plan]
        self._others += [self._changed(line) for line in own]
        self._others_asked = [("plan", plan), *(("try", value) for value in what_ifs), *(("own", x) for x in own)]
        self._others_asked += [("constant", "1")] if is_constant else []

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
        """What is tried, and first a changed plan as it was: the command line adds that too."""
        found = []
        if changes := self._plan.changes:
            found.append(WhatIf(unchanged_name(changes), self._studio.loaded(without_changes(self._plan)).scenario))
        for other in self._others:
            scenario = self._studio.loaded(other).scenario
            found.append(WhatIf(label_of(other, scenario.name), scenario))
        return named_apart(found)

    def answered(self, tell: Progress) -> Component:
        """The forecast, with a first answer on the way."""
        trial = observed_data.known_trial(self._files, self._data, self._scenario.trial.target)
        experiment = self._scenario.experiment
        wanted = self._state.replications or experiment.replications
        seed = experiment.seed if self._state.seed is None else self._state.seed
        what_ifs, view = self._what_ifs(), None
        for n in (FIRST_ANSWER, wanted) if wanted > 2 * FIRST_ANSWER else (wanted,):
            answer = forecast(
                self._scenario, trial, what_ifs, replications=n, seed=seed, is_constant=self._is_constant,
                execution=Execution(self._studio.settings.workers, progress=tell),
            )  # fmt: skip
            few = f"A first answer, from {n} simulated trials. A better one follows." if n < wanted else ""
            view = self._view(answer, few)
            if few:
                tell.first(view)
        assert view is not None
        return view

    def _view(self, answer: Any, note: str) -> Component:
        content = forecast_content(answer, self._command())
        asked = answers(answer.doubts, self._data, self._others_asked)
        if not note:
            return final_view(self._studio.visitor, content, "forecast", asked)
        view = report_view(content, "forecast", note)
        return html.Div([asked, view]) if asked is not None else view

    def _command(self) -> str:
        """The same on the command line."""
        data = observed_data.typed(self._files, self._data, "--as-of", "--ends", "--sites-a-month")
        words = [f"trialclock forecast {self._plan.typed()} --observed {data}"]
        words += [f"--what-if {shlex.quote(_what_if_typed(other, self._plan))}" for other in self._others]
        words += ["--constant-rates"] if self._is_constant else []
        words += [f"--replications {self._state.replications}"] if self._state.replications else []
        words += [f"--seed {self._state.seed}"] if self._state.seed is not None else []
        return " ".join(words)


def _what_if_typed(other: State, plan: State) -> str:
    """What is tried, as after `--what-if`: only what differs, where it is the plan with changes."""
    name, changes, n = other.typed().partition(" ")[0], other.changes, len(plan.changes)
    if changes[n:] and (name, changes[:n]) == (plan.typed().partition(" ")[0], plan.changes):
        return " ".join(map(shlex.quote, changes[n:]))
    return " ".join([name, *map(shlex.quote, changes)])
