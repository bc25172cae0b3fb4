"""Past runs: what each answered, with links to open, compare, watch and download.

They are the visitor's own and those of the results folder. Reports are served in a sandbox, because a folder may come
from elsewhere.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, dcc, html
from dash import State as DashState
from flask import Response, request

from sim.errors import InputError, Problem, UsageError
from sim.experiment.run.catalogue import FINISHED, UNFINISHED
from sim.experiment.run.execute import REPORT
from sim.experiment.run.export import export
from sim.experiment.run.results import Results
from sim.report.run.page import page
from sim.scenario.written import scenario_yaml
from sim.web.pages.comparison import MOST
from sim.web.parts.answer_files import REPORT_POLICY
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.levers import without_changes
from sim.web.parts.scenario_choice import RUN
from sim.web.parts.words.changes import change_sentences
from sim.web.past_runs import past_runs, run_named, state_of, unfinished_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.experiment.run.catalogue import Entry
    from sim.web.state import State
    from sim.web.studio import Studio

PATH, TITLE = "/runs", "Runs"

_SHOWN = 30
_MILESTONES = {"last_randomised": "Recruited", "database_lock": "Database locked"}
_PLAYS = "play"  # in the query of a report's address: with one trial to play
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "yaml": "application/yaml",
}


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:  # noqa: ARG001 - as every page
    """The runs, newest first."""
    return html.Div(
        [
            page_title("Past runs", "Yours, and those of the results folder. Each can be opened again exactly."),
            html.Div(
                [
                    dmc.TextInput(id="runs-find", label="Find", placeholder="part of a name", debounce=300, w=260),
                    dcc.Link("Compare the chosen", href="/compare", id="runs-compare", className="button-link"),
                    html.Span("", id="runs-chosen", role="status"),
                ],
                className="asking",
            ),
            html.Div(_runs(studio, ""), id="runs-list"),
        ]
    )


def _runs(studio: Studio, text: str) -> Component:
    try:
        found = [entry for entry in past_runs(studio) if entry.matches(text, "")]
    except InputError as error:
        return problem_box(error.problems, "The runs cannot be listed")
    if not found:
        none = "There is no such run." if text else "There are no runs yet. "
        return html.P([none, dcc.Link("Plan a trial", href="/plan"), " makes one."])
    rest = len(found) - _SHOWN
    more = html.P(f"and {rest:,} more; find them by their names.") if rest > 0 else None
    return html.Div([html.Div([_run(studio, entry) for entry in found[:_SHOWN]], className="runs"), more])


def _run(studio: Studio, entry: Entry) -> Component:
    """One run: what it said, and what can be done with it."""
    if entry.status != FINISHED:
        notes = html.Ul([html.Li(note) for note in entry.notes], className="warnings") if entry.notes else None
        state = unfinished_state(studio, entry)
        link = None if state is None else dcc.Link("Go on with it", href=f"/plan{state.query()}")
        said = f"This run is {entry.status}{_how_far(entry)}."
        return html.Article([_title(studio, entry, state), html.P(said), notes, link], className="box run")
    known = state_of(studio, entry)
    link = known.query()
    choose = dmc.Checkbox(
        id={"type": "runs-choose", "run": entry.path.name},
        label="choose to compare",
        size="sm",
        **{"aria-label": f"choose {entry.scenario}, {entry.path.name}, to compare"},
    )
    names = {
        "plan": "Plan from it",
        "sweep": "Sweep",
        "explain": "Explain",
        "cheapest": "Cheapest plan",
        "one-trial": "One trial",
    }
    places = [(name, f"/{page}{link}") for page, name in names.items()]
    return html.Article(
        [_title(studio, entry, known), _said(entry), choose, _links(places), html.Ul(_files(entry), className="links")],
        className="box run",
    )


def _title(studio: Studio, entry: Entry, state: State | None) -> Component:
    """The name of the scenario, and what was changed of it."""
    changes = () if state is None else state.changes
    said = change_sentences(studio.loaded(without_changes(state)), changes) if state is not None and changes else []
    return html.Div([html.H2(entry.scenario), html.P("; ".join(said), className="run-changes") if said else None])


def _how_far(entry: Entry) -> str:
    if entry.status != UNFINISHED:
        return ""
    of = "" if entry.wanted is None else f" of {entry.wanted:,}"
    return f": {entry.replications:,}{of} simulated trials are done, and are not simulated again"


def _links(places: list[tuple[str, str]]) -> Component:
    return html.Ul([html.Li(dcc.Link(text, href=href)) for text, href in places], className="links")


def _said(entry: Entry) -> Component:
    """The dates first, then what the run is."""
    when = (entry.finished or "")[:16].replace("T", " ")
    rows = [
        *(
            (_MILESTONES[name], f"{_day(days, 'p50')}; 80 % sure by {_day(days, 'p80')}")
            for name, days in reversed(entry.dates.items())
        ),
        ("Simulated trials", f"{entry.replications:,}, seed {entry.seed}"),
        ("Finished", f"{when} UTC, {entry.path.name}"),
    ]
    return html.Dl([part for name, text in rows for part in (html.Dt(name), html.Dd(text))])


def _day(dates: Mapping[str, Any], quantile: str) -> str:
    day = dates.get(quantile)
    return "after the end of the simulated time" if day is None else str(day)


def _files(entry: Entry) -> list[Component]:
    """Files to open or download."""
    base = f"{PATH}/{quote(entry.path.name)}"
    found = [
        html.Li(html.A(text, href=f"{base}/report.html{query}", target="_blank", rel="noopener"))
        for text, query in (("Report", ""), ("Report with one trial to play", f"?{_PLAYS}"))
    ]
    for text, file in (("Scenario (YAML)", "scenario.yaml"), ("Data (CSV)", "data.csv"), ("Data (Excel)", "data.xlsx")):
        found.append(html.Li(html.A(text, href=f"{base}/{file}", download=f"{entry.path.name}-{file}")))
    return found


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this page, and the addresses of its files under `/runs/<name>/`: `report.html`,
    `scenario.yaml`, `data.csv` and `data.xlsx`; 404 with a message for a run that is not there.
    """

    @app.callback(Output("runs-list", "children"), Input("runs-find", "value"), prevent_initial_call=True)
    def find(text: str | None) -> Component:
        """Runs with the typed text in their names."""
        return _runs(studio, (text or "").strip())

    @app.callback(
        Output("runs-compare", "href"),
        Output("runs-chosen", "children"),
        Input({"type": "runs-choose", "run": ALL}, "checked"),
        DashState({"type": "runs-choose", "run": ALL}, "id"),
        prevent_initial_call=True,
    )
    def choose(checked: list[bool | None], ids: list[dict[str, str]]) -> tuple[str, str]:
        """The link that compares the chosen runs, and how many there are."""
        names = [found["run"] for is_chosen, found in zip(checked, ids, strict=True) if is_chosen]
        if not names:
            return "/compare", ""
        sides = [("side", f"{RUN}{name}") for name in names[:MOST]]
        left_out = "" if len(names) <= MOST else f"; the first {MOST} are compared"
        return f"/compare?{urlencode(sides)}", f"{len(names)} chosen{left_out}"

    app.server.add_url_rule(f"{PATH}/<name>/report.html", "run_report", lambda name: _report(studio, name))
    app.server.add_url_rule(f"{PATH}/<name>/scenario.yaml", "run_scenario", lambda name: _scenario(studio, name))
    app.server.add_url_rule(f"{PATH}/<name>/data.<kind>", "run_data", lambda name, kind: _data(studio, name, kind))


def _answered(make: Any) -> Response:
    """A file, or an error in the words of the command line."""
    try:
        found: Response = make()
    except InputError as error:
        return Response(f"{error}\n", 404, mimetype="text/plain")
    return found


def _report(studio: Studio, name: str) -> Response:
    """The report in a sandbox: it may draw its figures, and has no access to the studio."""

    def make() -> Response:
        results = Results(run_named(studio, name).path)
        file = results.path / REPORT
        plays = _PLAYS in request.args
        is_there = REPORT in results.manifest["files"] and not plays
        content = file.read_bytes() if is_there else page(results, plays=plays).encode()
        return Response(content, mimetype="text/html", headers={"Content-Security-Policy": REPORT_POLICY})

    return _answered(make)


def _scenario(studio: Studio, name: str) -> Response:
    return _answered(lambda: _file(scenario_yaml(Results(run_named(studio, name).path).scenario).encode(), "yaml"))


def _data(studio: Studio, name: str, kind: str) -> Response:
    def make() -> Response:
        if kind not in ("csv", "xlsx"):
            raise UsageError(Problem("data are given as csv or xlsx", value=kind[:20]))
        entry = run_named(studio, name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"data.{kind}"
            export([entry], path)
            return _file(path.read_bytes(), kind)

    return _answered(make)


def _file(content: bytes, kind: str) -> Response:
    return Response(content, mimetype=_TYPES[kind], headers={"Content-Disposition": "attachment"})
