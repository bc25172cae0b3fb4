"""The history of a visitor's runs, each with its inputs and its answer.

What is remembered are inputs and headline dates; the runs themselves are in folders of their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, dcc, html

from sim.analysis.modelled import end_of
from sim.report.words import Dates, estimate_of
from sim.web.keeping import HISTORY
from sim.web.parts.words.about import said_of_query

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.experiment.run.results import Results
    from sim.web.studio import Studio
    from sim.web.visitors import Visitor

_SHOWN = 12


def remember(visitor: Visitor, query: str, results: Results) -> None:
    """Add a finished run to the history: its inputs, its folder, and when half and 80 % of its trials end.

    Args:
        visitor: whose run it is.
        query: the inputs, as the query of the page.
        results: what it left.
    """
    dates = Dates(results.design.clock, results.design.horizon_days)
    row = results.milestones().loc[end_of(results.scenario)]
    visitor.remember(
        HISTORY,
        {
            "query": query,
            "typed": results.identity.get("typed", ""),
            "name": results.scenario.name,
            "seed": results.seed,
            "replications": results.n_replications,
            "folder": results.path.name,
            "p50": dates.by(estimate_of(row, "p50")),
            "p80": dates.by(estimate_of(row, "p80")),
        },
    )


def block() -> Component:
    """Where the history stands."""
    return html.Details(
        [html.Summary(html.H2("Your runs so far")), html.Div(id="plan-history")], className="section history"
    )


def register(app: Dash, studio: Studio) -> None:
    """Add what fills the history, at the opening of the page and at the end of each run (`plan-done`)."""

    @app.callback(Output("plan-history", "children"), Input("plan-done", "data"))
    def history(done: Any) -> Any:  # noqa: ARG001 - one more run may be there
        """The visitor's runs, the newest first; of a run that was asked for again, only the last time."""
        newest: dict[str, dict[str, Any]] = {}
        for entry in studio.visitor.remembered(HISTORY):
            newest.pop(entry["folder"], None)
            newest[entry["folder"]] = entry
        if not newest:
            return html.P("None is finished yet.")
        rows = [_row(studio, entry) for entry in [*newest.values()][::-1][:_SHOWN]]
        head = html.Tr(
            [html.Th(name, scope="col") for name in ("Inputs", "End of the trial, P50", "P80", "Trials", "When")]
        )
        shown = html.Table([html.Thead(head), html.Tbody(rows)], className="data")
        every = dcc.Link("All runs, with their reports and data", href="/runs")
        return html.Div([html.Div(shown, className="scroll", tabIndex=0), html.P(every)])


def _row(studio: Studio, entry: dict[str, Any]) -> Component:
    when = datetime.fromtimestamp(entry["at"]).strftime("%Y-%m-%d %H:%M")
    link = dcc.Link(said_of_query(studio, entry["query"], entry["name"]), href=f"/plan{entry['query']}")
    size = f"{entry['replications']:,}, seed {entry['seed']}"
    cells = [entry["p50"], entry["p80"], size, when]
    return html.Tr([html.Th(link, scope="row"), *(html.Td(cell) for cell in cells)])
