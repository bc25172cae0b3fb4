"""A data file as a table of text, whatever it was saved as: CSV, Excel, or CDISC Dataset-JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import Problem
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.limits import ON_DISK, ReadLimits
from sim.exchange.tables.foreign import READ_HERE, check_start, check_text, what_json_is
from sim.exchange.tables.layout import laid_out
from sim.exchange.tables.missing import without_words
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.sheets import DATA, Purpose, SheetTable, chosen_sheets
from sim.exchange.tables.sources import bytes_of, check_size
from sim.exchange.tables.text_files import decoded, rows_of
from sim.exchange.tables.workbooks import cell_text, sheets_of

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
        path: a CSV (comma, semicolon, tab or bar), an Excel workbook, or Dataset-JSON 1.0 or 1.1.
        sheet: which sheets of a workbook, where a person said so.
        header: which rows are the header, where a person said so.
        purpose: what the table is for, which tells sheets apart.
        limits: how large it may be.

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
    """A table from the bytes of a file. Arguments and errors as for `read_table`.

    Args:
        content: what is in the file.
        shown: its name, for messages; Excel is told by its first bytes, Dataset-JSON by its ending or first letter.
        sheet: which sheets of a workbook.
        header: which rows are the header.
        purpose: what the table is for.
        limits: how large it may be.
    """
    check_size(len(content), shown, limits)
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise DataError(Problem("is empty; expected a header and at least one row", shown))
    if content.startswith(_ZIPPED) or shown.lower().endswith(_EXCEL):
        return _workbook(content, shown, sheet, header, purpose, limits)
    check_start(content, shown)
    text, encoding = decoded(content, shown)
    if shown.lower().endswith(".json") or text.lstrip()[:1] in ("{", "["):
        return _dataset_json(text, shown, limits)
    check_text(text, shown)
    laid = laid_out(rows_of(text, shown, limits), shown, limits, header)
    return _finished(laid.cells, shown, (encoding, *laid.notes))


def _workbook(content: bytes, shown: str, sheet: str, header: str, purpose: Purpose, limits: ReadLimits) -> RawTable:
    """The sheets that are meant, joined where they are several of one shape."""
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


def _dataset_json(text: str, shown: str, limits: ReadLimits) -> RawTable:
    """CDISC Dataset-JSON, 1.1 (`columns`, `rows`) or 1.0 (`clinicalData.itemGroupData`)."""
    data: Any = None
    try:
        check_size(len(text), f"{shown}.json", limits)
        data = json.loads(text)
        if "itemGroupData" in data.get("clinicalData", {}):
            group = next(iter(data["clinicalData"]["itemGroupData"].values()))
            columns, rows, domain = group["items"], group["itemData"], group["name"]
        else:
            columns, rows, domain = data["columns"], data["rows"], data.get("name", "")
        names = [str(column["name"]).strip() for column in columns]
        _check_json_size(names, rows, shown, limits)
        frame = pd.DataFrame(
            [[cell_text(value) for value in row] for row in rows], columns=pd.Index(names), dtype=object
        )
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        what = what_json_is(data)
        if what:
            raise DataError(Problem(f"is {what}", shown)) from None
        message = (
            "is not CDISC Dataset-JSON: expected 'columns' and 'rows' (1.1) or 'clinicalData' (1.0); "
            f"what is read here is {READ_HERE}"
        )
        raise DataError(Problem(message, shown)) from None
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    return _finished(frame, shown, (), str(domain).upper())


def _check_json_size(names: list[str], rows: Sequence[Any], shown: str, limits: ReadLimits) -> None:
    sizes = (("rows", len(rows), limits.rows), ("columns", len(names), limits.columns))
    for what, n, most in sizes:
        if n > most:
            message = f"has more than {most:,} {what}, which is the most that is read here"
            raise DataError(Problem(message, shown, value=f"{n:,}"))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(Problem(f"has two columns of the same name: {', '.join(twice)}", shown))


def _finished(frame: pd.DataFrame, shown: str, notes: Sequence[str], domain: str = "") -> RawTable:
    frame, missing = without_words(frame)
    frame = frame[(frame != "").any(axis=1)]
    if frame.empty:
        raise DataError(Problem("has a header and no rows", shown))
    if not domain and "DOMAIN" in frame.columns:
        domain = str(frame["DOMAIN"].iloc[0]).upper()
    return RawTable(shown, frame, domain, tuple(note for note in (*notes, missing) if note))
