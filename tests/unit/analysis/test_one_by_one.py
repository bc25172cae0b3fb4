"""A table of which one column is in memory at a time."""

from __future__ import annotations

import pandas as pd

from sim.analysis.one_by_one import OneByOne

COLUMNS = {"a": pd.Series([1, 2, 3]), "b": pd.Series([4.0, 5.0, 6.0])}


def test_columns_are_read_when_they_are_asked_for_and_kept_by_nobody() -> None:
    read: list[str] = []

    def column(name: str) -> pd.Series:
        read.append(name)
        return COLUMNS[name]

    table = OneByOne(column, ["a", "b"], 3)
    assert len(table) == 3
    assert "b" in table
    assert "c" not in table
    assert read == []
    assert table["a"].tolist() == table["a"].tolist() == [1, 2, 3]
    assert read == ["a", "a"]


def test_a_condition_leaves_rows_out_of_every_column() -> None:
    """As of a data frame: the rows where it is true, counted and in order."""
    table = OneByOne(COLUMNS.__getitem__, ["a", "b"], 3)
    few = table[table["a"] != 2]
    assert len(few) == 2
    assert few["b"].tolist() == [4.0, 6.0]
    assert "a" in few
