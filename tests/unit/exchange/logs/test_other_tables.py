"""What is given as a log and is none: sites, a table turned over, one column, a table without names of columns."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.logs.columns import log_columns
from sim.exchange.logs.other_tables import (
    _counts_rows,
    ask_about_numbers,
    is_table_of_sites,
    refuse_other_shapes,
    refuse_table_of_sites,
    refuse_without_header,
)
from sim.exchange.read import observed_from
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.read import table_of


def table(*lines: str) -> RawTable:
    header, *rows = (line.split(",") for line in lines)
    return RawTable("t.csv", pd.DataFrame(rows, columns=header, index=range(2, 2 + len(rows)), dtype=object))


@pytest.mark.parametrize(
    ("header", "is_sites"),
    [
        ("Site,Activated", True),
        ("Site,Planned activation", True),
        ("Site,Name", False),
        ("Subject,Site,Activated", False),
    ],
)
def test_a_table_of_sites_says_when_they_open_and_nothing_of_people(header: str, is_sites: bool) -> None:
    found = table(header, ",".join(["2023-01-01"] * (header.count(",") + 1)))
    assert is_table_of_sites(found) is is_sites
    if is_sites:
        with pytest.raises(DataError, match="is a table of sites, for --sites"):
            refuse_table_of_sites(found)
    else:
        refuse_table_of_sites(found)


def test_what_was_not_split_into_columns() -> None:
    with pytest.raises(DataError, match="has one column, 'Subject:Site'"):
        refuse_other_shapes(table("Subject:Site", "1:A"))
    refuse_other_shapes(table("Randomisation date", "2023-01-01"))


def test_a_table_turned_over() -> None:
    with pytest.raises(DataError, match="rows and columns are swapped, it seems: 'Randomisation date' is in the first"):
        refuse_other_shapes(table("Subject,1,2", "Site,A,B", "Randomisation date,2023-01-01,2023-02-01"))
    refuse_other_shapes(table("Subject,Note", *(["1,x"] * 12), "Randomisation date,x"))  # looked for at the top only


def test_a_table_without_names_of_columns() -> None:
    with pytest.raises(DataError, match="the first row has '2023-01-01', a date as in the rows below"):
        refuse_without_header(table("1,2023-01-01", "2,2023-02-01"))
    refuse_without_header(table("Subject,2023-01-01", "2,x"))  # one date alone may be a name


@pytest.mark.parametrize(
    ("header", "numbers", "asks"),
    [
        ("Date,Number", ("3", "5", "2"), True),
        ("Date,Number", ("3", "", "2.0"), True),
        ("Date,Number", ("4", "5", "6"), False),  # it counts the rows
        ("Date,Number", ("x", "y", "z"), False),
        ("Date,Number", ("1234567", "1234568", "1234560"), False),
        ("Date,Count of pages", ("3", "5", "2"), False),
    ],
)
def test_a_number_may_count_or_name(header: str, numbers: tuple[str, ...], asks: bool) -> None:
    found = table(header, *(f"2023-0{i}-01,{number}" for i, number in enumerate(numbers, start=1)))
    if not asks:
        ask_about_numbers(found, log_columns(found, {}))
        return
    with pytest.raises(QuestionError) as raised:
        ask_about_numbers(found, log_columns(found, {}))
    assert [choice for choice, _ in raised.value.questions[0].choices] == ["randomised=Number", "participant=Number"]


def test_a_number_beside_participants_is_not_asked_about() -> None:
    found = table("Subject,Date,Number", "a,2023-01-01,3", "b,2023-02-01,1")
    ask_about_numbers(found, log_columns(found, {}))


@pytest.mark.parametrize(
    ("cells", "do"),
    [(["5", "6", "7"], True), (["5"], False), (["6", "5"], False), (["5", "5"], False), (["1", "2", "x"], False)],
)
def test_numbers_that_rise_by_one_count_the_rows(cells: list[str], do: bool) -> None:
    """One row alone shows nothing."""
    assert _counts_rows(cells) is do


def test_what_is_given_as_a_log_and_is_none_is_refused_when_it_is_read() -> None:
    for text, said in (
        ("Site,Activated\nA,2023-01-01\nB,2023-02-01\n", "is a table of sites, for --sites"),
        ("Site,1,2\nName,A,B\nRandomisation date,2023-01-01,2023-02-01\n", "rows and columns are swapped, it seems"),
    ):
        with pytest.raises(DataError, match=said):
            observed_from([table_of(text.encode(), "t.csv")])
