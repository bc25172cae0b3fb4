"""Where data end, at the very edges: one day less, and it is not asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from made_trials import FIRST, trial_with

from sim.exchange.dates.ends import (
    _is_placeholder,
    ask_about_end,
    check_slips,
    end_of_data,
    silence,
    silence_remark,
    warn_gaps,
    without_placeholders,
)
from sim.exchange.findings import DataCheck, QuestionError
from sim.exchange.tables.raw import RawTable

START = np.datetime64("2023-01-01")


def days_of(*numbers: float) -> np.ndarray:
    """Days by number; NaT for nan."""
    return np.array([np.datetime64("NaT", "D") if np.isnan(n) else START + int(n) for n in numbers])


def checked(days: list[float], as_of: date | None = None) -> DataCheck:
    check = DataCheck("t.csv")
    found = days_of(*days)
    check_slips({"date": found}, {"date": "Randomised"}, as_of, check, np.arange(2, 2 + len(found)))
    return check


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("1949-12-31", True), ("1950-01-01", False), ("2089-12-31", False), ("2090-01-01", True), ("99991231", True),
        ("20240105", False), ("45000", False), ("soon", False), ("01.01.1900", True), ("31 Dec 2099", True),
        ("2099-06-15", True), ("2203-02-12", False), ("1923-02-12", False), ("0000-00-00", True),
    ],
)  # fmt: skip
def test_years_of_no_trial_are_placeholders(text: str, is_one: bool) -> None:
    """Of years that no trial has, those that forms fill in; another is a slip, unless it stands there three times."""
    assert _is_placeholder(text, 2) is is_one
    assert _is_placeholder("2203-02-12", 3)
    assert not _is_placeholder("2024-02-12", 3)


def test_placeholders_are_emptied_and_counted_by_column() -> None:
    cells = pd.DataFrame({"a": ["2099-12-31", "2024-01-01", "2099-12-31"], "b": ["2099-12-31", "x", "y"]})
    table, notes = without_placeholders(RawTable("t.csv", cells), ["a"])
    assert table.cells["a"].tolist() == ["", "2024-01-01", ""]
    assert table.cells["b"].tolist() == cells["b"].tolist()
    assert cells["a"].iloc[0] == "2099-12-31", "the table that was given is as it was"
    assert notes == ["2 in 'a' such as 2099-12-31 stand for no day, and are taken as none"]


@pytest.mark.parametrize(("gap", "n", "asked"), [(181, 1, True), (180, 1, False), (400, 3, True), (400, 4, False)])
def test_a_few_days_more_than_180_after_all_others_are_a_slip_or_a_plan(gap: int, n: int, asked: bool) -> None:
    regular = [float(2 * i) for i in range(20)]
    check = checked([*regular, *[38.0 + gap + i for i in range(n)]])
    assert bool(check.questions) is asked
    if asked:
        (question,) = check.questions
        assert [answer for answer, _ in question.choices] == [str(START + 38), str(START + 38 + gap + n - 1)]
        assert question.rows == tuple(range(22, 22 + n))
        assert f"is {gap:,} days after all other days" in question.message


def test_where_days_are_far_apart_a_slip_is_farther() -> None:
    """Twenty times what is usual: 20 days apart, 400 is not yet odd."""
    slow = [20.0 * i for i in range(10)]
    assert not checked([*slow, 180.0 + 400]).questions
    assert checked([*slow, 180.0 + 401]).questions
    assert not checked([*slow, 180.0 + 401], as_of=date(2024, 1, 1)).questions, "the user said where they end"
    assert not checked([0.0, 500.0]).questions, "of two days neither is the odd one"
    assert not checked([0.0, 5000.0, 5000.0]).findings
    assert checked([0.0, 5000.0, 5001.0]).findings


@pytest.mark.parametrize(("gap", "refused"), [(1827, True), (1826, False)])
def test_days_more_than_five_years_before_all_others_are_refused(gap: int, refused: bool) -> None:
    check = checked([0.0, *[float(gap + 2 * i) for i in range(10)]])
    assert any("before all other days" in item.message for item in check.findings) is refused
    many = checked([0.0, 0.0, 0.0, 0.0, *[float(gap + 2 * i) for i in range(10)]])
    assert not many.findings, "four are no slip"


@pytest.mark.parametrize(("gap", "told"), [(29, True), (28, False)])
def test_a_gap_of_more_than_28_days_and_eight_times_the_mean_is_told(gap: int, told: bool) -> None:
    days = [0.0, *[float(i) for i in range(1, 40)], 39.0 + gap, *[39.0 + gap + i for i in range(1, 40)]]
    check = DataCheck("t.csv")
    found = warn_gaps(check, days_of(*days), np.arange(2, 2 + len(days)))
    assert found == ([f"nobody randomised from {START + 39} to {START + 39 + gap} ({gap} days)"] if told else [])
    assert len(check.findings) == len(found)
    assert warn_gaps(DataCheck("t"), days_of(0.0, 500.0), np.array([2, 3])) == [], "two days have no usual gap"


@pytest.mark.parametrize(("beyond", "asked"), [(31, False), (32, True), (0, False)])
def test_last_visits_up_to_31_days_later_are_the_end(beyond: int, asked: bool) -> None:
    last, how, questions = end_of_data({"Rand": days_of(0, 10, np.nan)}, {"Seen": days_of(3, 10 + beyond)}, "t.csv")
    assert bool(questions) is asked
    assert last == START + (10 if asked else 10 + beyond)
    assert f"'{'Rand' if asked or not beyond else 'Seen'}'" in how
    if asked:
        assert how.endswith(f"'Seen' goes on to {START + 10 + beyond}")
        assert [answer for answer, _ in questions[0].choices] == [str(START + 10), str(START + 10 + beyond)]


def silent_for(n: int, every: float = 2.0) -> object:
    """Fifty randomised regularly, and then so many whole days without one."""
    trial = trial_with(np.arange(50) * every + 0.5)
    return replace(trial, last=FIRST + timedelta(days=int(49 * every) + n))


def test_a_silent_end_is_told_from_14_days_or_three_gaps_on() -> None:
    assert silence(silent_for(13)) is None  # type: ignore[arg-type]
    assert silence(silent_for(14)) == (14, 2.0, FIRST + timedelta(days=98))  # type: ignore[arg-type]
    assert silence(silent_for(29, every=10.0)) is None  # type: ignore[arg-type]
    assert silence(silent_for(30, every=10.0)) is not None  # type: ignore[arg-type]
    assert silence_remark(silent_for(13)) == ""  # type: ignore[arg-type]
    assert "in the last 14 days" in silence_remark(silent_for(14))  # type: ignore[arg-type]


def test_a_silent_end_is_asked_about_from_61_days_on() -> None:
    """But not where the user said the day, where everybody is in, or where no target is asked for."""
    ask_about_end(silent_for(60), 100, None)  # type: ignore[arg-type]
    with pytest.raises(QuestionError) as raised:
        ask_about_end(silent_for(61), 100, None)  # type: ignore[arg-type]
    (question,) = raised.value.questions
    ends = (FIRST + timedelta(days=98), FIRST + timedelta(days=159))
    assert [answer for answer, _ in question.choices] == [str(day) for day in ends]
    ask_about_end(silent_for(61), 100, FIRST)  # type: ignore[arg-type]
    ask_about_end(silent_for(61), 50, None)  # type: ignore[arg-type]
    ask_about_end(silent_for(61), None, None)  # type: ignore[arg-type]
    ask_about_end(silent_for(70, every=7.0), 100, None)  # type: ignore[arg-type]
    with pytest.raises(QuestionError):
        ask_about_end(silent_for(71, every=7.0), 100, None)  # type: ignore[arg-type]
