"""Which headers are periods."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.counts.shapes import _period_headers
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
