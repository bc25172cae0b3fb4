"""Columns of a large table, each read when it is asked for: memory holds one of them at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import pandas as pd


class OneByOne:
    """A table whose columns are read one at a time, and kept by nobody; as much of a data frame as summaries need.

    Args:
        read: gives a column by its name.
        names: of the columns.
        n: rows.
        rows: which of them count; None for all.
    """

    def __init__(self, read: Callable[[str], pd.Series], names: list[str], n: int, rows: pd.Series | None = None):
        self._read = read
        self._names = names
        self._n = n
        self._rows = rows

    def __len__(self) -> int:
        """How many rows count."""
        return self._n

    def __contains__(self, name: object) -> bool:
        """Whether there is such a column."""
        return name in self._names

    @overload
    def __getitem__(self, wanted: str) -> pd.Series: ...

    @overload
    def __getitem__(self, wanted: pd.Series) -> OneByOne: ...

    def __getitem__(self, wanted: str | pd.Series) -> pd.Series | OneByOne:
        """A column by its name; or, by a column of true and false, the table with fewer rows."""
        if isinstance(wanted, str):
            column = self._read(wanted)
            return column if self._rows is None else column[self._rows]
        assert self._rows is None
        return OneByOne(self._read, self._names, int(wanted.sum()), wanted)
