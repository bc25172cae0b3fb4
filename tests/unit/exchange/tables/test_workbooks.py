"""Columns of a sheet by their letters, merged cells, and the text of each kind of cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from sim.exchange.findings import DataError
from sim.exchange.limits import ON_DISK
from sim.exchange.tables.workbooks import _filled_down, _merged, cell_text, column_number, sheets_of


@pytest.mark.parametrize(("letters", "number"), [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("AAA", 702)])
def test_letters_count_from_a(letters: str, number: int) -> None:
    assert column_number(letters) == number


def test_cells_merged_downwards_have_their_value_in_each_row() -> None:
    """Not those merged sideways; a row that ends before the column is made longer, and what stands in it stays."""
    xml = b'<mergeCell ref="B2:B4"/><mergeCell ref="A1:C1"/><mergeCell ref="C3:C9"/>'
    assert list(_merged(xml)) == [(1, 1, 3), (2, 2, 8)]
    rows = [["a", "b"], ["1", "x"], ["2"], ["3", "own", "y"], ["4", ""]]
    filled = [["a", "b"], ["1", "x"], ["2", "x"], ["3", "own", "y"], ["4", ""]]
    assert _filled_down(rows, [(1, 1, 3), (2, 2, 8), (5, 0, 1), (0, 9, 12)]) == filled
    assert _filled_down([["x"], []], [(0, 0, 1)]) == [["x"], ["x"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (float("nan"), ""), ("x ", "x "), (3, "3"), (3.0, "3"), (3.5, "3.5"), (True, "True"),
        (1e15, "1000000000000000.0"), (999999999999999.0, "999999999999999"), (datetime(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, 3, 4), "2024-01-02T03:04:00"), (date(2024, 1, 2), "2024-01-02"),
        (time(9, 30), "09:30:00"), (timedelta(days=1), "1 day, 0:00:00"),
    ],
)  # fmt: skip
def test_a_cell_is_the_text_that_a_person_sees(value: Any, text: str) -> None:
    assert cell_text(value) == text


def book(*rows: tuple[Any, ...]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    saved = BytesIO()
    made.save(saved)
    return saved.getvalue()


def test_a_sheet_may_have_a_header_and_as_many_rows_as_the_limit_says() -> None:
    three = book(("a", "b"), (1, None), (), (2, 3))
    (sheet,), hidden = sheets_of(three, "t.xlsx", replace(ON_DISK, rows=2, cells=5))
    assert (sheet.rows, hidden) == ([["a", "b"], ["1"], [], ["2", "3"]], [])
    with pytest.raises(DataError, match="has more than 1 rows"):
        sheets_of(three, "t.xlsx", replace(ON_DISK, rows=1))
    with pytest.raises(DataError, match="has more than 4 cells"):
        sheets_of(three, "t.xlsx", replace(ON_DISK, cells=4))
    with pytest.raises(DataError, match="has more than 0 sheets"):
        sheets_of(three, "t.xlsx", replace(ON_DISK, sheets=0))
    with pytest.raises(DataError, match="is not an Excel workbook that can be read"):
        sheets_of(b"PK", "t.xlsx", ON_DISK)
    with pytest.raises(DataError, match="unpacks to more than"):
        sheets_of(three, "t.xlsx", replace(ON_DISK, unpacked_bytes=1_000))


def test_a_formula_that_was_never_computed_is_refused_and_hidden_sheets_are_told() -> None:
    with pytest.raises(DataError, match="sheet 'Sheet' has formulas that were never computed; open it in Excel"):
        sheets_of(book(("n",), ("=1+1",)), "t.xlsx", ON_DISK)
    made = openpyxl.Workbook()
    made.active.append(("n",))
    made.create_sheet("empty")
    hidden = made.create_sheet("old")
    hidden.append(("=1+1",))
    hidden.sheet_state = "hidden"
    saved = BytesIO()
    made.save(saved)
    sheets, titles = sheets_of(saved.getvalue(), "t.xlsx", ON_DISK)
    assert ([(sheet.name, sheet.rows) for sheet in sheets], titles) == ([("Sheet", [["n"]])], ["old"])
