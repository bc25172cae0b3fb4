"""Text that a spreadsheet opens as text: a name such as `=HYPERLINK(...)` is shown and never run.

Excel and LibreOffice treat a cell of a CSV file that begins with `=`, `+`, `-`, `@`, a tab or a line end as a formula.
An apostrophe before it makes it text (OWASP, CSV injection). Numbers stay numbers, including negative ones and those
written as text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_FORMULA = "=+-@\t\r\n＝＋－＠"
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # characters that a workbook must not have
_NO_LETTER = re.compile("[\ud800-\udfff]")  # bytes of a file name that are not text


def no_formula(text: str) -> str:
    """Text for a cell of a CSV file, with equal line ends, because readers differ on which of them need quotes.

    Args:
        text: a cell or a header, such as the name of a site that somebody else typed.

    Returns:
        The text; an apostrophe goes before what a spreadsheet would run as a formula, unless it is a number.
    """
    text = _NO_LETTER.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text[:1] in _FORMULA and text and not _is_number(text) else text


def excel_text(text: str) -> str:
    """Text for a cell of a workbook. Its type says that it is text, so it needs no apostrophe.

    Args:
        text: a cell or a header.

    Returns:
        The text, with a replacement character for each one that XML cannot hold.
    """
    return _NO_XML.sub("\ufffd", _NO_LETTER.sub("\ufffd", text))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()


def csv_text(frame: pd.DataFrame, float_format: str | None = None) -> str:
    """A table as CSV, without its index.

    Args:
        frame: the table.
        float_format: format of numbers; by default, they are read back unchanged.

    Returns:
        Lines that end in a line feed, the first of which is the header; text that could be run as a formula is not.
    """
    text: str = _plain(frame).to_csv(index=False, lineterminator="\n", float_format=float_format)
    return text


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with every text, including headers, made harmless."""
    plain = frame.rename(columns=lambda name: no_formula(name) if isinstance(name, str) else name)
    for i, dtype in enumerate(plain.dtypes):
        if dtype.kind not in "biufcmM":
            column = plain.iloc[:, i]
            plain.isetitem(i, [no_formula(value) if isinstance(value, str) else value for value in column])
    return plain


def plain_columns(table: pa.Table) -> pa.Table:
    """An Arrow table in which no text, including headers, can be run as a formula.

    Args:
        table: columns of any type; only text and dictionaries of text are changed.
    """
    import pyarrow as pa

    columns = [
        pa.chunked_array([_plain_array(chunk) for chunk in column.chunks], column.type)
        if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=[no_formula(name) for name in table.column_names])


def _plain_array(chunk: pa.Array) -> pa.Array:
    """Texts made harmless, each distinct text once."""
    import pyarrow as pa

    encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    words = [None if word is None else no_formula(word) for word in encoded.dictionary.to_pylist()]
    harmless = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(words, encoded.dictionary.type))
    return harmless if pa.types.is_dictionary(chunk.type) else harmless.cast(chunk.type)
