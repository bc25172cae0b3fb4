"""Letters that the fonts of the one-page PDF and of pictures have: those of Western European languages.

A name in another alphabet would be printed as boxes, which nobody notices before the page is sent; so it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.errors import Problem, UsageError


def check_letters(kind: str, instead: str, texts: Iterable[str]) -> None:
    """Refuse text that would be shown as boxes.

    Args:
        kind: what is written, with its article.
        instead: ending of a format that can show every letter.
        texts: all that is to be shown.

    Raises:
        UsageError: the fonts lack some letters, which the message names.
    """
    missing = sorted({letter for text in texts for letter in text if not _is_western(letter)})
    if missing:
        message = f"{kind} cannot show these letters; write {instead} instead"
        raise UsageError(Problem(message, value="".join(missing[:20])))


def _is_western(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
