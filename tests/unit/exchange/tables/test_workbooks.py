"""Columns of a sheet by their letters."""

from __future__ import annotations

import pytest

from sim.exchange.tables.workbooks import column_number


@pytest.mark.parametrize(("letters", "number"), [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("AAA", 702)])
def test_letters_count_from_a(letters: str, number: int) -> None:
    assert column_number(letters) == number
