"""Dates as people write them: read as far as they go, asked about where two readings are possible, never guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.exchange.dates.read import parse_dates, proven_order
from sim.exchange.findings import AmbiguousDatesError, DataError
from sim.exchange.logs.days import between
from sim.exchange.read import read_observed


def _cells(*texts: str) -> pd.Series[str]:
    return pd.Series(texts, index=range(2, 2 + len(texts)), dtype=object)


def _read(*texts: str, order: str | None = None) -> list[date | None]:
    return [day.item() for day in parse_dates(_cells(*texts), "f.csv", "D", order).days]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31", "2024/1/31", "2024.01.31", "20240131", "31.01.2024", "31. 1. 2024", "31/01/2024", "01/31/2024",
        "31-01-24", "31 Jan 2024", "31-JAN-2024", "31JAN2024", "31Jan24", "31/Jan/2024", "31. Januar 2024",
        "31 janvier 2024", "31 de enero de 2024", "31 gennaio 2024", "31st January 2024", "Jan 31, 2024",
        "January 31 2024", "2024-Jan-31", "Wed 31 Jan 2024", "2024年1月31日", "45322", "2024-01-31T09:30",
        "2024-01-31T09:30:15.120+02:00", "2024-01-31 09:30 UTC", "2024-01-31T-:-", "2024-01-31T10",
        "31JAN2024:09:30:00", "1/31/2024 12:00:00 AM", "31/01/2024 14h30", "31-Jan-2024 UN:UN",
    ],
)  # fmt: skip
def test_the_usual_ways_of_writing_a_day(text: str) -> None:
    assert _read(text) == [date(2024, 1, 31)]


@pytest.mark.parametrize(
    ("word", "month"),
    [
        ("mär", 3),
        ("Mai", 5),
        ("juin", 6),
        ("juil", 7),
        ("août", 8),
        ("Okt", 10),
        ("dic", 12),
        ("Dez", 12),
        ("maart", 3),
    ],
)
def test_months_by_their_names_in_several_languages(word: str, month: int) -> None:
    assert _read(f"05 {word} 2024") == [date(2024, month, 5)]
    with pytest.raises(DataError, match="not the name of a month"):
        _read("05 jui 2024")  # June and July begin so


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021-05", "2021-05-01", "2021-05-31"),
        ("UN-MAY-2021", "2021-05-01", "2021-05-31"),
        ("May 2021", "2021-05-01", "2021-05-31"),
        ("May-21", "2021-05-01", "2021-05-31"),
        ("05/2021", "2021-05-01", "2021-05-31"),
        ("00/05/2021", "2021-05-01", "2021-05-31"),
        ("2021-05-XX", "2021-05-01", "2021-05-31"),
        ("2021", "2021-01-01", "2021-12-31"),
        ("UN-UNK-2021", "2021-01-01", "2021-12-31"),
        ("2021---15", "2021-01-01", "2021-12-31"),
    ],
)
def test_a_date_that_says_less_than_a_day_is_used_as_far_as_it_goes(text: str, first: str, last: str) -> None:
    found = parse_dates(_cells("2021-02-03", text), "f.csv", "D")
    assert [str(found.earliest[1]), str(found.latest[1])] == [first, last]
    assert found.partial_rows == (3,)
    assert found.days[1] == np.datetime64(first) + (np.datetime64(last) - np.datetime64(first)) // 2
    assert "1 date says less than a day in 'D' (row 3)" in found.notes[-1]


def test_such_a_date_is_between_the_days_around_it() -> None:
    dates = parse_dates(_cells("2024-03", "2024-03", "2024-03-05"), "f.csv", "D")
    after = parse_dates(_cells("2024-03-21", "", "2024-03-21"), "f.csv", "E").days
    assert [str(day) for day in between(dates, after, None)] == ["2024-03-26", "2024-03-16", "2024-03-05"]


def test_order_is_what_the_days_show_and_else_asked() -> None:
    assert _read("04/05/2024", "31/05/2024") == [date(2024, 5, 4), date(2024, 5, 31)]
    assert _read("04/05/2024", "05/31/2024") == [date(2024, 4, 5), date(2024, 5, 31)]
    with pytest.raises(AmbiguousDatesError, match="--dates dmy or --dates mdy"):
        _read("04/05/2024", "05/06/2024")
    with pytest.raises(DataError, match="two orders: day first in row 2, month first in row 3"):
        _read("31/05/2024", "05/31/2024")
    assert proven_order([_cells("04/05/2024"), _cells("2024-01-01", "31/05/2024")]) == "dmy"
    assert proven_order([_cells("04/05/2024"), _cells("31/05/2024", "05/31/2024")]) is None


def test_years_with_two_figures_that_may_stand_first_are_asked_about() -> None:
    texts = [f"24/0{month}/{day:02}" for month, day in ((1, 14), (2, 3), (3, 27), (4, 5), (5, 19), (6, 30))]
    with pytest.raises(AmbiguousDatesError, match="year first or day first"):
        _read(*texts)
    assert _read(*texts, order="ymd")[0] == date(2024, 1, 14)
    assert _read(*texts, order="dmy")[0] == date(2014, 1, 24)


def test_dates_and_texts_side_by_side_are_read_and_the_doubtful_named() -> None:
    found = parse_dates(_cells("2023-01-19", "26/03/2023", "05/08/2023", "2023-09-07"), "f.xlsx", "D")
    assert [str(day) for day in found.days] == ["2023-01-19", "2023-03-26", "2023-08-05", "2023-09-07"]
    assert "05/08/2023 (row 4) could be read in another order" in found.notes[-1]


def test_dates_that_a_spreadsheet_turned_over_are_asked_about() -> None:
    """Read in America, 26/03/2023 stays a text and 05/08/2023 becomes 8 May: then no date has a day above 12."""
    native = [f"2023-{day:02}-05" for day in range(1, 8)]
    texts = ["26/03/2023", "15/04/2023", "23/06/2023"]
    with pytest.raises(AmbiguousDatesError, match=r"turned over.*as 26/03/2023.*take them from the file"):
        _read(*native, *texts)
    assert _read(*native, *texts, order="dmy")[-1] == date(2023, 6, 23)
    assert _read(*native, "2023-01-19", *texts)[-1] == date(2023, 6, 23)


@pytest.mark.parametrize("text", ["9999-12-31", "1900-01-01", "2099-12-31", "31/12/9999", "1970-01-01", "99991231"])
def test_days_that_stand_for_none_are_none_and_named(text: str) -> None:
    found = parse_dates(_cells("2024-01-31", text, "TBC"), "f.csv", "D")
    assert np.isnat(found.days).tolist() == [False, True, True]
    assert f"{text} (row 3) in 'D' stand for no date" in found.notes
    assert "'TBC' (1 cell) is taken as no value in 'D'" in found.notes


@pytest.mark.parametrize("text", ["soon", "2024-02-30", "2203-01-05", "S-001", "2024-13-01", "SF"])
def test_what_is_no_date_is_refused_with_its_row(text: str) -> None:
    with pytest.raises(DataError, match=r"f\.csv: D: .*\(row 3\)"):
        _read("2024-01-31", text)


LOG = """Subject,Consent date,Randomisation date,Date of leaving,Status
1,05/01/2024,10/01/2024,,active
2,20/01/2024,01/2024,,active
3,25/01/2024,02/2024,10/02/2024,withdrawn
4,01/02/2024,05/02/2024,,active
"""


def test_in_a_log_one_column_shows_the_order_of_all_and_partial_dates_fit_their_row(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    trial = read_observed(path)
    people = trial.people
    assert [str(trial.date_of(day)) for day in people.randomised] == [
        "2024-01-10",  # day first, as the dates of consent show
        "2024-01-25",  # between consent on the 20th and the end of January
        "2024-02-05",  # between the beginning of February and the day of leaving
        "2024-02-05",
    ]
    assert trial.last == date(2024, 2, 10)
    assert "2 dates say less than a day" in " ".join(trial.account.lines())


def test_a_day_decades_before_all_others_is_refused_with_its_row(tmp_path: Path) -> None:
    """One year typed wrong made the trial 70 years long, and its forecast without an end."""
    days = [f"2023-{month:02d}-{day:02d}" for month in range(1, 10) for day in (3, 17)]
    path = tmp_path / "log.csv"
    lines = [f"P{i},{day}" for i, day in enumerate(["1953-08-24", *days])]
    path.write_text("\n".join(["participant,randomised", *lines]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"1953-08-24 is 25,\d{3} days before all other days.*row 2"):
        read_observed(path)
