"""The first page: the trial with its date, odds and curve; a way on for each stage; own trials and templates beside.

It is to be of use before anything is asked: it answers from few simulated trials at once, and from more as soon as a
job has them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html, no_update
from dash import State as DashState
from dash.exceptions import PreventUpdate

from sim.errors import InputError, Problem, ReplicationFailed
from sim.experiment.execution import Execution, no_progress
from sim.experiment.identity import Identity
from sim.experiment.run.execute import Outputs
from sim.experiment.run.growing import grow
from sim.experiment.run.start import default_folder
from sim.report.run.answers import Answers
from sim.report.run.figures import exhibit
from sim.web.keeping import HISTORY
from sim.web.parts.components import answer, figure_with_table, page_title, problem_box
from sim.web.parts.examples import kept_example, known_example
from sim.web.parts.scenario_choice import gallery
from sim.web.parts.words.about import said_of_query
from sim.web.state import State
from sim.web.visitors import tab_of_request
from sim.web.work.first_answers import Question, Superseded, TooSlow
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dash.development.base_component import Component

    from sim.experiment.run.results import Results
    from sim.web.studio import Studio

PATH, TITLE = "/", "Home"

TRIALS = 384  # simulated for the answer of the first page
_CURVE_PX = 370  # on a phone the legend takes half of it, and the words beside a planned date need the rest
_OWN = 5


class _Stage(NamedTuple):
    """A stage of a trial, and the page that answers its question."""

    title: str
    text: str
    way: str
    path: str


_STAGES = (
    _Stage("Planning", "No site is open yet. See what each lever does to the date.", "Plan the trial", "/plan"),
    _Stage("Recruiting", "People are coming in. What do the data say?", "Forecast from data", "/forecast"),
    _Stage("Recruited", "The last participant is in. When is the database lock?", "Watch one trial", "/one-trial"),
    _Stage("Teaching", "Why are trials late? Eight lessons of ten minutes.", "Open the lessons", "/learn"),
)


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """The trial that the address names, or the last one that was simulated, or the one that comes with the program."""
    state = _state(studio, query)
    scenario = studio.loaded(state).scenario
    known = known_example(studio, state, "home")
    return html.Div(
        [
            dcc.Store(id="home-of", data=state.query()),
            dcc.Store(id="home-is-known", data=known is not None),
            html.Section(
                [
                    html.Div(
                        [page_title(scenario.name, scenario.question), _ways(state)],
                        className="home-head",
                    ),
                    html.Div(_parts(known) if known else dmc.Skeleton(height=380), id="home-answer", className="shown"),
                    html.Div(id="home-progress", role="status", className="said"),
                ],
                className="home-trial",
                **{"aria-label": "This trial"},
            ),
            html.Div([_stage(stage, state) for stage in _STAGES], className="stages"),
            html.Div(
                [html.Div([_own(studio), _another()], className="home-own"), _scenarios()], className="home-beside"
            ),
        ],
        className="home",
    )


def _state(studio: Studio, query: Mapping[str, Sequence[str]]) -> State:
    """What the address names; without anything, the trial that the visitor simulated last."""
    state = State.of(query)
    if state != State():
        return state
    for entry in reversed(studio.visitor.remembered(HISTORY)):
        try:
            last = State.of(entry["query"])
            studio.loaded(last)
        except InputError:  # it was taken away
            continue
        return last
    return state


def _ways(state: State) -> Component:
    """The first thing to do with the trial, and two more."""
    query = state.query()
    return html.Div(
        [
            dcc.Link("Move its levers", href=f"/plan{query}", className="button-link main"),
            dcc.Link("What drives the date?", href=f"/explain{query}", className="button-link"),
            dcc.Link("Watch it happen", href=f"/one-trial{query}", className="button-link"),
        ],
        className="buttons",
    )


def _stage(stage: _Stage, state: State) -> Component:
    link = dcc.Link(stage.way, href=f"{stage.path}{state.query()}", className="stage-way")
    return html.Section([html.H2(stage.title), html.P(stage.text), link], className="box stage-box")


def _own(studio: Studio) -> Component:
    """The visitor's own trials, the newest first."""
    newest: dict[str, dict[str, Any]] = {}
    for entry in studio.visitor.remembered(HISTORY):
        newest.pop(entry["folder"], None)
        newest[entry["folder"]] = entry
    rows = [
        html.Li(
            [
                dcc.Link(said_of_query(studio, entry["query"], entry["name"]), href=f"/plan{entry['query']}"),
                html.Small(f"{entry['p50']}; 80 % sure {entry['p80']}"),
            ]
        )
        for entry in [*newest.values()][::-1][:_OWN]
    ]
    none = html.P("None yet. Every trial whose levers you move is kept here.", className="nothing")
    every = dcc.Link("All runs, with their reports and data", href="/runs")
    return html.Section([html.H2("Your trials"), html.Ul(rows) if rows else none, every], className="box")


def _another() -> Component:
    """The way to another trial."""
    said = "From a template (drug, oncology, vaccine, device, platform, cell therapy) or from a registry record."
    begin = dcc.Link("Begin a new trial", href="/new", className="stage-way")
    return html.Section([html.H2("Another trial"), html.P(said, className="nothing"), begin], className="box")


def _scenarios() -> Component:
    """The scenarios that come with the program."""
    return html.Section(
        [
            html.H2("Scenarios"),
            html.P("Each asks one question about the base trial.", className="nothing"),
            html.Ul(
                [_scenario(name, title, question) for name, title, question, _ in gallery()], className="templates"
            ),
        ],
        className="box",
    )


def _scenario(name: str, title: str, question: str) -> Component:
    link = dcc.Link(title, href=f"/plan{State(scenario=name).query()}", className="scenario-link")
    return html.Li([link, html.Span(question)], className="scenario")


def home_view(results: Results) -> dict[str, Any]:
    """What the first page says of results.

    Args:
        results: the run, of a few simulated trials or of `TRIALS`.

    Returns:
        Components `answer` and `curve`, as they are kept for the next visitor.
    """
    answers = Answers(results)
    curve = figure_with_table(exhibit("fan", answers), "home", order=2, height=_CURVE_PX)
    return {"answer": answer(answers), "curve": curve}


def _parts(view: Mapping[str, Any]) -> list[Any]:
    return [html.Div(view["answer"]), html.Div(view["curve"])]


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks that answer: at once from few simulated trials, then from `TRIALS` by a job.

    Both fill `home-answer`; neither runs if the answer was known when the page was made.
    """

    @app.callback(Output("home-answer", "children"), Input("home-of", "data"), DashState("home-is-known", "data"))
    def first(query: str, is_known: bool) -> Any:
        """The first answer within the request, from a few simulated trials."""
        if is_known:
            raise PreventUpdate
        try:
            question = _question(studio, query)
            return _parts(studio.answering.first_answer(question, tab_of_request()))
        except InputError as error:
            return problem_box(error.problems)
        except ReplicationFailed as error:
            return problem_box([Problem(str(error))])
        except (Superseded, TooSlow):
            raise PreventUpdate from None

    @long_callback(
        app,
        studio,
        Output("home-answer", "children", allow_duplicate=True),
        Output("home-progress", "children"),
        Input("home-of", "data"),
        DashState("home-is-known", "data"),
        prevent_initial_call="initial_duplicate",
    )
    def better(query: str, is_known: bool) -> Any:
        """A job: the answer from `TRIALS`, which is kept for the next visitor."""
        if is_known:
            return no_update, no_update
        return _parts(example(studio, State.of(query), studio.visitor.folder, no_progress)), ""


@kept_example("home")
def example(studio: Studio, state: State, folder: Path, _: Any) -> dict[str, Any]:
    """The answer of the first page."""
    asked = _question(studio, state.query())
    identity = Identity(asked.scenario, asked.seed, min(TRIALS, asked.most), asked.typed)
    execution = Execution(1 if studio.settings.redis else studio.settings.workers)
    place = default_folder(identity, folder / "first")
    *_, results = grow(place, identity, (identity.replications or TRIALS,), execution, Outputs(causes=True))
    return home_view(results)


def _question(studio: Studio, query: str) -> Question:
    state = replace(State.of(query), until="")
    scenario = studio.loaded(state).scenario
    seed = scenario.experiment.seed if state.seed is None else state.seed
    most = scenario.experiment.replications if state.replications is None else state.replications
    return Question(scenario, seed, most, state.typed(), home_view)
