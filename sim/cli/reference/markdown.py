"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Made by `trialclock reference --out docs/reference`; edit what it is made from, not this page. -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, with an empty line after it."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *(line(row) for row in rows), ""]


def code(text: str) -> str:
    """Text as code; nothing for empty text."""
    return f"`{text}`" if text else ""


def page(title: str, lines: Iterable[str]) -> str:
    """A page with its title, and one line feed at its end."""
    return "\n".join([f"# {title}", "", NOTICE, "", *lines]).rstrip() + "\n"
