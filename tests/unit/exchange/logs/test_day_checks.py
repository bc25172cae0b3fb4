"""Days that cannot be are an error, or a question where one column may have been taken for another."""

from __future__ import annotations

import numpy as np
import pytest
from people_logs import n_by_outcome, read_people

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of

_EXCHANGED = "Subject,Site,Randomisation date,Screening date,Status\n" + "".join(
    f"{i},A,2024-0{i}-02,2024-0{i}-{'09' if i != 4 else ''},{'Randomised' if i != 4 else 'Screen failure'}\n".replace(
        f"2024-0{i}-,", ","
    )
    for i in range(1, 7)
)


def asked(text: str, said: Said | None = None) -> QuestionError:
    with pytest.raises(QuestionError) as error:
        observed_from([table_of(text.encode(), "log.csv")], None, said or Said())
    return error.value


def test_columns_that_are_exchanged_are_asked_about_and_the_answer_exchanges_them() -> None:
    (question,) = asked(_EXCHANGED).questions
    assert question.message == "5 of 5 were randomised before they were screened: are two columns exchanged"
    ((answer, _),) = question.choices
    trial = observed_from([table_of(_EXCHANGED.encode(), "log.csv")], None, Said().answered(question.option, answer))
    assert n_by_outcome(trial) == (5, 0, 1)
    known = np.isfinite(trial.people.randomised)
    assert (trial.people.randomised - trial.people.screened)[known].tolist() == [7.0] * 5


def test_a_few_rows_in_the_wrong_order_are_slips() -> None:
    text = "Subject,Randomisation date,Screening date\n"
    rows = "".join(f"{i},2024-03-{9 + i},2024-03-0{i}\n" for i in range(1, 6))
    with pytest.raises(DataError, match=r"randomised before screened \(rows 2, 3\)"):
        read_people(text + "8,2024-01-05,2024-01-09\n9,2024-01-05,2024-01-09\n" + rows)


def test_people_without_a_day_of_randomisation_were_screened_on_another_or_their_rows_go() -> None:
    text = "Nummer,Dag A,Dag B,Status\n1,2024-01-02,2024-01-09,Active\n2,2024-01-20,,\n3,2024-02-01,2024-02-05,Active\n"
    (question,) = asked(text, Said(columns={"date": "Dag B"})).questions
    assert question.message == "1 have no day in 'Dag B': when did they enter screening"
    assert [choice for choice, _ in question.choices] == ["screened=Dag A"]
    trial = observed_from(
        [table_of(text.encode(), "log.csv")], None, Said(columns={"date": "Dag B", "screened": "Dag A"})
    )
    assert n_by_outcome(trial) == (2, 1, 0)


def test_an_answer_that_leads_nowhere_is_not_offered() -> None:
    """Where some have no day of randomisation, the day of enrolment cannot be left out."""
    text = "Subject,Enrolled,Randomised\n1,2024-01-02,2024-01-09\n2,2024-01-20,{}\n"
    some = [choice for choice, _ in asked(text.format("")).questions[0].choices]
    assert some == ["date=Randomised,screened=Enrolled", "date=Enrolled"]
    everyone = [choice for choice, _ in asked(text.format("2024-01-25")).questions[0].choices]
    assert everyone == ["date=Randomised,screened=Enrolled", "date=Randomised", "date=Enrolled"]


def test_a_day_of_screening_is_offered_as_that_of_randomisation_only_with_what_it_means() -> None:
    (question,) = asked("Subject,Screening date,Arm\n1,2024-01-02,A\n2,2024-01-20,\n").questions
    meant = "all 2 with a day in 'Screening date' were randomised on it"
    assert question.choices == (("date=Screening date", meant),)
    assert question.otherwise == "add a column with the days of randomisation"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,2024-01-02,2024-01-09,,2024-01-09", ""),  # on the day itself
        ("1,2024-01-02,2024-01-09,,2024-01-08", r"left before randomised \(row 2\)"),
        ("1,2024-01-02,,Screen failure,2024-01-02", ""),
        ("1,2024-01-02,,Screen failure,2024-01-01", r"failed screening before it began \(row 2\)"),
        ("1,2024-01-02,2024-01-02,,", ""),
        ("1,2024-01-02,2024-01-01,,", r"randomised before screened \(row 2\)"),
    ],
)
def test_days_of_a_person_are_in_order_and_may_be_the_same(row: str, said: str) -> None:
    text = f"Subject,Screening date,Randomisation date,Status,Left on\n{row}\n2,2024-01-02,2024-01-20,,\n"
    if said:
        with pytest.raises(DataError, match=said):
            read_people(text)
    else:
        assert len(read_people(text).people) == 2


def test_where_many_rows_have_no_site_it_is_asked_unless_the_user_said_that_this_is_the_column() -> None:
    text = "Subject,Site,Randomisation date\n1,A,2024-01-02\n2,,2024-01-09\n3,,2024-01-16\n4,,2024-01-20\n"
    (question,) = asked(text).questions
    assert question.message == "'Site' is empty in 3 of 4 rows"
    assert [choice for choice, _ in question.choices] == ["site=Site", "site="]
    trial = observed_from([table_of(text.encode(), "log.csv")], None, Said(columns={"site": "Site"}))
    assert [(item.message, item.rows) for item in trial.findings] == [("no site", (3, 4, 5))]


def test_a_log_without_any_date_is_refused() -> None:
    told = r"no column is the date of randomisation \(found: Subject, Arm\); say which, as in --columns date=NAME"
    with pytest.raises(DataError, match=told) as raised:
        read_people("Subject,Arm\n1,A\n2,B\n")
    assert not isinstance(raised.value, QuestionError), "there is nothing to choose from"
