"""Blocks of which pages are made: titles, problems, commands, tables, figures and answers.

What a report says is shown in its own words; `in_studio` only replaces commands by the pages that do the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from sim.errors import Problem
from sim.report.reworded import reworded
from sim.report.run.first_screen import cards
from sim.report.run.headline import headline, warnings
from sim.report.run.why import Why
from sim.report.run.words import precision_sentence
from sim.report.words import chance, estimate_of, not_reached
from sim.scenario.entry import wording
from sim.web.parts.words.studio import in_studio, problem_in_studio, source_in_studio

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.report.exhibits import Exhibit, Table
    from sim.report.run.answers import Answers

_OPEN_ROWS = 12  # of a table without a figure, beyond which it is opened by hand
_WIDE = ("slide-",)  # exhibits that a phone shows a part of at a time: their words need the room
GRAPH_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "showSendToCloud": False,
}


def page_title(title: str, lead: str = "") -> Component:
    """The heading of a page, and a sentence about what it is for."""
    parts: list[Any] = [dmc.Title(title, order=1, className="page-title")]
    if lead:
        parts.append(dmc.Text(lead, c="dimmed", className="lead"))
    return html.Div(parts, className="page-head")


def problem_box(problems: Iterable[Problem], title: str = "This cannot be simulated") -> Component:
    """What is wrong with an input, and with which control.

    Args:
        problems: one line each.
        title: what cannot be done because of them.
    """
    items = [html.Li(str(problem_in_studio(problem))) for problem in problems]
    return dmc.Alert(html.Ul(items, className="problems"), title=title, color="red", variant="light")


def file_place(inside: Component, id: str, most_bytes: int, said_at: str, **more: Any) -> Component:  # noqa: A002
    """A drop area that also opens a file chooser. Files that are too large are refused before they are sent:
    assets/figures.js.

    It accepts all kinds of file, because Dash gives no message about those that it refuses.

    Args:
        inside: its content.
        id: id of the upload, whose `contents` the browser sends as a data URL in base64.
        most_bytes: maximum size of a file.
        said_at: id of the message about a file that is too large.
        more: further arguments of `dcc.Upload`.
    """
    place = dcc.Upload(inside, id=id, **more)
    return html.Div(place, **{"data-most-bytes": str(most_bytes), "data-said-at": said_at})


def command_line(*commands: str) -> Component:
    """The commands that give the same on the command line, to copy."""
    lines = "\n".join(commands)
    return html.Details(
        [
            html.Summary("The same on the command line"),
            html.Div(
                [
                    html.Pre(html.Code(lines), className="command", tabIndex=0),
                    dcc.Clipboard(content=lines, title="Copy", className="copy"),
                ],
                className="command-box",
            ),
        ],
        className="command-line",
    )


def table(data: Table, id: str | None = None) -> Component:  # noqa: A002 - Dash's own word
    """A table of text, its first column naming the rows; assets/tables.js draws it.

    It travels as JSON in one attribute, because Dash examines each cell of a table of its own with every change.

    Args:
        data: the table.
        id: its id, if the page updates it; None for none.
    """
    cells = json.dumps({"caption": data.caption, "columns": data.columns, "rows": data.rows}, ensure_ascii=False)
    named = {} if id is None else {"id": id}
    return html.Div(className="scroll", tabIndex=0, **{"data-table": cells}, **named)


def answer_id(page: str, *names: str) -> str:
    """The id of a part of an answer. It begins differently from all ids of pages, so that the two never clash.

    Args:
        page: page of the answer.
        names: names of the part, from the largest to the smallest.
    """
    return "-".join(("answer", page, *names))


def figure_with_table(exhibit: Exhibit, page: str, order: int = 2, height: int | None = None) -> Component:
    """A figure with its heading, its words and the table behind it.

    Parts that change between answers have ids, so that a page can update them alone: an open table stays open, and a
    zoomed figure stays zoomed.

    Args:
        exhibit: the figure with its words and table.
        page: page of the answer.
        order: level of the heading.
        height: of the figure, in pixels; None: as the figure says.
    """
    id = answer_id(page, exhibit.name)  # noqa: A001 - of the graph; its parts get the same with an ending
    parts: list[Any] = [dmc.Title(exhibit.title, order=order, className="exhibit-title", id=f"{id}-title")]
    summary = in_studio(exhibit.summary)
    if exhibit.figure is not None:
        graph = drawn(id, exhibit.figure, height)
        wide = "drawn-wide" if exhibit.name.startswith(_WIDE) else ""
        said = {"aria-label": summary}
        parts.append(html.Div(graph, role="figure", className=wide, id=f"{id}-drawn", **said))
    parts.append(dmc.Text(summary, size="sm", className="exhibit-summary", id=f"{id}-summary"))
    if exhibit.table is not None:
        is_open = exhibit.table.is_open or (exhibit.figure is None and len(exhibit.table.rows) <= _OPEN_ROWS)
        parts.append(
            html.Details([html.Summary("Table"), table(exhibit.table, f"{id}-table")], open=is_open, className="behind")
        )
    parts.append(_to_take(exhibit))
    if source := source_in_studio(exhibit.source or ""):
        parts.append(dmc.Text(source, size="xs", c="dimmed", className="exhibit-source"))
    kind = "exhibit" if exhibit.figure is not None else "exhibit of-words"
    return html.Section(parts, className=kind, **{"aria-labelledby": f"{id}-title"})


def drawn(id: str, figure: Any, height: int | None = None) -> Component:  # noqa: A002 - Dash's own word
    """A figure as a part of the page, which keeps its height while the window changes its width.

    Without a height of its own the part now and then had none, and the words below it lay over the picture.

    Args:
        id: its id.
        figure: a plotly figure.
        height: in pixels; None: as the figure says.
    """
    data = figure.to_dict()
    if height is not None:
        data["layout"]["height"] = height
    height = data["layout"].get("height")
    style = {} if height is None else {"height": f"{height}px"}
    return dcc.Graph(id=id, figure=data, config=GRAPH_CONFIG, className="figure", style=style)


def _to_take(exhibit: Exhibit) -> Component:
    """Buttons that save the figure and its table as files; the browser makes them (assets/figures.js)."""
    kinds = (["png", "svg"] if exhibit.figure is not None else []) + (["csv"] if exhibit.table is not None else [])
    whole = {"csv": "Table as CSV", "png": "Figure as PNG", "svg": "Figure as SVG"}
    buttons = [
        html.Button(
            kind.upper(),
            type="button",
            title=whole[kind],
            **{"aria-label": f"{whole[kind]}: {exhibit.title}", "data-take": kind, "data-name": exhibit.name},
        )
        for kind in kinds
    ]
    return html.Div(buttons, className="take")


def answer(answers: Answers, order: int = 2) -> Component:
    """The answer of a run: the sentence, the dates with their errors and the odds of the registry's dates, and what
    costs most days, where that was measured.

    Args:
        answers: tables of the run.
        order: level of the heading.
    """
    results, say = answers.results, wording(answers.scenario)
    is_measured = results.causes() is not None
    return html.Section(
        [
            dmc.Title(say(headline(results, answers.dates, answers.milestones)), order=order, className="headline"),
            html.Div([_card(card) for card in reworded(cards(answers), answers.scenario)], className="cards"),
            *([dmc.Text(in_studio(answers.why.sentence()), className="why")] if is_measured else []),
            dmc.Text(
                f"{results.n_replications:,} simulated trials, seed {results.seed}. Behind each date and probability: "
                "the 95 % interval of the Monte Carlo error, which says nothing about whether the assumptions are "
                "right.",
                size="xs",
                c="dimmed",
            ),
        ],
        className="answer",
    )


def answer_notes(answers: Answers, *, more_follow: bool = False) -> Component:
    """What belongs to an answer besides: what to beware of, from how many trials, and what its date hangs on.

    Args:
        answers: tables of the run.
        more_follow: whether more trials are being simulated.
    """
    results, say = answers.results, wording(answers.scenario)
    why = Why(results, more_follow=more_follow)
    not_yet = "" if why.is_measured else why.sentence()
    never = chance(estimate_of(answers.odds.loc["never_reached"], "probability"))
    notes = [html.Li(say(text)) for text in warnings(results, results.too_few(), more_follow=more_follow)]
    return html.Section(
        [
            *([html.Ul(notes, className="warnings")] if notes else []),
            dmc.Text(f"Target {not_reached(answers.scenario, answers.dates.horizon)}: {never}", size="sm"),
            *(dmc.Text(in_studio(say(said)), size="sm") for said in (not_yet, why.doubts_sentence()) if said),
            *([dmc.Text(in_studio(said), size="sm")] if (said := precision_sentence(results)) else []),
        ],
        className="plan-notes",
        **{"aria-label": "About the answer"},
    )


def _card(card: Any) -> Component:
    parts = [
        html.Dt(card.name),
        html.Dd([html.Strong(card.date, className="date"), html.Span(card.error, className="error")]),
        html.Dd(
            [
                "80 % sure ",
                html.Span(card.safe, className="whole"),
                " ",
                html.Span(card.safe_error, className="safe-error"),
            ]
        ),
    ]
    if card.planned:
        parts.append(html.Dd([f"{card.planned}: ", html.Strong(card.odds)], className="planned"))
    return html.Dl(parts, className="milestone")
