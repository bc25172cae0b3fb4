"""Rows, sizes, and the answers that are typed after options."""

from __future__ import annotations

from datetime import date

import pytest

from sim.errors import UsageError
from sim.exchange.findings import DataCheck, DataError, Question, QuestionError, in_rows
from sim.exchange.limits import megabytes
from sim.exchange.said import date_from, status_from


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ((), ""),
        ((5,), " (row 5)"),
        ((5, 9), " (rows 5, 9)"),
        (range(1, 9), " (rows 1, 2, 3, 4, 5, 6, 7, 8)"),
        (range(1, 10), " (rows 1, 2, 3, 4, 5, 6, 7, 8 and 1 more)"),
        (range(1, 2009), " (rows 1, 2, 3, 4, 5, 6, 7, 8 and 2,000 more)"),
    ],
)
def test_eight_rows_are_named(rows: tuple[int, ...], text: str) -> None:
    assert in_rows(rows) == text


def test_errors_come_before_questions_and_warnings_stop_nothing() -> None:
    check = DataCheck("t.csv")
    check.warn("odd", (2,))
    check.error_rows("wrong", ())
    check.stop_on_errors()
    check.ask(Question("which", "--columns", (("a", "b"),)))
    with pytest.raises(QuestionError):
        check.stop_on_errors()
    check.error("wrong", (3,))
    with pytest.raises(DataError) as raised:
        check.stop_on_errors()
    assert not isinstance(raised.value, QuestionError)
    assert [str(item) for item in check.findings] == ["t.csv: odd (row 2)", "t.csv: wrong (row 3)"]


def test_megabytes_are_of_a_million_bytes() -> None:
    assert [megabytes(n) for n in (1_500_000, 200_000_000)] == ["1.5 MB", "200 MB"]


def test_a_day_is_read_as_typed() -> None:
    assert date_from(" 2024-03-31 ") == date(2024, 3, 31)
    with pytest.raises(UsageError, match="must be a date, as YYYY-MM-DD"):
        date_from("31.3.2024")


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        (None, {}),
        (" , ", {}),
        ("SF=screen failure", {"SF": "screen failure"}),
        ("SF = Screen failure,On hold=randomised", {"SF": "screen failure", "On hold": "randomised"}),
        ("a=b, c=left,Z=randomised", {"a=b, c": "left", "Z": "randomised"}),
        ({"SF ": " LEFT"}, {"SF": "left"}),
    ],
)
def test_words_and_their_meanings_are_read_as_typed(text: str | dict[str, str] | None, meanings: object) -> None:
    assert status_from(text) == meanings


@pytest.mark.parametrize(
    ("text", "said"), [("SF", "write WORD=MEANING"), ("=left,SF", "write WORD=MEANING"), ("SF=gone", "a status is one")]
)
def test_a_meaning_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        status_from(text)
