"""Reads a text file as rows of cells: finds its encoding, its separator and its quotation marks.

Files of other countries have semicolons and Windows-1252; a quotation mark that is not closed swallows rows in silence
in most readers, and is an error here.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from sim.errors import Problem
from sim.exchange.findings import DataError
from sim.exchange.limits import LONGEST_CELL, ReadLimits
from sim.exchange.tables.foreign import READ_HERE

Rows = list[list[str]]

_MARKS = (  # byte-order marks, the longer first because one is the beginning of another
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AS_TEXT = re.compile(r'^="([^"]*)"$')  # ="001", by which exports keep a spreadsheet from dropping the zeros
_SEPARATORS = ",;\t|"
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")  # between columns that are aligned, as a console prints them
_SNIFFED = 30_000  # characters from which the separator is recognised
_SNIFFED_ROWS = 60
_QUOTED_TIMES = 20  # quoted cells may contain separators, but not this many times the number of columns
_NOT_A_TABLE = f"is not a table; expected {READ_HERE}"


def decoded(content: bytes, shown: str) -> tuple[str, str]:
    """Decode a file.

    Args:
        content: bytes of the file.
        shown: its name, for messages.

    Returns:
        The text, and a note on its encoding where that is not UTF-8, otherwise empty.

    Raises:
        DataError: it is not text.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "") or _without_mark(content)
    try:
        text = content.decode(encoding)
        note = "" if encoding.startswith("utf-8") else f"the file is {encoding.upper()}"
    except UnicodeDecodeError:
        if encoding != "utf-8":
            raise DataError(Problem(_NOT_A_TABLE, shown)) from None
        text, note = content.decode("cp1252", errors="replace"), "the file is not UTF-8, and was read as Windows-1252"
    if "\0" in text.rstrip("\0"):
        raise DataError(Problem(_NOT_A_TABLE, shown))
    return text.rstrip("\0\x1a"), note


def _without_mark(content: bytes) -> str:
    """Recognise UTF-16 without a byte-order mark: in plain text, every other byte is null."""
    head = content[:2000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return "utf-8"


def rows_of(text: str, shown: str, limits: ReadLimits) -> Rows:
    """Split a text into rows of cells; an empty line is an empty row.

    Args:
        text: content of the file.
        shown: its name, for messages.
        limits: maximum sizes.

    Returns:
        The rows.

    Raises:
        DataError: a quotation mark is not closed, or there are too many rows, columns or cells.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    separator = ""
    if text[:4].lower() == "sep=" and text[4:5] and text[4] in _SEPARATORS:  # a line that Excel adds
        separator, text = text[4], text[5:]
    if not separator and _is_aligned(text):
        separator, text = "\t", _GAP.sub("\t", text)
    separator = separator or _separator(text)
    rows: Rows = []
    n_cells = 0
    csv.field_size_limit(LONGEST_CELL)
    has_formulas = '="' in text
    reader = csv.reader(_lines(text, separator, shown, limits), delimiter=separator, strict=True)
    try:
        for row in reader:
            rows.append([_AS_TEXT.sub(r"\1", cell) for cell in row] if has_formulas else row)
            n_cells += len(row)
            if len(rows) > limits.rows + 1 or n_cells > limits.cells:
                raise (
                    _too_many(shown, "rows", limits.rows)
                    if len(rows) > limits.rows
                    else _too_many(shown, "cells", limits.cells)
                )
    except csv.Error as error:
        where = f" (row {len(rows) + 1})"
        what = "a quotation mark is not closed, or a cell is longer than 100,000 letters"
        if "expected after" in str(error):
            what = "a quotation mark stands within a cell; double it, or leave it out"
        raise DataError(Problem(f"is not a table: {what}{where}", shown)) from None
    _check_swallowed(rows, separator, shown)
    return rows


def _too_many(shown: str, what: str, most: int) -> DataError:
    return DataError(Problem(f"has more than {most:,} {what}, which is the most that is read here", shown))


def _lines(text: str, separator: str, shown: str, limits: ReadLimits) -> Iterator[str]:
    """Lines, each checked before it is split, because one line may have as many cells as the file has bytes."""
    for line in io.StringIO(text):
        if line.count(separator) > _QUOTED_TIMES * limits.columns:
            raise _too_many(shown, "columns", limits.columns)
        yield line


def _separator(text: str) -> str:
    """The separator that gives most rows of the same width; a comma where none does."""
    head = text[:_SNIFFED]
    if len(text) > _SNIFFED:
        head = head[: head.rfind("\n") + 1] or head
    best, most = ",", 0.0
    for separator in _SEPARATORS:
        widths = Counter(_widths(head, separator))
        value = max(((width - 1) * n**2 for width, n in widths.items()), default=0)
        if value > most:
            best, most = separator, value
    return best


def _is_aligned(text: str) -> bool:
    """Whether no line has a separator, and each has as many gaps of two spaces or more as the others."""
    lines = [line for line in text[:_SNIFFED].splitlines()[:_SNIFFED_ROWS] if line.strip()]
    n_gaps = {len(_GAP.findall(line)) for line in lines}
    has_separators = any(separator in line for line in lines for separator in _SEPARATORS)
    return len(lines) > 1 and not has_separators and len(n_gaps) == 1 and n_gaps != {0}


def _widths(head: str, separator: str) -> list[int]:
    """Number of cells of the first rows that are not empty, at most 60; fewer where a quotation mark is not closed."""
    found: list[int] = []
    try:
        for row in csv.reader(io.StringIO(head), delimiter=separator):
            if any(cell.strip() for cell in row):
                found.append(len(row))
            if len(found) >= _SNIFFED_ROWS:
                break
    except csv.Error:
        pass
    return found


def _check_swallowed(rows: Rows, separator: str, shown: str) -> None:
    """Check that no cell holds whole rows, as it does after a quotation mark that is closed rows later."""
    width = max((len(row) for row in rows[:_SNIFFED_ROWS]), default=0)
    if width < 3:
        return
    for i, row in enumerate(rows):
        for cell in row:
            if "\n" in cell and cell.count(separator) >= width - 1:
                message = f"is not a table: a quotation mark is closed only rows later (row {i + 1})"
                raise DataError(Problem(message, shown))
