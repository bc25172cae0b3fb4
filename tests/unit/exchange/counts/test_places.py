"""Counts with a column for each country or site: added up where that is certain, asked about otherwise."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.counts.places import added_up, is_place_but_no_site
from sim.exchange.tables.raw import RawTable


def table(*lines: str) -> RawTable:
    header, *rows = (line.split(",") for line in lines)
    return RawTable("t.csv", pd.DataFrame(rows, columns=header, index=range(2, 2 + len(rows)), dtype=object))


def test_a_column_of_their_sum_counts_them_all() -> None:
    found = added_up(table("Month,Germany,France,Total", "2024-01,3,4,7", "2024-02,,2,2"), {})
    assert found.columns == {"randomised": "Total"}
    assert found.note == (
        "'Total' is the sum of 'Germany' and 'France'; if each is a site, say --columns \"site=Germany+France\""
    )
    assert found.question is None


def test_a_total_that_is_not_their_sum_is_asked_about() -> None:
    found = added_up(table("Month,Germany,France,Total", "2024-01,3,4,8", "2024-02,,2,2"), {})
    assert (found.columns, found.note) == ({}, "")
    assert found.question is not None
    assert [choice for choice, _ in found.question.choices] == [
        "randomised=Total",
        "randomised=Germany+France",
        "site=Germany+France",
        "randomised=Germany",
        "randomised=France",
    ]


def test_columns_named_after_sites_are_sites() -> None:
    found = added_up(table("Month,Site 1,Site 2", "2024-01,3,4", "2024-02,,2", "2024-03,,"), {})
    assert found.columns == {"site": "site", "randomised": "randomised"}
    cells = found.table.cells
    assert cells["site"].tolist() == ["Site 1", "Site 2"] * 3
    assert cells["randomised"].tolist() == ["3", "4", "", "2", "", ""]
    assert cells["Month"].tolist() == ["2024-01", "2024-01", "2024-02", "2024-02", "2024-03", "2024-03"]
    assert cells.index.tolist() == [2, 2, 3, 3, 4, 4]  # rows of the file
    assert found.note == "each of 2 columns is a site, and counts those randomised: 'Site 1' and 'Site 2'"


def test_what_the_user_calls_sites_are_sites() -> None:
    found = added_up(table("Month,Leeds,York,Planned", "2024-01,3,4,5"), {"site": "Leeds + York"})
    assert found.table.cells.to_numpy().tolist() == [["2024-01", "Leeds", "3"], ["2024-01", "York", "4"]]
    assert found.note.endswith("; not of one site, and left out: 'Planned'")


def test_what_the_user_adds_up_is_added_up_and_a_cell_that_is_no_number_is_kept() -> None:
    found = added_up(table("Month,Germany,France", "2024-01,3,4", "2024-02,x,2"), {"randomised": "Germany + France"})
    assert found.table.cells["Germany+France"].tolist() == ["7", "x"]
    assert found.columns == {"randomised": "Germany+France"}
    one = added_up(table("Month,Germany,France", "2024-01,3,4"), {"randomised": "France"})
    assert one.columns == {"randomised": "France"}
    both = table("Month,Germany,France,Germany+France", "2024-01,3,4,5")
    named = added_up(both, {"randomised": "Germany+France"})
    assert named.table is both, "a column of that name is meant"
    missing = added_up(table("Month,Germany,France", "2024-01,3,4"), {"randomised": "Germany+Spain"})
    assert missing.columns == {"randomised": "Germany+Spain"}


def test_nothing_changes_where_a_column_counts_the_randomised() -> None:
    counts = table("Month,Germany,Randomised", "2024-01,3,4")
    found = added_up(counts, {})
    assert (found.table, found.columns, found.note, found.question) == (counts, {}, "", None)


@pytest.mark.parametrize(
    "other",
    ["Planned", "Screen failures", "Germany %", "Cumulative Germany", "Drop outs"],
)
def test_other_counts_are_no_places(other: str) -> None:
    found = added_up(table(f"Month,Germany,France,{other}", "2024-01,3,4,5", "2024-02,1,2,6"), {})
    assert found.question is not None
    assert found.question.choices[0][0] == "randomised=Germany+France"


@pytest.mark.parametrize("cells", [("3", "x"), ("3.5", "1"), ("", "")])
def test_what_is_not_whole_numbers_is_no_place(cells: tuple[str, str]) -> None:
    found = added_up(table("Month,Germany,Note", f"2024-01,3,{cells[0]}", f"2024-02,1,{cells[1]}"), {})
    assert found.question is not None
    assert [choice for choice, _ in found.question.choices] == ["randomised=Germany"]


def test_without_a_place_there_is_nothing_to_ask() -> None:
    assert added_up(table("Month,Note", "2024-01,a"), {}).question is None


def test_a_country_is_a_place_and_no_site() -> None:
    assert [is_place_but_no_site(name) for name in ("Country", "Region", "Site", "Germany")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_column_that_is_the_sum_of_the_others_counts_them_whatever_its_name() -> None:
    rows = [f"2024-0{month},{month},{month % 3},{month + month % 3}" for month in range(1, 7)]
    assert added_up(table("Month,Men,Women,All", *rows), {}).columns == {"randomised": "All"}
    few = added_up(table("Month,Men,Women,All", *rows[:4]), {})  # which may be by chance
    assert few.question is not None
