"""A name that a spreadsheet would run is text in every table that is handed out, and numbers are numbers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from command_line import call
from conftest import simplest_file

from sim.analysis.spreadsheets import csv_text, plain_columns

LINK = '=HYPERLINK("http://example.org","open")'
EVIL = (LINK, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1")
FINE = ("base", "a=b", "-12.5", "+3", "1e5", "", "two words", "é")


def test_formulas_become_text_and_numbers_stay_numbers() -> None:
    frame = pd.DataFrame({"text": [*EVIL, *FINE], "number": -1.5, LINK: 1})
    header, *rows = csv.reader(io.StringIO(csv_text(frame), newline=""))
    assert header == ["text", "number", f"'{LINK}"]
    assert [row[0] for row in rows] == [*(f"'{text}".replace("\r", "\n") for text in EVIL), *FINE]
    assert {float(row[1]) for row in rows} == {-1.5}
    table = plain_columns(pa.table({"text": [*EVIL, *FINE, None], "number": [-1.5] * (len(EVIL) + len(FINE) + 1)}))
    assert table.column("text").to_pylist() == [*(f"'{text}".replace("\r", "\n") for text in EVIL), *FINE, None]
    assert table.schema.field("number").type == pa.float64()


@pytest.mark.parametrize("name", [LINK, "-2+3"])
def test_a_scenario_whose_name_is_a_formula_is_exported_as_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In CSV an apostrophe stands before it; in a workbook the type of the cell says that it is text."""
    monkeypatch.chdir(tmp_path)
    file = simplest_file(tmp_path, "evil", trial={"target": 3})
    text = Path(file).read_text().replace("name: evil", f"name: {name!r}")
    Path(file).write_text(text)
    made = call("run", file, "-n", 3, "-w", 1, "--no-report")
    assert made.code == 0, made.err
    assert call("results", "--export", "all.csv").code == 0
    assert call("results", "--export", "all.xlsx").code == 0
    rows = list(csv.DictReader(io.StringIO(Path("all.csv").read_text(), newline="")))
    assert {row["scenario"][:2] for row in rows} == {f"'{name[0]}"}
    float(rows[0]["day_last_randomised"])
    book = openpyxl.load_workbook("all.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds <= {"s", "n", "b", "d"}, kinds
    sheet = book["replications"]
    first = {head.value: cell for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert first["scenario"].data_type == "s"
    assert str(first["scenario"].value)[0] == name[0]
    assert first["day_last_randomised"].data_type == "n"
