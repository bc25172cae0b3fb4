"""Which of several columns that could be one thing is it."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.errors import UsageError
from sim.exchange.findings import DataError
from sim.exchange.tables.columns import columns_from, is_usual, namesakes, recognised
from sim.exchange.tables.raw import RawTable

NAMES = {"site": ("site", "site_id", "centre"), "arm": ("arm", "group"), "date": ("date", "year", "month")}


def roles(*headers: str, **given: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    return recognised(RawTable("x.csv", pd.DataFrame([["1"] * len(headers)], columns=list(headers))), NAMES, given)


def test_the_name_that_says_it_best_is_taken_and_what_is_unclear_is_told() -> None:
    """A site's number beside its name is the site; two arms are a question; what a person said holds."""
    assert roles("Centre", "Site ID") == ({"site": "Site ID"}, {})
    assert roles("Arm", "Group") == ({}, {"arm": ["Arm", "Group"]})
    assert roles("Arm", "Group", arm="Group") == ({"arm": "Group"}, {})
    assert roles("Centre", "x") == ({"site": "Centre"}, {})


def test_a_year_alone_and_a_number_of_the_period_are_the_last_choices_for_a_date() -> None:
    def date_of(**cells: list[str]) -> object:
        found, unclear = recognised(RawTable("x.csv", pd.DataFrame(cells)), NAMES)
        return found.get("date", unclear.get("date"))

    years, numbers, months = ["2023", "2024"], ["1", "2"], ["2023-01", "2024-02"]
    assert date_of(Year=years, Month=months) == "Month"
    assert date_of(Year=years) == "Year"
    assert date_of(Date=months, Month=numbers) == "Date"
    assert date_of(Date=months, Month=months) == ["Date", "Month"]
    assert date_of(Month=numbers) == "Month"


def test_a_second_column_of_one_name_makes_a_doubt_only_where_it_says_something_else() -> None:
    cells = {
        "Date": ["1", "2"],
        "Date (2)": ["1", "2"],
        "Date (3)": ["", ""],
        "Date (x)": ["5", "6"],
        "Dated (2)": ["7", "8"],
    }
    assert namesakes(RawTable("x.csv", pd.DataFrame(cells)), "Date") == ["Date"]
    cells["Date (2)"] = ["1", "3"]
    cells["Date (3)"] = ["", "4"]
    assert namesakes(RawTable("x.csv", pd.DataFrame(cells)), "Date") == ["Date", "Date (2)", "Date (3)"]


def test_columns_are_told_as_pairs_whose_headers_may_have_commas() -> None:
    assert columns_from("") == columns_from(None) == {}
    assert columns_from("date=Rand, Dt, site = Centre,left=") == {"date": "Rand, Dt", "site": "Centre", "left": ""}
    for text in ("date=", "=Centre", "Centre"):
        with pytest.raises(UsageError, match="write ROLE=HEADER"):
            columns_from(text)
    with pytest.raises(UsageError, match="there is no role 'sit'; did you mean 'site'"):
        columns_from("sit=Centre")


def test_a_column_that_is_not_there_is_refused_and_no_column_is_none() -> None:
    with pytest.raises(DataError, match="there is no column 'Sites' for 'site'; did you mean 'Site'"):
        roles("Site", "Arm", site="Sites")
    assert roles("Site", "Arm", site="", arm="Site") == ({"arm": "Site"}, {})
    assert roles("Site", other="x") == ({"site": "Site"}, {}), "a role that such a table does not have"


@pytest.mark.parametrize(
    ("header", "names", "is_one"),
    [
        ("Patients randomised", ("randomised",), True),
        ("Total randomised patients", ("randomised",), True),
        ("Date of activation", ("activation",), True),
        ("Randomised", ("patients_randomised",), False),
        ("Patients", ("patients",), True),
        ("Patients", ("randomised",), False),
        ("Patients screened", ("randomised",), False),
        ("N", ("n",), True),
    ],
)
def test_a_header_is_a_usual_name_apart_from_words_that_say_nothing(
    header: str, names: tuple[str, ...], is_one: bool
) -> None:
    assert is_usual(header, names) is is_one
