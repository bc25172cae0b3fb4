"""One HTML page for any answer except a run's: a single file that opens offline, with equal bytes for equal answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.report.html import environment, figure_json, plotly_script, script_hash, template_text
from sim.version import __version__

if TYPE_CHECKING:
    from sim.report.exhibits import Exhibit, Table


@dataclass(frozen=True)
class Card:
    """One number of the answer.

    Attributes:
        name: what the number is.
        value: the number as text.
        error: its uncertainty as text.
        lines: further remarks.
    """

    name: str
    value: str
    error: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageSection:
    """A part of a page.

    Attributes:
        name: its id.
        title: its heading.
        intro: the question that it answers.
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
    """What a page says.

    Attributes:
        title: of the window.
        eyebrow: what it is about, above the headline.
        headline: the answer in a sentence.
        command: the command that makes it.
        question: the question that it answers.
        warnings: what to know first, without full stops.
        cards: figures of the answer.
        lines: sentences below them.
        tables: tables below those, open.
        first: figures below those.
        reading: how to read them.
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
    """The page as HTML text."""
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
