"""Counts by period as trackers have them: what is counted, in which period, and where the data end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import cut, read_observed
from sim.forecast.fit.study import fit

Read = Callable[..., ObservedTrial]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(text: str, **how: object) -> ObservedTrial:
        path = tmp_path / "data.csv"
        path.write_text(text, encoding="utf-8")
        return read_observed(path, **how)  # type: ignore[arg-type]

    return reading


def _by_period(trial: ObservedTrial) -> list[float]:
    assert trial.funnel is not None
    return trial.funnel.randomised.tolist()


MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04")


@pytest.mark.parametrize(
    "written",
    [
        MONTHS,
        ("2024/1", "2024/2", "2024/3", "2024/4"),
        ("Jan-24", "Feb-24", "Mar-24", "Apr-24"),
        ("Jan 2024", "Feb 2024", "Mar 2024", "Apr 2024"),
        ("January 2024", "February 2024", "March 2024", "April 2024"),
        ("Januar 2024", "Februar 2024", "März 2024", "April 2024"),
        ("01/2024", "02/2024", "03/2024", "04/2024"),
        ("1/24", "2/24", "3/24", "4/24"),
        ("202401", "202402", "202403", "202404"),
        ("2024M01", "2024M02", "2024M03", "2024M04"),
        ("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"),
        ("2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"),
        ("01/01/2024 - 31/01/2024", "01/02/2024 - 29/02/2024", "01/03/2024 - 31/03/2024", "01/04/2024 - 30/04/2024"),
    ],
)
def test_months_as_trackers_write_them(read: Read, written: tuple[str, ...]) -> None:
    trial = read("Month,Enrolled\n" + "".join(f"{text},{n}\n" for text, n in zip(written, (3, 5, 4, 6), strict=True)))
    assert (trial.first, trial.last, trial.resolution_days) == (date(2024, 1, 1), date(2024, 4, 30), 30)
    assert _by_period(trial) == [3, 5, 4, 6]


@pytest.mark.parametrize(
    ("text", "first", "last", "counts"),
    [
        ("Quarter,Enrolled\n2024-Q1,9\nQ2 2024,8\n", date(2024, 1, 1), date(2024, 6, 30), [9, 8]),
        ("Quarter,Enrolled\n1Q24,9\n2Q24,8\n", date(2024, 1, 1), date(2024, 6, 30), [9, 8]),
        ("Year,Month,Enrolled\n2023,11,3\n,12,5\n2024,1,4\n", date(2023, 11, 1), date(2024, 1, 31), [3, 5, 4]),
        ("Year,Month,Enrolled\n2023,Nov,3\n2023,Dec,5\n2024,Jan,4\n", date(2023, 11, 1), date(2024, 1, 31), [3, 5, 4]),
        ("Year,Quarter,Enrolled\n2023,Q4,3\n2024,Q1,5\n", date(2023, 10, 1), date(2024, 3, 31), [3, 5]),
        ("Year,Week,Enrolled\n2023,52,3\n2024,1,5\n", date(2023, 12, 25), date(2024, 1, 7), [3, 5]),
        ("Week,Enrolled\n2024-W01,3\n2024-W02,1\n", date(2024, 1, 1), date(2024, 1, 14), [3, 1]),
        ("Week,Enrolled\nKW 1/2024,3\nKW 2/2024,1\n", date(2024, 1, 1), date(2024, 1, 14), [3, 1]),
        ("Week ending,Enrolled\n2024-01-07,3\n2024-01-14,5\n2024-01-21,0\n",
         date(2024, 1, 1), date(2024, 1, 21), [3, 5, 0]),
        ("Week commencing,Enrolled\n2024-01-01,3\n2024-01-08,5\n2024-01-15,4\n",
         date(2024, 1, 1), date(2024, 1, 21), [3, 5, 4]),
        ("From,Enrolled\n2024-01-15,3\n2024-02-15,5\n2024-03-15,4\n", date(2024, 1, 15), date(2024, 4, 14), [3, 5, 4]),
        ("Site,Jan-24,Feb-24,Total\nA,3,1,4\nB,2,4,6\nTotal,5,5,10\n", date(2024, 1, 1), date(2024, 2, 29), [5, 5]),
        ("Measure,2024-01,2024-02\nScreened,9,8\nRandomised,3,5\n", date(2024, 1, 1), date(2024, 2, 29), [3, 5]),
        ("Metric,Month,Value\nScreened,2024-01,9\nRandomised,2024-01,3\nRandomised,2024-02,5\nScreened,2024-02,8\n",
         date(2024, 1, 1), date(2024, 2, 29), [3, 5]),
        ("Month,Type,Enrolled\n2024-01,Actual,3\n2024-01,Forecast,6\n2024-02,Actual,5\n2024-03,Forecast,9\n",
         date(2024, 1, 1), date(2024, 2, 29), [3, 5]),
        ("Month,Target,Actual\n2024-01,9,3\n2024-02,9,5\n", date(2024, 1, 1), date(2024, 2, 29), [3, 5]),
        ("Month;Patients enrolled this month;Planned\n2024-01;1,003;9\n2024-02;5;9\n",
         date(2024, 1, 1), date(2024, 2, 29), [1003, 5]),
    ],
)  # fmt: skip
def test_calendars_and_shapes_of_trackers(read: Read, text: str, first: date, last: date, counts: list[int]) -> None:
    trial = read(text)
    assert (trial.first, trial.last) == (first, last)
    assert _by_period(trial) == counts


def test_months_without_a_year_are_refused(read: Read) -> None:
    with pytest.raises(DataError, match=r"months of a calendar without a year \(row 4\); add a column Year"):
        read("Month,Enrolled\n11,3\n12,5\n1,4\n2,6\n")


# --- running totals


@pytest.mark.parametrize("name", ["Cumulative enrolled", "Enrolled to date", "Cum. randomised", "Total enrolled"])
def test_running_totals_are_known_by_their_name_and_by_never_falling(read: Read, name: str) -> None:
    trial = read(f"Month,{name}\n" + "".join(f"{m},{n}\n" for m, n in zip(MONTHS, (3, 8, 12, 18), strict=True)))
    assert _by_period(trial) == [3, 5, 4, 6]
    assert "added up from the start" in " ".join(trial.account.lines())


def test_a_total_that_falls_is_of_its_month(read: Read) -> None:
    assert _by_period(read("Month,Total enrolled\n2024-01,3\n2024-02,8\n2024-03,5\n")) == [3, 8, 5]


def test_counts_that_never_fall_are_asked_about(read: Read) -> None:
    text = "Month,Enrolled\n2024-01,1\n2024-02,2\n2024-03,4\n2024-04,6\n2024-05,9\n"
    with pytest.raises(QuestionError, match=r"'Enrolled' never falls.*--counts new or --counts running"):
        read(text)
    assert _by_period(read(text, counts="new")) == [1, 2, 4, 6, 9]
    assert _by_period(read(text, counts="running")) == [1, 1, 2, 2, 3]


def test_a_running_total_that_began_before_the_table_is_asked_about(read: Read) -> None:
    text = "Month,Cumulative\n2024-01,120\n2024-02,125\n2024-03,131\n".replace("Cumulative", "Cumulative enrolled")
    with pytest.raises(QuestionError, match=r"begins at 120, and grows by 5.5 a period.*--counts running"):
        read(text)
    assert read(text, counts="running").n_randomised == 131


def test_running_totals_of_single_days_are_of_the_time_since_the_day_before(read: Read) -> None:
    trial = read("Date,Cumulative enrolled\n2024-01-10,2\n2024-01-31,6\n2024-02-12,8\n")
    assert _by_period(trial) == [2, 4, 2]
    assert trial.funnel is not None
    assert np.histogram(trial.days, [*trial.funnel.start, trial.now])[0].tolist() == [2, 4, 2]
    assert trial.last == date(2024, 2, 12)


# --- where the data end


def test_months_to_come_are_none_and_are_not_zero(read: Read) -> None:
    trial = read("Month,Planned,Enrolled\n2024-01,8,3\n2024-02,8,\n2024-03,8,4\n2024-04,8,\n2024-05,8,\n")
    assert trial.last == date(2024, 3, 31)
    assert _by_period(trial) == [3, 0, 4]
    assert "2 (months to come, without a count)" in " ".join(trial.account.lines())
    assert "no count in this period; taken as nobody (row 3)" in str(trial.findings[0])


def test_a_month_for_which_some_site_reports_has_come(read: Read) -> None:
    trial = read("Month,Site,Enrolled\n2024-01,A,3\n2024-01,B,\n2024-02,A,\n2024-02,B,1\n2024-03,A,\n2024-03,B,\n")
    assert trial.last == date(2024, 2, 29)
    assert trial.n_randomised == 4


def test_counts_are_bounded_and_finite(read: Read) -> None:
    many = "".join(f"{2000 + m // 12}-{m % 12 + 1:02},999999\n" for m in range(24))
    with pytest.raises(DataError, match=r"adds up to 23,999,976 randomised, and no trial has more than 1,000,000"):
        read(f"Month,Enrolled\n{many}", counts="new")
    for value in ("inf", "1e400", "nan%", "<5", "0x10"):
        with pytest.raises(DataError, match=r"'Screened' is not a number \(row 3\)"):
            read(f"Month,Screened,Enrolled\n2024-01,5,2\n2024-02,{value},3\n")


def test_a_log_with_numbers_of_days_or_flags_is_no_table_of_counts(read: Read) -> None:
    log = read("Subject,Randomised\n1,45292\n2,45299\n3,45301\n")
    assert (log.n_randomised, log.first) == (3, date(2024, 1, 1))


def test_a_part_of_a_month_at_the_end_has_all_that_was_counted_in_it(read: Read) -> None:
    trial = cut(read("Month,Enrolled\n2024-01,3\n2024-02,5\n2024-03,6\n"), date(2024, 3, 10))
    assert (trial.n_randomised, trial.last) == (14, date(2024, 3, 10))
    assert trial.days[-1] < 70
    assert _by_period(trial) == [3, 5, 6]
    before = cut(read("Month,Enrolled\n2024-01,3\n2024-02,5\n2024-03,6\n"), date(2024, 2, 10))
    assert _by_period(before) == [3]


def test_a_rate_learnt_from_counts_that_end_before_the_day_of_a_forecast(read: Read) -> None:
    """Forecasts within the data go on from the end of their last whole month, as their sites' openings do."""
    activated, enrolled = (0, 1, 1, 1, 3, 0, 3, 1, 2, 1, 0, 3), (7, 3, 4, 4, 3, 2, 2, 7, 4, 9, 4, 2)
    rows = "".join(f"2024-{m + 1:02},{a},{n}\n" for m, (a, n) in enumerate(zip(activated, enrolled, strict=True)))
    found = fit(read(f"Month,Sites activated,Enrolled\n{rows}"), 80, None)
    assert np.isfinite([*found.ahead, *found.factor]).all()


def test_rates_and_shares_are_no_counts_and_a_plan_beside_running_totals_is_no_fact(read: Read) -> None:
    shares = read("Month,Randomised,% randomised\n2024-01,3,50%\n2024-02,5,40%\n")
    assert _by_period(shares) == [3, 5]
    plan = "Month,Planned cumulative,Actual cumulative\n2024-01,8,3\n2024-02,16,8\n2024-03,24,\n"
    assert (_by_period(read(plan)), read(plan).last) == ([3, 5], date(2024, 2, 29))


def test_a_column_a_country_is_no_log(read: Read) -> None:
    with pytest.raises(DataError, match="no column counts those randomised"):
        read("Month,Germany,France\n2024-01,3,5\n2024-02,5,4\n")
