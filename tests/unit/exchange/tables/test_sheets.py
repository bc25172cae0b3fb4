"""Which sheets of a workbook are meant, and what is asked where several could be."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.tables.sheets import DATA, SITES, Purpose, SheetTable, chosen_sheets

LOG = ("Subject", "Site", "Randomisation date")
SCREENED = ("Subject", "Site", "Screening date")
COUNTS = ("Month", "Enrolled")
OPENED = ("Site", "Activated")
OTHER = ("Column", "Meaning")


def sheet(name: str, columns: tuple[str, ...], n: int = 2) -> SheetTable:
    cells = pd.DataFrame([["x"] * len(columns)] * n, columns=list(columns), index=range(2, 2 + n), dtype=object)
    return SheetTable(name, cells, (), n + 1)


def chosen(*sheets: SheetTable, said: str = "", purpose: Purpose = DATA) -> tuple[pd.DataFrame, tuple[str, ...]]:
    return chosen_sheets(sheets, [one.name for one in sheets], (), "t.xlsx", said, purpose)


@pytest.mark.parametrize(
    ("sheets", "offered"),
    [
        ((sheet("A", LOG), sheet("B", COUNTS), sheet("C", OTHER)), ("A", "B")),
        ((sheet("A", LOG), sheet("B", SCREENED), sheet("C", OTHER)), ("A", "B")),
        ((sheet("A", OTHER), sheet("B", ("Name", "Phone"))), ("A", "B")),
        ((sheet("A", LOG), sheet("B", LOG), sheet("C", COUNTS)), ("A,B", "C")),
    ],
)
def test_only_sheets_that_could_be_the_data_are_offered(
    sheets: tuple[SheetTable, ...], offered: tuple[str, ...]
) -> None:
    with pytest.raises(QuestionError) as raised:
        chosen(*sheets)
    assert tuple(choice for choice, _ in raised.value.questions[0].choices) == offered


def test_one_sheet_that_fits_is_read_and_the_others_are_named() -> None:
    cells, notes = chosen(sheet("A", OTHER), sheet("B", LOG), sheet("C", OPENED))
    assert (tuple(cells.columns), notes) == (LOG, ("of the workbook only 'B' is read, not 'A', 'C'",))
    cells, _ = chosen(sheet("A", OTHER), sheet("B", LOG), sheet("C", OPENED), purpose=SITES)
    assert tuple(cells.columns) == OPENED
    with pytest.raises(DataError, match="several sheets could be the table of sites"):
        chosen(sheet("A", OPENED), sheet("B", ("Site", "Planned activation")), purpose=SITES)


def test_sheets_of_one_shape_are_one_table_without_their_total() -> None:
    cells, notes = chosen(sheet("A", COUNTS), sheet("B", COUNTS, 3), sheet("Total", COUNTS))
    assert cells["Sheet"].tolist() == ["A"] * 2 + ["B"] * 3
    assert cells.index.tolist() == [2, 3, 5, 6, 7]
    assert notes[0] == "2 sheets of one shape are one table, their rows counted through: 1 to 3 are 'A', 4 to 7 are 'B'"
    assert notes[1] == "no column names the sites; if each sheet is one, say --columns site=Sheet"
    named = (*COUNTS, "Site")
    assert len(chosen(sheet("A", named), sheet("B", named))[1]) == 1
    assert len(chosen(sheet("A", COUNTS), sheet("Total", COUNTS), said="Total")[0]) == 2
    assert len(chosen(sheet("A", COUNTS), sheet("Total", COUNTS), said="all")[0]) == 4


def test_which_sheets_are_one_table_is_told_before_what_there_is_to_say_of_each() -> None:
    named = (*COUNTS, "Site")
    first, second = (replace(sheet(name, named), notes=(f"{name} has a title",)) for name in "AB")
    ranges = "their rows counted through: 1 to 3 are 'A', 4 to 6 are 'B'"
    assert chosen(first, second)[1] == (
        f"2 sheets of one shape are one table, {ranges}",
        "sheet 'A': A has a title",
        "sheet 'B': B has a title",
    )
    assert chosen(first)[1] == ("A has a title",)
