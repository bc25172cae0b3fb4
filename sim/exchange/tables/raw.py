"""A table of text, as it was in a file."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class RawTable:
    """Cells as they were written.

    Attributes:
        file: the file as the person named it.
        cells: text, stripped; what is missing is an empty text. The index is the row in the file.
        domain: SDTM domain where the file says so, else empty.
        notes: what was decided while it was read, one clause each: which rows are no rows of the table, and why.
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
