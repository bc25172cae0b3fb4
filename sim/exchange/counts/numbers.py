"""Reads counts as people write them.

Only thousands may have a comma, or zeros after one: 3,000 is three thousand and 3,0 is three. Any other text is NaN,
which the caller reports with its row, because a count that is read wrongly shows nowhere.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,'\u2019\u00a0\u202f ]\d{3})+(?:\.0+)?")
_COMMA = re.compile(r"[+-]?\d{1,15},0{1,2}")  # 3,0 with a decimal comma; 3,000 is three thousand
_PLAIN = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")


def numbers_in(cells: pd.Series[str]) -> pd.Series[float]:
    """Read the numbers of a column.

    Args:
        cells: text, such as `12`, `12.0`, `1,234`, `1 234` or `12,0`.

    Returns:
        Numbers; NaN for a text that is not a finite number.
    """
    values = {text: _number(str(text)) for text in cells.unique()}
    return cells.map(values).astype(np.float64)


def _number(text: str) -> float:
    """A number from a text; NaN if it is none."""
    if _THOUSANDS.fullmatch(text):
        text = re.sub(r"[^\d.+-]", "", text)
    elif _COMMA.fullmatch(text):
        text = text.partition(",")[0]
    if not _PLAIN.fullmatch(text):
        return float("nan")
    return float(text)
