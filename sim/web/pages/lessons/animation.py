"""One trial of a lesson, played in a frame of the lesson's page, with the lesson's settings as they now are.

It is a page of its own in a sandboxed frame, because its scripts are inline and the studio's policy allows none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl

from dash import ALL, Dash, Input, Output, ctx, html
from flask import Response, request

from sim.api.one_trial import stage_of
from sim.core.design import Design
from sim.errors import InputError
from sim.lessons.classroom import scenario_of
from sim.lessons.session import session_from_query
from sim.report.one_trial.page import stage_page
from sim.web.pages.lessons.answers import session_of

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.lessons.session import Session
    from sim.web.studio import Studio

# the lessons in which it helps to see people come, wait and leave
WATCHED = ("clumps", "funnel", "start-up", "queues", "leaving")
_ADDRESS = "/learn/one-trial.html"
_ALONE = "#compact"  # the player without the tables and lists of a page of its own
_KEPT = 32
_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; frame-ancestors 'self'"
)


def watch(session: Session, now: str) -> Component | None:
    """The trial, folded away; it is simulated when it is opened.

    Args:
        session: the lesson.
        now: query of the lesson with its settings, with its question mark.

    Returns:
        None where a lesson has nothing to watch.
    """
    if session.lesson.name not in WATCHED:
        return None
    frame = html.Iframe(
        id={"type": "learn-stage", "lesson": session.lesson.name},
        className="lesson-stage",
        title="One simulated trial of this lesson",
        **{"data-src": f"{_ADDRESS}{now}{_ALONE}"},  # until it is opened: assets/learn.js
    )
    return html.Details([html.Summary("Watch one trial, day by day"), frame], className="lesson-watch")


def frame(name: str) -> Component:
    """The trial of a lesson as it stands before anybody has moved its controls.

    Args:
        name: name of the lesson.
    """
    return html.Iframe(src=f"{_ADDRESS}?lesson={name}{_ALONE}", className="lesson-stage", title="One simulated trial")


@lru_cache(maxsize=_KEPT)
def _page(query: str) -> str:
    session = session_from_query(dict(parse_qsl(query)))
    scenario = scenario_of(session.lesson.base, session.lesson.changes(session.parameters))
    return stage_page(stage_of(Design(scenario), session.seed, 0), f"trialclock lessons show {session.lesson.number}")


def register(app: Dash, studio: Studio) -> None:
    """Add the address of the page in the frame, and let it follow the controls (`learn-now`)."""

    @app.server.get(_ADDRESS)
    def lesson_trial() -> Response:
        """The page in the frame; 404 with a message for a query that names no lesson."""
        try:
            session = session_of(studio, parse_qs(request.query_string.decode()))
        except InputError as error:
            return Response(f"{error}\n", 404, mimetype="text/plain")
        headers = {"Content-Security-Policy": _POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return Response(_page(session.query), mimetype="text/html", headers=headers)

    @app.callback(
        Output({"type": "learn-stage", "lesson": ALL}, "data-src"),
        Input("learn-now", "data"),
        prevent_initial_call=True,
    )
    def follow(now: str) -> list[str]:
        """The frame shows the lesson with its settings as they now are, once it is opened."""
        return [f"{_ADDRESS}{now}{_ALONE}"] * len(ctx.outputs_list)
