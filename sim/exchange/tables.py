"""A data file as a table of text, whatever it was saved as: CSV, Excel, or CDISC Dataset-JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import Problem
from sim.exchange.findings import DataError

_SEPARATORS = ",;\t|"
_SNIFFED = 4096  # characters that tell the separator
_EXCEL = (".xlsx", ".xlsm")
_ZIPPED = b"PK\x03\x04"
_OTHERS = {  # what is not read, by the first bytes, and what to do about it
    b"\xd0\xcf\x11\xe0": "a workbook of an Excel before 2007; save it as .xlsx or CSV",
    b"HEADER RECORD": "a SAS transport file; save it as CSV or Dataset-JSON",
    b"%PDF": "a PDF; expected CSV, Excel (.xlsx), or CDISC Dataset-JSON (.json)",
}
_HEADER_ROW = 1


@dataclass(frozen=True, eq=False)
class RawTable:
    """Cells as they were written.

    Attributes:
        file: the file as the person named it.
        cells: text, stripped; what is missing is an empty text.
        domain: SDTM domain where the file says so, else empty.
    """

    file: str
    cells: pd.DataFrame
    domain: str = ""

    @property
    def columns(self) -> list[str]:
        """Headers as they were written."""
        return [str(name) for name in self.cells.columns]

    @property
    def rows(self) -> pd.Series[int]:
        """Row of the file of each row of the table, the header being row 1."""
        return pd.Series(self.cells.index.to_numpy(), index=self.cells.index)


def read_table(path: Path | str) -> RawTable:
    """Read one file.

    Args:
        path: a CSV (comma, semicolon, tab or bar), an Excel sheet, or Dataset-JSON 1.0 or 1.1.

    Raises:
        DataError: it is missing, empty, not readable, or has no rows.
    """
    path = Path(path)
    shown = path.as_posix()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(Problem("there is no such file", shown)) from None
    except OSError as error:
        raise DataError(Problem(f"cannot be read: {error.strerror}", shown)) from None
    return table_of(content, shown)


def table_of(content: bytes, shown: str) -> RawTable:
    """A table from the bytes of a file.

    Args:
        content: what is in the file.
        shown: its name, for messages; Excel is told by its first bytes, Dataset-JSON by its ending or first letter.

    Raises:
        DataError: it is empty, not readable, or has no rows.
    """
    if not content.strip():
        raise DataError(Problem("is empty; expected a header and at least one row", shown))
    if content.startswith(_ZIPPED) or shown.lower().endswith(_EXCEL):
        return _finished(_excel(content, shown), shown)
    for start, what in _OTHERS.items():
        if content.startswith(start):
            raise DataError(Problem(f"is {what}", shown))
    if b"\0" in content:
        message = "is not a table; expected CSV, Excel (.xlsx), or CDISC Dataset-JSON (.json)"
        raise DataError(Problem(message, shown))
    text = _decoded(content)
    if shown.lower().endswith(".json") or text.lstrip()[:1] == "{":
        return _dataset_json(text, shown)
    return _finished(_csv(text, shown), shown)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    header = text[:_SNIFFED].splitlines()[0]
    try:
        return csv.Sniffer().sniff(header, _SEPARATORS).delimiter
    except csv.Error:
        return ","


def _csv(text: str, shown: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=_separator(text),
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise DataError(Problem(f"is not a table: {error}", shown)) from None
    return frame.fillna("")


def _excel(content: bytes, shown: str) -> pd.DataFrame:
    try:
        frame = pd.read_excel(io.BytesIO(content), dtype=object)
    except Exception as error:  # a damaged workbook fails in many ways
        raise DataError(Problem(f"is not an Excel workbook that can be read: {error}", shown)) from None
    return frame.map(_cell_text)


def _cell_text(value: Any) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, pd.Timestamp) or hasattr(value, "isoformat"):
        return str(value.isoformat())[:19].removesuffix("T00:00:00")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _dataset_json(text: str, shown: str) -> RawTable:
    """CDISC Dataset-JSON, 1.1 (`columns`, `rows`) or 1.0 (`clinicalData.itemGroupData`)."""
    try:
        data = json.loads(text)
        if "itemGroupData" in data.get("clinicalData", {}):
            group = next(iter(data["clinicalData"]["itemGroupData"].values()))
            columns, rows, domain = group["items"], group["itemData"], group["name"]
        else:
            columns, rows, domain = data["columns"], data["rows"], data.get("name", "")
        frame = pd.DataFrame(rows, columns=[column["name"] for column in columns], dtype=object)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        message = "is not CDISC Dataset-JSON: expected 'columns' and 'rows' (1.1) or 'clinicalData' (1.0)"
        raise DataError(Problem(message, shown)) from None
    return _finished(frame.map(_cell_text), shown, str(domain).upper())


def _finished(frame: pd.DataFrame, shown: str, domain: str = "") -> RawTable:
    frame.columns = pd.Index([str(name).strip() for name in frame.columns])
    frame.index = pd.RangeIndex(_HEADER_ROW + 1, _HEADER_ROW + 1 + len(frame))
    for name in frame.columns:
        frame[name] = frame[name].astype(str).str.strip()
    frame = frame[(frame != "").any(axis=1)]
    if frame.empty:
        raise DataError(Problem("has a header and no rows", shown))
    twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if twice:
        raise DataError(Problem(f"has two columns of the same name: {', '.join(twice)}", shown))
    if not domain and "DOMAIN" in frame.columns:
        domain = str(frame["DOMAIN"].iloc[0]).upper()
    return RawTable(shown, frame, domain)
