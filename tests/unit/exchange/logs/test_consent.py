"""Whether a date of 'enrolment' may be that of consent: asked where people who were not randomised have one too."""

from __future__ import annotations

import pytest

from sim.exchange.findings import QuestionError
from sim.exchange.observed import FAILED, LEFT, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of

FIRST = "1,2023-01-09,On study\n2,2023-01-16,On study\n"


def read(rows: str, header: str = "Subject,Enrolment date,Status", **how: object) -> ObservedTrial:
    return observed_from([table_of(f"{header}\n{rows}".encode(), "t.csv")], said=Said(**how))  # type: ignore[arg-type]


def asked(rows: str, header: str = "Subject,Enrolment date,Status", **how: object) -> tuple[str, list[str]]:
    with pytest.raises(QuestionError) as raised:
        read(rows, header, **how)
    (question,) = raised.value.questions
    return question.message, [answer for answer, _ in question.choices]


CHOICES = ["date=Enrolment date,screened=Enrolment date", "date=Enrolment date"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("3,2023-01-20,Screen failure\n4,2023-01-21,Screen failure\n", "2 who failed screening"),
        ("3,2023-01-20,In screening\n", "1 in screening"),
        ("3,2023-01-20,Screen failure\n4,2023-01-21,In screening\n", "1 who failed screening and 1 in screening"),
    ],
)
def test_a_date_that_all_have_who_failed_or_are_in_screening_is_asked_about(rows: str, told: str) -> None:
    message, choices = asked(FIRST + rows)
    assert message == f"'Enrolment date' is filled in for {told}: is it the day of consent, or of randomisation"
    assert choices == CHOICES


def test_the_words_that_the_user_explained_count_as_the_user_said() -> None:
    rows = FIRST + "3,2023-01-20,Foo\n4,,{}\n"
    assert asked(rows.format("On study"), status={"foo": FAILED})[1] == CHOICES
    assert read(rows.format("Foo"), status={"foo": FAILED}).n_randomised == 2, "one who failed has no date"
    assert asked(FIRST + "3,2023-01-20,Foo\n4,,Screen failure\n", status={"foo": FAILED, "screen failure": LEFT})


def is_asked(rows: str, header: str = "Subject,Enrolment date,Status", **how: object) -> bool:
    try:
        read(rows, header, **how)
    except QuestionError as raised:
        return "day of consent" in str(raised)
    return False


@pytest.mark.parametrize("more", ["", "3,2023-01-20,Screen failure\n4,,Screen failure\n",
                                  "3,2023-01-20,Screen failure\n4,,In screening\n", "3,,Screen failure\n"])  # fmt: skip
def test_it_is_not_asked_where_somebody_else_of_them_has_none(more: str) -> None:
    assert not is_asked(FIRST + more)


def test_it_is_not_asked_where_a_header_or_the_user_says_it() -> None:
    failed = FIRST + "3,2023-01-20,Screen failure\n"
    assert is_asked(failed)
    assert not is_asked(failed, "Subject,Randomisation date,Status")
    assert not is_asked(failed, columns={"date": "Enrolment date"})
    screened = "1,2023-01-02,2023-01-09,On study\n2,2023-01-03,2023-01-16,On study\n"
    screened += "3,2023-01-04,2023-01-20,Screen failure\n"
    assert not is_asked(screened, "Subject,Screening date,Enrolment date,Status")
