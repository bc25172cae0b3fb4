"""Numbers as trackers write them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from sim.exchange.counts.numbers import numbers_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12), ("12.0", 12), ("12.5", 12.5), (".5", 0.5), ("-3", -3), ("+3", 3), ("1e3", 1000), ("1,234", 1234),
        ("1'234'567", 1234567), ("1 234.00", 1234), ("-1,234", -1234), ("3,0", 3), ("3,00", 3), ("3,000", 3000),
    ],
)  # fmt: skip
def test_a_comma_is_of_thousands_or_of_zeros(text: str, number: float) -> None:
    assert numbers_in(pd.Series([text])).tolist() == [number]


@pytest.mark.parametrize("text", ["3,5", "1,23", "12,34,56", "", "3 pts", "1234,567", "nan", "inf", "1e999"])
def test_any_other_text_is_no_number(text: str) -> None:
    assert math.isnan(numbers_in(pd.Series([text]))[0])
