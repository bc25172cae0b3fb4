"""Learn: eight lessons, each with a guess, pictures, a task and a check that the simulation answers.

What is taught is in `sim.lessons`; here it is shown. The address names what is open: `lesson` with its parameters, a
teacher's `lesson_file`, `class`, `teach`, or `read` for a page of the documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dash_mantine_components as dmc
from dash import Dash, dcc, html

from sim.errors import Problem, UsageError, nearest
from sim.lessons.catalogue import LESSONS
from sim.lessons.lesson import Lesson
from sim.lessons.reading import PAGES, text_of
from sim.web.pages.lessons import animation, class_view, lesson, teacher
from sim.web.pages.lessons.answers import FILE_KEY, session_of
from sim.web.pages.lessons.class_view import TEACH_KEY
from sim.web.parts.components import page_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/learn", "Learn"


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """All lessons; or the one that the address names; or a class, for its teacher; or a page of the documentation."""
    if query.get("read"):
        return _reading(query["read"][-1])
    if query.get(TEACH_KEY):
        return class_view.class_page(studio, query[TEACH_KEY][-1])
    if query.get("lesson") or query.get(FILE_KEY):
        return lesson.layout(session_of(studio, query), query)
    return _all_lessons()


def _all_lessons() -> Component:
    lead = (
        "Eight lessons of ten minutes. Each asks a question: guess first, then see what the simulation says, and find "
        "out why."
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div([page_title("Why are trials late?", lead), class_view.join_form()]),
                    html.Figure(
                        [
                            animation.frame("clumps"),
                            html.Figcaption("One simulated trial, the way every lesson has hundreds: press Play."),
                        ],
                        className="lesson-live",
                    ),
                ],
                className="lesson-start",
            ),
            html.Ol([_card(found) for found in LESSONS], className="lesson-list"),
            dmc.Text(["Words are in the ", dcc.Link("glossary", href="/learn?read=glossary"), "."], mt="md"),
        ]
    )


def _card(found: Lesson) -> Component:
    link = dcc.Link(found.title, href=f"/learn?lesson={found.name}", className="scenario-link")
    return html.Li(
        [
            html.Span(str(found.number), className="lesson-number", **{"aria-hidden": "true"}),
            html.Div([html.H2(link), html.P(found.question)]),
        ],
        className="box lesson-card",
    )


def _reading(name: str) -> Component:
    """A page of the documentation."""
    if name not in PAGES:
        raise UsageError(Problem(f"there is no such page; {nearest(name, PAGES)}", "?read", value=name[:40]))
    back = dcc.Link("All lessons", href="/learn")
    return html.Div([back, dcc.Markdown(text_of(name), className="reading", link_target="_self")])


def register(app: Dash, studio: Studio) -> None:
    """The lesson's callbacks, and those of the part for teachers."""
    lesson.register(app, studio)
    animation.register(app, studio)
    class_view.register(app, studio)
    teacher.register(app, studio)
