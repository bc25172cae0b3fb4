"""Logs of people: who was randomised, failed or left is read from statuses, flags and dates, or asked about."""

from __future__ import annotations

from datetime import date

import pytest
from people_logs import n_by_outcome, read_people

from sim.errors import UsageError
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.logs.statuses import meaning_of
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import ON_STUDY, status_from

# --- statuses


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("SF; SCRNFAIL; Scrn Fail; Screen Failure; screen-failed; Declined; Not enrolled; Not Eligible; "
         "not randomised; Non-randomized; Screen failure - lab value; Screen Fail (I3); "
         "Withdrawn before randomization", FAILED),
        ("Inactive; Withdrawn; Withdrew consent; Discontinued; ET; Early terminated; LTFU; Lost to follow-up; Died; "
         "Death; Withdrawn (AE); Discontinued due to adverse event; Randomised - withdrawn; Dropped out; "
         "Off study", LEFT),
        ("Completed; EOS; 4 = Completed; Completed study; End of study", COMPLETED),
        ("Randomised; RANDOMIZED; On treatment; In follow-up; Follow-up; Off treatment but in follow-up; "
         "Randomised, on treatment; Off-Treatment - in follow-up", RANDOMISED),
        ("Active; Ongoing; on study; Enrolled; ENROLLED; Enrolled/Active", ON_STUDY),
        ("In screening; Screening; Pre-screened; Consented; Screening - ongoing; Not yet randomised", IN_SCREENING),
        ("On hold; Completed treatment; Discontinued treatment; Discontinued - in follow-up; Screen pass; removed; "
         "Randomised in error; Not sure; 2", ""),
    ],
)  # fmt: skip
def test_the_words_of_the_field_are_read_as_whole_phrases(words: str, meaning: str) -> None:
    assert {word: meaning_of(word.strip()) for word in words.split(";")} == dict.fromkeys(words.split(";"), meaning)


def test_screen_failures_by_another_word_are_not_in_screening() -> None:
    text = "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,2023-01-09,On study\n"
    text += "".join(
        f"{i},2023-01-{i:02d},,{word}\n" for i, word in enumerate(("SF", "SCRNFAIL", "Declined", "Withdrawn"), 2)
    )
    assert n_by_outcome(read_people(text)) == (1, 0, 4)


def test_a_last_visit_is_no_way_out() -> None:
    rows = (
        "1,2023-01-01,2023-01-09,2023-03-01,ongoing\n2,2023-01-02,2023-01-10,2023-03-02,active\n"
        "3,2023-01-03,2023-02-01,,\n"
    )
    for name in ("Last visit", "Date of last contact", "Last known alive", "Status date", "Planned end", "Next visit"):
        trial = read_people(f"Subject,Screening date,Randomisation date,{name},Status\n{rows}")
        assert trial.people.status.tolist() == [RANDOMISED] * 3, name


def test_the_status_and_a_date_that_contradict_it_are_asked_about_with_the_row() -> None:
    text = "Subject,Randomisation date,Left on,Status\n1,2023-01-09,2023-03-01,Ongoing\n2,2023-02-01,,Ongoing\n"
    with pytest.raises(
        QuestionError, match=r"1 is 'Ongoing', but there is a date of leaving \(row 2\).*Ongoing=on study"
    ):
        read_people(text)
    assert read_people(text, status="Ongoing=on study").people.status.tolist() == [RANDOMISED, RANDOMISED]
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,2023-01-09,Screen failure\n"
        "2,2023-01-02,2023-02-01,\n"
    )
    with pytest.raises(QuestionError, match=r"'Screen failure', but there is a date of randomisation \(row 2\)"):
        read_people(text)
    assert n_by_outcome(read_people(text, status="Screen failure=screen failure")) == (1, 0, 1)
    assert read_people(text, status="Screen failure=left").people.status.tolist() == [LEFT, RANDOMISED]
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,,Randomised\n"
        "2,2023-01-02,2023-02-01,Randomised\n"
    )
    with pytest.raises(
        QuestionError, match=r"no date of randomisation \(row 2\).*Randomised=on study.*or add the dates"
    ):
        read_people(text)
    assert n_by_outcome(read_people(text, status="Randomised=on study")) == (1, 1, 0)


def test_words_that_are_not_known_are_listed_with_their_counts_and_the_option() -> None:
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,2023-01-09,On hold\n"
        "2,2023-01-02,,Lost in post\n"
    )
    text += "3,2023-01-03,2023-01-11,On hold\n"
    with pytest.raises(QuestionError) as caught:
        read_people(text)
    assert "'On hold' (2), 'Lost in post' (1) (rows 2, 3, 4)" in str(caught.value)
    assert '--status "Lost in post=...,On hold=..."' in str(caught.value)
    assert caught.value.questions[0].subjects == ("Lost in post", "On hold")
    trial = read_people(text, status="on hold=randomised, LOST IN POST = Screen failure")
    assert n_by_outcome(trial) == (2, 0, 1)


def test_a_word_that_is_not_known_is_the_reason_of_those_who_all_left() -> None:
    text = "Subject,Randomisation date,Left on,Status\n1,2023-01-09,2023-01-20,Transplant\n2,2023-02-01,,On study\n"
    trial = read_people(text)
    assert trial.people.status.tolist() == [LEFT, RANDOMISED]
    assert trial.people.way_out[0] == "Transplant"
    assert read_people(text.replace("2023-01-20", "2023-03-20")).people.status.tolist() == [LEFT, RANDOMISED]
    planned = "".join(f"{i},2023-01-{i + 10},2024-01-{i + 10},Stage 2\n" for i in range(10))
    with pytest.raises(QuestionError, match=r"'Stage 2' \(10\)"):
        read_people(f"Subject,Randomisation date,Left on,Status\n{planned}")


def test_an_answer_about_a_word_of_the_reasons_is_heard_beside_a_status() -> None:
    text = "Subject,Randomised,DTHDTC,Reason,Status\n1,2023-01-09,2023-02-09,Ongoing,\n2,2023-02-11,,,Active\n"
    with pytest.raises(QuestionError, match="Ongoing=on study"):
        read_people(text)
    assert read_people(text, status="Ongoing=on study").people.status.tolist() == [RANDOMISED, RANDOMISED]


def test_codes_are_asked_about_by_column() -> None:
    text = "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,2023-01-09,2\n2,2023-01-02,,3\n"
    with pytest.raises(QuestionError, match=r'--status "Status:2=...,Status:3=..."'):
        read_people(text)
    assert n_by_outcome(read_people(text, status="Status:2=randomised,Status:3=screen failure")) == (1, 0, 1)


def test_ltfu_is_asked_about_where_lost_to_follow_up_is_written_too() -> None:
    text = "Subject,Randomisation date,Status\n1,2023-01-09,LTFU\n2,2023-02-01,Active\n"
    assert read_people(text).people.status.tolist() == [LEFT, RANDOMISED]
    with pytest.raises(QuestionError, match="'LTFU'"):
        read_people(text + "3,2023-02-05,Lost to follow-up\n")


@pytest.mark.parametrize("text", ["SF", "SF=gone", "=left"])
def test_a_status_map_is_words_and_meanings(text: str) -> None:
    with pytest.raises(UsageError):
        status_from(text)


def test_a_word_of_a_status_map_may_have_commas_in_it() -> None:
    assert status_from("Withdrawn, AE=left,a=b=completed") == {"Withdrawn, AE": LEFT, "a=b": COMPLETED}


def test_rows_that_are_no_participants_are_left_out_and_counted() -> None:
    trial = read_people(
        "Subject,Randomisation date,Status\n1,2023-01-09,Active\nT1,2023-01-02,Test\n2,2023-02-01,Active\n"
    )
    assert trial.n_randomised == 2
    assert trial.account.ignored == (("no participant, as the status says", 1),)
    assert trial.first == date(2023, 1, 9)


def test_who_left_on_a_day_that_is_not_given_is_gone_on_the_day_last_seen_or_the_last_of_the_data() -> None:
    head = "Subject,Randomisation date,Last contact,Status\n"
    seen = read_people(head + "1,2023-01-09,2023-02-01,Withdrawn\n2,2023-02-10,,Active\n")
    assert seen.date_of(seen.people.ended[0]) == date(2023, 2, 1)
    unseen = read_people(head + "1,2023-01-09,,Withdrawn\n2,2023-02-10,2023-02-09,Active\n")
    assert unseen.date_of(unseen.people.ended[0]) == date(2023, 2, 10)
    assert "the day is not given" in str(unseen.findings[0])


# --- flags, failure dates, reasons


def test_yes_and_no_beside_a_date_say_who_is_randomised() -> None:
    for yes, no in (("Y", "N"), ("Yes", "No"), ("1", "0"), ("True", "False"), ("x", "")):
        rows = f"1,A,2023-01-05,{yes}\n2,A,2023-01-15,{no}\n3,A,2023-02-05,{yes}\n"
        for name in ("Enrolled?", "Randomised (Y/N)", "RANDFL"):
            assert read_people(f"Subject,Site,Enrolment date,{name}\n{rows}").n_randomised == 2, (yes, name)


def test_a_failure_date_a_reason_or_a_flag_says_that_screening_failed() -> None:
    for name, word in (
        ("Screen failure date", "2023-01-20"),
        ("Screen failure reason", "Lab value"),
        ("sfreas", "I1"),
        ("Screen failure?", "Yes"),
    ):
        text = f"Subject,Consent date,Rand. Date,{name}\n1,2023-01-05,2023-01-09,\n2,2023-01-15,,{word}\n"
        assert n_by_outcome(read_people(text)) == (1, 0, 1), name
    text = "Subject,Consent date,RANDDT,Eligible?\n1,2023-01-05,2023-01-09,Y\n2,2023-01-15,,N\n"
    assert n_by_outcome(read_people(text)) == (1, 0, 1)


def test_a_failed_screening_and_a_randomisation_in_one_row_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"failed screening, and has a date of randomisation; correct the row \(row 2\)"
    ):
        read_people("Subject,Consent date,Randomised on,Screen failure date\n1,2023-01-01,2023-01-09,2023-01-05\n")


def test_a_yes_without_its_date_is_refused() -> None:
    with pytest.raises(DataError, match=r"says randomised, but there is no date of randomisation \(row 3\)"):
        read_people("Subject,Screened,Randomised?,Randomisation date\n1,2023-01-01,Y,2023-01-05\n2,2023-02-05,Y,\n")


def test_an_end_of_study_without_a_word_on_how_is_asked_about() -> None:
    text = "Subject,Randomisation date,EOS date\n1,2023-01-05,2023-02-01\n2,2023-01-09,\n"
    with pytest.raises(QuestionError, match=r'"left=EOS date".*"completed=EOS date"'):
        read_people(text)
    assert read_people(text, columns={"completed": "EOS date"}).people.status.tolist() == [COMPLETED, RANDOMISED]
    reasons = (
        "Subject,Randomisation date,EOS date,EOS reason\n1,2023-01-05,2023-02-01,Completed\n"
        "2,2023-01-09,2023-02-02,Death\n"
    )
    assert read_people(reasons).people.status.tolist() == [COMPLETED, LEFT]


def test_a_date_of_enrolment_that_failures_have_too_is_asked_about() -> None:
    text = (
        "Subject,Enrolment date,Status\n1,2023-01-05,Randomised\n2,2023-01-09,Screen failure\n"
        "3,2023-01-19,In screening\n"
    )
    with pytest.raises(QuestionError, match="1 who failed screening and 1 in screening: is it the day of consent"):
        read_people(text)
    both = {"date": "Enrolment date", "screened": "Enrolment date"}
    assert n_by_outcome(read_people(text, columns=both)) == (1, 1, 1)


def test_many_of_whom_nothing_is_said_for_long_are_asked_about() -> None:
    rows = [f"{i},2023-{1 + i // 4:02d}-{1 + 7 * (i % 4):02d}" for i in range(40)]
    text = "Subject,Screening date,Randomisation date\n"
    text += "".join(f"{row},{'' if i in (1, 2, 5, 6) else row.split(',')[1]}\n" for i, row in enumerate(rows))
    with pytest.raises(QuestionError, match=r'4 began screening more than 28 days.*"no status=screen failure"'):
        read_people(text)
    assert n_by_outcome(read_people(text, status="no status=screen failure")) == (36, 0, 4)
    assert n_by_outcome(read_people(text, status="no status=in screening")) == (36, 4, 0)
