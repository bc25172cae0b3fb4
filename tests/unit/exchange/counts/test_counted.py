"""What counts say of each period: where none is given, where rows are missing, and which columns they are."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from sim.exchange.counts.read import ending_on
from sim.exchange.counts.shapes import looks_like_counts, shaped
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.read import table_of


def read(text: str) -> ObservedTrial:
    return observed_from([table_of(text.encode(), "t.csv")])


def warned(trial: ObservedTrial) -> dict[str, tuple[int, ...]]:
    return {finding.message: finding.rows for finding in trial.findings}


def table(text: str) -> RawTable:
    header, *rows = (line.split(",") for line in text.splitlines())
    return RawTable("t.csv", pd.DataFrame(rows, columns=header, index=range(2, 2 + len(rows)), dtype=object))


def test_a_period_without_a_count_is_nobody_and_one_to_come_is_none() -> None:
    """A row without anything, a row that counts others only, and a row of one site where another has a count."""
    trial = read("Month,Screened,Enrolled\n2024-01,5,2\n2024-02,,\n2024-03,4,\n2024-04,6,3\n2024-05,,\n2024-06,,\n")
    assert warned(trial) == {"no count in this period; taken as nobody": (3,), "no number randomised; taken as 0": (4,)}
    assert trial.account.ignored == (("months to come, without a count", 2),)
    assert trial.funnel is not None
    assert trial.funnel.randomised.tolist() == [2, 0, 0, 3]
    assert str(trial.last) == "2024-04-30"
    sites = read("Month,Site,Enrolled\n2024-01,A,2\n2024-01,B,\n2024-02,A,\n2024-02,B,3\n")
    assert warned(sites) == {}
    assert sites.n_randomised == 5


@pytest.mark.parametrize(
    ("column", "dates", "gap"),
    [
        ("Week of", ("2024-01-01", "2024-01-08", "2024-01-22", "2024-01-29"), ""),
        ("Week of", ("2024-01-01", "2024-01-08", "2024-01-29", "2024-02-05"), "2024-01-08 and 2024-01-29"),
        ("Date", ("2024-01-01", "2024-01-02", "2024-01-16", "2024-01-17"), ""),
        ("Date", ("2024-01-01", "2024-01-02", "2024-01-17", "2024-01-18"), "2024-01-02 and 2024-01-17"),
        ("Month", ("2024-01", "2024-02", "2024-03", "2024-04"), ""),
        ("Month", ("2024-01", "2024-02", "2024-04", "2024-05"), "2024-02-01 and 2024-04-01"),
        ("Quarter", ("2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"), ""),
        (
            "Period",
            tuple(
                f"{a} to {b}"
                for a, b in (
                    ("2023-01-01", "2023-02-28"),
                    ("2023-03-01", "2023-04-30"),
                    ("2023-05-01", "2023-06-30"),
                    ("2023-07-01", "2023-08-31"),
                )
            ),
            "",
        ),
        ("Quarter", ("2023-Q1", "2023-Q2", "2023-Q4", "2024-Q1"), "2023-04-01 and 2023-10-01"),
    ],
)
def test_rows_that_are_missing_are_named_from_a_fortnight_on(column: str, dates: tuple[str, ...], gap: str) -> None:
    """Days and weeks without a row are common; a month or a quarter is not left out for want of people."""
    trial = read(f"{column},Enrolled\n" + "".join(f"{day},{n}\n" for day, n in zip(dates, (3, 2, 4, 1), strict=True)))
    assert trial.account.gaps == ((f"no row between {gap}",) if gap else ())
    assert warned(trial) == ({f"no row between {gap}; taken as nobody": (4,)} if gap else {})


def test_rows_of_countries_are_added_up_by_period() -> None:
    text = "Month,Country,Enrolled\n2024-01,DE,2\n2024-01,FR,3\n2024-02,DE,\n2024-02,FR,4\n"
    assert shaped(table(text)).table.cells.to_dict("list") == {"Month": ["2024-01", "2024-02"], "Enrolled": ["5", "4"]}
    again = text.replace("2024-02,FR", "2024-02,DE")  # a country twice in a period may be two sites
    assert "Country" in shaped(table(again)).table.columns
    assert (
        "Country"
        in shaped(
            table(text.replace("Country", "Country,Site").replace(",DE", ",DE,A").replace(",FR", ",FR,B"))
        ).table.columns
    )


@pytest.mark.parametrize(
    ("text", "are_counts"),
    [
        ("Month,Enrolled\n2024-01,3\n2024-02,4\n", True),
        ("Month,Visits\n2024-01,3\n2024-02,4\n", True),
        ("Month,Visits\n,3\n,4\n", False),
        ("Month,Visits\n2024-01-05,3\n2024-02-07,4\n", False),
        ("Month,Leeds,York\n2024-01-01,3,1\n2024-02-01,4,0\n", True),
        ("Month,Leeds,York\n01/02/2024,3,1\n01/03/2024,4,0\n", True),
        ("Day,Leeds,York\n2024-01-01,3,1\n2024-02-01,4,0\n", False),
        ("Month,Enrolled\n2024-01,3 pts\n2024-02,4 pts\n", True),
        ("Month,Enrolled\n2024-01,2024-01-05\n2024-02,2024-02-07\n", False),
        ("Date,Enrolled\n2024-01-05,yes 3\n2024-02-05,yes 4\n", False),
    ],
)
def test_a_table_of_months_and_numbers_is_counts(text: str, are_counts: bool) -> None:
    assert looks_like_counts(table(text), {}) is are_counts


TWO_MONTHS = "Month,Enrolled\n2024-01,3\n2024-02,4\n"


def test_people_are_spread_evenly_over_their_period() -> None:
    """The k-th of n at (k - 1/2) / n of it, in the middle of that day."""
    assert read(TWO_MONTHS).people.randomised.tolist() == [5.5, 15.5, 25.5, 34.5, 41.5, 49.5, 56.5]


def test_a_last_period_that_is_not_over_has_its_people_until_that_day() -> None:
    """February begins on day 31 and has 29 days; until the 10th, its people are 10/29 as far apart."""
    trial = ending_on(read(TWO_MONTHS), date(2024, 2, 10))
    assert trial.people.randomised.tolist() == [5.5, 15.5, 25.5, 32.5, 34.5, 37.5, 39.5]
    assert trial.funnel is not None
    assert trial.funnel.end.tolist() == [31.0, 41.0]
    assert trial.last == date(2024, 2, 10)
    assert trial.account.notes[-1] == "the last period is not over: its 4 randomised are those until 2024-02-10"
    one_day = ending_on(read(TWO_MONTHS), date(2024, 2, 1))
    assert one_day.people.randomised.tolist()[3:] == [31.5] * 4


@pytest.mark.parametrize("when", [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 9)])
def test_a_day_outside_the_last_period_ends_no_period(when: date) -> None:
    trial = read(TWO_MONTHS)
    assert ending_on(trial, when) is trial


def test_periods_without_a_calendar_are_counted_from_the_start() -> None:
    trial = read("Month,Enrolled\n1,3\n2,4\n3,1\n")
    assert not trial.has_calendar
    assert trial.account.end == "month 3 from the start, the last with a count"
    assert read(TWO_MONTHS).account.end == "2024-02-29, the end of the last month with a count"


def test_no_more_people_than_a_trial_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.exchange.counts.read.MOST_PEOPLE", 7)
    assert read(TWO_MONTHS).n_randomised == 7
    monkeypatch.setattr("sim.exchange.counts.read.MOST_PEOPLE", 6)
    with pytest.raises(DataError, match="adds up to 7 randomised"):
        read(TWO_MONTHS)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("2024-01,two\n2024-02,4", r"'two' in 'Enrolled' is not a number \(row 2\)"),
        ("2024-01,3\n2024-02,-1", r"'-1' in 'Enrolled' is below 0 \(row 3\)"),
        ("2024-01,3\n2024-02,1.5", r"'1.5' in 'Enrolled' is not a whole number \(row 3\)"),
        ("2024-01,3\n,4", r"no date \(row 3\)"),
        ("2024-01,3\n2024-01,4\n2024-02,1", r"the same period twice \(rows 2, 3\)"),
        ("2024-01,\n2024-02,0.5", "'0.5' in 'Enrolled' is not a whole number"),
    ],
)
def test_counts_that_cannot_be_are_refused_with_their_rows(rows: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(f"Month,Enrolled\n{rows}\n")


def test_more_who_pass_a_step_than_began_it_are_told_and_asked_about() -> None:
    head = "Month,Screened,Eligible,Enrolled\n"
    assert warned(read(f"{head}2024-01,5,5,5\n2024-02,9,3,3\n")) == {}
    assert warned(read(f"{head}2024-01,5,6,2\n2024-02,9,3,4\n")) == {
        "more eligible than screened": (2,), "more randomised than eligible": (3,)
    }  # fmt: skip
    with pytest.raises(DataError, match="5 are randomised, and 'Screened' counts 4"):
        read("Month,Screened,Enrolled\n2024-01,3,3\n2024-02,1,2\n")
    with pytest.raises(DataError, match="nobody is randomised in these data"):
        read("Month,Enrolled\n2024-01,0\n2024-02,0\n")


def test_months_with_rows_and_nobody_in_them_are_told() -> None:
    """Two months between those of two that counted: from 1 January to 1 April, the last empty row is March's."""
    trial = read("Date,Enrolled\n" + "".join(f"2024-01-{day:02},{int(day in (1, 17))}\n" for day in range(1, 18)))
    assert warned(trial) == {"nobody counted between 2024-01-01 and 2024-01-17": (17,)}
    nearer = read("Date,Enrolled\n" + "".join(f"2024-01-{day:02},{int(day in (1, 15))}\n" for day in range(1, 16)))
    assert warned(nearer) == {}


def test_running_totals_on_single_days_are_spread_since_the_row_before() -> None:
    """10 days, then 20: those of the 11th came from the 2nd to the 11th; the first row has the usual stretch, 15."""
    trial = read("Date,Cumulative enrolled\n2024-01-01,3\n2024-01-11,5\n2024-01-31,9\n")
    assert trial.funnel is not None
    assert trial.funnel.randomised.tolist() == [3, 2, 4]
    assert (trial.funnel.end - trial.funnel.start).tolist() == [15, 10, 20]
    assert str(trial.last) == "2024-01-31"
    for rows, lengths in (("2024-01-01,3\n2024-01-11,5\n", [10, 10]), ("2024-01-01,3\n", [1])):
        short = read(f"Date,Cumulative enrolled\n{rows}").funnel
        assert short is not None
        assert (short.end - short.start).tolist() == lengths


@pytest.mark.parametrize("period", ["Date", "Week", "Month"])
@pytest.mark.parametrize("count", ["Total", "Cumulative", "Running total", "To date", "Cum", "Pts"])
def test_a_number_called_a_total_beside_a_day_counts_people_and_is_none(period: str, count: str) -> None:
    """A row is a period, and not a person; where the total may be of anything, the user is asked."""
    text = f"{period},{count}\n2024-01-01,3\n2024-01-08,5\n2024-01-15,9\n2024-01-22,8\n"
    assert looks_like_counts(table(text), {})
    if count == "Pts":
        assert read(text).n_randomised == 25
    else:
        with pytest.raises(DataError, match="randomised="):
            read(text)


def test_a_score_beside_a_day_of_randomisation_is_no_count() -> None:
    trial = read("Date,Total score\n2024-01-01,3\n2024-01-08,5\n2024-01-15,9\n")
    assert trial.funnel is None
    assert trial.n_randomised == 3


@pytest.mark.parametrize(
    ("column", "rows", "days"),
    [
        ("Quarter", "2024-Q1,3\n2024-Q2,4\n", 91),
        ("Month", "2024-01,3\n2024-02,4\n", 30),
        ("Year", "2023,3\n2024,4\n", 365),
        ("Week", "2024-W01,3\n2024-W02,4\n", 7),
        ("Date", "2024-01-01,3\n2024-01-02,4\n", 1),
    ],
)
def test_days_are_known_as_closely_as_periods_are_long(column: str, rows: str, days: int) -> None:
    assert read(f"{column},Enrolled\n{rows}").resolution_days == days


def test_rows_of_countries_that_are_added_up_stay_in_the_order_of_the_table() -> None:
    """April comes before March in the alphabet alone."""
    text = "Month,Country,Enrolled\nMar-24,DE,2\nMar-24,FR,3\nApr-24,FR,4\nApr-24,DE,1\n"
    cells = shaped(table(text)).table.cells
    assert cells.to_dict("list") == {"Month": ["Mar-24", "Apr-24"], "Enrolled": ["5", "5"]}
    assert cells.index.tolist() == [2, 4], "the first line of each month"


@pytest.mark.parametrize(
    ("counts", "row"),
    [
        ({1: 3, 20: 0, 21: 2}, 3),  # one empty row is enough, if it is of the day before
        ({1: 3, 15: 0, 16: 2}, 3),
        ({1: 3, 14: 0, 15: 2}, None),  # a fortnight
        ({1: 3, 19: 0, 21: 2}, None),  # told as rows that are missing
        ({1: 3, 2: 0, 3: 2, 4: 0, 29: 0, 30: 1}, 6),
    ],
)
def test_days_on_which_nobody_was_counted_are_named_from_a_fortnight_on(
    counts: dict[int, int], row: int | None
) -> None:
    trial = read("Date,Enrolled\n" + "".join(f"2024-01-{day:02},{n}\n" for day, n in counts.items()))
    found = {rows for message, rows in warned(trial).items() if message.startswith("nobody counted between")}
    assert found == ({(row,)} if row else set())


def test_people_counted_years_after_all_others_are_a_slip_or_a_plan_and_nobody_counted_then_is_not() -> None:
    months = "".join(f"2023-{month:02}-01,3\n" for month in range(1, 9))
    with pytest.raises(QuestionError, match="2,161 days after all other days: a slip, or a plan"):
        read(f"Month starting,Enrolled\n{months}2029-07-01,2\n")
    trial = read(f"Month starting,Enrolled\n{months}2029-07-01,0\n")
    assert trial.n_randomised == 24
