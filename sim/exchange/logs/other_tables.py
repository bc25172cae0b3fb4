"""Recognises what was given as data, and is something else: a table of sites, or one that is turned over."""

from __future__ import annotations

import re

from sim.errors import Problem
from sim.exchange.findings import DataError
from sim.exchange.logs import headers
from sim.exchange.logs.columns import is_a_row_a_person
from sim.exchange.tables.columns import SITE_NAMES, recognised
from sim.exchange.tables.raw import RawTable

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
