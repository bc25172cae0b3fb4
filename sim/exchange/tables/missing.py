"""Words for missing values, such as `NA`: they are not a site, a status or a date.

Attributes:
    WORDS: such words in any column, in lower case.
    IN_DATES: words that say in a column of dates that there is none; elsewhere they may mean something.
"""

from __future__ import annotations

from collections import Counter

import pandas as pd

from sim.errors import in_short
from sim.plurals import counted, listed

WORDS = frozenset(
    {
        "na", "n/a", "n.a.", "n.a", "#n/a", "<na>", "nan", "#nan", "nat", "null", "#null!", "none", "nil", "(blank)",
        "(null)", "(none)", "blank", "empty", ".", "..", "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", "?", "??",
        "unk", "unknown", "not known", "missing", "not available", "not applicable", "#div/0!",
        "#num!", "########", ".a", ".b", ".n", ".u",
    }
)  # fmt: skip
IN_DATES = frozenset(  # words in place of a date: it is in the future, or was not recorded
    {
        "nd", "not done", "tbd", "tbc", "pending", "ongoing", "on-going", "continuing", "not yet", "open", "no date",
        "to be confirmed", "to be determined", "awaited", "n", "no", "0", "never", "not reached", "nk", "un", "uk",
    }
)  # fmt: skip
_SHOWN = 6


def without_words(cells: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Empty the cells that hold a word for a missing value.

    Args:
        cells: text.

    Returns:
        A copy, and a clause that says which words were taken as missing; empty if none.
    """
    found: Counter[str] = Counter()
    cells = cells.copy()
    for place in range(cells.shape[1]):
        column = cells.iloc[:, place]
        said = column.str.casefold().isin(WORDS)
        if said.any():
            found.update(column[said].tolist())
            cells.isetitem(place, column.mask(said, "").to_numpy())
    return cells, told(found, "cell")


def told(words: Counter[str], unit: str) -> str:
    """Say which words were taken as missing: `'NA' (12 cells) and '.' (3 cells) are taken as no value`.

    Args:
        words: count by word; empty words give an empty text.
        unit: what is counted, in the singular.

    Returns:
        A clause; the most frequent six words are named.
    """
    return told_as(words, unit, "no value", "no value")


def told_as(words: Counter[str], unit: str, one: str, several: str) -> str:
    """Say which words were taken as something, such as a status.

    Args:
        words: count by word; empty words give an empty text.
        unit: what is counted, in the singular.
        one: what one word is taken as.
        several: what several words are taken as.

    Returns:
        A clause; the most frequent six words are named.
    """
    if not words:
        return ""
    shown = [f"'{in_short(word)}' ({counted(n, unit)})" for word, n in words.most_common(_SHOWN)]
    if len(words) > _SHOWN:
        shown.append(f"{len(words) - _SHOWN} more such words")
    return f"{listed(shown)} {'is' if len(words) == 1 else 'are'} taken as {one if len(words) == 1 else several}"
