"""The tables of an answer as an Excel workbook: a sheet with the answer in words, and one for each table.

For planners who go on calculating in a spreadsheet. Figures are left out; their tables have the same numbers.
"""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from sim.analysis.spreadsheets import excel_text
from sim.analysis.zipped import without_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from sim.report.exhibits import Table
    from sim.report.plain_page import PlainPage

_LONGEST_SHEET_NAME = 31
_WIDEST, _NARROWEST = 60, 10
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


def workbook(page: PlainPage) -> bytes:
    """An answer as a workbook. A cell that is only a number or a date becomes one; a number with its error stays text.

    Text never becomes a formula, even if it begins with `=`. Dates of creation are fixed.

    Args:
        page: the answer.

    Returns:
        The bytes of an `.xlsx` file, equal for equal answers.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Answer"
    _append(sheet, [page.headline])
    sheet["A1"].font = Font(bold=True, size=14)
    for text in _words(page):
        _append(sheet, [text])
    sheet.column_dimensions["A"].width = 2 * _WIDEST
    taken = {"answer"}
    for title, table in _tables(page):
        _fill(book.create_sheet(_sheet_name(title, taken)), title, table)
    book.properties.creator = "trialclock"
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    target = io.BytesIO()
    book.save(target)
    return without_times(target.getvalue())


def _words(page: PlainPage) -> Iterator[str]:
    yield from (page.eyebrow, page.question, *page.warnings)
    for card in page.cards:
        yield " ".join(text for text in (f"{card.name}: {card.value}", card.error, *card.lines) if text)
    yield from (*page.lines, page.reading, page.footer, page.command)


def _tables(page: PlainPage) -> Iterator[tuple[str, Table]]:
    """Each table with its title: of the figure that it stands behind, or its own."""
    for table in page.tables:
        yield table.caption, table
    for exhibit in (*page.first, *(found for section in page.sections for found in section.exhibits)):
        if exhibit.table is not None:
            yield exhibit.title, exhibit.table


def _sheet_name(title: str, taken: set[str]) -> str:
    name = _NOT_IN_NAMES.sub(" ", title)[:_LONGEST_SHEET_NAME].strip() or "Table"
    number = 2
    while name.lower() in taken:
        ending = f" {number}"
        name, number = f"{name[: _LONGEST_SHEET_NAME - len(ending)].rstrip()}{ending}", number + 1
    taken.add(name.lower())
    return name


def _fill(sheet: Worksheet, title: str, table: Table) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    _append(sheet, [title])
    sheet["A1"].font = Font(bold=True)
    if table.caption and table.caption != title:
        _append(sheet, [table.caption])
    _append(sheet, table.columns)
    head = sheet.max_row
    for name in sheet[head]:
        name.font = Font(bold=True)
    for row in table.rows:
        _append(sheet, [_value(text) for text in row])
    for number, column in enumerate(table.columns, start=1):
        longest = max([len(column), *(len(cells[number - 1]) for cells in table.rows)])
        sheet.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, _NARROWEST), _WIDEST)
    sheet.freeze_panes = f"B{head + 1}"


def _append(sheet: Worksheet, values: Sequence[str | float | int | date]) -> None:
    sheet.append([excel_text(value) if isinstance(value, str) else value for value in values])
    for written in sheet[sheet.max_row]:
        if isinstance(written.value, str):
            written.data_type = "s"  # never a formula


def _value(text: str) -> str | float | int | date:
    plain = text.replace(",", "")
    if _NUMBER.fullmatch(plain):
        return float(plain) if "." in plain else int(plain)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
