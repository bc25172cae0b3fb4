"""Which headers are periods."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.counts.shapes import (
    _are_counts,
    _calendar_headers,
    _counted_people,
    _period_headers,
    looks_like_counts,
)
from sim.exchange.tables.raw import RawTable


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (["site", "Jan-24", "Feb-24"], ["Jan-24", "Feb-24"]),
        (["site", "2024-01-01", "2024-02-01"], ["2024-01-01", "2024-02-01"]),
        (["site", "2024-01-01", "2024/02/01"], []),
        (["site", "Jan-24", "total"], []),
    ],
)
def test_at_least_two_headers_are_periods(headers: list[str], found: list[str]) -> None:
    table = RawTable("x.csv", pd.DataFrame([["1"] * len(headers)], columns=headers))
    assert _period_headers(table) == found


@pytest.mark.parametrize(
    ("cells", "are"),
    [
        (["3", "4", ""], True),
        (["3", "4", "x"], True),  # two of three are numbers
        (["3", "x"], False),
        (["", ""], False),
        (["30000", "60000"], False),  # days, as Excel numbers them
        (["30000", "60001"], True),
        (["20240101", "20240201"], False),
        (["20240101", "3"], True),
    ],
)
def test_counts_are_numbers_that_are_no_days(cells: list[str], are: bool) -> None:
    assert _are_counts(pd.Series(cells, dtype=object)) is are


def test_a_number_of_people_counts_and_their_number_names() -> None:
    cells = {"Patients": ["3"], "Number screened": ["4"], "Screening number": ["5"], "Number": ["6"], "Subjects": ["x"]}
    assert _counted_people(RawTable("x.csv", pd.DataFrame(cells, dtype=object))) == ["Patients", "Number screened"]


@pytest.mark.parametrize(
    ("header", "days", "flags", "is_counts"),
    [
        ("date_randomised", ["2024-01-02", "", "2024-02-03"], ["1", "0", "1"], False),
        ("Date of consent", ["2024-01-02", "2024-01-02", "2024-02-03"], ["1", "0", "1"], False),
        ("date_randomised", ["2024-01-02", "2024-01-09", "2024-02-03"], ["1", "2", "1"], True),
        ("Date", ["2024-01-02", "2024-01-09", "2024-02-03"], ["1", "0", "1"], True),
    ],
)
def test_ones_and_zeros_beside_days_of_people_say_yes_and_no(
    header: str, days: list[str], flags: list[str], is_counts: bool
) -> None:
    table = RawTable("x.csv", pd.DataFrame({"centre": ["A"] * 3, header: days, "randomised": flags}, dtype=object))
    assert looks_like_counts(table, {}) is is_counts


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ({"Month": ["Jan", "Feb"], "2023": ["1", "2"], "2024": ["3", "4"]}, ("Month", ["2023", "2024"])),
        ({"Month": ["Jan", "Feb"], "2024": ["3", "4"]}, None),
        ({"Year": ["2023", "2024"], "Jan": ["1", "2"], "Feb": ["3", "4"]}, ("Year", ["Jan", "Feb"])),
        ({"Year": ["2023", "2024"], "Jan": ["1", "2"]}, None),
        ({"Year": ["2023", "soon"], "Jan": ["1", "2"], "Feb": ["3", "4"]}, None),
        ({"Month": ["Jan", "13"], "2023": ["1", "2"], "2024": ["3", "4"]}, None),
    ],
)
def test_months_by_years_are_at_least_two_of_either(
    table: dict[str, list[str]], found: tuple[str, list[str]] | None
) -> None:
    assert _calendar_headers(RawTable("x.csv", pd.DataFrame(table, dtype=object))) == found
