"""Turns a data frame into a table with the same text that a file of it would have.

So a frame and a file of it are read alike, and no reader has a second case.

Attributes:
    FRAME: what a message calls a frame that has no name.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from sim.errors import Problem
from sim.exchange.findings import DataError
from sim.exchange.limits import ON_DISK, ReadLimits
from sim.exchange.tables.layout import without_totals
from sim.exchange.tables.missing import without_words
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.workbooks import cell_text

FRAME = "data frame"


def table_of_frame(frame: pd.DataFrame, shown: str = FRAME, limits: ReadLimits = ON_DISK) -> RawTable:
    """Turn a data frame into a table. The index is not a column; rows are counted from 0, like `iloc`.

    Args:
        frame: the data frame; dates, periods, categories and numbers become the text that a file would have.
        shown: its name, for messages.
        limits: maximum sizes.

    Returns:
        The table.

    Raises:
        DataError: it has no rows, columns of several levels, two columns with the same name, or is too large.
    """
    if frame.columns.nlevels > 1:
        raise DataError(Problem("has columns of several levels; expected one row of names", shown))
    if frame.shape[0] > limits.rows or frame.shape[1] > limits.columns or frame.size > limits.cells:
        message = f"is larger than {limits.rows:,} rows, {limits.columns:,} columns or {limits.cells:,} cells"
        raise DataError(Problem(message, shown, value=f"{frame.shape[0]:,} rows and {frame.shape[1]:,} columns"))
    names = [str(name).strip() for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(Problem(f"has two columns of the same name: {', '.join(twice)}", shown))
    texts = {name: _texts(frame.iloc[:, place]) for place, name in enumerate(names)}
    cells = pd.DataFrame(texts, index=pd.RangeIndex(len(frame)), columns=pd.Index(names), dtype=object)
    cells, missing = without_words(cells)
    cells = cells[(cells != "").any(axis=1)] if len(names) else cells
    if cells.empty:
        raise DataError(Problem("has no rows", shown))
    cells, totals = without_totals(cells)
    notes = [note for note in (missing, totals) if note]
    if not isinstance(frame.index, pd.RangeIndex):
        named = ", ".join(f"'{name}'" for name in frame.index.names if name is not None)
        notes.append(f"the index{f' ({named})' if named else ''} is not used; reset_index() makes a column of it")
    domain = str(cells["DOMAIN"].iloc[0]).upper() if "DOMAIN" in names else ""
    return RawTable(shown, cells, domain, tuple(notes))


def _texts(column: pd.Series[Any]) -> list[str]:
    missing = column.isna().to_numpy()
    values = column.astype(object).tolist()
    return ["" if none else cell_text(value).strip() for value, none in zip(values, missing, strict=True)]
