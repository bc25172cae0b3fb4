"""A page of a report as a part of a page of the studio: the same words, figures and tables.

Reports are made once, by `sim.report`: a figure of the studio is the one of the page on disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from sim.web.parts.components import answer_id, command_line, figure_with_table, table
from sim.web.parts.words.studio import in_studio

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.report.exhibits import Exhibit
    from sim.report.plain_page import Card, PageSection, PlainPage


def report_view(page: PlainPage, name: str, note: str = "", then: Component | None = None) -> Component:
    """A whole answer: the headline, its figures, and the sections behind it.

    Args:
        page: content of the report.
        name: prefix of the ids of its parts.
        note: a remark on this answer, such as that a better one is being simulated.
        then: links to continue from the answer.
    """
    links = [html.Li(html.A(part.title, href=f"#{_section_id(part, name)}")) for part in page.sections]
    return html.Div(
        [
            html.Section([*_first(page, name, note), then], className="answer"),
            html.Div(
                [
                    html.Nav(html.Ul(links), className="contents", **{"aria-label": "On this page"})
                    if len(links) > 1
                    else None,
                    html.Div([_section(part, name) for part in page.sections], className="report-parts"),
                ],
                className="report-body",
            ),
            command_line(page.command),
            dmc.Text(page.footer, size="xs", c="dimmed"),
        ]
    )


def _first(page: PlainPage, name: str, note: str) -> list[Any]:
    """The part at the top."""
    return [
        dmc.Text(page.eyebrow, size="sm", c="dimmed"),
        dmc.Title(page.headline, order=2, className="headline"),
        dmc.Text(note, size="sm", className="note") if note else None,
        _warnings(page.warnings),
        html.Div([_card(card) for card in page.cards], className="cards") if page.cards else None,
        html.Div([dmc.Text(in_studio(line), className="line") for line in page.lines], className="lines"),
        *(_shown(exhibit, name) for exhibit in page.first),
        *(table(data) for data in page.tables),
        dmc.Text(page.reading, size="xs", c="dimmed") if page.reading else None,
    ]


def _warnings(texts: tuple[str, ...]) -> Component | None:
    if not texts:
        return None
    items = [html.Li(in_studio(text)) for text in texts]
    few = 3
    if len(items) <= few:
        return html.Ul(items, className="warnings")
    rest = html.Details(
        [html.Summary(f"and {len(items) - few} more notes"), html.Ul(items[few:], className="warnings")]
    )
    return html.Div([html.Ul(items[:few], className="warnings"), rest])


def _card(card: Card) -> Component:
    return html.Dl(
        [
            html.Dt(card.name),
            html.Dd([html.Strong(card.value, className="date"), html.Span(card.error, className="error")]),
            *(html.Dd(line) for line in card.lines),
        ],
        className="milestone",
    )


def _section(part: PageSection, name: str) -> Component:
    return html.Section(
        [
            dmc.Title(part.title, order=2, size="h3", className="section-title"),
            dmc.Text(in_studio(part.intro), c="dimmed") if part.intro else None,
            *(html.P(in_studio(line)) for line in part.lines),
            html.Div([_shown(exhibit, name) for exhibit in part.exhibits], className="report-exhibits"),
        ],
        id=_section_id(part, name),
        className="report-part",
    )


def _shown(exhibit: Exhibit, name: str) -> Component:
    return figure_with_table(exhibit, name, order=3)


def _section_id(part: PageSection, name: str) -> str:
    return answer_id(name, "section", part.name)
