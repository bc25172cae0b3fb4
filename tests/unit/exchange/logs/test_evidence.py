"""Reasons, flags and words in place of dates: what each says of a person without a status."""

from __future__ import annotations

import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.logs.evidence import _is_told
from sim.exchange.observed import COMPLETED, FAILED, LEFT, RANDOMISED, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of


def read(text: str, **how: object) -> ObservedTrial:
    return observed_from([table_of(text.encode(), "t.csv")], said=Said(**how))  # type: ignore[arg-type]


def fates(text: str, **how: object) -> list[str]:
    return read(text, **how).people.status.tolist()


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("went abroad", True),
        ("abroad", False),
        ("as per protocol", False),
        ("study completed early", False),
        ("", False),
    ],
)
def test_a_reason_in_words_is_one_for_leaving(text: str, is_told: bool) -> None:
    assert _is_told(text) is is_told


ENDED = "Subject,Randomisation date,End of study date,Reason\n1,2023-01-09,,\n2,2023-01-10,2023-04-01,"


def test_a_reason_beside_an_end_of_study_says_left_only_in_words() -> None:
    """A code, or a word about completing, may be the reason of those who completed, and is asked about."""
    assert fates(f"{ENDED}went abroad\n") == [RANDOMISED, LEFT]
    assert fates(f"{ENDED}completed\n") == [RANDOMISED, COMPLETED]
    for reason in ("4", "xyz", "completed visit five", "as per protocol"):
        with pytest.raises(QuestionError, match=rf"'{reason}' \(1\) \(row 3\)"):
            read(f"{ENDED}{reason}\n")
        assert fates(f"{ENDED}{reason}\n", status={reason: COMPLETED}) == [RANDOMISED, COMPLETED]
        assert fates(f"{ENDED}{reason}\n", status={f"Reason:{reason}": LEFT}) == [RANDOMISED, LEFT]


def test_a_reason_beside_a_day_of_leaving_says_left_in_any_word() -> None:
    text = ENDED.replace("End of study date", "Left on")
    assert fates(f"{text}xyz\n") == [RANDOMISED, LEFT]
    with pytest.raises(QuestionError, match="completed visit five"):
        read(f"{text}completed visit five\n")


def test_flags_and_days_say_who_left_and_who_completed() -> None:
    head = "Subject,Randomisation date,Withdrawn?,Completed?,Left on,Date of completion\n"
    rows = (
        "1,2023-01-01,N,N,,\n2,2023-01-02,Y,N,,\n3,2023-01-03,N,Y,,\n4,2023-01-04,N,N,2023-03-01,\n"
        "5,2023-01-05,N,N,,2023-03-02\n6,2023-01-06,N,N,2023-03-01,2023-03-02\n7,2023-01-07,Y,Y,,\n"
    )
    people = read(head + rows).people
    assert people.status.tolist() == [RANDOMISED, LEFT, COMPLETED, LEFT, COMPLETED, LEFT, LEFT]


def test_an_unknown_word_is_a_status_only_among_dates() -> None:
    """Where most cells are no dates, the column is not what it is called, and the word is an error."""
    head = "Subject,Screening date,Randomisation date\n"
    rows = "1,2023-01-02,2023-01-09\n2,2023-01-03,{}\n3,2023-01-04,{}\n"
    with pytest.raises(QuestionError, match=r"'postponed' \(1\)"):
        read(head + rows.format("postponed", "2023-01-11"))
    with pytest.raises(DataError, match=r"not a date \(rows 3, 4\)"):
        read(head + rows.format("postponed", "postponed"))
    assert fates(head + rows.format("screen failure", "screen failure")) == [RANDOMISED, FAILED, FAILED]
