"""A column of dates: what is asked, what is refused, and what stands for no date."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.dates.read import NO_YEARS, Dates, _is_doubtful, _may_begin_with_year, parse_dates, proven_order
from sim.exchange.findings import AmbiguousDatesError, DataError


def read(*texts: str, order: str | None = None) -> Dates:
    cells = pd.Series(list(texts), index=range(2, 2 + len(texts)))
    return parse_dates(cells, "t.csv", "Date", order)  # type: ignore[arg-type]


def answers(*texts: str) -> list[str]:
    with pytest.raises(AmbiguousDatesError) as raised:
        read(*texts)
    (question,) = raised.value.questions
    return [answer for answer, _ in question.choices]


NATIVE = [f"2024-{month:02}-{day:02}" for month, day in ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12))]


def test_either_order_is_asked_about_and_a_day_above_12_answers() -> None:
    assert answers("03/04/2024", "05/06/2024") == ["dmy", "mdy"]
    assert read("03/04/2024", "13/06/2024").days.astype(str).tolist() == ["2024-04-03", "2024-06-13"]
    assert read("03/04/2024", "06/13/2024").days.astype(str).tolist() == ["2024-03-04", "2024-06-13"]
    assert read("03/04/2024", order="mdy").days.astype(str).tolist() == ["2024-03-04"]
    assert read("03/04/24", order="ymd").days.astype(str).tolist() == ["2003-04-24"]
    with pytest.raises(DataError, match="day first in row 2, month first in row 3"):
        read("13/06/2024", "06/13/2024")
    with pytest.raises(DataError, match="day first in row 3, month first in row 2"):
        read("12/13/2024", "13/12/2024")


@pytest.mark.parametrize(
    ("columns", "order"),
    [
        ([["13/01/2024"], ["01/02/2024"]], "dmy"),
        ([["01/13/2024"], ["01/02/2024"]], "mdy"),
        ([["12/12/2024"]], None),
        ([["13/01/2024"], ["01/13/2024"]], None),
    ],
)
def test_one_column_proves_the_order_of_all(columns: list[list[str]], order: str | None) -> None:
    assert proven_order(pd.Series(cells) for cells in columns) == order


@pytest.mark.parametrize(("texts", "answer"), [("13/01/2024 14/02/2024 15/03/2024", "dmy"),
                                               ("01/13/2024 02/14/2024 03/15/2024", "mdy")])  # fmt: skip
def test_dates_that_a_spreadsheet_turned_over_are_asked_about(texts: str, answer: str) -> None:
    """All dates have a day up to 12, and all texts one above: only the order of the texts can be meant."""
    assert answers(*NATIVE, *texts.split()) == [answer]
    assert len(read(*NATIVE, "2024-03-13", *texts.split()).days) == 10
    assert len(read(*NATIVE[:1], *texts.split()).days) == 4


@pytest.mark.parametrize("texts", ["12/01/2024 14/02/2024 15/03/2024", "01/12/2024 02/14/2024 03/15/2024"])
def test_a_text_with_a_12_may_be_a_date_that_was_left_alone(texts: str) -> None:
    assert len(read(*NATIVE, *texts.split()).days) == 9


def test_years_that_no_trial_has_stand_for_no_date_or_are_refused() -> None:
    sentinels = sorted(year for year in NO_YEARS if year >= 1000)
    assert {1111, 1800, 1899, 1900, 2099, 2199, 2200, 2222, 2999, 3000, 7777, 8888, 9998, 9999} <= set(sentinels)
    found = read("2024-01-02", *(f"{year}-01-01" for year in sentinels))
    assert found.days.astype(str).tolist() == ["2024-01-02"] + ["NaT"] * len(sentinels)
    assert len(found.notes) == 1
    assert found.notes[0].startswith("1111-01-01, 1800-01-01, 1899-01-01 and others (rows 3, 4,")
    assert (
        read("2024-01-02", "9999-12-31", "1900-01-01", "3000-01-01")
        .notes[0]
        .startswith("9999-12-31, 1900-01-01, 3000-01-01 (rows 3, 4, 5)")
    )
    days = ("1753-01-01", "1901-01-01", "1960-01-01", "1970-01-01", "2100-01-01")
    assert read("2024-01-02", *days).days.astype(str).tolist() == ["2024-01-02"] + ["NaT"] * 5
    assert read("1970-01-02").days.astype(str).tolist() == ["1970-01-02"]
    with pytest.raises(DataError, match=r"a year that no trial has \(row 2\); in the Buddhist calendar it is 2024"):
        read("2567-01-02")
    with pytest.raises(DataError, match=r"there is no such day \(row 3\)"):
        read("2024-02-29", "2023-02-29")


def test_numbers_of_days_and_mixed_forms_are_told() -> None:
    (excel,) = read("45337").notes
    assert excel == "numbers in 'Date' are Excel's numbers of days, as 45337 for 2024-02-15"
    *_, mixed = read("2024-01-15", "2024-01-16", "15 Feb 2024").notes
    assert mixed == "dates in 'Date' are written in 2 ways, 2024-01-15 (2) and 15 Feb 2024 (1)"
    (order,) = read("13/01/2024", "01/02/2024").notes
    assert order == "dates in 'Date' are read day first, as 13/01/2024"


@pytest.mark.parametrize(("text", "said"), [("soon", "not a date"), ("12 Foo 2024", "not the name of a month")])
def test_a_text_that_is_no_date_is_refused_with_its_row(text: str, said: str) -> None:
    with pytest.raises(DataError, match=rf"{said} \(row 3\); write each as 2024-01-31"):
        read("2024-01-02", text)
    assert read("2024-01-02", "ND", "").days.astype(str).tolist() == ["2024-01-02", "NaT", "NaT"]


@pytest.mark.parametrize(
    ("texts", "may"),
    [
        ([f"24/04/{day:02}" for day in range(1, 7)], True),
        ([f"24-04-{day:02}" for day in range(1, 7)], True),
        ([f"24/04/{day:02}" for day in range(1, 6)], False),
        ([f"12/04/{day:02}" for day in range(1, 7)], False),
        ([f"{day}/04/24" for day in range(13, 19)], False),
        ([f"24/04/{day:02}" for day in range(1, 6)] + ["24/04/2006"], False),
        ([f"24/04/{day:02}" for day in range(1, 6)] + ["24/04"], False),
        ([f"x4/04/{day:02}" for day in range(1, 7)], False),
    ],
)
def test_years_first_are_six_numbers_above_12_that_change_less_than_the_last(texts: list[str], may: bool) -> None:
    assert _may_begin_with_year(texts) is may


def test_of_many_forms_the_three_most_frequent_are_told() -> None:
    texts = ["2024-01-15"] * 4 + ["15 Feb 2024"] * 3 + ["20240301"] * 2 + ["April 5, 2024"]
    (told,) = read(*texts).notes
    assert told == "dates in 'Date' are written in 4 ways, 2024-01-15 (4), 15 Feb 2024 (3) and 20240301 (2)"


@pytest.mark.parametrize(
    ("pair", "is_doubtful"),
    [((3, 4), True), ((12, 11), True), ((11, 12), True), ((13, 4), False), ((4, 13), False), ((5, 5), False)],
)
def test_two_different_numbers_up_to_12_are_doubtful(pair: tuple[int, int], is_doubtful: bool) -> None:
    assert _is_doubtful(pair) is is_doubtful
