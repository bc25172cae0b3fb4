"""What becomes of each row of a log, case by case: dates, statuses, flags and reasons, and where they disagree."""

from __future__ import annotations

from datetime import date

import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import IGNORED, Said
from sim.exchange.tables.read import table_of

HEAD = "Subject,Screening date,Randomisation date,Status,Left on\n"


def read(text: str, **how: object) -> ObservedTrial:
    return observed_from([table_of(text.encode(), "t.csv")], said=Said(**how))  # type: ignore[arg-type]


def fates(text: str, **how: object) -> dict[str, str]:
    people = read(text, **how).people
    return dict(zip(people.ids.tolist(), people.status.tolist(), strict=True))


def asked(text: str) -> list[str]:
    """What may be typed in answer."""
    with pytest.raises(QuestionError) as raised:
        read(text)
    return [choice for question in raised.value.questions for choice, _ in question.choices]


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("2023-01-02,2023-01-09,on study,", RANDOMISED),
        ("2023-01-02,2023-01-09,,", RANDOMISED),
        ("2023-01-02,2023-01-09,,2023-02-01", LEFT),
        ("2023-01-02,2023-01-09,withdrawn,2023-02-01", LEFT),
        ("2023-01-02,2023-01-09,withdrawn,", LEFT),
        ("2023-01-02,2023-01-09,completed,2023-02-01", COMPLETED),
        ("2023-01-02,,in screening,", IN_SCREENING),
        ("2023-01-02,,,", IN_SCREENING),
        ("2023-01-02,,SF,", FAILED),
        ("2023-01-02,,,2023-01-20", FAILED),
        ("2023-01-02,,withdrawn,", FAILED),
    ],
)
def test_one_row(row: str, status: str) -> None:
    """Beside somebody of whom nothing is odd."""
    text = f"{HEAD}0,2023-01-01,2023-01-08,on study,\n1,{row}\n"
    assert fates(text) == {"0": RANDOMISED, "1": status}


@pytest.mark.parametrize(
    ("row", "choices"),
    [
        ("2023-01-02,2023-01-09,SF,", ["SF=screen failure", "SF=left"]),
        ("2023-01-02,2023-01-09,in screening,", ["in screening=in screening", "in screening=on study"]),
        ("2023-01-02,,randomised,", ["randomised=on study"]),
        ("2023-01-02,2023-01-09,on study,2023-02-01", ["on study=on study"]),
    ],
)
def test_a_status_and_a_date_that_disagree_are_asked_about(row: str, choices: list[str]) -> None:
    text = f"{HEAD}0,2023-01-01,2023-01-08,active,\n1,{row}\n"
    assert asked(text) == choices


@pytest.mark.parametrize(
    ("said", "status"),
    [({"SF": FAILED}, FAILED), ({"SF": LEFT}, LEFT), ({"SF": IGNORED}, None), ({"SF": RANDOMISED}, RANDOMISED)],
)
def test_what_the_user_says_of_a_word_holds(said: dict[str, str], status: str | None) -> None:
    text = f"{HEAD}0,2023-01-01,2023-01-08,active,\n1,2023-01-02,2023-01-09,SF,\n"
    found = fates(text, status=said)
    assert found.get("1") == status
    trial = read(text, status=said)
    assert trial.n_randomised == (2 if status in (LEFT, RANDOMISED) else 1)
    assert (trial.account.ignored == (("no participant, as the status says", 1),)) is (status is None)


def test_who_is_called_randomised_needs_a_date() -> None:
    text = f"{HEAD}0,2023-01-01,2023-01-08,active,\n1,2023-01-02,,in,\n"
    with pytest.raises(DataError, match=r"says randomised, but there is no date of randomisation \(row 3\)"):
        read(text, status={"in": RANDOMISED})
    text = f"{HEAD}0,2023-01-01,2023-01-08,active,\n1,2023-01-02,,completed,\n"
    with pytest.raises(DataError, match=r"has completed, but there is no date of randomisation \(row 3\)"):
        read(text)


FLAGGED = "Subject,Screening date,Randomisation date,Randomised?\n"


def test_a_flag_decides_where_it_says_no() -> None:
    """Not randomised whatever the date, which is then that of screening alone; a yes without a date is an error."""
    found = fates(f"{FLAGGED}1,2023-01-02,2023-01-09,Y\n2,2023-01-03,2023-01-10,N\n3,2023-01-04,,N\n")
    assert found == {"1": RANDOMISED, "2": FAILED, "3": IN_SCREENING}
    with pytest.raises(DataError, match=r"says randomised, but there is no date of randomisation \(row 3\)"):
        read(f"{FLAGGED}1,2023-01-02,2023-01-09,Y\n2,2023-01-03,,Y\n")
    ticked = fates(f"{FLAGGED}1,2023-01-02,2023-01-09,x\n2,2023-01-03,2023-01-10,\n")
    assert ticked == {"1": RANDOMISED, "2": FAILED}, "where only yes is ever written, nothing is no"


def test_a_reason_or_a_day_of_failure_fails() -> None:
    head = "Subject,Screening date,Randomisation date,Screen failure date,Screen failure reason\n"
    text = f"{head}1,2023-01-02,2023-01-09,,NA\n2,2023-01-03,,2023-01-12,\n3,2023-01-04,,,Lab value\n"
    trial = read(text)
    assert trial.people.status.tolist() == [RANDOMISED, FAILED, FAILED]
    assert trial.people.way_out.tolist() == ["", "", "Lab value"]
    with pytest.raises(DataError, match=r"has failed screening, and has a date of randomisation; correct the row"):
        read(f"{text}4,2023-01-05,2023-01-14,2023-01-12,\n")


def test_an_end_of_study_needs_to_be_said_left_or_completed() -> None:
    head = "Subject,Randomisation date,End of study date\n"
    text = f"{head}1,2023-01-09,\n2,2023-01-10,2023-04-01\n"
    assert asked(text) == ["left=End of study date", "completed=End of study date"]
    assert fates(text, columns={"left": "End of study date"})["2"] == LEFT
    assert fates(text, columns={"completed": "End of study date"})["2"] == COMPLETED


def test_the_day_of_an_end_is_the_first_that_is_given() -> None:
    """Its own date; else the day when seen, unless that is before they came in; else the last day of the data."""
    head = "Subject,Screening date,Randomisation date,Status,Left on,Last visit\n"
    text = (
        f"{head}1,2023-01-02,2023-01-09,withdrawn,2023-02-01,2023-03-01\n"
        "2,2023-01-02,2023-01-09,withdrawn,,2023-03-02\n3,2023-01-02,2023-01-09,withdrawn,,\n"
        "4,2023-01-02,2023-01-09,withdrawn,,2023-01-05\n5,2023-01-02,2023-03-10,active,,2023-03-10\n"
    )
    trial = read(text)
    ended = {who: trial.date_of(float(day)) for who, day in zip(trial.people.ids, trial.people.ended, strict=True)
             if day == day}  # fmt: skip
    assert ended == {
        "1": date(2023, 2, 1), "2": date(2023, 3, 2), "3": date(2023, 3, 10), "4": date(2023, 3, 10)
    }  # fmt: skip
    assert any("1 ended on the last day when they were seen" in note for note in trial.account.notes)
    (told,) = [item for item in trial.findings if "the day is not given" in item.message]
    assert told.rows == (4, 5)


@pytest.mark.parametrize(("n", "days", "is_asked"), [(3, 29, True), (2, 29, False), (3, 28, False)])
def test_three_in_screening_for_twice_the_longest_are_asked_about(n: int, days: int, is_asked: bool) -> None:
    """The longest screening counts as at least a fortnight, and twice that is 28 days."""
    head = "Subject,Screening date,Randomisation date\n"
    last = date(2023, 3, 1 + 0)
    old = date.fromordinal(last.toordinal() - days)
    rows = "".join(f"{i},{old},\n" for i in range(1, n + 1))
    text = f"{head}{rows}9,2023-02-20,{last}\n"
    if is_asked:
        assert asked(text) == ["no status=screen failure", "no status=in screening"]
        assert list(fates(text, status={"no status": FAILED}).values()).count(FAILED) == n
        assert list(fates(text, status={"no status": IN_SCREENING}).values()).count(IN_SCREENING) == n
    else:
        trial = read(text)
        warned = [item for item in trial.findings if "in screening for more than 28 days" in item.message]
        assert len(warned) == (1 if days > 28 else 0)


def test_why_they_left_is_the_reason_before_the_status_and_death_where_neither_says() -> None:
    head = "Subject,Screening date,Randomisation date,Status,Left on,Reason for leaving,Screen failure reason,Died on\n"
    rows = (
        "1,2023-01-02,2023-01-09,withdrawn,2023-02-01,moved,,",
        "2,2023-01-02,2023-01-09,withdrawn,2023-02-01,,,",
        "3,2023-01-02,2023-01-09,,,,,2023-02-01",
        "4,2023-01-02,,SF,,,too old,",
        "5,2023-01-02,,SF,,,,",
        "6,2023-01-02,2023-01-09,on study,,,,",
    )
    people = read(head + "\n".join(rows) + "\n").people
    assert people.way_out.tolist() == ["moved", "withdrawn", "died", "too old", "SF", ""]
