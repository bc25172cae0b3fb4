"""Incomplete dates, which the other dates of the row narrow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.exchange.dates.read import parse_dates
from sim.exchange.logs.days import between, log_days
from sim.exchange.tables.raw import RawTable


def day(text: str) -> np.ndarray:
    return np.array([text], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("text", "not_before", "not_after", "middle"),
    [
        ("2024-03", "NaT", "NaT", "2024-03-16"),
        ("2024-03", "2024-03-21", "NaT", "2024-03-26"),
        ("2024-03", "NaT", "2024-03-11", "2024-03-06"),
        ("2024-03", "2024-03-10", "2024-03-20", "2024-03-15"),
        ("2024-03", "2024-03-10", "2024-03-10", "2024-03-10"),
        ("2024-03", "2024-05-01", "NaT", "2024-03-16"),
        ("2024", "NaT", "NaT", "2024-07-01"),
        ("2024-03-05", "2024-03-10", "NaT", "2024-03-05"),
    ],
)
def test_a_part_of_a_date_is_the_middle_of_what_it_can_be(
    text: str, not_before: str, not_after: str, middle: str
) -> None:
    """Limits that leave no day say nothing; a whole date is itself."""
    dates = parse_dates(pd.Series([text]), "t.csv", "d")
    assert between(dates, day(not_before), day(not_after)).tolist() == day(middle).tolist()
    assert between(dates, None, None)[0] == dates.days[0]


def test_dates_of_a_row_narrow_one_another_in_their_order() -> None:
    """Screened, randomised, left: none before the one before it, and none after the last whole date."""
    cells = pd.DataFrame(
        {
            "s": ["2024-03-11", "2024-03", "2024-01-01", "2024-05"],
            "r": ["2024-03", "2024-03-09", "2024", ""],
            "l": ["", "", "2024-02", "2024-05-05"],
        }
    )
    roles = {"screened": "s", "date": "r", "left on": "l"}
    found, _ = log_days(RawTable("t.csv", cells), roles, None)
    assert {role: days.astype(str).tolist() for role, days in found.items()} == {
        "screened": ["2024-03-11", "2024-03-05", "2024-01-01", "2024-05-03"],
        "date": ["2024-03-21", "2024-03-09", "2024-01-30", "NaT"],
        "left on": ["NaT", "NaT", "2024-02-15", "2024-05-05"],
    }
