"""Which row is the header, which rows are the table, and what is said of the others."""

from __future__ import annotations

import pytest

from sim.exchange.findings import DataError
from sim.exchange.limits import ReadLimits
from sim.exchange.tables.layout import Laid, _header, _names_columns, _with_years, header_rows, is_total, laid_out


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([["Randomisations of the trial", "", ""], ["site", "randomised", "date"], ["A", "3", "2024-01-01"]], 2),
        ([["site", "randomised", "date"], ["A", "3", "2024-01-01"]], 1),
        ([["", "", ""], ["site", "randomised", "date"], ["A", "3", "2024-01-01"]], 2),
        ([["", ""], ["", ""]], 1),
        ([["North", "East", "West"], ["site", "randomised", "date"], ["A", "3", "2024-01-01"]], 2),
        ([["alpha", "beta", "gamma"], ["delta", "site", "eta"], ["A", "3", "2024-01-01"]], 1),
        ([["alpha", "beta", ""], ["delta", "epsilon", "eta"], ["A", "3", "2024-01-01"]], 2),
        ([["site", "", ""], ["delta", "", ""], ["A", "3", "2024-01-01"]], 1),
    ],
)
def test_the_header_is_the_row_that_names_columns(rows: list[list[str]], number: int) -> None:
    """Below a title, below empty rows, or the first."""
    assert _header(rows) == number


LIMITS = ReadLimits(columns=6)


def laid(*rows: str, header: str = "", is_text: bool = True) -> Laid:
    """Rows of cells between commas."""
    return laid_out([row.split(",") for row in rows], "t.csv", LIMITS, header, is_text)


@pytest.mark.parametrize(("text", "rows"), [("4", (4, 4)), ("4-5", (4, 5)), (" 4 - 8 ", (4, 8)), ("1", (1, 1))])
def test_the_rows_of_a_header_as_typed(text: str, rows: tuple[int, int]) -> None:
    assert header_rows(text) == rows


@pytest.mark.parametrize("text", ["0", "4-3", "4-9", "x", "", "4-", "-4", "4,5"])
def test_what_is_no_row_of_a_header_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="write the row of the header"):
        header_rows(text)


def test_a_row_beyond_the_end_is_no_header() -> None:
    assert laid("site,date", "A,2024-01-01", header="1").cells.shape == (1, 2)
    with pytest.raises(DataError, match="has 2 rows, and no row 3"):
        laid("site,date", "A,2024-01-01", header="3")
    with pytest.raises(DataError, match="has a header and no rows"):
        laid("site,date", "A,2024-01-01", header="2")


def test_rows_keep_their_numbers_and_what_is_above_is_said() -> None:
    found = laid("Report,", "Of May,", "a,b", "c,d", "", "site,randomised", "A,3", ",", "B,4", header="6")
    assert found.cells.index.tolist() == [7, 9]
    assert found.notes == ("the header is in row 6; not read above it: 'Report', 'Of May', 'a b' and 1 more",)


def test_totals_repeated_headers_and_footnotes_are_left_out_and_counted() -> None:
    found = laid("site,n", "A,3", "site,n", "B,4", "Total,7", "", "* of May,")
    assert found.cells["site"].tolist() == ["A", "B"]
    assert found.notes == (
        "a row (row 3) repeats the header and is left out", "a row (row 7) is a footnote and is left out",
        "a row (row 5) is a total and is left out",
    )  # fmt: skip


def test_of_several_rows_that_are_left_out_all_are_named() -> None:
    found = laid(
        "site,n", "A,3", "site,n", "B,4", "site,n", "C,1", "Total,8", "Sub-total,8", "", "* of May,", "* of June,"
    )
    assert found.cells["site"].tolist() == ["A", "B", "C"]
    assert found.notes == (
        "2 rows (rows 3, 5) repeat the header and are left out",
        "2 rows (rows 10, 11) are footnotes and are left out",
        "2 rows (rows 7, 8) are totals and are left out",
    )


def test_a_table_of_one_column_has_no_footnotes() -> None:
    assert laid("site", "A", "", "* of May").cells["site"].tolist() == ["A", "* of May"]
    assert laid("site,n", "A,3", "", "7,").cells["site"].tolist() == ["A", "7"], "a value is no footnote"


def test_where_half_of_the_rows_are_totals_they_are_something_else() -> None:
    assert len(laid("site,n", "Total,3", "Overall,4", "A,1").cells) == 3
    assert len(laid("site,n", "Total,3", "Overall,4", "A,1", "B,2").cells) == 2


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("Total", True), ("Grand total", True), ("All sites", True), ("Totals of site A", False), ("Somme", False),
     ("Sum", True), ("sub-total", True), ("Total site", False)],
)  # fmt: skip
def test_words_for_a_sum(text: str, is_one: bool) -> None:
    assert is_total(text) is is_one


def test_names_are_told_apart_and_columns_without_one_are_numbered() -> None:
    found = laid("site,n,n,,", "A,1,2,3,", "B,4,5,6,")
    assert found.cells.columns.tolist() == ["site", "n", "n (2)", "column 4"]


def test_a_column_of_row_numbers_without_a_header_is_named() -> None:
    found = laid("site,n", "1,A,3", "2,B,4")
    assert found.cells.columns.tolist() == ["row", "site", "n"]
    assert found.cells["site"].tolist() == ["A", "B"]


def test_a_cell_too_many_shifts_the_others_and_is_refused() -> None:
    """In text; in a workbook, or where most rows have it, it is a column without a header."""
    with pytest.raises(DataError, match=r"more cells in some rows \(row 3\)"):
        laid("site,n", "A,3", "B,4,5", "C,4")
    assert laid("site,n", "A,3", "B,4,5", "C,4", is_text=False).cells.columns.tolist() == ["site", "n", "column 3"]
    assert laid("site,n", "A,3,1", "B,4,5", "C,4").cells.columns.tolist() == ["site", "n", "column 3"]


def test_no_more_columns_than_are_read() -> None:
    assert laid("a,b,c,d,e,f", "1,2,3,4,5,6").cells.shape == (1, 6)
    with pytest.raises(DataError, match="more than 6 columns"):
        laid("a,b,c,d,e,f,g", "1,2,3,4,5,6,7")


def test_years_above_months_are_part_of_the_header() -> None:
    found = laid("Site,2023,,2024,", "Name,Nov,Dec,Jan,Feb", "A,1,2,3,4", header="1-2")
    assert found.cells.columns.tolist() == ["Site Name", "2023 Nov", "2023 Dec", "2024 Jan", "2024 Feb"]
    assert _with_years([["", "2023", "2023"], ["Site", "Nov", "Dec"]], 2) == (1, 2)
    assert _with_years([["", "2023", ""], ["site_id", "Nov", "n_in"]], 2) == (2, 2), "one month is a name"
    assert _with_years([["", "of", "us"], ["Site", "Nov", "Dec"]], 2) == (2, 2)


def test_footnotes_of_several_lines_begin_after_an_empty_row() -> None:
    found = laid("site,n", "A,3", "B,4", "", "Counted by hand,", "and again by eye,")
    assert found.cells["site"].tolist() == ["A", "B"]
    assert laid("site,n", "A,3", "B,4", "C,").cells["site"].tolist() == ["A", "B", "C"], "a row with an empty cell"


def test_one_cell_in_five_of_a_header_may_be_a_value() -> None:
    assert _names_columns(["Site", "Randomised", "Screened", "Status", "2024"])
    assert not _names_columns(["Site", "Randomised", "Screened", "2023", "2024"])


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ([], ()),
        (["", ""], ()),
        (["one"], ("'one'",)),
        (["one", "two,2", "three"], ("'one', 'two 2', 'three'",)),
        (["one", "", "two", "three", "four"], ("'one', 'two', 'three' and 1 more",)),
        (["one", "two", "three", "four", "x" * 70], ("'one', 'two', 'three' and 2 more",)),
        (["x" * 70], (f"'{'x' * 60}'",)),
    ],
)
def test_what_stands_above_the_header_is_told(above: list[str], said: tuple[str, ...]) -> None:
    found = laid(*above, "site,randomised,date", "A,3,2024-01-01")
    begin = f"the header is in row {len(above) + 1}; not read above it: "
    assert found.notes == tuple(f"{begin}{text}" for text in said)
    assert found.cells.index.tolist() == [len(above) + 2]


def test_names_below_a_wide_cell_belong_to_the_header() -> None:
    rows = ("Subject,Site,Dates,,Outcome", ",,Screening,Randomisation,Status", "1,A,2024-01-02,2024-01-05,Active")
    found = laid(*rows, "2,B,2024-02-02,,SF")
    assert list(found.cells) == ["Subject", "Site", "Dates Screening", "Dates Randomisation", "Outcome Status"]
    assert found.cells.index.tolist() == [3, 4]
    assert found.notes == ("the header is in rows 1 and 2",)


@pytest.mark.parametrize(
    "second",
    [
        ",,2024-01-01,2024-01-04,Active",  # a value
        ",,,late,Active",  # the status occurs again
        "0,X,Screening,Randomisation,Status",  # beside no name of the first row
        ",,,late,",  # a single word
    ],
)
def test_a_person_with_empty_cells_is_not_the_header(second: str) -> None:
    found = laid("Subject,Site,Screened,,Status", second, "1,A,2024-01-02,2024-01-05,Active", "2,B,2024-02-02,,SF")
    assert found.cells.index.tolist() == [2, 3, 4]
