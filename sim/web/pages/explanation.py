"""What drives a date: shares of the spread, the tornado, days lost to each cause, the critical path.

The address names the scenario, `of` (the milestone, or `cost`) and `scale`. Without `of` the page shows an example of
the end of the trial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash import State as DashState

from sim.analysis.modelled import end_of
from sim.errors import InputError, Problem, UsageError
from sim.experiment.execution import Execution
from sim.experiment.explanation.study import FEWEST, REPLICATIONS, Sketch, Study, explain
from sim.experiment.explanation.tables import DAYS, RANKS
from sim.report.explanation.page import explanation_content
from sim.report.explanation.words import outcomes_of
from sim.report.reworded import reworded
from sim.report.words import OUTCOME_NOUNS
from sim.web.parts.answer_files import final_view
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.examples import kept_example, known_example, register_example
from sim.web.parts.report_view import report_view
from sim.web.parts.words.about import about
from sim.web.parts.work_bar import Progress, asked_by, asking, example_area, meanwhile
from sim.web.shell import QUERY
from sim.web.state import State
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dash.development.base_component import Component

    from sim.experiment.explanation.study import Explanation
    from sim.scenario.schema import Scenario
    from sim.web.studio import Studio

PATH, TITLE = "/explain", "Explain"

_SCALE_NAMES = {RANKS: "ranks of the dates", DAYS: "days, with “never” as the end of the time"}


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """Choice of a milestone, and below it what drives it."""
    state = State.of(query)
    scenario = studio.loaded(state).scenario
    focus = (query.get("of") or [end_of(scenario)])[-1]
    is_asked = "of" in query
    shown = None if is_asked else known_example(studio, state, "explain")
    return html.Div(
        [
            page_title(
                "What drives the date?",
                "Every unknown and every cause of delay, taken away one by one on the same simulated trials.",
            ),
            about(studio, state),
            html.Section(
                asking("explain", "Explain", at_once=is_asked, others=(_milestone(scenario, focus), _scale(query))),
                className="box question",
                **{"aria-label": "The question"},
            ),
            dcc.Store(id="explain-of", data=state.query()),
            html.Div(id="explain-wrong"),
            example_area("explain", shown, is_asked=is_asked),
        ]
    )


def _milestone(scenario: Scenario, focus: str) -> Component:
    known = reworded({name: OUTCOME_NOUNS[name] for name in outcomes_of(scenario)}, scenario)
    return dmc.Select(
        id="explain-milestone",
        label="What to explain",
        data=[{"value": name, "label": f"{noun[:1].upper()}{noun[1:]}"} for name, noun in known.items()],
        value=focus if focus in known else end_of(scenario),
        allowDeselect=False,
        w=280,
    )


def _scale(query: Mapping[str, Sequence[str]]) -> Component:
    asked = (query.get("scale") or [RANKS])[-1]
    return dmc.Select(
        id="explain-scale",
        label="Shares of the spread are of",
        data=[{"value": name, "label": label} for name, label in _SCALE_NAMES.items()],
        value=asked if asked in _SCALE_NAMES else RANKS,
        allowDeselect=False,
        w=320,
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this page.

    Explain puts the choice into the address (`shell.QUERY`) and starts a job, which fills `explain-answer`, or
    `explain-wrong` with what cannot be explained.
    """

    @app.callback(
        Output(QUERY, "data", allow_duplicate=True),
        Input("explain-run", "n_clicks"),
        DashState("explain-milestone", "value"),
        DashState("explain-scale", "value"),
        DashState("explain-of", "data"),
        prevent_initial_call=True,
    )
    def keep(_: int | None, focus: str, scale: str, of: str) -> str:
        """What is explained becomes the address."""
        pairs = [*parse_qsl(of.removeprefix("?"), keep_blank_values=True), ("of", focus)]
        return f"?{urlencode(pairs + ([('scale', scale)] if scale != RANKS else []))}"

    @long_callback(
        app,
        studio,
        Output("explain-answer", "children"),
        Output("explain-wrong", "children"),
        *asked_by("explain"),
        DashState("explain-milestone", "value"),
        DashState("explain-scale", "value"),
        DashState("explain-of", "data"),
        **meanwhile("explain"),
    )
    def explained(set_progress: Any, _: Any, __: Any, focus: str, scale: str, of: str) -> tuple[Any, Any]:
        """A job: the explanation of the chosen milestone, or what is wrong with the choice."""
        try:
            return _explained(studio, State.of(of), focus, scale, set_progress), None
        except InputError as error:
            return None, problem_box(error.problems, "This cannot be explained")

    register_example(app, studio, "explain", example)


@kept_example("explain")
def example(studio: Studio, state: State, folder: Path, tell: Callable[[int, int], None]) -> Component:
    """An explanation to begin with, of the end of the trial and from the smallest design."""
    scenario = studio.loaded(state).scenario
    seed = scenario.experiment.seed if state.seed is None else state.seed
    execution = Execution(studio.settings.workers, progress=tell)
    study = Sketch(scenario, Sketch.fewest, seed)
    found = explain(study, folder / "parts", execution)
    note = (
        f"An example, from {study.replications} rows of the design. Choose what you want to know, and press Explain: "
        f"it takes {REPLICATIONS}."
    )
    return _view(found, end_of(scenario), state, note)


def _explained(studio: Studio, state: State, focus: str, scale: str, set_progress: Any) -> Component:
    """The explanation; a first answer is shown on the way. Simulated parts are kept, so that a repeated question
    returns quickly.
    """
    scenario = studio.loaded(state).scenario
    if focus not in outcomes_of(scenario):
        raise UsageError(Problem("there is no such milestone", "?of", value=focus[:40]))
    if scale not in _SCALE_NAMES:
        raise UsageError(Problem("there is no such scale", "?scale", value=scale[:40]))
    seed = scenario.experiment.seed if state.seed is None else state.seed
    kept, tell = studio.visitor.folder / "parts", Progress("explain", set_progress)

    execution = Execution(studio.settings.workers, progress=tell)

    def answered(replications: int) -> Explanation:
        return explain(Study(scenario, replications, seed, scale), kept, execution)

    few = f"A first answer, from {FEWEST} rows of the design. A better one follows, from {REPLICATIONS}."
    tell.first(_view(answered(FEWEST), focus, state, few))
    return final_view(studio.visitor, explanation_content(answered(REPLICATIONS), focus, state.typed()), "explain")


def _view(explanation: Explanation, focus: str, state: State, note: str = "") -> Component:
    return report_view(explanation_content(explanation, focus, state.typed()), "explain", note)
