"""Which row is the header."""

from __future__ import annotations

import pytest

from sim.exchange.tables.layout import _header


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([["Randomisations of the trial", "", ""], ["site", "randomised", "date"], ["A", "3", "2024-01-01"]], 2),
        ([["site", "randomised", "date"], ["A", "3", "2024-01-01"]], 1),
        ([["", "", ""], ["site", "randomised", "date"], ["A", "3", "2024-01-01"]], 2),
        ([["", ""], ["", ""]], 1),
    ],
)
def test_the_header_is_the_row_that_names_columns(rows: list[list[str]], number: int) -> None:
    """Below a title, below empty rows, or the first."""
    assert _header(rows) == number
