"""Pieces of Markdown that all reference pages use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Made by `trialclock reference --out docs/reference`; edit its source, not this page. -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table with an empty line after it.

    Args:
        head: headers.
        rows: cells; every row has as many as there are headers.
    """

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *(line(row) for row in rows), ""]


def code(text: str) -> str:
    """Text as inline code; empty text stays empty."""
    return f"`{text}`" if text else ""


def page(title: str, lines: Iterable[str]) -> str:
    """A page with its title and the notice that it is generated, ending in one line feed.

    Args:
        title: title of the page.
        lines: what follows, line by line.
    """
    return "\n".join([f"# {title}", "", NOTICE, "", *lines]).rstrip() + "\n"
