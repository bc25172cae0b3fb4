"""The first page: at which stage is the trial, and which scenario is nearest to it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import dash_mantine_components as dmc
from dash import Dash, dcc, html

from sim.web.parts.components import page_title
from sim.web.parts.scenario_choice import gallery
from sim.web.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/", "Home"
_SHOWN_CHANGES = 12


class _Stage(NamedTuple):
    """A stage of a trial, and the pages that answer its questions."""

    title: str
    text: str
    links: tuple[tuple[str, str], ...]


_STAGES = (
    _Stage(
        "Planning",
        "No site is open yet. When will the trial be complete, and which plan would be better?",
        (
            ("Plan the trial", "/plan"),
            ("Compare plans", "/compare"),
            ("See what a value would change", "/sweep"),
            ("See what drives the date", "/explain"),
            ("Find the cheapest plan that makes a date", "/cheapest"),
        ),
    ),
    _Stage(
        "Recruiting",
        "Sites are open and people have been randomised. What do the data so far say of the end?",
        (("Forecast from data", "/forecast"),),
    ),
    _Stage(
        "Recruited",
        "The last participant is in. When are the last visit and the database lock, and how good were the forecasts?",
        (("Forecast the rest", "/forecast"), ("Watch one trial", "/one-trial")),
    ),
    _Stage(
        "Teaching",
        "How do trials work, and why are they late? Lessons with controls, and one trial to watch.",
        (("Lessons", "/learn"), ("Watch one trial", "/one-trial")),
    ),
)


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:  # noqa: ARG001 - as every page
    """Stages, and the gallery."""
    return html.Div(
        [
            page_title("When will this trial be complete?", "And what would change that? First: where does it stand?"),
            html.Div([_stage(stage) for stage in _STAGES], className="stages"),
            dmc.Title("Or begin with a scenario", order=2, mt="xl"),
            dmc.Text("Each asks one question of the same trial. All of it can be changed.", c="dimmed"),
            html.Div([_scenario(*row) for row in gallery()], className="gallery"),
        ]
    )


def _stage(stage: _Stage) -> Component:
    links = [html.Li(dcc.Link(text, href=path)) for text, path in stage.links]
    return html.Section(
        [dmc.Title(stage.title, order=2, size="h3"), html.P(stage.text), html.Ul(links)], className="box"
    )


def _scenario(name: str, title: str, question: str, changes: tuple[str, ...]) -> Component:
    shown = [html.Li(html.Code(text)) for text in changes[:_SHOWN_CHANGES]]
    if len(changes) > _SHOWN_CHANGES:
        shown.append(html.Li(f"and {len(changes) - _SHOWN_CHANGES} more"))
    link = dcc.Link(title, href=f"/plan{State(scenario=name).query()}", className="scenario-link")
    parts = [html.H3(link), html.P(question)]
    if shown:
        parts.append(html.Details([html.Summary("What differs from the base"), html.Ul(shown)], className="changes"))
    return html.Article(parts, className="box scenario")


def register(app: Dash, studio: Studio) -> None:
    """No callbacks: the home page only displays."""
