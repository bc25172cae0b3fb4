"""A table of text as it was in a file, before anything is interpreted.

It is kept as text until a reader knows the column: pandas would turn `001` into 1 and `NA` into nothing. Rows keep
their number in the file, so that every message can name it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class RawTable:
    """Cells as they were written.

    Attributes:
        file: the file as the user named it.
        cells: stripped text; a missing cell is an empty text. The index is the row in the file.
        domain: SDTM domain where the file names it, else empty.
        notes: which rows are not part of the table and why, one clause each.
    """

    file: str
    cells: pd.DataFrame
    domain: str = ""
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Headers as they were written."""
        return [str(name) for name in self.cells.columns]

    @property
    def rows(self) -> pd.Series[int]:
        """Row of the file of each row of the table; without anything above it, the header is row 1."""
        return pd.Series(self.cells.index.to_numpy(), index=self.cells.index)
