"""The answer beside the levers: a first one from a few simulated trials at once, refined as more come in.

The first comes from `studio.answering` within the request; the run itself is a job, which shows each step with
`set_props` and keeps its folder, so that the same question goes on from where it was left.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update, set_props
from dash.exceptions import PreventUpdate

from sim.errors import InputError, Problem, ReplicationFailed
from sim.experiment.execution import ALONE, Execution
from sim.experiment.identity import Identity
from sim.experiment.run.execute import Outputs
from sim.experiment.run.growing import grow
from sim.experiment.run.start import default_folder, run_in_folder
from sim.report.assumptions import assumption_rows
from sim.web.keeping import BEGUN
from sim.web.pages.run.history import remember
from sim.web.pages.run.steps import check_rule, with_draft
from sim.web.pages.run.view import EXHIBITS, TABS, dates_of, figures_of, first_dates_of
from sim.web.parts.components import problem_box
from sim.web.parts.line_ends import kept_whole
from sim.web.state import State as Scenario
from sim.web.visitors import tab_of_request
from sim.web.work.first_answers import Question, Superseded, TooSlow
from sim.web.work.long_callback import long_callback
from sim.web.work.process import go_on_as_long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dash.development.base_component import Component

    from sim.experiment.execution import Progress
    from sim.experiment.run.results import Results
    from sim.web.studio import Studio

_STEPS = (96, 384)  # numbers of trials after which the answer is shown again
_ALONE = 96  # this few are simulated in the job's own process
_SAY_SECONDS = 0.3
_AGAIN = "trials again, for what costs most days"


def blocks() -> list[Any]:
    """The answer: its progress, the sentence with the dates, and the curve."""
    return [
        html.Div(id="plan-problems"),
        html.Div(
            [
                html.Div(
                    dmc.Progress(id="plan-bar", value=0, size="sm", **{"aria-label": "Simulated trials"}),
                    className="bar",
                ),
                html.Span(id="plan-progress", role="status"),
                dmc.Button("Cancel", id="plan-cancel", size="compact-sm", variant="default", disabled=True),
                dmc.Button("Go on", id="plan-go-on", size="compact-sm", variant="default", disabled=True),
            ],
            className="progress",
        ),
        html.Div(
            [
                html.Div(dmc.Skeleton(height=420), id="plan-answer", **{"aria-live": "polite"}),
                html.Div(id="plan-exhibit-0"),
            ],
            className="shown",
        ),
    ]


def more() -> list[Any]:
    """What stands behind the answer, a tab each, and notes."""
    panels = [
        dmc.TabsPanel(html.Div(id=f"plan-exhibit-{i}"), value=EXHIBITS[i], keepMounted=True)
        for i in range(1, len(EXHIBITS))
    ]
    tabs = [dmc.TabsTab(title, value=name) for title, name in zip(TABS, EXHIBITS[1:], strict=True)]
    names = dmc.TabsList(tabs, **{"aria-label": "Behind the answer"})
    return [
        html.Div(
            [
                dmc.Tabs([names, *panels], value=EXHIBITS[1], keepMounted=True),
                html.Div(id="plan-command"),
            ],
            className="shown",
        )
    ]


def mini() -> Component:
    """The answer in one line, which stays in sight at an edge of the window."""
    return html.A(id="plan-mini", href="#plan-answer", className="mini", tabIndex=-1, **{"aria-label": "To the answer"})


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks that answer.

    `plan-query` asks for dates (`plan-first`), these for figures (`plan-figures`), and `plan-wanted` for the job that
    fills `plan-refined`. A question that cannot be read puts a message at `plan-problems` and starts no job.
    """

    @app.callback(
        Output("plan-first", "data"),
        Output("plan-problems", "children"),
        Output("plan-wanted", "data"),
        Input("plan-query", "data"),
    )
    def first(query: str | None) -> Any:
        """The first answer to the question of the page, within the request; older work of this tab is ended."""
        query = with_draft(query or "", "")
        tab = tab_of_request()
        studio.jobs.end_of_tab(tab)  # the answer to the question before is no longer waited for
        try:
            shown = studio.answering.first_answer(_question(studio, query), tab)
        except InputError as error:
            return no_update, problem_box(error.problems), None
        except ReplicationFailed as error:
            return no_update, problem_box([Problem(str(error))]), None
        except Superseded:
            raise PreventUpdate from None
        except TooSlow as error:
            said = dmc.Text(f"{str(error).capitalize()}; the whole run goes on.")
            return {"query": query, "answer": said, "exhibits": [], "command": None}, None, query
        return {"query": query, **shown}, None, query

    @app.callback(Output("plan-figures", "data"), Input("plan-first", "data"), prevent_initial_call=True)
    def figures(first: dict[str, Any] | None) -> Any:
        """The figures of the same few trials; if the tab has moved on, the next answer has its own."""
        if not first or "exhibits" in first:
            raise PreventUpdate
        question = replace(_question(studio, first["query"]), view=figures_of)
        try:
            exhibits = studio.answering.first_answer(question, tab_of_request())
        except (Superseded, TooSlow, ReplicationFailed):  # the next answer has its own
            raise PreventUpdate from None
        return {"query": first["query"], "exhibits": exhibits}

    app.clientside_callback(
        ClientsideFunction("plan", "drawn"),
        Output("plan-drawn", "data"),
        Input("plan-figures", "data"),
        State("plan-refined", "data"),
        State("plan-query", "data"),
        prevent_initial_call=True,
    )

    app.clientside_callback(
        ClientsideFunction("plan", "answered"),
        Output("plan-answer", "children"),
        Output("plan-command", "children"),
        Output("plan-mini", "children"),
        Input("plan-first", "data"),
        Input("plan-refined", "data"),
        State("plan-query", "data"),
    )

    @long_callback(
        app,
        studio,
        Output("plan-done", "data"),  # what is shown must not wait for the end of the job: it comes by `set_props`
        Input("plan-wanted", "data"),
        Input("plan-go-on", "n_clicks"),
        progress=[Output("plan-progress", "children"), Output("plan-bar", "value")],
        progress_default=["", 0],
        running=[(Output("plan-cancel", "disabled"), False, True), (Output("plan-go-on", "disabled"), True, False)],
        cancel=[Input("plan-cancel", "n_clicks")],
    )
    def refine(set_progress: Any, query: str | None, _: int | None) -> Any:
        """A job: the run, which shows itself in `plan-refined` after each step."""
        if query is None:
            return no_update
        return _refined(studio, set_progress, query)


def begin_answer(studio: Studio, query: str) -> None:
    """Start the first answer to the question that the page is about to ask, and end what its tab waited for before.

    Args:
        studio: the studio.
        query: the next query of the page; one that cannot be read starts nothing.
    """
    tab = tab_of_request()
    try:
        question = _question(studio, with_draft(query, ""))
    except InputError:
        return  # said when the page asks
    studio.answering.begin(question, tab)
    studio.jobs.end_of_tab(tab)  # meanwhile: it waits until their processes have ended


def _question(studio: Studio, query: str) -> Question:
    """The question of a state. Raises InputError if the state cannot be read."""
    state = Scenario.of(query)
    scenario = studio.loaded(state).scenario
    if state.until:
        check_rule(scenario, state.until)
    seed = scenario.experiment.seed if state.seed is None else state.seed
    most = scenario.experiment.replications if state.replications is None else state.replications
    return Question(scenario, seed, most, state.typed(), first_dates_of)


def _refined(studio: Studio, set_progress: Any, query: str) -> Any:
    asked, rule = _question(studio, query), Scenario.of(query).until
    last = [0.0]

    def say(done: int, total: int, what: str = "simulated trials") -> None:
        of = total if rule or what == _AGAIN else asked.most  # not of this step
        if time.monotonic() - last[0] > _SAY_SECONDS or done == of:
            last[0] = time.monotonic()
            set_progress([f"{done:,} of {of:,} {what}", 100 * done / of])

    say(0, asked.most)
    shown: Any = None
    for results, is_whole in (_until if rule else _as_many)(studio, query, asked, say):
        shown = {"query": query, **dates_of(results, more_follow=not is_whole), "exhibits": figures_of(results)}
        if is_whole:
            remember(studio.visitor, query, results)
        set_props("plan-refined", {"data": kept_whole(shown)})
        if not is_whole:
            go_on_as_long()
    return shown["query"] if shown else no_update


def _as_many(studio: Studio, query: str, asked: Question, say: Callable[..., None]) -> Iterator[tuple[Results, bool]]:
    """The run with the requested number of trials after each of its steps, and whether it is complete."""
    n = asked.most
    identity = Identity(asked.scenario, asked.seed, n, asked.typed, _assumptions(studio, query))
    folder = default_folder(identity, studio.visitor.runs)
    studio.visitor.remember(BEGUN, {"query": query, "folder": folder.name})
    workers = 1 if n <= _ALONE else _workers(studio)
    for size in (*(step for step in _STEPS if asked.size(is_alone=True) < step < n), n):
        for results in grow(folder, identity, (size,), Execution(1 if size <= _ALONE else workers, progress=say)):
            if results.n_replications >= size:
                yield results, False
    execution = Execution(workers, progress=partial(say, what=_AGAIN))
    for results in grow(folder, identity, (n,), execution, Outputs(causes=True)):
        yield results, True


def _until(studio: Studio, query: str, asked: Question, say: Progress) -> Iterator[tuple[Results, bool]]:
    """First a few trials, then the run that continues until its rule is met."""
    state = Scenario.of(query)
    how = (asked.typed, _assumptions(studio, query))
    if asked.size(is_alone=True) < _STEPS[0]:
        few = Identity(asked.scenario, asked.seed, _STEPS[0], *how)
        for results in grow(default_folder(few, studio.visitor.folder / "first"), few, (_STEPS[0],), ALONE):
            yield results, False
    most = studio.settings.limits.replications
    identity = Identity(asked.scenario, asked.seed, None, *how, state.until, most)
    folder = default_folder(identity, studio.visitor.runs)
    studio.visitor.remember(BEGUN, {"query": query, "folder": folder.name})
    results = run_in_folder(
        asked.scenario,
        replications=most,
        seed=asked.seed,
        until=state.until,
        out=folder,
        typed=how[0],
        assumptions=how[1],
        execution=Execution(_workers(studio), progress=say),
        outputs=Outputs(causes=True),
    )
    yield results, True


def _assumptions(studio: Studio, query: str) -> Sequence[Mapping[str, str]]:
    return assumption_rows(studio.loaded(Scenario.of(query)))


def _workers(studio: Studio) -> int:
    return 1 if studio.settings.redis else studio.settings.workers
