"""Encodings, separators and quotation marks of text files."""

from __future__ import annotations

import pytest

from sim.exchange.findings import DataError
from sim.exchange.limits import ReadLimits
from sim.exchange.tables.text_files import _widths, decoded, rows_of

LIMITS = ReadLimits(rows=3, columns=2, cells=5)
TABLE = "sité,date\nA,2024-01-01\n"


def rows(text: str, limits: ReadLimits = ReadLimits()) -> list[list[str]]:  # noqa: B008
    return rows_of(text, "t.csv", limits)


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ""), ("utf-8-sig", ""), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16-LE"), ("utf-16-be", "UTF-16-BE"),
        ("utf-32", "UTF-32"), ("cp1252", "the file is not UTF-8, and was read as Windows-1252"),
    ],
)  # fmt: skip
def test_a_text_is_itself_in_any_encoding(encoding: str, note: str) -> None:
    text, said = decoded(TABLE.encode(encoding), "t.csv")
    assert text.lstrip("\ufeff") == TABLE
    assert said == (f"the file is {note}" if note.startswith("UTF") else note)


def test_bytes_that_are_no_text_are_refused_and_what_fills_up_the_end_is_not() -> None:
    for content in (b"a\0b", b"\xff\xfe\x00"):
        with pytest.raises(DataError, match="is not a table"):
            decoded(content, "t.csv")
    assert decoded(b"a,b\n\x1a\0\0", "t.csv")[0] == "a,b\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_gives_rows_of_one_width(separator: str) -> None:
    text = separator.join("ab") + "\n" + separator.join(["1,5; x", "2"] if separator in "\t|" else ["1", "2"]) + "\n"
    assert rows(text)[0] == ["a", "b"]
    assert len(rows(text)[1]) == 2


def test_the_separator_is_found_in_the_beginning_of_a_long_text() -> None:
    """Whole lines of it, or of one line that is longer what is there."""
    long = "x" * 29_990
    assert [len(row) for row in rows(f"a;b\n{long};1\n1,2,3;4\n")] == [2, 2, 2]
    assert len(rows(f"{long};1;2{';' * 100}\n")[0]) == 103


def test_what_excel_adds_is_taken_away() -> None:
    assert rows('sep=;\na;b\n="001";2\n') == [[], ["a", "b"], ["001", "2"]]
    assert rows("a,b\r\n1,2\r3,4\n") == [["a", "b"], ["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n3,4\n", "more than 5 cells"),
        ("a\n1\n2\n3\n4\n", "more than 3 rows"),
        ("a" + "," * 41 + "\n", "more than 2 columns"),
        ('a,b\n"1,2\n', "not closed, or a cell is longer"),
        ('a,b\n"1"x,2\n', r"stands within a cell; double it, or leave it out \(row 2\)"),
    ],
)
def test_what_is_too_much_or_torn_is_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        rows(text, LIMITS)


def test_a_header_and_as_many_rows_as_are_read() -> None:
    assert len(rows("a\n1\n2\n", LIMITS)) == 3
    assert len(rows("a,b,c\n1,2\n", LIMITS)) == 2


def test_a_quotation_mark_that_is_closed_rows_later_is_refused() -> None:
    with pytest.raises(DataError, match=r"closed only rows later \(row 2\)"):
        rows('a,b,c\n1,"2,3\n4,5,6\n7",8,9\n')
    assert len(rows('a,b,c\n1,"two\nlines",3\n')) == 2


def test_of_separators_that_fit_alike_a_comma_is_taken() -> None:
    assert rows("a,b;c\n") == [["a", "b;c"]]
    assert rows("alone\n") == [["alone"]]
    assert rows("a|b\n") == [["a", "b"]]


def test_rows_decide_the_separator_up_to_the_60th_that_is_not_empty() -> None:
    assert _widths("a;b\n\n ; \n1;2;3\n", ";") == [2, 3]
    assert _widths("a;b\n" * 61, ";") == [2] * 60
    assert _widths("a;b\n" * 61, ",") == [1] * 60
    assert rows("a,b\n1;2\n3;4\n5;6\n")[1] == ["1", "2"], "the first row alone says little"


def test_columns_that_are_aligned_with_spaces_are_told_apart() -> None:
    text = "Subject   Date of consent   Site\nS1        2024-01-02        St Mary\nS2        2024-02-03        Hull\n"
    assert rows_of(text, "t.txt", ReadLimits())[1] == ["S1", "2024-01-02", "St Mary"]
    uneven = "Subject   Site\nS1\nS2        Hull\n"  # which cell is missing cannot be seen
    assert rows_of(uneven, "t.txt", ReadLimits())[2] == ["S2        Hull"]
