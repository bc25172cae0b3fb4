"""Words that say that there is nothing: they are no site, no status and no date."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from sim.plurals import counted

WORDS = frozenset(
    {
        "na", "n/a", "n.a.", "n.a", "#n/a", "<na>", "nan", "#nan", "nat", "null", "#null!", "none", "nil", "(blank)",
        "(null)", "(none)", "blank", "empty", ".", "..", "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", "?", "??",
        "unk", "unknown", "not known", "missing", "not available", "not applicable", "#value!", "#ref!", "#div/0!",
        "#num!", "#name?", "########", ".a", ".b", ".n", ".u",
    }
)  # fmt: skip
IN_DATES = frozenset(  # words in the place of a date: it has not come, or nobody wrote it down
    {
        "nd", "not done", "tbd", "tbc", "pending", "ongoing", "on-going", "continuing", "not yet", "open", "no date",
        "to be confirmed", "to be determined", "awaited", "n", "no", "0", "never", "not reached", "nk", "un", "uk",
    }
)  # fmt: skip
_SHOWN = 6


def without_words(cells: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Cells with nothing in place of words that say so, and a clause that tells which they were."""
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
    """`'NA' (12 cells) and '.' (3 cells) are taken as no value`; empty where there are none."""
    return told_as(words, unit, "no value", "no value")


def told_as(words: Counter[str], unit: str, one: str, several: str) -> str:
    """The same, of words that are taken as something else, by what one and several of them are."""
    if not words:
        return ""
    shown = [f"'{word}' ({counted(n, unit)})" for word, n in words.most_common(_SHOWN)]
    if len(words) > _SHOWN:
        shown.append(f"{len(words) - _SHOWN} more such words")
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{listed} {'is' if len(words) == 1 else 'are'} taken as {one if len(words) == 1 else several}"
