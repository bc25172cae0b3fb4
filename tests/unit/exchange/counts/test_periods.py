"""Periods of counts, however they are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.exchange.counts.periods import Periods, _of_dates, periods_of
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
