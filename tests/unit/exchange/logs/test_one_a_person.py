"""When rows with one number are one person, one person screened again, people of several sites, or an error."""

from __future__ import annotations

import contextlib

import pytest

from sim.exchange.findings import DataError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.tables.read import table_of

HEAD = "Subject,Site,Screening date,Randomisation date,Status,Reason for screen failure,Left on"


def read(*rows: str, head: str = HEAD) -> ObservedTrial:
    return observed_from([table_of("\n".join((head, *rows, "")).encode(), "t.csv")])


def said(trial: ObservedTrial, words: str) -> list[str]:
    return [note for note in trial.account.notes if words in note]


def test_rows_that_say_the_same_are_one_person_with_the_last_word_of_each_column() -> None:
    trial = read("1,A,2023-01-02,,,,", "1,A,,2023-01-09,,,", "1,A,,,,,2023-05-01", "2,A,2023-02-01,2023-02-09,,,")
    assert (len(trial.people), trial.n_randomised, trial.people.status.tolist()) == (2, 2, ["left", "randomised"])
    assert said(trial, "rows are of") == ["4 rows are of 2 people: a row a visit or event, put together"]


OTHER = "9,A,2023-01-20,2023-01-28,,,"
OTHERS = [f"Q{n},A,2023-01-2{n},2023-01-28,,," for n in range(9)]  # so that few numbers are at two sites


@pytest.mark.parametrize(
    "first",
    [
        "1,A,2023-01-02,,screen failure,,",
        "1,A,2023-01-02,,,age,",
        "1,A,2023-01-02,,,,2023-01-15",
    ],
)
def test_each_screening_counts_where_all_but_the_last_failed(first: str) -> None:
    """By a status, by a reason, or by a day on which the person left."""
    trial = read(first, "1,A,2023-03-02,2023-03-09,,,", OTHER)
    assert sorted(trial.people.status.tolist()) == ["randomised", "randomised", "screen failure"]
    assert said(trial, "screened again") == ["1 person was screened again under the same number; each screening counts"]
    both = read(first, "1,A,2023-03-02,2023-03-09,,,", first.replace("1,", "2,", 1), "2,A,2023-04-02,,,,", OTHER)
    assert said(both, "screened again") == ["2 people were screened again under the same number; each screening counts"]
    assert len(both.people) == 5


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("1,A,2023-01-02,,,none,", "1,A,2023-03-02,,,,", "'Screening date'"),  # neither failed
        ("1,A,2023-01-02,2023-01-09,,,", "1,A,2023-03-02,2023-03-09,,,", "'Randomisation date', 'Screening date'"),
        ("1,A,2023-01-02,2023-01-09,SF,,", "1,A,2023-03-02,,,,", "'Screening date'"),  # randomised, and failed
        ("P,A,2023-01-02,,SF,,", "P,B,2023-03-02,2023-03-09,,,", "'Site', 'Screening date'"),
        ("1,A,,,SF,,", "1,A,2023-03-02,2023-03-09,on study,,", "'Status'"),  # a screening without its day
        ("1,A,2023-03-02,,SF,,", "1,A,2023-03-02,2023-03-09,on study,,", "'Status'"),  # on the same day
    ],
)
def test_rows_that_differ_otherwise_are_the_same_person_twice(first: str, second: str, differ: str) -> None:
    with pytest.raises(DataError, match=r"the same participant twice \(rows 2, 3\)") as raised:
        read(first, second, *OTHERS)
    (message,) = [str(problem) for problem in raised.value.problems]
    named = message.partition("they differ in ")[2]
    assert set(named.split(", ")) == set(differ.split(", "))


def test_rows_that_are_equal_in_every_cell_are_not_put_together() -> None:
    with pytest.raises(DataError, match="rows that say the same are one person: leave out all but one"):
        read("1,A,2023-01-02,2023-01-09,,,", "1,A,2023-01-02,2023-01-09,,,", OTHER)


def test_at_most_four_columns_are_named() -> None:
    rows = ("P,A,2023-01-02,2023-01-09,left,,2023-04-01", "P,B,2023-01-03,2023-01-10,on study,,2023-05-01")
    with pytest.raises(DataError) as raised:
        read(*rows, *OTHERS)
    assert str(raised.value).partition("they differ in ")[2].count("'") == 8


def test_numbers_of_one_site_are_those_of_another_person_at_the_next() -> None:
    rows = [f"{n},{site},2023-0{n}-0{day},2023-0{n}-1{day},,," for site, day in (("A", 1), ("B", 2)) for n in (1, 2, 3)]
    trial = read(*rows)
    assert (len(trial.people), trial.n_randomised) == (6, 6)
    assert said(trial, "unique") == ["numbers in 'Subject' are taken as unique within a site only"]


def test_a_number_with_the_same_days_at_two_sites_is_one_person_who_moved() -> None:
    """So numbers are not a site's own, and the two rows differ in their site."""
    rows = [f"{n},A,2023-0{n}-01,2023-0{n}-11,,," for n in (1, 2, 3)] + ["3,B,2023-03-01,2023-03-11,,,"]
    with pytest.raises(DataError, match=r"the same participant twice \(rows 4, 5\): they differ in 'Site'"):
        read(*rows)


@pytest.mark.parametrize(
    ("more", "is_within"),
    [
        (["1,B"], True),  # both sites start with 1
        (["2,B"], True),
        (["1,B", "30,C"], True),  # two of three
        (["1,B", "30,C", "40,D"], False),  # half of them
        (["3,B"], False),  # the second site goes on counting
        (["1,B", "X,B"], False),
        (["1,B", "2,B", *[f"{n},{n}" for n in range(30, 35)]], False),
        (["1,B", "2,B", "30,C", "40,D", "50,E", "60,F"], True),  # a quarter of sixteen numbers and sites are shared
    ],
)
def test_sites_number_their_own_where_numbers_start_again_or_many_are_at_several(
    more: list[str], is_within: bool
) -> None:
    """One of ten numbers of site A is at another site too; each row has days of its own."""
    people = [f"{n},A" for n in range(1, 11)] + more
    rows = [f"{who},2023-01-{2 + i:02},2023-02-{2 + i:02},,," for i, who in enumerate(people)]
    if is_within:
        trial = read(*rows)
        assert len(trial.people) == len(rows)
        assert said(trial, "unique within a site only")
    else:
        with contextlib.suppress(DataError):  # the same participant twice
            assert not said(read(*rows), "unique within a site only")


def test_where_sites_number_their_own_rows_of_one_person_are_put_together() -> None:
    """Two rows of number 1 at site A are one person, who is not number 1 of site B; who has no number is one each."""
    people = [
        f"{n},{site},2023-01-{n + day:02},2023-02-{n + day:02},,,"
        for site, day in (("A", 1), ("B", 9))
        for n in range(1, 5)
    ]
    nobody = [",A,2023-01-20,2023-02-20,,,", ",A,2023-01-21,2023-02-21,,,"]
    trial = read(*people, "1,A,,,,,2023-05-01", *nobody)
    assert said(trial, "unique within a site only")
    assert len(trial.people) == 10
    assert trial.people.status.tolist().count("left") == 1
