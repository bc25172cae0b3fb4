"""Any file as a table: encodings, separators, what stands around it, workbooks, and files that are something else."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.folder import read_trials
from sim.exchange.limits import ReadLimits
from sim.exchange.read import read_observed
from sim.exchange.tables.frames import table_of_frame
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.read import read_table, table_of

TEXT = "Site,Date\nZürich,2024-01-31\nB,2024-02-03\n"


def _table(text: str | bytes, name: str = "data.csv", **how: object) -> RawTable:
    return table_of(text if isinstance(text, bytes) else text.encode(), name, **how)  # type: ignore[arg-type]


def _cells(table: RawTable) -> list[list[str]]:
    return [table.columns, *table.cells.to_numpy(dtype=object).tolist()]


def _book(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


WHOLE = [["Site", "Date"], ["Zürich", "2024-01-31"], ["B", "2024-02-03"]]

# --- text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_every_usual_encoding_is_the_same_table(encoding: str) -> None:
    assert _cells(_table(TEXT.encode(encoding))) == WHOLE
    if encoding == "utf-16":
        assert _cells(_table(b"\xfe\xff" + TEXT.encode("utf-16-be"))) == WHOLE


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_usual_separator_and_line_ending_is_the_same_table(separator: str, ending: str) -> None:
    text = TEXT.replace(",", separator).replace("\n", ending)
    assert _cells(_table(text)) == WHOLE
    assert _cells(_table(f"sep={separator}{ending}{text}")) == WHOLE


def test_a_separator_within_quotation_marks_separates_nothing() -> None:
    text = 'Site;Note;Date\nA;"x, y; z";2024-01-31\nB;"two\nlines";2024-02-03\n'
    assert _cells(_table(text))[1:] == [["A", "x, y; z", "2024-01-31"], ["B", "two lines", "2024-02-03"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b,c\n1,2,3\n"4,5,6\n7,8,9\n', r"a quotation mark is not closed.*\(row 3\)"),
        ('a,b,c\n1,"2,3\n4,5,6\n7,8",9\n', r"a quotation mark is closed only rows later \(row 2\)"),
        ("site,date\nSt. Mary, London,2024-01-02\nB,2024-01-03\n", r"more cells in some rows \(row 2\)"),
    ],
)  # fmt: skip
def test_cells_that_have_moved_are_refused_with_the_row(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _table(text)


def test_rows_are_counted_as_in_the_file() -> None:
    table = _table("\nReport of site B\n\nsite,date\nA,2024-01-02\n\nB,2024-01-03\n")
    assert table.rows.tolist() == [5, 7]


# --- what stands around a table

AROUND = """Trial ABC enrolment report;;
Status: final;;

Month;Enrolled;Screened
2024-01;3;5
2024-02;4;9

Month;Enrolled;Screened
2024-03;2;4
Total;9;18

Source: the trial's database
* provisional
"""


def test_titles_totals_repeated_headers_and_footnotes_are_left_out_and_named() -> None:
    table = _table(AROUND)
    assert _cells(table) == [
        ["Month", "Enrolled", "Screened"],
        ["2024-01", "3", "5"],
        ["2024-02", "4", "9"],
        ["2024-03", "2", "4"],
    ]
    assert table.rows.tolist() == [5, 6, 9]
    said = "; ".join(table.notes)
    for part in (
        "header is in row 4",
        "'Trial ABC enrolment report'",
        "(row 8) repeats the header",
        "(row 10) is a total",
        "(rows 12, 13) are footnotes",
    ):
        assert part in said  # fmt: skip


def test_totals_by_period_are_not_counted_with_the_sites_that_they_add_up() -> None:
    text = "Month,Site,Enrolled\n" + "".join(f"2024-0{m},A,2\n2024-0{m},B,1\n2024-0{m},Total,3\n" for m in (1, 2, 3))
    assert read_observed(pd.read_csv(io.StringIO(text))).n_randomised == 9


def test_empty_columns_are_left_out_and_headers_of_one_name_told_apart() -> None:
    table = _table("Note,,Date,Note,\na,,2024-01-02,b,\n,,2024-01-03,,\n")
    assert table.columns == ["Note", "Date", "Note (2)"]


def test_a_header_can_be_said_and_may_have_two_lines() -> None:
    text = "People,,Site\nscreened,randomised,\n2024-01-02,2024-01-05,A\n2024-01-03,2024-01-09,B\n"
    table = _table(text, header="1-2")
    assert table.columns == ["People screened", "People randomised", "Site"]
    assert _table("x\ny\nSite,Date\nA,2024-01-02\n", header="3").columns == ["Site", "Date"]
    for wrong in ("0", "a", "3-2", "1-99"):
        with pytest.raises(DataError, match="--header: write the row of the header"):
            _table(text, header=wrong)
    with pytest.raises(DataError, match="has 4 rows, and no row 9"):
        _table(text, header="9")


def test_rows_that_r_has_numbered_are_not_one_column_off() -> None:
    table = _table('"date","site"\n"1",2024-01-02,"A"\n"2",2024-01-03,"B"\n')
    assert table.cells["date"].tolist() == ["2024-01-02", "2024-01-03"]


@pytest.mark.parametrize("word", ["NA", "n/a", "#N/A", ".", "-", "null", "None", "NaN", "unknown", "?", "(blank)", "—"])
def test_words_for_nothing_are_nothing_and_counted(word: str) -> None:
    table = _table(f"site,date\n{word},2024-01-31\nB,{word}\n")
    assert _cells(table)[1:] == [["", "2024-01-31"], ["B", ""]]
    assert table.notes == (f"'{word}' (2 cells) is taken as no value",)


# --- workbooks

HEAD = ["Subject", "Randomised"]


def test_sheets_of_one_shape_are_one_table_and_others_are_named() -> None:
    book = _book(
        ("Cover", [["A trial"], ["confidential"]]),
        ("North", [HEAD, ["1", "2024-01-02"], ["2", "2024-01-03"]]),
        ("South", [["randomised", "SUBJECT"], ["2024-01-04", "3"]]),
    )
    table = _table(book, "data.xlsx")
    assert _cells(table) == [
        [*HEAD, "Sheet"],
        ["1", "2024-01-02", "North"],
        ["2", "2024-01-03", "North"],
        ["3", "2024-01-04", "South"],
    ]
    assert table.rows.tolist() == [2, 3, 5]
    assert "1 to 3 are 'North', 4 to 5 are 'South'" in table.notes[0]
    assert "not 'Cover'" in table.notes[-1]


def test_sheets_that_could_both_be_meant_are_asked_about() -> None:
    book = _book(
        ("Log", [HEAD, ["1", "2024-01-02"]]),
        ("Summary", [["Month", "Enrolled"], ["2024-01", 1]]),
        ("Sites", [["Site", "Activated"], ["A", "2024-01-01"]]),
    )
    with pytest.raises(QuestionError, match="--sheet Log or --sheet Summary"):
        _table(book, "data.xlsx")
    assert _table(book, "data.xlsx", sheet="summary").columns == ["Month", "Enrolled"]
    assert _table(book, "data.xlsx", purpose="sites").columns == ["Site", "Activated"]
    with pytest.raises(DataError, match="no sheet 'Lgo' with a table; did you mean 'Log'"):
        _table(book, "data.xlsx", sheet="Lgo")
    with pytest.raises(DataError, match="different columns"):
        _table(book, "data.xlsx", sheet="Log,Summary")


def test_a_hidden_sheet_is_not_read_and_named() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(_book(("Log", [HEAD, ["1", "2024-01-02"]]), ("Old", [HEAD, ["9", "2020-01-02"]])))
    )
    book["Old"].sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    table = _table(content.getvalue(), "data.xlsx")
    assert len(table.cells) == 1
    assert "'Old' (hidden)" in table.notes[-1]


def test_merged_cells_say_it_of_each_row_and_formulas_without_a_value_are_refused() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(_book(("Log", [["Site", "Randomised"], ["A", "2024-01-02"], [None, "2024-01-03"]])))
    )
    book["Log"].merge_cells("A2:A3")
    content = io.BytesIO()
    book.save(content)
    assert _table(content.getvalue(), "data.xlsx").cells["Site"].tolist() == ["A", "A"]
    with pytest.raises(DataError, match="formulas that were never computed"):
        _table(_book(("Counts", [["Month", "Enrolled"], ["2024-01", "=1+1"]])), "data.xlsx")


# --- what is something else


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"PAR1....", "data.csv", "is a Parquet file"),
        (b"HEADER RECORD*******LIBRARY", "dm.xpt", "is a SAS transport file"),
        (b"\x1f\x8b\x08\0", "data.csv.gz", "packed with gzip"),
        (b"\xff\xd8\xff\xe0", "data.csv", "is an image"),
        (b"<html><table><tr><td>Site</td></tr></table></html>", "data.xls", "is a web page"),
        (b'<?xml version="1.0"?><ODM xmlns="x"></ODM>', "data.xml", "is CDISC ODM"),
        (b'{"protocolSection": {"identificationModule": {"nctId": "NCT01234567"}}}', "a.json", "registry .NCT01234567"),
        (b"name: x\ntrial: {target: 3}\nsites: {}\n", "plan.yaml", "is a scenario"),
        (b"[1, 2]", "a.json", "is not CDISC Dataset-JSON"),
    ],
)  # fmt: skip
def test_other_files_are_called_what_they_are(content: bytes, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _table(content, name)


@pytest.mark.parametrize(
    ("part", "message"),
    [("content.xml", "OpenDocument"), ("word/document.xml", "Word document"), ("data.csv", "is a zip archive")],
)
def test_zipped_files_are_called_what_they_are(part: str, message: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(DataError, match=message):
        _table(content.getvalue(), "data.xlsx")


def test_what_is_no_file_is_said_in_one_message(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path, message in (
        (tmp_path / "pipe.csv", "is a pipe"),
        (Path("/dev/zero"), "is a device"),
        (tmp_path / ("n" * 300), "cannot be read: File name too long"),
        (tmp_path / "a\0b", "cannot be read"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(DataError, match=message):
            read_table(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a," * 5000 + "\n1,2\n", "more than 20 columns"),
        ("date\n" + "2024-01-01\n" * 60, "more than 50 rows"),
        ("a,b,c,d,e,f\n" + "1,2,3,4,5,6\n" * 40, "more than 200 cells"),
        ("x" * 20_000, r"larger than 0.0101 MB.*\(got 0.02 MB\)"),
    ],
)
def test_too_much_is_refused_with_the_bound(text: str, message: str) -> None:
    limits = ReadLimits(bytes=10_100, rows=50, columns=20, cells=200)
    with pytest.raises(DataError, match=message):
        _table(text, limits=limits)


# --- data frames


def test_a_data_frame_is_the_same_table_as_its_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "Subject": [1, 2, 3],
            "Site": pd.Categorical(["A", "B", None]),
            "Randomised": pd.to_datetime(["2024-01-02", None, "2024-01-09"]),
            "Screened": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-06"]).date,
        },
        index=pd.Index([7, 8, 9], name="key"),
    )
    frame.to_csv(tmp_path / "log.csv", index=False)
    ours, theirs = table_of_frame(frame), read_table(tmp_path / "log.csv")
    assert _cells(ours) == _cells(theirs)
    assert ours.rows.tolist() == [0, 1, 2]
    assert "the index ('key') is not used" in ours.notes[0]
    assert read_observed(frame).n_randomised == 2
    for wrong, message in (
        (frame.iloc[:0], "has no rows"),
        (pd.concat([frame, frame], axis=1), "two columns of the same name"),
    ):
        with pytest.raises(DataError, match=message):
            table_of_frame(wrong)


def test_a_folder_of_trials_may_have_other_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("Subject,Randomised\n1,2024-01-02\n2,2024-01-05\n")
    (tmp_path / "two.csv").write_text("Month,Enrolled\n2024-01,3\n2024-02,2\n")
    (tmp_path / "sites.csv").write_text("Site,Activated\nA,2024-01-01\n")
    (tmp_path / "README.txt").write_text("Data of two trials.\n")
    (tmp_path / "record.json").write_text('{"protocolSection": {}}')
    trials = read_trials([tmp_path, pd.DataFrame({"Randomised": ["2024-03-01", "2024-03-04"]})])
    assert [trial.name for trial in trials] == ["one", "two", "data frame"]
    said = " ".join(trials[0].account.lines())
    for name in ("sites.csv (a table of sites)", "README.txt", "record.json (is a trial's record in a registry"):
        assert name in said
    (tmp_path / "three.csv").write_text("Subject,Randomised\n1,2024-01-02\n2,soon\n")
    with pytest.raises(DataError, match=r"three\.csv: a word in 'Randomised"):
        read_trials([tmp_path])


def test_two_columns_of_sdtm_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dm.csv").write_text("STUDYID,DOMAIN,USUBJID,RFSTDTC,ARM,Arm\nS,DM,1,2024-01-31,A,B\n")
    with pytest.raises(DataError, match="two columns of the same name: ARM"):
        read_observed(tmp_path / "dm.csv")


def test_yes_and_no_in_a_column_of_plans_is_no_word_on_anybody(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("Subject,Randomised,Planned\n1,2024-01-31,Y\n2,2024-02-03,N\n")
    assert read_observed(tmp_path / "log.csv").n_randomised == 2
