"""Pages of the documentation that lessons point to, and what the glossary says."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

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
    return (folder / PAGES[name].file).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def glossary() -> dict[str, str]:
    """What each word of the glossary means."""
    rows = [line.strip().strip("|").split("|", 1) for line in text_of("glossary").splitlines() if line.startswith("| ")]
    return {word.strip(): meaning.strip() for word, meaning in rows[1:]}
