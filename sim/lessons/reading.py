"""Pages of the documentation that lessons point to, and what the glossary says."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_DIAGRAM = re.compile(r"```mermaid\nflowchart[^\n]*\n(.*?)\n```", re.DOTALL)
_WAY = re.compile(r"\s*(.+?) --(?: (.+?) --)?> (.+)")
_NODE = re.compile(r"(\w+)(?:[\[{(/]+\"?(.+?)\"?[\]})/]+)?")
_DOCS = ("docs", "_docs")  # beside `sim` in a checkout, inside it when installed


class Page(NamedTuple):
    """A page of the documentation.

    Attributes:
        title: in words.
        file: below the folder of the documentation.
    """

    title: str
    file: str


PAGES: dict[str, Page] = {
    "glossary": Page("Glossary", "glossary.md"),
    "model": Page("The model as built", "model.md"),
    "how-sure": Page("How sure is it?", "explanation/how-sure.md"),
    "random-numbers": Page("Random numbers: why the same patient lives the same life", "random-numbers.md"),
    "inputs": Page("Every value of the base scenario, with its source", "reference/inputs.md"),
}


def text_of(name: str) -> str:
    """A page as Markdown; `name` is one of `PAGES`."""
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / _DOCS[0]
    folder = beside if (beside / PAGES["glossary"].file).is_file() else package / _DOCS[1]
    text = (folder / PAGES[name].file).read_text(encoding="utf-8")
    return diagrams_as_tables(text)


def diagrams_as_tables(text: str) -> str:
    """Markdown with a table in place of each Mermaid flowchart, for a page on which nothing draws diagrams."""
    return _DIAGRAM.sub(lambda found: _ways(found.group(1)), text)


def _ways(diagram: str) -> str:
    """A flowchart as a table of its ways, which can be read where nothing draws it, and aloud."""
    ways = [found.groups() for line in diagram.splitlines() if (found := _WAY.fullmatch(line))]
    named = [_node(text) for start, _, end in ways for text in (start, end)]
    label = {key: text for key, text in named if text}
    rows: dict[str, list[str]] = {}
    for start, when, end in ways:
        to = label[_node(end)[0]]
        said = (when or "").strip('"')
        rows.setdefault(_node(start)[0], []).append(f"{to} ({said})" if said else to)
    lines = [f"| {label[start]} | {'; '.join(to)} |" for start, to in rows.items()]
    return "\n".join(["| from | to (when) |", "|---|---|", *lines])


def _node(text: str) -> tuple[str, str]:
    """Name and label of a node: `A{Consents?}` has both, and `A` calls it again."""
    found = _NODE.fullmatch(text.strip())
    assert found is not None, text
    return found.group(1), found.group(2) or ""


@lru_cache(maxsize=1)
def glossary() -> dict[str, str]:
    """What each word of the glossary means."""
    rows = [line.strip().strip("|").split("|", 1) for line in text_of("glossary").splitlines() if line.startswith("| ")]
    return {word.strip(): meaning.strip() for word, meaning in rows[1:]}
