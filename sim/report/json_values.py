"""Tables of an answer as plain data for JSON: what is unknown is null, and what never comes is `never`.

JSON has neither NaN nor infinity, and the two mean different things here: not known, and later than the horizon.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

NEVER = "never"  # a day later than the horizon
_DIGITS = 10  # significant: what a processor rounds otherwise is beyond them
_KEYS = ("value", "low", "high")


def plain(value: object) -> Any:
    """A table cell as a JSON value.

    Args:
        value: a cell of a table: a text, a number, a boolean, a date, or nothing.

    Returns:
        Null for NaN; 'never' for infinity; 'from never' for minus infinity, the difference from what never comes to
        some day. Numbers have ten significant digits, so that processors that round differently give the same bytes.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, date):
        return str(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return None
    if math.isinf(number):
        return NEVER if number > 0 else "from never"
    return float(f"{number:.{_DIGITS}g}")


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table, one dict per row, by column; cells as `plain` gives them."""
    return [{str(name): plain(cell) for name, cell in row.items()} for row in rows.to_dict("records")]


def folded_records(rows: pd.DataFrame, without: tuple[str, ...] = ("scenario",)) -> list[dict[str, Any]]:
    """Rows of a table, with `x`, `x_low` and `x_high` folded into one estimate.

    Args:
        rows: the table.
        without: columns to leave out.

    Returns:
        One dict per row, by column; a folded column holds `{value, low, high}`.
    """
    columns = [str(name) for name in rows.columns if name not in without]
    folded = {name for name in columns if f"{name}_low" in columns and f"{name}_high" in columns}
    ends = {f"{name}{end}" for name in folded for end in ("_low", "_high")}

    def folded_row(row: dict[Hashable, Any]) -> dict[str, Any]:
        return {
            name: {key: plain(row[name + end]) for key, end in zip(_KEYS, ("", "_low", "_high"), strict=True)}
            if name in folded
            else plain(row[name])
            for name in columns
            if name not in ends
        }

    return [folded_row(row) for row in rows.to_dict("records")]
