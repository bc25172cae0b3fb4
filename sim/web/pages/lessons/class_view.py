"""What a class and its teacher see of one another: the code, the guesses, and who is done.

A class has no accounts: students are numbers, and only the browser that began a class sees what they did. What is
stored of them is in `classes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from sim.errors import InputError, Problem, UsageError
from sim.lessons.session import Session
from sim.lessons.teaching.class_figure import guesses_of_class
from sim.plurals import counted
from sim.web.pages.lessons.answers import answered, session_of
from sim.web.pages.lessons.classes import (
    CHECKED,
    CLASS_KEY,
    GUESSED,
    STEPS,
    TRIED,
    Class,
    address_of,
    begin,
    class_named,
    code_of,
)
from sim.web.parts.components import figure_with_table, page_title, problem_box

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.web.studio import Studio

TEACH_KEY = "teach"  # in an address: the class that its teacher looks at
_AGAIN_MS = 4_000
_DONE = {GUESSED: "guessed", TRIED: "did the task", CHECKED: "answered the check"}


def join_form() -> Component:
    """Where a student types the code of the class."""
    return html.Div(
        [
            dmc.TextInput(id="learn-code", label="Code of your class", size="sm", w=180, spellCheck=False),
            dmc.Button("Join", id="learn-join", size="sm"),
            html.Span(id="learn-joined", role="status", className="said"),
        ],
        className="asking",
    )


def banner(query: str) -> Component | None:
    """What a student in a class is told; None outside of one.

    Args:
        query: query of the lesson.
    """
    if CLASS_KEY not in parse_qs(query.removeprefix("?")):
        return None
    text = (
        "You are in a class: its teacher sees your guess and what you have finished, under a number, without your name."
    )
    return html.P(text, className="note")


def class_page(studio: Studio, name: str) -> Component:
    """What the teacher of a class looks at; it is drawn again every few seconds.

    Args:
        studio: the studio.
        name: name of the class, as in the address.

    Raises:
        UsageError: there is no such class, or another visitor began it.
    """
    found = class_named(studio, name)
    if found.teacher != studio.visitor.folder.name:
        raise UsageError(Problem("only the browser that began this class may look at it", f"?{TEACH_KEY}"))
    session = _session(studio, found)
    code = code_of(studio, found)
    return html.Div(
        [
            page_title(
                f"Your class: {session.lesson.title}", "Nobody needs an account or a name; students are numbers."
            ),
            html.P(
                [
                    "Code to join: ",
                    html.Strong(code, className="class-code"),
                    " on the page Learn, or at ",
                    html.Code(f"/go/{code}"),
                ],
                className="class-join",
            ),
            html.Button(
                "Full screen", type="button", className="button-link", **{"data-full-screen": "learn-class-now"}
            ),
            dcc.Link("Open the lesson", href=f"/learn?{found.query}", className="button-link"),
            dcc.Store(id="learn-class-name", data=name),
            dcc.Interval(id="learn-class-again", interval=_AGAIN_MS),
            html.Div(progress_of(studio, found), id="learn-class-now", className="answer-area"),
        ],
        className="lesson",
    )


def progress_of(studio: Studio, found: Class) -> Component:
    """The guesses so far, and who has done what.

    Args:
        studio: the studio.
        found: the class.
    """
    students = found.students()
    taught = answered(studio.settings.kept, _session(studio, found), lambda _done, _all: None)
    guesses = [float(one[GUESSED]) for one in students if isinstance(one.get(GUESSED), (int, float))]
    done = {step: sum(step in one for one in students) for step in STEPS}
    n_right = sum(one.get(CHECKED) is True for one in students)
    counts = ", ".join(f"{done[step]} {text}" for step, text in _DONE.items())
    return html.Div(
        [
            html.P(html.Strong(f"{counted(len(students), 'student')}: {counts}, {n_right} of them rightly.")),
            html.P(taught.prediction.text),
            figure_with_table(guesses_of_class(taught.prediction, guesses), "learn-class"),
            _who(students),
        ]
    )


def _who(students: list[dict[str, Any]]) -> Component | None:
    """A row for each student: what is done."""
    if not students:
        return None
    head = html.Tr([html.Th(text, scope="col") for text in ("Student", "Guess", "Task", "Check")])
    rows = [
        html.Tr(
            [
                html.Th(str(number), scope="row"),
                html.Td(f"{one[GUESSED]:g}" if GUESSED in one else "–"),
                html.Td("done" if TRIED in one else "–"),
                html.Td(("right" if one[CHECKED] else "not yet right") if CHECKED in one else "–"),
            ]
        )
        for number, one in enumerate(students, start=1)
    ]
    shown = html.Table([html.Thead(head), html.Tbody(rows)], className="data")
    return html.Details([html.Summary("Who is done"), html.Div(shown, className="scroll", tabIndex=0)], open=True)


def _session(studio: Studio, found: Class) -> Session:
    return session_of(studio, parse_qs(found.query))


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of a class: `learn-begin` makes one and opens its page, `learn-join` opens the lesson of a
    code, and `learn-class-again` draws the page of the teacher again.
    """

    @app.callback(
        Output("shell-url", "href", allow_duplicate=True),
        Input("learn-begin", "n_clicks"),
        State("learn-now", "data"),
        prevent_initial_call=True,
    )
    def begun(clicks: int | None, now: str | None) -> str:
        """The teacher begins a class of the lesson as it now is, and its page opens."""
        if not clicks or not now:
            raise PreventUpdate
        session_of(studio, parse_qs(now.removeprefix("?")))  # what cannot be taught begins no class
        return f"/learn?{TEACH_KEY}={begin(studio, now).path.stem}"

    @app.callback(
        Output("shell-url", "href", allow_duplicate=True),
        Output("learn-joined", "children"),
        Input("learn-join", "n_clicks"),
        Input("learn-code", "n_submit"),
        State("learn-code", "value"),
        prevent_initial_call=True,
    )
    def joined(clicks: int | None, submits: int | None, code: str | None) -> Any:
        """The lesson of a code opens, or a message says that there is none."""
        if not (clicks or submits):
            raise PreventUpdate
        address = address_of(studio, code or "")
        if address is None:
            return no_update, "There is no class with this code here; check the code."
        return address, ""

    @app.callback(
        Output("learn-class-now", "children"),
        Input("learn-class-again", "n_intervals"),
        State("learn-class-name", "data"),
        prevent_initial_call=True,
    )
    def again(_: int | None, name: str | None) -> Any:
        """The teacher's page as it now is; for anybody else nothing changes."""
        try:
            found = class_named(studio, name or "")
        except InputError as error:
            return problem_box(error.problems, "This class cannot be shown")
        if found.teacher != studio.visitor.folder.name:
            raise PreventUpdate
        return progress_of(studio, found)
