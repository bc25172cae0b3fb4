"""Reads a data file as a table of text, whether it is CSV, Excel or JSON.

Content decides before the ending of the name does, because files are often called what they are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sim.errors import Problem
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.limits import ON_DISK, ReadLimits
from sim.exchange.tables.foreign import check_start, check_text
from sim.exchange.tables.json_tables import JSON, json_table
from sim.exchange.tables.layout import laid_out
from sim.exchange.tables.missing import without_words
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.sheets import DATA, Purpose, SheetTable, chosen_sheets
from sim.exchange.tables.sources import bytes_of, check_size
from sim.exchange.tables.text_files import decoded, rows_of
from sim.exchange.tables.workbooks import sheets_of

__all__ = ["RawTable", "read_table", "table_of"]

_EXCEL = (".xlsx", ".xlsm")
_ZIPPED = b"PK"


def read_table(
    path: Path | str,
    sheet: str = "",
    header: str = "",
    purpose: Purpose = DATA,
    limits: ReadLimits = ON_DISK,
) -> RawTable:
    """Read one file.

    Args:
        path: a CSV (comma, semicolon, tab or bar), an Excel workbook, Dataset-JSON 1.0 or 1.1, or records in JSON.
        sheet: the sheets of a workbook, if the user said.
        header: the rows of the header, if the user said.
        purpose: what the table is for, which helps to choose among sheets.
        limits: maximum sizes.

    Returns:
        The table.

    Raises:
        DataError: it is missing, empty, not readable, too large, or has no rows.
        QuestionError: it has several sheets, and it is not clear which is meant.
    """
    path = Path(path)
    return table_of(bytes_of(path, limits), path.as_posix(), sheet, header, purpose, limits)


def table_of(
    content: bytes,
    shown: str,
    sheet: str = "",
    header: str = "",
    purpose: Purpose = DATA,
    limits: ReadLimits = ON_DISK,
) -> RawTable:
    """Read a table from the bytes of a file; see `read_table`.

    Args:
        content: bytes of the file.
        shown: its name, for messages. Excel is recognised by its first bytes, JSON by its ending or first letter.
        sheet: the sheets of a workbook, if the user said.
        header: the rows of the header, if the user said.
        purpose: what the table is for.
        limits: maximum sizes.

    Returns:
        The table.

    Raises:
        DataError: it is empty, too large, not a table, or has no rows.
        QuestionError: it has several sheets, and it is not clear which is meant.
    """
    check_size(len(content), shown, limits)
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise DataError(Problem("is empty; expected a header and at least one row", shown))
    if content.startswith(_ZIPPED) or shown.lower().endswith(_EXCEL):
        return _workbook(content, shown, sheet, header, purpose, limits)
    check_start(content, shown)
    text, encoding = decoded(content, shown)
    if shown.lower().endswith(JSON) or text.lstrip()[:1] in ("{", "["):
        cells, domain = json_table(text, shown, limits)
        return _finished(cells, shown, (), domain)
    check_text(text, shown)
    laid = laid_out(rows_of(text, shown, limits), shown, limits, header)
    return _finished(laid.cells, shown, (encoding, *laid.notes))


def _workbook(content: bytes, shown: str, sheet: str, header: str, purpose: Purpose, limits: ReadLimits) -> RawTable:
    """The sheets that are meant, joined where several have the same shape."""
    sheets, hidden = sheets_of(content, shown, limits)
    tables: list[SheetTable] = []
    wrong: list[DataError] = []
    for one in sheets:
        try:
            laid = laid_out(one.rows, f"{shown}, sheet '{one.name}'", limits, header, is_text=False)
            tables.append(SheetTable(one.name, laid.cells, laid.notes, len(one.rows)))
        except QuestionError:
            raise
        except DataError as error:
            wrong.append(error)
    if not tables and len(wrong) == 1:
        raise wrong[0]
    if not tables:
        raise DataError(Problem("has no sheet with a header and rows", shown))
    cells, notes = chosen_sheets(tables, [one.name for one in sheets], hidden, shown, sheet, purpose)
    return _finished(cells, shown, notes)


def _finished(frame: pd.DataFrame, shown: str, notes: Sequence[str], domain: str = "") -> RawTable:
    """The table without words for missing values and empty rows, with its SDTM domain if a column names one."""
    frame, missing = without_words(frame)
    frame = frame[(frame != "").any(axis=1)]
    if frame.empty:
        raise DataError(Problem("has a header and no rows", shown))
    if not domain and "DOMAIN" in frame.columns:
        domain = str(frame["DOMAIN"].iloc[0]).upper()
    return RawTable(shown, frame, domain, tuple(note for note in (*notes, missing) if note))
