"""One HTML page for any answer except a run's: a single file that opens offline, with equal bytes for equal answers.

The content is a value (`PlainPage`), so that the studio, the workbook and the documents take the same headline, cards
and exhibits without reading HTML. A run's page has its own template; see `sim.report.run.page`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.report.html import environment, figure_json, plotly_script, script_hash, template_text
from sim.version import __version__

if TYPE_CHECKING:
    from sim.report.exhibits import Exhibit, Table


@dataclass(frozen=True)
class Card:
    """One number of the answer, shown large.

    Attributes:
        name: what the number is.
        value: the number as text, with its unit.
        error: its uncertainty as text, such as `-12/+15 d`; empty for none.
        lines: further remarks, in small print.
    """

    name: str
    value: str
    error: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageSection:
    """A part of a page, under a heading of its own.

    Attributes:
        name: its id, the part of the address after `#`.
        title: its heading.
        intro: one sentence on what it shows; empty for none.
        lines: paragraphs.
        exhibits: figures, or tables without a figure.
    """

    name: str
    title: str
    intro: str = ""
    lines: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True)
class PlainPage:
    """What a page says, from top to bottom.

    Attributes:
        title: of the browser's window.
        eyebrow: what it is about, above the headline.
        headline: the answer in a sentence.
        command: the command that makes it again; empty for an answer made from Python.
        question: the question that it answers.
        warnings: what to know first, without full stops.
        cards: numbers of the answer.
        lines: sentences below them.
        tables: tables below those, open.
        first: figures below those.
        reading: how to read errors and intervals.
        sections: the rest.
        footer: at the very end.
    """

    title: str
    eyebrow: str
    headline: str
    command: str
    question: str = ""
    warnings: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    first: tuple[Exhibit, ...] = ()
    reading: str = ""
    sections: tuple[PageSection, ...] = ()
    footer: str = ""

    @property
    def version(self) -> str:
        """Version of this program."""
        return __version__


def render(page: PlainPage) -> str:
    """The page as HTML text.

    Args:
        page: what the page has: heading, sentences, sections with figures and tables.

    Returns:
        One file that needs no other: scripts, styles and data are inside. The same page is the same bytes.
    """
    exhibits = [*page.first, *(found for section in page.sections for found in section.exhibits)]
    plotly, script = plotly_script(), template_text("report.js")
    return (
        environment()
        .get_template("plain.html.j2")
        .render(
            page=page,
            specifications={found.name: figure_json(found) for found in exhibits if found.figure is not None},
            plotly=plotly,
            script=script,
            style=template_text("report.css"),
            script_hashes=" ".join(f"'sha256-{script_hash(text)}'" for text in (plotly, script)),
        )
    )
