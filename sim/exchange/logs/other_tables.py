"""Recognises what was given as data, and is not a log: sites, counts, a table turned over or without a header.

Each is refused with a message that names the option or the change that helps; to read it as a log would give an answer
about something else.
"""

from __future__ import annotations

import re
from itertools import pairwise

from sim.errors import Problem
from sim.exchange.dates.cell import is_date
from sim.exchange.findings import COLUMNS, DataError, Question, QuestionError
from sim.exchange.logs import headers
from sim.exchange.logs.columns import LogColumns, is_a_row_a_person
from sim.exchange.tables.columns import SITE_NAMES, plain, recognised
from sim.exchange.tables.raw import RawTable

_NUMBERS = frozenset(("number", "numbers", "num", "no", "nr", "value", "amount", "quantity", "qty", "anzahl", "nombre"))
_LOOKED_AT = 12  # cells of the first column


def is_table_of_sites(table: RawTable) -> bool:
    """Return whether a table says when sites open, and nothing of people."""
    columns, _ = recognised(table, SITE_NAMES)
    return "site" in columns and not {"activated", "planned"}.isdisjoint(columns) and not is_a_row_a_person(table)


def refuse_table_of_sites(table: RawTable) -> None:
    """Refuse a table of sites that was given as the data.

    Raises:
        DataError: it is one.
    """
    if is_table_of_sites(table):
        message = "is a table of sites, for --sites; the data must be an enrolment log, counts by period, or SDTM"
        raise DataError(Problem(message, table.file))


def refuse_other_shapes(table: RawTable) -> None:
    """Refuse what was not split into columns, and a table whose first column has the names of the others.

    Raises:
        DataError: it is one of these.
    """
    first, *others = table.columns
    if not others and not re.fullmatch(r"[\w ]+", first):
        message = f"has one column, '{first}'; separate columns with a comma, a semicolon, a tab or |"
        raise DataError(Problem(message, table.file, 1))
    down = next((text for text in table.cells[first].head(_LOOKED_AT) if headers.role_of(text) == headers.DATE), "")
    if down:
        message = f"rows and columns are swapped, it seems: '{down}' is in the first column; turn the table"
        raise DataError(Problem(message, table.file))


def refuse_without_header(table: RawTable) -> None:
    """Refuse a table whose first row is a row of data, which would be lost as a header.

    Args:
        table: the table as it was read, its first row as the header.

    Raises:
        DataError: a header is a date, as are the cells below it.
    """
    first = next((name for name in table.columns if is_date(name) and table.cells[name].map(is_date).any()), "")
    if first:
        message = (
            f"has no header, it seems: the first row has '{first}', a date as in the rows below; put a row of names"
        )
        raise DataError(Problem(f"{message} above it, as in Subject,Site,Randomised", table.file, 1))


def ask_about_numbers(table: RawTable, columns: LogColumns) -> None:
    """Ask whether a column called only `Number` counts people, where nothing else tells people apart.

    Args:
        table: the table as it was read.
        columns: what its columns were recognised as.

    Raises:
        QuestionError: there is such a column, and it does not just count the rows.
    """
    if {"participant", "rand_number"} & {*columns.found, *columns.unclear}:
        return
    names = [name for name in table.columns if plain(name) in _NUMBERS and name not in columns.taken()]
    for name in names:
        numbers = table.cells[name]
        if not numbers.str.fullmatch(r"\d{1,6}(?:[.,]0*)?").any() or _counts_rows(numbers.tolist()):
            continue
        message = f"'{name}' may count those randomised, or be the number of each of them"
        choices = (
            (f"randomised={name}", "a row is a period, and the column counts"),
            (f"participant={name}", "a row is a person"),
        )
        raise QuestionError(Question(message, COLUMNS, choices, file=table.file))


def _counts_rows(cells: list[str]) -> bool:
    """Whether numbers only count the rows: each is one more than that before it."""
    numbers = [int(cell) if cell.isdigit() else -1 for cell in cells]
    return len(numbers) > 1 and all(b - a == 1 for a, b in pairwise(numbers))
