"""Periods of counts, however they are written."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest

from sim.exchange.counts.periods import Periods, _check_has_years, _of_dates, periods_of, with_calendar
from sim.exchange.findings import DataError
from sim.exchange.tables.raw import RawTable


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def read(column: str, *texts: str) -> Periods:
    cells = pd.DataFrame({column: list(texts)}, index=range(2, 2 + len(texts)))
    return periods_of(RawTable("x.csv", cells), column, None)


def lengths(periods: Periods) -> list[int]:
    return (periods.end - periods.start).astype(int).tolist()


@pytest.mark.parametrize(
    ("column", "texts", "found"),
    [
        ("date", ["2024-01-01", "2024-02-01", "2024-03-01"], [31, 29, 31]),
        ("date", ["2024-01-31", "2024-02-29", "2024-03-31"], [31, 29, 31]),
        ("month", ["2024-01-01", "2024-02-01"], [31, 29]),
        ("date", ["2024-01-01", "2024-02-01"], [1, 1]),
        ("date", ["2024-01-01", "2024-01-08", "2024-01-22"], [7, 7, 7]),
        ("date", ["2024-01-01", "2024-01-02", "2024-01-03"], [1, 1, 1]),
        ("week", ["2024-01-01"], [7]),
        ("date", ["2024-01-01"], [1]),
        ("week", ["2024-01-01", "2024-01-02", "2024-01-03"], [1, 1, 1]),
    ],
)
def test_one_day_a_period_says_how_long_it_is(column: str, texts: list[str], found: list[int]) -> None:
    """Firsts or lasts of months, with a step of a week, or day by day; two dates alone are no months."""
    assert lengths(_of_dates(days(*texts), column)) == found


def test_a_year_of_two_figures_is_asked_about_where_it_may_be_a_day() -> None:
    """Three apart it may be a day of the month; two apart it is a trial of two years."""
    with pytest.raises(DataError, match="four figures"):
        read("month", "1/10", "1/13")
    assert lengths(read("month", "12/10", "1/12")) == [31, 31]
    with pytest.raises(DataError, match="four figures"):
        read("month", "1/10", "1/13", "2010-03", "")
    assert lengths(read("month", "1/24", "2/40")) == [31, 29]


@pytest.mark.parametrize(
    ("column", "texts", "unit", "start", "end"),
    [
        ("Period", ["2024-01-01 to 2024-01-14", ""], "week", "2024-01-01", "2024-01-15"),
        ("Period", ["2024-01-01 - 2024-01-28"], "month", "2024-01-01", "2024-01-29"),
        ("Period", ["2024-01-01 to 2024-01-27"], "week", "2024-01-01", "2024-01-28"),
        ("Period", ["2024-01-01..2024-01-01"], "day", "2024-01-01", "2024-01-02"),
        ("Quarter", ["2024-Q2", "2024-Q3"], "quarter", "2024-04-01", "2024-07-01"),
        ("Month", ["Feb-24", "Mar-24"], "month", "2024-02-01", "2024-03-01"),
        ("Week", ["2024-W01"], "week", "2024-01-01", "2024-01-08"),
        ("Week", ["2024-W53", "2024-W52"], "", "", ""),
        ("Year", ["2023", "2024"], "year", "2023-01-01", "2024-01-01"),
        ("Month", ["1/1/2024", "2/1/2024"], "month", "2024-01-01", "2024-02-01"),
        ("Month", ["1/1/2024", "1/2/2024"], "month", "2024-01-01", "2024-02-01"),
        ("Week ending", ["2024-01-07", "2024-01-14", "2024-01-21"], "week", "2024-01-01", "2024-01-08"),
        ("Month ending", ["2024-01-14", "2024-02-14", "2024-03-14"], "month", "2023-12-15", "2024-01-15"),
        ("Date", ["2024-01-14", "2024-02-14", "2024-03-14"], "month", "2024-01-14", "2024-02-14"),
        ("Date", ["2024-01-01", "2024-01-15", "2024-01-29"], "week", "2024-01-01", "2024-01-15"),
        ("Date", ["2024-01-01", "2024-01-11", "2024-01-21"], "day", "2024-01-01", "2024-01-02"),
    ],
)
def test_a_period_is_from_its_first_day_to_the_day_after_its_last(
    column: str, texts: list[str], unit: str, start: str, end: str
) -> None:
    if not unit:
        with pytest.raises(DataError):
            read(column, *texts)
        return
    found = read(column, *texts)
    assert (found.unit, str(found.start[0]), str(found.end[0])) == (unit, start, end)
    assert found.has_calendar
    assert found.days[0] == (np.datetime64(end) - np.datetime64(start)).astype(int)


def test_months_may_be_counted_from_the_start() -> None:
    """From 0 or from 1; twelve and then one are months of a calendar, which need their year."""
    for texts in (["0", "1", "2"], ["1", "2", "3"]):
        found = read("Month", *texts)
        assert not found.has_calendar
        assert lengths(found) == [31, 28, 31]
    assert str(read("Month", "0").start[0]) == str(read("Month", "1").start[0])
    assert len(read("Month", "1", "600").start) == 2
    for texts, said in (
        (["1", "601"], "must be 0 to 600"),
        (["11", "12", "1"], r"months of a calendar without a year \(row 4\)"),
        (["1", "", "3"], r"no month \(row 3\)"),
    ):
        with pytest.raises(DataError, match=said):
            read("Month", *texts)
    assert len(read("Month", "12", "1", "13").start) == 3


@pytest.mark.parametrize(
    ("column", "texts", "said"),
    [
        ("Month", ["Jan", "Feb"], "months without a year; .*, as Jan 2024"),
        ("Quarter", ["Q1", "2023-Q2"], "quarters without a year"),
        ("Week", ["5", "6"], "weeks without a year; .*, as 2024-W05"),
        ("FY quarter", ["Q1 2024"], "periods of a fiscal year"),
        ("Quarter", ["FY24 Q1"], "periods of a fiscal year"),
        ("Date", ["2024-01", "2024-02-03"], r"some rows say a month, others a day \(row 2\)"),
        ("Period", ["2024-01-05 to 2024-01-04"], r"ends before it begins \(row 2\)"),
    ],
)
def test_what_is_no_period_is_refused(column: str, texts: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(column, *texts)


@pytest.mark.parametrize(
    ("columns", "name", "cells"),
    [
        ({"Year": ["2023", "2024"], "Month": ["12", "1"]}, "Year and Month", ["2023-12", "2024-01"]),
        ({"Year": ["2023", ""], "Month": ["Nov", "Dec"]}, "Year and Month", ["2023-11", "2023-12"]),
        ({"Yr": ["23", "24"], "Qtr": ["Q4", "1"]}, "Yr and Qtr", ["2023-Q4", "2024-Q1"]),
        ({"Year": ["2023", "2024"], "Week": ["W52", "5"]}, "Year and Week", ["2023-W52", "2024-W05"]),
        ({"Year": ["2023", "2024"], "Month": ["13", "14"]}, "", []),
        ({"Year": ["2023", "2024"], "Quarter": ["5", "6"]}, "", []),
        ({"Year": ["2023", "soon"], "Month": ["1", "2"]}, "", []),
        ({"Month": ["1", "2"]}, "", []),
    ],
)
def test_a_year_beside_a_month_is_joined_with_it(columns: dict[str, list[str]], name: str, cells: list[str]) -> None:
    table, found = with_calendar(RawTable("x.csv", pd.DataFrame(columns, index=[2, 3])))
    assert (found != "") is bool(name)
    assert table.cells.iloc[:, 0].tolist() == (cells or next(iter(columns.values())))


def test_a_part_of_a_year_that_is_none_is_refused_with_its_row() -> None:
    cells = pd.DataFrame({"Year": ["2023"] * 3, "Month": ["1", "2", "13"]}, index=[2, 3, 4])
    with pytest.raises(DataError, match=r"not a month of a year \(row 4\)"):
        with_calendar(RawTable("x.csv", cells))


@pytest.mark.parametrize(
    ("column", "texts", "refused"),
    [
        ("Month", ["Jan", "Feb 2024", "Mar 2024"], False),
        ("Month", ["Jan", "Feb 2024"], True),
        ("Month", ["Jan", "Feb 2024", "", ""], True),
        ("Week", ["5", "2024-W06", "2024-W07"], False),
        ("Week", ["5", "6", "2024-W07"], True),
        ("Month", ["Jan 2024"], False),
        ("Month", ["", ""], False),
    ],
)
def test_years_are_missing_where_half_of_the_periods_have_none(column: str, texts: list[str], refused: bool) -> None:
    """One row without is told with its row, as what cannot be read."""
    cells = pd.Series(texts, index=range(2, 2 + len(texts)), dtype=object)
    table = RawTable("x.csv", cells.to_frame(column))
    with pytest.raises(DataError, match="s without a year") if refused else nullcontext():
        _check_has_years(table, column, cells)
