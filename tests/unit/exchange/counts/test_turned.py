"""Tables of counts whose periods are headers, or whose counts are rows: what each becomes."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.counts.shapes import looks_like_counts, shaped
from sim.exchange.findings import DataError
from sim.exchange.tables.raw import RawTable


def table(text: str) -> RawTable:
    header, *rows = (line.split(",") for line in text.splitlines())
    return RawTable("t.csv", pd.DataFrame(rows, columns=header, index=range(2, 2 + len(rows)), dtype=object))


def rows_of(text: str) -> tuple[list[str], list[list[str]]]:
    cells = shaped(table(text)).table.cells
    return list(cells.columns), sorted(cells.to_numpy().tolist())


MONTHS = "Jan-24,Feb-24"


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        (f"Site,{MONTHS}\nA,1,2\nB,3,", ["period", "randomised", "site"],
         [["Feb-24", "", "B"], ["Feb-24", "2", "A"], ["Jan-24", "1", "A"], ["Jan-24", "3", "B"]]),
        (f"Where,{MONTHS}\nA,1,2\nB,3,4", ["period", "randomised", "site"],
         [["Feb-24", "2", "A"], ["Feb-24", "4", "B"], ["Jan-24", "1", "A"], ["Jan-24", "3", "B"]]),
        (f"Country,{MONTHS}\nFR,1,2\nDE,3,4", ["period", "randomised"], [["Feb-24", "6"], ["Jan-24", "4"]]),
        (f"Where,{MONTHS}\nall,1,2", ["period", "randomised"], [["Feb-24", "2"], ["Jan-24", "1"]]),
        (f"{MONTHS}\n1,2", ["period", "randomised"], [["Feb-24", "2"], ["Jan-24", "1"]]),
        (f"What,{MONTHS}\nScreened,5,6\nRandomised,1,2", ["period", "Screened", "Randomised"],
         [["Feb-24", "6", "2"], ["Jan-24", "5", "1"]]),
        ("Year,Jan,Feb\n2023,1,2\n2024,3,4", ["period", "randomised"],
         [["Feb 2023", "2"], ["Feb 2024", "4"], ["Jan 2023", "1"], ["Jan 2024", "3"]]),
        ("Month,2023,2024\nJan,1,2\nFeb,3,4", ["period", "randomised"],
         [["Feb 2023", "3"], ["Feb 2024", "4"], ["Jan 2023", "1"], ["Jan 2024", "2"]]),
        ("Site,Year,Jan,Feb,Comment\nA,2023,1,2,x", ["Site", "period", "randomised"],
         [["A", "Feb 2023", "2"], ["A", "Jan 2023", "1"]]),
    ],
)  # fmt: skip
def test_periods_in_headers_become_rows(text: str, columns: list[str], rows: list[list[str]]) -> None:
    """The first other column of several rows is the site; countries are added up; a name of one row says nothing."""
    assert looks_like_counts(table(text), {})
    assert rows_of(text) == (columns, rows)


def test_counts_named_in_a_column_become_columns_summed_over_all_but_sites() -> None:
    head = "Month,Site,Sex,Measure,Value\n"
    text = (
        head + "2024-01,A,f,Randomised,1\n2024-01,A,m,Randomised,2\n2024-01,A,m,Screened,7\n2024-02,B,m,Randomised,\n"
    )
    assert rows_of(text) == (
        ["Month", "Site", "Randomised", "Screened"],
        [["2024-01", "A", "3", "7"], ["2024-02", "B", "", ""]],
    )
    with pytest.raises(DataError, match=r"'Value' is not a number \(row 3\)"):
        shaped(table(text.replace("m,Randomised,2", "m,Randomised,two")))
    with pytest.raises(DataError, match="no column is the date of the period"):
        shaped(table(text.replace("Month", "Shade")))


def test_totals_that_fall_within_a_breakdown_are_no_running_totals() -> None:
    head = "Month,Country,Measure,Value\n"
    up = head + "2024-01,DE,Randomised,5\n2024-01,FR,Randomised,1\n2024-02,DE,Randomised,6\n2024-02,FR,Randomised,1\n"
    assert not shaped(table(up)).falls
    assert shaped(table(up.replace("DE,Randomised,6", "DE,Randomised,4"))).falls


def test_rows_of_a_plan_are_left_out_where_each_row_says_what_it_is() -> None:
    text = "Month,Kind,Enrolled\n2024-01,actual,3\n2024-02,actual,4\n2024-03,planned,9\n"
    assert shaped(table(text)).table.cells["Enrolled"].tolist() == ["3", "4"]
    assert len(shaped(table(text.replace("planned", "unclear"))).table.cells) == 3
    assert len(shaped(table(text.replace("planned", "actual"))).table.cells) == 3


def test_a_table_without_its_header_is_refused() -> None:
    with pytest.raises(DataError, match="has no header"):
        shaped(table("2024-01-01,2024-01-02\n2024-01-05,2024-01-09"))
    with pytest.raises(DataError, match="no row counts those randomised"):
        shaped(table(f"Measure,{MONTHS}\nScreened,5,6\nLeft,1,2"))
