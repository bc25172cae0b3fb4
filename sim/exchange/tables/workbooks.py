"""Reads a workbook as sheets of cells. Nothing in it is run: formulas are read as the values stored with them.

The sheets are read as streams and counted while they are, because the size that a workbook states need not be true.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sim.errors import Problem
from sim.exchange.findings import DataError
from sim.exchange.limits import ReadLimits
from sim.exchange.tables.foreign import check_zip

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_UNCOMPUTED = re.compile(rb"</f>\s*(<v\s*/>|<v>\s*</v>|</c>)")
_MERGED = re.compile(rb"<mergeCell\s[^>]*ref=\"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})\"")
_EMPTY_ROWS_MOST = 1_048_576  # maximum number of rows of an Excel sheet


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        name: the name on its tab.
        rows: its cells as text; the first is row 1.
    """

    name: str
    rows: list[list[str]]


def sheets_of(content: bytes, shown: str, limits: ReadLimits) -> tuple[list[Sheet], list[str]]:
    """Read the visible sheets that are not empty.

    Args:
        content: bytes of the file.
        shown: its name, for messages.
        limits: maximum sizes; cells are counted over all sheets.

    Returns:
        The sheets, in their order, and the names of hidden ones. A cell merged over several rows stands in each of
        them.

    Raises:
        DataError: it is not a workbook, is damaged or too large, or has formulas without stored values.
    """
    import openpyxl

    check_zip(content, shown, limits.unpacked_bytes)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        if len(book.worksheets) > limits.sheets:
            raise DataError(Problem(f"has more than {limits.sheets} sheets", shown))
        hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        seen: list[Any] = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        found, room = [], limits.cells
        for sheet in seen:
            rows = _rows(sheet, shown, limits, room)
            room -= sum(len(row) for row in rows)
            found.append(Sheet(sheet.title, _filled_down(rows, _marks(content, sheet, shown))))
        book.close()
    except DataError:
        raise
    except Exception as error:  # a damaged workbook fails in many ways
        reason = " ".join(str(error).split())[:120]
        raise DataError(Problem(f"is not an Excel workbook that can be read: {reason}", shown)) from None
    return [sheet for sheet in found if sheet.rows], hidden


def _rows(sheet: Any, shown: str, limits: ReadLimits, room: int) -> list[list[str]]:
    """Rows of text, without the empty ones at the end."""
    sheet.reset_dimensions()  # the size that a file states need not be true
    found: list[list[str]] = []
    n_filled = 0
    last = 0
    for values in sheet.iter_rows(values_only=True):
        row = [cell_text(value) for value in values]
        while row and not row[-1]:
            row.pop()
        room -= len(row)
        n_filled += bool(row)
        found.append(row)
        last = len(found) if row else last
        if n_filled > limits.rows + 1:
            raise DataError(Problem(f"has more than {limits.rows:,} rows, which is the most that is read here", shown))
        if room < 0:
            raise DataError(Problem(f"has more than {limits.cells:,} cells, which is the most read here", shown))
        if len(found) > _EMPTY_ROWS_MOST:
            break
    return found[:last]


def _marks(content: bytes, sheet: ReadOnlyWorksheet, shown: str) -> list[tuple[int, int, int]]:
    """Cells that were merged downwards, as (column, first row, last row), all from 0.

    Raises:
        DataError: a formula was never computed, so that its value is not known.
    """
    path = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(path) if path in archive.namelist() else b""
    if b"</f>" in xml and _UNCOMPUTED.search(xml):
        message = f"sheet '{sheet.title}' has formulas that were never computed; open it in Excel and save it"
        raise DataError(Problem(message, shown))
    return list(_merged(xml)) if b"<mergeCell " in xml else []


def _merged(xml: bytes) -> Iterator[tuple[int, int, int]]:
    for start, first, _, last in _MERGED.findall(xml):
        if int(last) > int(first):
            yield column_number(start.decode()), int(first) - 1, int(last) - 1


def _filled_down(rows: list[list[str]], merged: list[tuple[int, int, int]]) -> list[list[str]]:
    """Repeat the value of a cell that was merged over several rows in each of them."""
    for column, first, last in merged:
        value = rows[first][column] if first < len(rows) and column < len(rows[first]) else ""
        for row in rows[first + 1 : last + 1] if value else ():
            row.extend([""] * (column + 1 - len(row)))
            row[column] = row[column] or value
    return rows


def column_number(letters: str) -> int:
    """Return the index of a column from its letters: `A` is 0, `AA` is 26.

    Args:
        letters: capital letters, as in a reference to a cell.
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def cell_text(value: Any) -> str:
    """Return the value of a cell as text.

    Args:
        value: any value that openpyxl, pandas or JSON gives.

    Returns:
        ISO dates (without the time at midnight), whole numbers without a decimal point; empty for None and NaN.
    """
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").removesuffix("T00:00:00")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
