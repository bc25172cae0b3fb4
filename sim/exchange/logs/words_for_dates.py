"""Words in place of a date, such as `Screen failure` in the column of randomisation dates: they are a status.

Systems export such words where a date is missing for a reason. They are no wrong dates, and they say what became of the
person.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pandas as pd

from sim.exchange.account import BY_CONTENT
from sim.exchange.dates.cell import is_date, is_nothing
from sim.exchange.findings import DataCheck
from sim.exchange.logs.columns import DATED, LogColumns
from sim.exchange.logs.statuses import meaning_of
from sim.exchange.observed import FAILED, IN_SCREENING
from sim.exchange.tables.missing import told_as
from sim.exchange.tables.raw import RawTable

_HALF = 0.5
_OF_SCREENING = frozenset((FAILED, IN_SCREENING))


def words_as_status(table: RawTable, columns: LogColumns, check: DataCheck) -> tuple[RawTable, list[str]]:
    """Move words from date columns to the status, which is added where there is none.

    A word has letters and no digits. An unknown word counts only in a column of which at least half are dates, and is
    asked about. Where the row has a status too, the status counts, and a word that contradicts it is an error.

    Args:
        table: the log.
        columns: its columns, to which this may add a status.
        check: collects errors.

    Returns:
        The table, and what was done, as clauses.
    """
    notes: list[str] = []
    for role in DATED:
        header = columns.found.get(role)
        if header is None:
            continue
        words = _words(table.cells[header])
        if not len(words):
            continue
        if "status" not in columns.found:
            name = f"{header} (words)"
            table = replace(table, cells=table.cells.assign(**{name: ""}))
            columns.take("status", name, BY_CONTENT)
        table = _moved(table, header, words, columns.found["status"], check)
        notes.append(f"{told_as(Counter(words), 'cell', 'a status', 'statuses')} in '{header}'")
    return table, notes


def _words(cells: pd.Series[str]) -> pd.Series[str]:
    """Cells with a word: a known one, or any one where at least half of the non-empty cells are dates."""
    filled = cells[cells != ""]
    kinds = {text: is_date(text, is_sure=False) for text in filled.unique()}
    if all(kinds.values()):
        return filled.iloc[:0]
    is_of_dates = filled.map(kinds).mean() >= _HALF
    return filled[[not kinds[text] and _is_word(text) and (is_of_dates or meaning_of(text) != "") for text in filled]]


def _is_word(text: str) -> bool:
    """Whether a text has letters and no digits, and is no word for a missing date."""
    return (
        not text.startswith("#")  # a formula that failed
        and any(letter.isalpha() for letter in text)
        and not any(letter.isdigit() for letter in text)
        and not is_nothing(text)
    )


def _moved(table: RawTable, header: str, words: pd.Series[str], status: str, check: DataCheck) -> RawTable:
    """The table with the words of a date column moved to the status; a word that contradicts a status is an error."""
    cells = table.cells.copy()
    said = cells.loc[words.index, status]
    cells.loc[words.index, header] = ""
    empty = said == ""
    cells.loc[words.index[empty], status] = words[empty]
    against = [
        row
        for row, word, other in zip(words.index, words, said, strict=True)
        if _disagree(meaning_of(word), meaning_of(other))
    ]
    if against:
        word, other = words[against[0]], said[against[0]]
        check.error(f"'{header}' says '{word}', and the status says '{other}'; correct the row", against)
    return replace(table, cells=cells)


def _disagree(word: str, status: str) -> bool:
    """Whether a word in place of a date and a status cannot both be true; of one that is not known, nobody can say."""
    if not word or not status or word == status or {word, status} <= _OF_SCREENING:
        return False
    return FAILED in (word, status) or word == IN_SCREENING
