"""Which role a column of a log has, by its name and by its cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pandas as pd
import pytest

from sim.exchange.logs import headers
from sim.exchange.logs.columns import LogColumns, is_a_row_a_person, log_columns
from sim.exchange.tables.raw import RawTable

DAYS, FLAGS, WORDS = ["2024-01-02", "2024-02-03", ""], ["Y", "N", "N"], ["on study", "left", "left"]
START = {"Subject": ["1", "2", "3"], "Randomisation date": ["2024-01-02", "2024-01-05", "2024-01-09"]}


def columns_with(header: str, cells: list[str]) -> LogColumns:
    return log_columns(RawTable("t.csv", pd.DataFrame(START | {header: cells}, dtype=object)), {})


@pytest.mark.parametrize(
    ("header", "cells", "place"),
    [
        ("Status", WORDS, lambda c: c.found.get(headers.STATUS)),
        ("Status", DAYS, lambda c: c.side.get(headers.STATUS_DATE, [""])[0]),
        ("Arm", ["A", "B", "A"], lambda c: c.found.get("arm")),
        ("Arm", DAYS, lambda c: c.found.get("arm")),
        ("Withdrawn", FLAGS, lambda c: c.flags.get(headers.LEFT_ON)),
        ("Date of withdrawal", DAYS, lambda c: c.found.get(headers.LEFT_ON)),
        ("Withdrawn", DAYS, lambda c: c.found.get(headers.LEFT_ON)),
        ("Centre", ["a", "b", "a"], lambda c: c.found.get("site")),
    ],
)
def test_a_column_has_the_role_of_its_name_and_its_cells(
    header: str, cells: list[str], place: Callable[[LogColumns], str | None]
) -> None:
    assert place(columns_with(header, cells)) == header


@pytest.mark.parametrize("header", ["Status", "Arm", "Date of withdrawal", "Comment"])
def test_an_empty_column_or_one_of_no_role_is_none(header: str) -> None:
    found = columns_with(header, ["", "", ""])
    assert sorted(found.found.values()) == sorted(START)
    assert not found.flags
    assert not found.side


def test_a_column_of_words_for_fates_is_the_status_and_several_are_a_question() -> None:
    assert columns_with("What came of it", WORDS).found[headers.STATUS] == "What came of it"
    two = START | {"What came of it": WORDS, "Then": WORDS[::-1]}
    found = log_columns(RawTable("t.csv", pd.DataFrame(two, dtype=object)), {})
    assert headers.STATUS not in found.found
    assert found.unclear[headers.STATUS] == ["What came of it", "Then"]


def test_among_columns_of_one_role_that_differ_all_with_a_plain_name_are_unclear() -> None:
    def arms(**more: list[str]) -> LogColumns:
        return log_columns(RawTable("t.csv", pd.DataFrame(START | more, dtype=object)), {})

    same = arms(Centre=["a", "b", "a"], Site=["1", "2", "1"])  # one name for each number
    assert "site" in same.found
    differ = arms(Centre=["a", "b", "a"], Site=["1", "2", "2"])
    assert sorted(differ.unclear["site"]) == ["Centre", "Site"]


@pytest.mark.parametrize(("n", "is_status"), [(40, True), (41, False)])
def test_a_column_of_more_than_40_different_words_is_no_status(n: int, is_status: bool) -> None:
    """So many different words describe each person, even if each one says something known."""
    spellings = ["".join(each) for each in product(*({c, c.upper()} for c in "on study"))]
    cells = [*sorted(spellings)[: n - 1], "left"]
    table = {"Subject": [str(i) for i in range(n)], "Randomisation date": ["2024-01-02"] * n, "What came of it": cells}
    found = log_columns(RawTable("t.csv", pd.DataFrame(table, dtype=object)), {})
    assert (headers.STATUS in found.found) is is_status


@pytest.mark.parametrize(
    ("cells", "is_one"),
    [
        (["1", "2", "3"], True),
        (["1", "2", "", ""], False),  # half are filled
        (["1", "2", "3", "", ""], True),
        (["1", "1", "2", "2"], False),  # half differ
        (["1", "1", "2", "3", "3"], True),
        (["1", "2", "", "", ""], False),
        (["", ""], False),
    ],
)
def test_a_column_names_a_person_in_each_row_where_most_cells_are_filled_and_most_differ(
    cells: list[str], is_one: bool
) -> None:
    assert is_a_row_a_person(RawTable("t.csv", pd.DataFrame({"Subject": cells}, dtype=object))) is is_one
    assert not is_a_row_a_person(RawTable("t.csv", pd.DataFrame({"ID": cells, "Month": cells}, dtype=object)))
