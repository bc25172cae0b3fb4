"""Where two columns of a log say different things of one person: what is asked, of whom, and what is an error."""

from __future__ import annotations

import pytest

from sim.exchange.findings import DataError, Question, QuestionError
from sim.exchange.observed import IN_SCREENING, LEFT, RANDOMISED, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of

HEAD = "Subject,Screening date,Randomisation date,Status,Left on,Died on,Completed on"
SOUND = ("7,2023-01-02,2023-01-09,on study,,,", "8,2023-01-03,2023-01-10,on study,,,")


def read(*rows: str, head: str = HEAD, **how: object) -> ObservedTrial:
    text = "\n".join((head, *rows, "")).encode()
    return observed_from([table_of(text, "t.csv")], said=Said(**how))  # type: ignore[arg-type]


def asked(*rows: str, head: str = HEAD) -> tuple[Question, ...]:
    with pytest.raises(QuestionError) as raised:
        read(*rows, *SOUND, head=head)
    return raised.value.questions


def wrong(*rows: str, head: str = HEAD) -> str:
    with pytest.raises(DataError) as raised:
        read(*rows, head=head)
    return str(raised.value)


def test_each_word_is_asked_about_once_with_its_people() -> None:
    first, second = asked(
        "1,2023-01-02,2023-01-09,SF,,,", "2,2023-01-02,2023-01-09,screening failure,,,", "3,2023-01-02,2023-01-09,SF,,,"
    )
    assert first.message == "2 are 'SF', but there is a date of randomisation"
    assert first.rows == (2, 4)
    assert second.message == "1 is 'screening failure', but there is a date of randomisation"
    assert second.rows == (3,)
    assert [choice for choice, _ in first.choices] == ["SF=screen failure", "SF=left"]


def test_what_the_user_said_of_a_word_is_not_asked_again() -> None:
    rows = ("1,2023-01-02,2023-01-09,SF,,,", *SOUND)
    assert read(*rows, status={"SF": "left"}).people.status.tolist() == [LEFT, RANDOMISED, RANDOMISED]


@pytest.mark.parametrize(
    ("row", "out"),
    [
        ("1,2023-01-02,2023-01-09,on study,2023-03-01,,", "a date of leaving"),
        ("1,2023-01-02,2023-01-09,on study,,2023-03-01,", "a date of death"),
        ("1,2023-01-02,2023-01-09,on study,,,2023-03-01", "a date of completion"),
        ("1,2023-01-02,2023-01-09,on study,2023-02-01,2023-03-01,", "a date of leaving or a date of death"),
    ],
)
def test_somebody_on_study_who_is_out_of_it_by_a_date(row: str, out: str) -> None:
    (question,) = asked(row)
    assert question.message == f"1 is 'on study', but there is {out}"
    assert [choice for choice, _ in question.choices] == ["on study=on study"]
    assert read(row, *SOUND, status={"on study": "on study"}).people.status.tolist() == [RANDOMISED] * 3


def test_somebody_on_study_without_a_date_is_odd_where_others_are_in_screening() -> None:
    row = "1,2023-01-02,,ongoing,,,"
    assert read(row, *SOUND).people.status.tolist() == [IN_SCREENING, RANDOMISED, RANDOMISED]
    (question,) = asked(row, "2,2023-01-02,,in screening,,,")
    assert question.message == "1 is 'ongoing', but there is no date of randomisation"
    assert question.rows == (2,)
    (question,) = asked("1,2023-01-02,,on study,,,")  # a word of those who were enrolled
    assert question.message == "1 is 'on study', but there is no date of randomisation"
    (question,) = asked("1,2023-01-02,,randomised,,,")
    assert question.message == "1 is 'randomised', but there is no date of randomisation"


def test_rows_that_must_be_corrected() -> None:
    assert wrong("1,2023-01-02,,completed,,,", *SOUND) == (
        "t.csv: has completed, but there is no date of randomisation (row 2)"
    )
    head = "Subject,Screening date,Randomisation date,Randomised,Reason for screen failure,Randomisation number"
    sound = "8,2023-01-03,2023-01-10,yes,,R8"
    assert "says randomised, but there is no date of randomisation (row 2)" in wrong(
        "1,2023-01-02,,yes,,", sound, head=head
    )
    assert "has failed screening, and has a date of randomisation; correct the row (row 2)" in wrong(
        "1,2023-01-02,2023-01-09,yes,too old,R1", sound, head=head
    )
    assert "has a randomisation number and no date of randomisation (row 3)" in wrong(
        "1,2023-01-02,,no,,R1", "2,2023-01-02,,,,R2", sound, head=head
    )


@pytest.mark.parametrize(("n", "have"), [(1, "1 has"), (2, "2 have")])
def test_an_end_of_study_may_be_either(n: int, have: str) -> None:
    head = "Subject,Randomisation date,End of study"
    rows = [f"{i},2023-01-0{i + 1},2023-03-01" for i in range(n)]
    with pytest.raises(QuestionError) as raised:
        read(*rows, "8,2023-01-03,", head=head)
    (question,) = raised.value.questions
    assert question.message == (
        f"{have} a day in 'End of study', and nothing says whether they left or completed the study"
    )
    assert question.rows == tuple(range(2, 2 + n))
    assert [choice for choice, _ in question.choices] == ["left=End of study", "completed=End of study"]
