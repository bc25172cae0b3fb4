"""No text is a formula in a spreadsheet, and numbers stay numbers."""

from __future__ import annotations

import io

import pandas as pd
import pyarrow as pa
import pytest

from sim.analysis.spreadsheets import csv_text, excel_text, no_formula, plain_columns


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@SUM(A1)", "\tx", "\nx", "＝x", "＋x", "－x", "＠x", "-"])
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(text: str) -> None:
    assert no_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "-1", "+2.5", "-1e-3", "-inf", "1,2", "'x"])
def test_other_text_and_numbers_stay(text: str) -> None:
    assert no_formula(text) == text


def test_a_number_with_a_space_is_no_number() -> None:
    """`float` would take it; a spreadsheet may not."""
    assert no_formula("-1 ") == "'-1 "


def test_line_ends_are_alike_and_what_is_no_letter_is_replaced() -> None:
    assert no_formula("a\r\nb\rc") == "a\nb\nc"
    assert no_formula("\rx") == "'\nx"
    assert no_formula("a\udcffb") == "a\ufffdb"
    assert excel_text("a\udcff\x00\x0b\x1f\ufffeb\tc\n") == "a\ufffd\ufffd\ufffd\ufffd\ufffdb\tc\n"
    assert excel_text("=1") == "=1", "a cell of text needs no apostrophe"


def test_a_table_is_harmless_in_every_column_and_header() -> None:
    """Text of any column, also beside what is missing; numbers and dates as they are."""
    frame = pd.DataFrame({"=a": ["=x", None, "y"], "n": [-1.5, 2.0, 3.0], "d": pd.to_datetime(["2020-01-01"] * 3)})
    read = pd.read_csv(io.StringIO(csv_text(frame)))
    assert list(read.columns) == ["'=a", "n", "d"]
    assert read["'=a"].tolist()[::2] == ["'=x", "y"]
    assert read["n"].tolist() == [-1.5, 2.0, 3.0]
    assert list(frame.columns) == ["=a", "n", "d"], "the table itself stays as it is"
    assert csv_text(pd.DataFrame({"x": [1 / 3]}), "%.2f") == "x\n0.33\n"


def test_columns_of_the_same_name_are_each_made_harmless() -> None:
    frame = pd.DataFrame([["=x", "=y"]], columns=["a", "a"])
    assert csv_text(frame) == "a,a\n'=x,'=y\n"


def test_a_table_of_arrow_is_harmless_too() -> None:
    """Text, and text that is kept once for each different value; numbers are not touched."""
    table = pa.table(
        {
            "@name": pa.array(["=x", None, "y"]),
            "word": pa.array(["-a", "b", "-a"]).dictionary_encode(),
            "n": pa.array([-1.0, 2.0, None]),
        }
    )
    plain = plain_columns(table)
    assert plain.column_names == ["'@name", "word", "n"]
    assert plain.column("'@name").to_pylist() == ["'=x", None, "y"]
    assert plain.column("word").to_pylist() == ["'-a", "b", "'-a"]
    assert plain.column("n").to_pylist() == [-1.0, 2.0, None]
    assert [field.type for field in plain.schema] == [field.type for field in table.schema]
