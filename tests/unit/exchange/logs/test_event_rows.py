"""A log with a row for each event: what a word is the day of, and what else its rows say of people."""

from __future__ import annotations

from datetime import date

import pytest

from sim.exchange.findings import DataError
from sim.exchange.logs import headers
from sim.exchange.logs.columns import LogColumns, log_columns
from sim.exchange.logs.event_rows import _event_role, _is_event_name, event_rows
from sim.exchange.observed import FAILED, IN_SCREENING, RANDOMISED, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.tables.read import table_of


@pytest.mark.parametrize(
    ("word", "enrolled", "role"),
    [
        ("Randomized", False, headers.DATE),
        ("Enrolled", True, headers.DATE),
        ("Enrolment", True, headers.DATE),
        ("Recruited", True, headers.DATE),
        ("Enrolled", False, ""),
        ("Screened", True, headers.SCREENED),
        ("Week 4", True, ""),
        ("Week 4", False, ""),
    ],
)
def test_words_for_events(word: str, enrolled: bool, role: str) -> None:
    """Enrolment is randomisation only where nothing else is."""
    assert _event_role(word, enrolled) == role


def _read(text: str) -> ObservedTrial:
    return observed_from([table_of(text.encode(), "visits.csv")])


VISITS = """Subject,Site,Visit,Visit date,Status
1,A,Screening,2024-01-02,on study
1,A,Randomisation,2024-01-09,on study
1,A,Week 4,2024-02-06,on study
2,A,Screening,2024-01-04,screen failure
3,A,Screening,2024-01-05,in screening
"""


def test_the_status_in_rows_of_visits_is_that_of_the_person() -> None:
    trial = _read(VISITS)
    assert dict(zip(trial.people.ids, trial.people.status, strict=True)) == {
        "1": RANDOMISED, "2": FAILED, "3": IN_SCREENING
    }  # fmt: skip
    assert "'Status' is the status" in trial.account.lines()[0]


def test_the_status_of_visits_is_not_that_of_people() -> None:
    """A visit that is completed or was missed says nothing of whether the person has completed the study."""
    text = VISITS.replace("on study", "Completed").replace("screen failure", "Missed").replace("in screening", "Done")
    trial = _read(text)
    assert trial.people.status.tolist() == [RANDOMISED, IN_SCREENING, IN_SCREENING]


def test_visits_after_the_last_randomisation_show_that_the_data_go_on() -> None:
    trial = _read(VISITS)
    assert trial.last == date(2024, 2, 6)
    assert not any("not used, with dates in it" in note for note in trial.account.notes)
    late = _read(VISITS.replace("2024-02-06", "2024-11-06"))
    assert late.last == date(2024, 1, 9)
    assert [day for day, _ in late.questions[0].choices] == ["2024-01-09", "2024-11-06"]


def test_each_screening_has_its_own_status() -> None:
    """Screened again after a failure: two screenings, of which the second went on."""
    again = "2,A,Screening failure,2024-01-08,screen failure\n2,A,Screening,2024-02-01,on study\n"
    again += "2,A,Randomisation,2024-02-03,on study\n"
    trial = _read(VISITS + again)
    mine = [status for who, status in zip(trial.people.ids, trial.people.status, strict=True) if who == "2"]
    assert mine == [FAILED, RANDOMISED]


def test_a_log_of_events_before_the_first_randomisation() -> None:
    """Rows are made for randomisations to come: nobody is randomised, and those screened are read."""
    rows = ("1,screening,2024-01-03", "1,randomised,", "2,screening,2024-01-04", "2,screen failure,2024-01-20")
    trial = _read("\n".join(["participant,event,event date", *rows]))
    assert trial.n_randomised == 0
    assert trial.people.status.tolist() == [IN_SCREENING, FAILED]


def test_a_log_without_a_day_that_counts_is_named_in_the_message() -> None:
    with pytest.raises(DataError) as raised:
        _read("Subject,Screened,Randomised,Status\n1,2024-01-01,2024-01-02,test\n2,2024-01-01,2024-02-02,test\n")
    (problem,) = raised.value.problems
    assert (problem.file, problem.path) == ("visits.csv", "Randomised")
    assert problem.message == "no row has a day on which somebody was screened or randomised"


@pytest.mark.parametrize(
    ("replaced", "by", "found"),
    [
        ("", "", ("Visit", "Visit date")),
        ("3,A,Screening", "4,A,Screening", ("Visit", "Visit date")),
        (",Randomisation,", ",Week 0,", None),
        (",Randomisation,", ",V2 - Baseline/Randomisation (day 1),", ("Visit", "Visit date")),
        (",Randomisation,", ",Week 4 after randomisation,", None),
        ("Site,Visit,", "Randomisation date,Visit,", None),
        ("Site,Visit,", "Event,Visit,", ("Visit", "Visit date")),
        ("Site,Visit,", "Subject name,Visit,", ("Visit", "Visit date")),
        ("Site,Visit,", "Visit reason,Visit,", ("Visit", "Visit date")),
        ("Site,Visit,Visit date", "Site,Name,Date of it", None),
    ],
)
def test_rows_are_events_where_one_column_has_their_day_and_one_their_name(
    replaced: str, by: str, found: tuple[str, str] | None
) -> None:
    text = VISITS.replace(replaced, by).replace(",A,", ",2024-01-02," if "Randomisation date" in by else ",A,")
    table = table_of(text.encode(), "visits.csv")
    assert event_rows(table, log_columns(table, {})) == found
    alone = table_of("\n".join(text.splitlines()[:2]).encode(), "visits.csv")
    assert event_rows(alone, log_columns(alone, {})) is None, "nobody has two rows"


@pytest.mark.parametrize(
    ("header", "is_one"),
    [("Visit", True), ("Event name", True), ("Study visit", True), ("Outcome", True), ("Arm", False),
     ("Visit reason", False), ("Name of the subject", False)],
)  # fmt: skip
def test_a_header_that_names_events_has_no_other_word(header: str, is_one: bool) -> None:
    """But for words that say nothing; what was taken for the status may be one."""
    assert _is_event_name(header, LogColumns(found={headers.STATUS: "Outcome"})) is is_one
