"""A large table of which only one column at a time is in memory.

A table of many replications may be larger than the memory, while each table of an answer needs a few of its columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import pandas as pd


class OneByOne:
    """A table that reads one column at a time and keeps none, with the methods of a data frame that summaries use.

    Args:
        read: gives a column by its name.
        names: names of the columns.
        n: number of rows.
        rows: which rows to use; None for all.
    """

    def __init__(self, read: Callable[[str], pd.Series], names: list[str], n: int, rows: pd.Series | None = None):
        self._read = read
        self._names = names
        self._n = n
        self._rows = rows

    def __len__(self) -> int:
        """Number of rows in use."""
        return self._n

    def __contains__(self, name: object) -> bool:
        """Whether the table has a column of this name."""
        return name in self._names

    @overload
    def __getitem__(self, wanted: str) -> pd.Series: ...

    @overload
    def __getitem__(self, wanted: pd.Series) -> OneByOne: ...

    def __getitem__(self, wanted: str | pd.Series) -> pd.Series | OneByOne:
        """A column by its name; or the rows selected by a column of true and false."""
        if isinstance(wanted, str):
            column = self._read(wanted)
            return column if self._rows is None else column[self._rows]
        assert self._rows is None
        return OneByOne(self._read, self._names, int(wanted.sum()), None if wanted.all() else wanted)
