"""The sheet of a meeting: the answer in a sentence, the chart, dates and odds, plan B, drivers, assumptions.

Its sentences are those of the documents (`sim.report.documents.content`), so that a file that is taken along says what
was on the wall.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dash import html
from flask import Flask, Response, request

from sim.errors import InputError, Problem, UsageError
from sim.report.comparison.figures import fan as fan_of_both
from sim.report.documents.content import content
from sim.report.documents.plan_b import plan_b
from sim.report.documents.write import write_document
from sim.report.reworded import reworded
from sim.report.run.answers import Answers
from sim.report.run.figures import exhibit
from sim.scenario.country_names import key_of
from sim.web.pages.meeting.asked import asked_of
from sim.web.parts.components import answer_id, drawn
from sim.web.parts.words.studio import in_studio
from sim.web.state import State

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.experiment.comparison.tables import Compared
    from sim.experiment.run.results import Results
    from sim.report.documents.content import Content, Milestone
    from sim.report.documents.plan_b import PlanB
    from sim.web.studio import Studio

_MOST_DRIVERS = 5
_KINDS = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "ics": "text/calendar",
}
_NAMES = {"pdf": "One page (PDF)", "pptx": "Slide (PowerPoint)", "ics": "Milestones (calendar)"}
_SHOWN = ("last_randomised", "primary_completion", "last_visit", "database_lock")


def sheet(results: Results, compared: Compared | None, query: str, what: str) -> Component:
    """The sheet of a plan.

    Args:
        results: its run.
        compared: the plan and plan B, trial by trial; None without one.
        query: query of the page, for the addresses of its documents.
        what: what makes plan B another plan, in words.
    """
    page = content(results)
    other = None if compared is None else plan_b(compared, what)
    return html.Article(
        [
            html.H2(page.title, className="meeting-title"),
            html.P(page.question, className="question") if page.question else None,
            html.P(in_studio(page.sentence), className="headline"),
            html.Div([_chart(results, compared), _dates(page)], className="meeting-main"),
            None if other is None else _plan_b(other),
            html.Div([_drivers(page), _assumptions(results, page)], className="meeting-why"),
            html.P(page.footer, className="source"),
            html.Ul(
                [
                    html.Li("The same to keep:"),
                    *(
                        html.Li(html.A(text, href=f"/meeting/one-page.{kind}{query}", download=True))
                        for kind, text in _NAMES.items()
                    ),
                ],
                className="links downloads",
            ),
        ],
        className="meeting",
    )


def _chart(results: Results, compared: Compared | None) -> Component:
    made = (
        exhibit("fan", Answers(results)) if compared is None else reworded(fan_of_both(compared), *compared.scenarios)
    )
    graph = drawn(answer_id("meeting", "fan"), made.figure)
    said = {"aria-label": made.summary}
    return html.Figure([html.Figcaption(made.title), html.Div(graph, role="figure", **said)])


def _dates(page: Content) -> Component:
    found = [one for one in page.milestones if one.key in _SHOWN]
    return html.Div([_date(one) for one in found], className="meeting-dates")


def _date(one: Milestone) -> Component:
    odds = [] if one.planned is None else [html.Dd([f"by {one.planned}, as planned: ", html.Strong(one.odds)])]
    return html.Dl(
        [
            html.Dt(one.name),
            html.Dd([html.Span("P50 ", className="which"), html.Strong(one.texts[50]), f" {one.errors[50]}"]),
            html.Dd([html.Span("P80 ", className="which"), html.Strong(one.texts[80]), f" {one.errors[80]}"]),
            *odds,
        ]
    )


def _plan_b(other: PlanB) -> Component:
    return html.Section(
        [
            html.H3("Plan B"),
            html.P(html.Strong(other.sentence)),
            html.Ul([html.Li(in_studio(line)) for line in other.lines]),
        ],
        className="meeting-b",
        **{"aria-label": "Plan B"},
    )


def _drivers(page: Content) -> Component:
    largest = max((one.days for one in page.drivers), default=1.0)
    rows = [
        html.Li(
            [
                html.Span(one.label),
                html.Strong(f"{one.days_text} days"),
                html.Span(className="bar", style={"width": f"{100 * max(one.days, 0) / largest:.1f}%"}),
            ]
        )
        for one in page.drivers[:_MOST_DRIVERS]
    ]
    return html.Section(
        [
            html.H3("What costs days"),
            html.Ul(rows, className="drivers") if rows else None,
            html.P(in_studio(page.drivers_note)),
        ]
    )


def _assumptions(results: Results, page: Content) -> Component:
    grades = [str(found.grade)[:1] for found in results.scenario.sources.values()]
    counts = ", ".join(f"{grades.count(grade)} {words}" for grade, words in _GRADES.items() if grade in grades)
    return html.Section(
        [
            html.H3("On what it rests"),
            html.P(in_studio(page.doubts)) if page.doubts else None,
            html.P(f"Sources of its values: {counts}.") if counts else None,
        ]
    )


_GRADES = {"A": "of the record (A)", "B": "published (B)", "C": "published, not checked (C)", "D": "assumed (D)"}


def register(server: Flask, studio: Studio) -> None:
    """Add the addresses of the documents, `/meeting/one-page.pdf` and so on, with the query of the page.

    They are made when asked for, from runs that the page has simulated; 404 with a message if it has not.
    """

    @server.get("/meeting/one-page.<kind>")
    def meeting_document(kind: str) -> Response:
        """One of the documents, `pdf`, `pptx` or `ics`."""
        try:
            return _document(studio, kind)
        except InputError as error:
            return Response(f"{error}\n", 404, mimetype="text/plain")


def _document(studio: Studio, kind: str) -> Response:
    if kind not in _KINDS:
        raise UsageError(Problem(f"is written as {', '.join(_KINDS)}", value=kind[:20]))
    asked = asked_of(studio, State.of(request.query_string.decode()), request.args.get("b", ""))
    results, compared = asked.results(), asked.compared()
    other = None if compared is None else plan_b(compared, asked.what())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"one-page.{kind}"
        write_document(results, path, other)
        data = path.read_bytes()
    name = f"{key_of(asked.name(asked.plan))[:60] or 'plan'}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, mimetype=_KINDS[kind], headers=headers)
