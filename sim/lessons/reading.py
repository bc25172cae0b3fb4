"""Pages of the documentation that lessons refer to, and the definitions of the glossary.

The studio shows them inside the program, without a network; a page that only the web has cannot be named here.

Attributes:
    PAGES: the pages by the names that lessons use.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_DIAGRAM = re.compile(r"```mermaid\n(flowchart|stateDiagram)[^\n]*\n(.*?)\n```", re.DOTALL)
_ARROW = re.compile(r" --(?: (.+?) --)?> ")  # of a flowchart, with when it is taken
_MOVE = re.compile(r"(.+?) --> (.+?)(?:: (.+))?")  # of a state diagram
_NODE = re.compile(r"(\w+)(?:[\[{(/]+\"?(.+?)\"?[\]})/]+)?")
_DOCS = ("docs", "_docs")  # beside `sim` in a checkout, inside it when installed


class Page(NamedTuple):
    """A page of the documentation.

    Attributes:
        title: title in words.
        file: path below the folder of the documentation.
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
    """A page as Markdown, with tables in place of its diagrams.

    Args:
        name: one of `PAGES`.

    Returns:
        The text, from `docs` in a checkout, or from the copy inside the package.
    """
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / _DOCS[0]
    folder = beside if (beside / PAGES["glossary"].file).is_file() else package / _DOCS[1]
    text = (folder / PAGES[name].file).read_text(encoding="utf-8")
    return diagrams_as_tables(text)


def diagrams_as_tables(text: str) -> str:
    """Markdown with a table in place of each Mermaid flowchart or state diagram, for readers that cannot draw them.

    Args:
        text: a page in Markdown.

    Returns:
        The page, with a row for each place from which arrows of a diagram start.
    """
    return _DIAGRAM.sub(lambda found: _states(found[2]) if found[1] == "stateDiagram" else _flow(found[2]), text)


def _states(diagram: str) -> str:
    """The table of a state diagram."""
    found = [_MOVE.fullmatch(line.strip()) for line in diagram.splitlines()]
    return _table([(way[1], way[2], way[3] or "") for way in found if way], {"[*]": "start"})


def _flow(diagram: str) -> str:
    """The table of a flowchart; each line is one way, through any number of nodes."""
    ways: list[tuple[str, str, str]] = []
    labels: dict[str, str] = {}
    for line in diagram.splitlines():
        nodes = _ARROW.split(line.strip())  # node, when, node, when, node
        keys = [_node(text, labels) for text in nodes[::2]]
        ways += [(keys[i], keys[i + 1], (when or "").strip('"')) for i, when in enumerate(nodes[1::2])]
    return _table(ways, labels)


def _table(ways: list[tuple[str, str, str]], labels: dict[str, str]) -> str:
    """Arrows (from, to, when) as a table, one row per starting point, which a screen reader can read aloud."""
    rows: dict[str, list[str]] = {}
    for start, end, when in ways:
        to = labels.get(end, end)
        rows.setdefault(start, []).append(f"{to} ({when})" if when else to)
    lines = [f"| {labels.get(start, start)} | {'; '.join(to)} |" for start, to in rows.items()]
    return "\n".join(["| from | to (when) |", "|---|---|", *lines])


def _node(text: str, labels: dict[str, str]) -> str:
    """Name of a node, whose label is put into `labels`: `A{Consents?}` has one, and `A` calls it again."""
    found = _NODE.fullmatch(text.strip())
    assert found is not None, text
    if found[2]:
        labels[found[1]] = found[2]
    return found[1]


@lru_cache(maxsize=1)
def glossary() -> dict[str, str]:
    """The meaning of each word of the glossary, in Markdown, by the word."""
    rows = [line.strip().strip("|").split("|", 1) for line in text_of("glossary").splitlines() if line.startswith("| ")]
    return {word.strip(): meaning.strip() for word, meaning in rows[1:]}
