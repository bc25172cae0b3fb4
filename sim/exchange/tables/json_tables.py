"""Reads JSON as a table: CDISC Dataset-JSON, or records in a list or one per line, as databases and R write them.

Nested JSON is refused rather than flattened: which of its parts is the row of a person is not for a program to guess.

Attributes:
    JSON: endings of names of such files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from sim.errors import Problem
from sim.exchange.findings import DataError
from sim.exchange.limits import ReadLimits
from sim.exchange.tables.foreign import READ_HERE, what_json_is
from sim.exchange.tables.sources import check_size
from sim.exchange.tables.workbooks import cell_text

JSON = (".json", ".jsonl", ".ndjson")
_SIMPLE = (str, int, float, bool, type(None))


def json_table(text: str, shown: str, limits: ReadLimits) -> tuple[pd.DataFrame, str]:
    """Read a table of text from JSON, and the SDTM domain that it names.

    A file may be Dataset-JSON (CDISC, versions 1.0 and 1.1) or a plain list of records.

    Args:
        text: content of the file.
        shown: its name, for messages.
        limits: maximum sizes.

    Returns:
        The cells, and the domain or an empty text. The index counts rows from 2 in Dataset-JSON, and records from 1.

    Raises:
        DataError: it is neither Dataset-JSON nor records of texts and numbers, or it is too large.
    """
    check_size(len(text), f"{shown}.json", limits)
    data = _parsed(text)
    if _are_records(data):
        names = list(dict.fromkeys(name for record in data for name in record))
        return _frame(names, [[record.get(name) for name in names] for record in data], 1, shown, limits), ""
    try:
        if "itemGroupData" in data.get("clinicalData", {}):
            group = next(iter(data["clinicalData"]["itemGroupData"].values()))
            columns, rows, domain = group["items"], group["itemData"], group["name"]
        else:
            columns, rows, domain = data["columns"], data["rows"], data.get("name", "")
        return _frame([str(column["name"]) for column in columns], rows, 2, shown, limits), str(domain).upper()
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        raise _no_table(data, shown) from None


def _parsed(text: str) -> Any:
    """Parse a text; a list where each line is separate JSON; None where it is not JSON."""
    try:
        return json.loads(text)
    except RecursionError:
        return None
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _are_records(data: Any) -> bool:
    """Whether data are a list of objects that hold only texts, numbers or nothing, and not of another known kind."""
    if not isinstance(data, list) or not data or not all(isinstance(record, dict) for record in data):
        return False
    return not what_json_is(data) and all(isinstance(value, _SIMPLE) for record in data for value in record.values())


def _frame(names: list[str], rows: Sequence[Any], first: int, shown: str, limits: ReadLimits) -> pd.DataFrame:
    """Cells as text, under unique names, with rows counted from `first`.

    Raises:
        DataError: there are too many rows or columns, or two columns of the same name.
    """
    names = [name.strip() for name in names]
    for what, n, most in (("rows", len(rows), limits.rows), ("columns", len(names), limits.columns)):
        if n > most:
            message = f"has more than {most:,} {what}, which is the most that is read here"
            raise DataError(Problem(message, shown, value=f"{n:,}"))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(Problem(f"has two columns of the same name: {', '.join(twice)}", shown))
    frame = pd.DataFrame([[cell_text(value) for value in row] for row in rows], columns=pd.Index(names), dtype=object)
    frame.index = pd.RangeIndex(first, first + len(frame))
    return frame


def _no_table(data: Any, shown: str) -> DataError:
    """The error for JSON that is not a table, which says what it is where that is known."""
    what = what_json_is(data)
    if what:
        return DataError(Problem(f"is {what}", shown))
    message = (
        "is not CDISC Dataset-JSON, and no list of records: expected 'columns' and 'rows' (1.1) or 'clinicalData' "
        f"(1.0); what is read here is {READ_HERE}"
    )
    return DataError(Problem(message, shown))
