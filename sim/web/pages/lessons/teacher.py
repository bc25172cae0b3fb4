"""For teachers: the sheet, the answers, a lesson's parameters from a file, and a scenario for each student.

Sheets, parameters and folders of a class are those of `trialclock lessons`; the page only hands them over.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from sim.errors import InputError, Problem, UsageError
from sim.lessons.session import Session, session_from_text
from sim.lessons.teaching.class_folder import class_files, zipped
from sim.lessons.teaching.sheet import address_in_studio, sheet
from sim.lessons.teaching.students import MOST_BYTES, names_from
from sim.lessons.teaching.template import template
from sim.web.pages.lessons.answers import FILE_KEY, answered, session_of
from sim.web.parts.components import command_line, file_place, problem_box
from sim.web.safety import addresses
from sim.web.settings import is_loopback
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from dash.development.base_component import Component

    from sim.web.studio import Studio

_BUTTONS = {
    "learn-sheet": "Sheet for students",
    "learn-key": "Sheet with answers",
    "learn-template": "Parameters to change",
}


def part(session: Session) -> Component:
    """What a teacher can download and upload for a lesson, folded away.

    Args:
        session: the lesson with its parameters.
    """
    number = session.lesson.number
    buttons = [dmc.Button(text, id=name, variant="light", size="sm") for name, text in _BUTTONS.items()]
    return html.Details(
        [
            html.Summary("For teachers"),
            html.P(
                "Begin a class with the settings above: you get a code to write on the board, and see the guesses as "
                "they come, and who is done. Nobody needs an account."
            ),
            dmc.Button("Begin a class", id="learn-begin", size="sm"),
            html.P("Print the sheet from your browser. Both are for the settings above as they are now."),
            html.Div(buttons, className="lesson-buttons"),
            html.P(
                "Set the lesson in a file: take the parameters, change them, and give them back here. You get a link "
                "that gives a class the same lesson."
            ),
            _upload("learn-parameters", "Give a file of parameters (YAML)", "learn-given"),
            html.Div(id="learn-given", **{"aria-live": "polite"}),
            html.P(
                "Give each student a scenario of their own: a list with a column 'name' becomes a scenario and a sheet "
                "each, with the answer key."
            ),
            _upload("learn-students", "Give a list of students (CSV)", "learn-class-problem"),
            html.Div(id="learn-teacher-progress", className="lesson-busy", **{"aria-live": "polite"}),
            html.Div(id="learn-class-problem"),
            dcc.Download(id="learn-download"),
            dcc.Download(id="learn-class"),
            command_line(
                f"trialclock lessons parameters {number} --out lesson.yaml",
                f"trialclock lessons sheet {number} --parameters lesson.yaml",
                f"trialclock lessons students {number} --students names.csv --out class",
            ),
        ],
        className="lesson-teacher",
    )


def _upload(name: str, text: str, said_at: str) -> Component:
    button = dmc.Button(text, variant="default", size="sm")
    return file_place(button, name, MOST_BYTES, said_at, className="lesson-upload")


def _bytes_of(contents: str, file: str) -> bytes:
    """The bytes of an upload."""
    try:
        data = base64.b64decode(contents.partition(",")[2], validate=True)
    except binascii.Error:
        raise UsageError(Problem("cannot be read", file)) from None
    if len(data) > MOST_BYTES:
        raise UsageError(Problem(f"is larger than it may be ({MOST_BYTES:,} bytes)", file))
    return data


def _now(studio: Studio, now: str) -> Session:
    return session_of(studio, parse_qs(now.removeprefix("?")))


def _typed_at(studio: Studio, here: str) -> Callable[[Session], str]:
    """A function that gives the address at which a class opens a lesson, short enough to type from paper."""
    parts = urlsplit(here)
    base = f"{parts.scheme}://{parts.netloc}"
    if is_loopback(parts.hostname or "") and not studio.settings.is_loopback:  # a class cannot open that
        base = addresses(studio.settings)[0].partition("?")[0].rstrip("/")
    return lambda session: f"{base}/go/{studio.visitors.short(address_in_studio(session))}"


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of a teacher: sheets and parameters to download, a file of parameters and a list of students to
    upload.
    """
    _register_sheets(app, studio)
    _register_parameters(app, studio)
    _register_students(app, studio)


def _register_sheets(app: Dash, studio: Studio) -> None:
    @long_callback(
        app,
        studio,
        Output("learn-download", "data"),
        *(Input(name, "n_clicks") for name in _BUTTONS),
        State("learn-now", "data"),
        State("shell-url", "href"),
    )
    def download(*given: Any) -> Any:
        """A job: the sheet, the sheet with answers, or the file of parameters, as the pressed button says."""
        *clicks, now, here = given
        if not any(clicks) or not now:
            return no_update
        session = _now(studio, now)
        number = session.lesson.number
        if ctx.triggered_id == "learn-template":
            return {"content": template(session.lesson), "filename": f"lesson-{number}.yaml", "type": "text/yaml"}
        answers = ctx.triggered_id == "learn-key"
        taught = answered(studio.settings.kept, session, lambda _done, _total: None)
        name = f"lesson-{number}-{'answers' if answers else 'sheet'}.html"
        page = sheet(session, taught, answers=answers, address=_typed_at(studio, here))
        return {"content": page, "filename": name, "type": "text/html"}


def _register_parameters(app: Dash, studio: Studio) -> None:
    @app.callback(
        Output("learn-given", "children"),
        Input("learn-parameters", "contents"),
        State("learn-parameters", "filename"),
        prevent_initial_call=True,
    )
    def take(contents: str | None, file: str | None) -> Any:
        """A file of parameters is checked and kept, and gives a link for a class."""
        if not contents:
            return no_update
        shown_as = str(file or "parameters.yaml")[:80]
        try:
            text = _text(_bytes_of(contents, shown_as), shown_as)
            session = session_from_text(text, shown_as)
        except InputError as error:
            return problem_box(error.problems, "This file cannot be used")
        link = f"/learn?{urlencode({FILE_KEY: studio.visitors.keep_text(text)})}"
        return dmc.Alert(
            ["For you and for your class: ", dcc.Link(f"lesson {session.lesson.number} with your settings", href=link)],
            title=f"{shown_as} is valid",
            color="green",
            variant="light",
        )


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(Problem("is not UTF-8 text", file)) from None


def _register_students(app: Dash, studio: Studio) -> None:
    @long_callback(
        app,
        studio,
        Output("learn-class", "data"),
        Output("learn-class-problem", "children"),
        Input("learn-students", "contents"),
        State("learn-students", "filename"),
        State("learn-now", "data"),
        State("shell-url", "href"),
        progress=[Output("learn-teacher-progress", "children")],
        progress_default=[""],
    )
    def give(
        set_progress: Callable[[list[str]], None], contents: str | None, file: str | None, now: str | None, here: str
    ) -> tuple[Any, Any]:
        """A job: a list of students becomes a zip file with a scenario and a sheet each, and the key."""
        if not contents or not now:
            return no_update, no_update
        shown_as = str(file or "names.csv")[:80]
        try:
            names = names_from(_bytes_of(contents, shown_as), shown_as)
            session = _now(studio, now)
        except InputError as error:
            return no_update, problem_box(error.problems, "This list cannot be used")

        def say(done: int, total: int) -> None:
            set_progress([f"{done} of {total} students"])

        files = class_files(session, names, say, _typed_at(studio, here))
        content = base64.b64encode(zipped(files)).decode()
        name = f"lesson-{session.lesson.number}-class.zip"
        return {"content": content, "filename": name, "type": "application/zip", "base64": True}, None
