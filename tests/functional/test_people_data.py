"""Logs of people: what they say is read right, or asked about with the option that answers it, before any number."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.errors import UsageError
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.logs.statuses import meaning_of
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED, ObservedTrial
from sim.exchange.read import as_known, observed_from
from sim.exchange.said import IGNORED, ON_STUDY, Said, status_from
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.read import table_of


def _table(text: str, name: str = "log.csv") -> RawTable:
    return table_of(text.encode(), name)


def _read(text: str, **said: object) -> ObservedTrial:
    if isinstance(said.get("status"), str):
        said["status"] = status_from(said["status"])  # type: ignore[arg-type]
    return observed_from([_table(text)], said=Said(**said))  # type: ignore[arg-type]


def _counts(trial: ObservedTrial) -> tuple[int, int, int]:
    """(randomised, in screening, failed)."""
    status = trial.people.status
    return trial.n_randomised, int((status == IN_SCREENING).sum()), int((status == FAILED).sum())


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
    assert _counts(_read(text)) == (1, 0, 4)


def test_a_last_visit_is_no_way_out() -> None:
    rows = (
        "1,2023-01-01,2023-01-09,2023-03-01,ongoing\n2,2023-01-02,2023-01-10,2023-03-02,active\n"
        "3,2023-01-03,2023-02-01,,\n"
    )
    for name in ("Last visit", "Date of last contact", "Last known alive", "Status date", "Planned end", "Next visit"):
        trial = _read(f"Subject,Screening date,Randomisation date,{name},Status\n{rows}")
        assert trial.people.status.tolist() == [RANDOMISED] * 3, name


def test_the_status_and_a_date_that_contradict_it_are_asked_about_with_the_row() -> None:
    text = "Subject,Randomisation date,Left on,Status\n1,2023-01-09,2023-03-01,Ongoing\n2,2023-02-01,,Ongoing\n"
    with pytest.raises(
        QuestionError, match=r"1 is 'Ongoing', but there is a date of leaving \(row 2\).*Ongoing=on study"
    ):
        _read(text)
    assert _read(text, status="Ongoing=on study").people.status.tolist() == [RANDOMISED, RANDOMISED]
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,2023-01-09,Screen failure\n"
        "2,2023-01-02,2023-02-01,\n"
    )
    with pytest.raises(QuestionError, match=r"'Screen failure', but there is a date of randomisation \(row 2\)"):
        _read(text)
    assert _counts(_read(text, status="Screen failure=screen failure")) == (1, 0, 1)
    assert _read(text, status="Screen failure=left").people.status.tolist() == [LEFT, RANDOMISED]
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,,Randomised\n"
        "2,2023-01-02,2023-02-01,Randomised\n"
    )
    with pytest.raises(
        QuestionError, match=r"no date of randomisation \(row 2\).*Randomised=on study.*or add the dates"
    ):
        _read(text)
    assert _counts(_read(text, status="Randomised=on study")) == (1, 1, 0)


def test_words_that_are_not_known_are_listed_with_their_counts_and_the_option() -> None:
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,2023-01-09,On hold\n"
        "2,2023-01-02,,Lost in post\n"
    )
    text += "3,2023-01-03,2023-01-11,On hold\n"
    with pytest.raises(QuestionError) as caught:
        _read(text)
    assert "'On hold' (2), 'Lost in post' (1) (rows 2, 3, 4)" in str(caught.value)
    assert '--status "Lost in post=...,On hold=..."' in str(caught.value)
    assert caught.value.questions[0].subjects == ("Lost in post", "On hold")
    trial = _read(text, status="on hold=randomised, LOST IN POST = Screen failure")
    assert _counts(trial) == (2, 0, 1)


def test_a_word_that_is_not_known_is_the_reason_of_those_who_all_left() -> None:
    text = "Subject,Randomisation date,Left on,Status\n1,2023-01-09,2023-01-20,Transplant\n2,2023-02-01,,On study\n"
    trial = _read(text)
    assert trial.people.status.tolist() == [LEFT, RANDOMISED]
    assert trial.people.way_out[0] == "Transplant"
    assert _read(text.replace("2023-01-20", "2023-03-20")).people.status.tolist() == [LEFT, RANDOMISED]
    planned = "".join(f"{i},2023-01-{i + 10},2024-01-{i + 10},Stage 2\n" for i in range(10))
    with pytest.raises(QuestionError, match=r"'Stage 2' \(10\)"):
        _read(f"Subject,Randomisation date,Left on,Status\n{planned}")


def test_an_answer_about_a_word_of_the_reasons_is_heard_beside_a_status() -> None:
    text = "Subject,Randomised,DTHDTC,Reason,Status\n1,2023-01-09,2023-02-09,Ongoing,\n2,2023-02-11,,,Active\n"
    with pytest.raises(QuestionError, match="Ongoing=on study"):
        _read(text)
    assert _read(text, status="Ongoing=on study").people.status.tolist() == [RANDOMISED, RANDOMISED]


def test_codes_are_asked_about_by_column() -> None:
    text = "Subject,Screening date,Randomisation date,Status\n1,2023-01-01,2023-01-09,2\n2,2023-01-02,,3\n"
    with pytest.raises(QuestionError, match=r'--status "Status:2=...,Status:3=..."'):
        _read(text)
    assert _counts(_read(text, status="Status:2=randomised,Status:3=screen failure")) == (1, 0, 1)


def test_ltfu_is_asked_about_where_lost_to_follow_up_is_written_too() -> None:
    text = "Subject,Randomisation date,Status\n1,2023-01-09,LTFU\n2,2023-02-01,Active\n"
    assert _read(text).people.status.tolist() == [LEFT, RANDOMISED]
    with pytest.raises(QuestionError, match="'LTFU'"):
        _read(text + "3,2023-02-05,Lost to follow-up\n")


@pytest.mark.parametrize("text", ["SF", "SF=gone", "=left"])
def test_a_status_map_is_words_and_meanings(text: str) -> None:
    with pytest.raises(UsageError):
        status_from(text)


def test_a_word_of_a_status_map_may_have_commas_in_it() -> None:
    assert status_from("Withdrawn, AE=left,a=b=completed") == {"Withdrawn, AE": LEFT, "a=b": COMPLETED}


def test_rows_that_are_no_participants_are_left_out_and_counted() -> None:
    trial = _read("Subject,Randomisation date,Status\n1,2023-01-09,Active\nT1,2023-01-02,Test\n2,2023-02-01,Active\n")
    assert trial.n_randomised == 2
    assert trial.account.ignored == (("no participant, as the status says", 1),)
    assert trial.first == date(2023, 1, 9)


def test_who_left_on_a_day_that_is_not_given_is_gone_on_the_day_last_seen_or_the_last_of_the_data() -> None:
    head = "Subject,Randomisation date,Last contact,Status\n"
    seen = _read(head + "1,2023-01-09,2023-02-01,Withdrawn\n2,2023-02-10,,Active\n")
    assert seen.date_of(seen.people.ended[0]) == date(2023, 2, 1)
    unseen = _read(head + "1,2023-01-09,,Withdrawn\n2,2023-02-10,2023-02-09,Active\n")
    assert unseen.date_of(unseen.people.ended[0]) == date(2023, 2, 10)
    assert "the day is not given" in str(unseen.findings[0])


# --- flags, failure dates, reasons


def test_yes_and_no_beside_a_date_say_who_is_randomised() -> None:
    for yes, no in (("Y", "N"), ("Yes", "No"), ("1", "0"), ("True", "False"), ("x", "")):
        rows = f"1,A,2023-01-05,{yes}\n2,A,2023-01-15,{no}\n3,A,2023-02-05,{yes}\n"
        for name in ("Enrolled?", "Randomised (Y/N)", "RANDFL"):
            assert _read(f"Subject,Site,Enrolment date,{name}\n{rows}").n_randomised == 2, (yes, name)


def test_a_failure_date_a_reason_or_a_flag_says_that_screening_failed() -> None:
    for name, word in (
        ("Screen failure date", "2023-01-20"),
        ("Screen failure reason", "Lab value"),
        ("sfreas", "I1"),
        ("Screen failure?", "Yes"),
    ):
        text = f"Subject,Consent date,Rand. Date,{name}\n1,2023-01-05,2023-01-09,\n2,2023-01-15,,{word}\n"
        assert _counts(_read(text)) == (1, 0, 1), name
    text = "Subject,Consent date,RANDDT,Eligible?\n1,2023-01-05,2023-01-09,Y\n2,2023-01-15,,N\n"
    assert _counts(_read(text)) == (1, 0, 1)


def test_a_failed_screening_and_a_randomisation_in_one_row_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"failed screening, and has a date of randomisation; correct the row \(row 2\)"
    ):
        _read("Subject,Consent date,Randomised on,Screen failure date\n1,2023-01-01,2023-01-09,2023-01-05\n")


def test_a_yes_without_its_date_is_refused() -> None:
    with pytest.raises(DataError, match=r"says randomised, but there is no date of randomisation \(row 3\)"):
        _read("Subject,Screened,Randomised?,Randomisation date\n1,2023-01-01,Y,2023-01-05\n2,2023-02-05,Y,\n")


def test_an_end_of_study_without_a_word_on_how_is_asked_about() -> None:
    text = "Subject,Randomisation date,EOS date\n1,2023-01-05,2023-02-01\n2,2023-01-09,\n"
    with pytest.raises(QuestionError, match=r'"left=EOS date".*"completed=EOS date"'):
        _read(text)
    assert _read(text, columns={"completed": "EOS date"}).people.status.tolist() == [COMPLETED, RANDOMISED]
    reasons = (
        "Subject,Randomisation date,EOS date,EOS reason\n1,2023-01-05,2023-02-01,Completed\n"
        "2,2023-01-09,2023-02-02,Death\n"
    )
    assert _read(reasons).people.status.tolist() == [COMPLETED, LEFT]


def test_a_date_of_enrolment_that_failures_have_too_is_asked_about() -> None:
    text = (
        "Subject,Enrolment date,Status\n1,2023-01-05,Randomised\n2,2023-01-09,Screen failure\n"
        "3,2023-01-19,In screening\n"
    )
    with pytest.raises(QuestionError, match="1 who failed screening and 1 in screening: is it the day of consent"):
        _read(text)
    both = {"date": "Enrolment date", "screened": "Enrolment date"}
    assert _counts(_read(text, columns=both)) == (1, 1, 1)


def test_many_of_whom_nothing_is_said_for_long_are_asked_about() -> None:
    rows = [f"{i},2023-{1 + i // 4:02d}-{1 + 7 * (i % 4):02d}" for i in range(40)]
    text = "Subject,Screening date,Randomisation date\n"
    text += "".join(f"{row},{'' if i in (1, 2, 5, 6) else row.split(',')[1]}\n" for i, row in enumerate(rows))
    with pytest.raises(QuestionError, match=r'4 began screening more than 28 days.*"no status=screen failure"'):
        _read(text)
    assert _counts(_read(text, status="no status=screen failure")) == (36, 0, 4)
    assert _counts(_read(text, status="no status=in screening")) == (36, 4, 0)


# --- identifiers


def test_a_screening_number_beside_a_randomisation_number_tells_people_apart() -> None:
    text = "Screening number,Randomisation number,Screening date,Randomisation date\n"
    trial = _read(text + "S1,R1,2023-01-05,2023-01-09\nS2,,2023-01-15,\nS3,R2,2023-01-16,2023-01-20\n")
    assert trial.people.ids.tolist() == ["S1", "S2", "S3"]
    assert _counts(trial) == (2, 1, 0)
    with pytest.raises(DataError, match=r"randomisation number and no date of randomisation \(row 2\)"):
        _read(text + "S1,R1,2023-01-05,\nS3,R2,2023-01-16,2023-01-20\n")


def test_people_who_are_screened_again_under_one_number_count_for_each_screening() -> None:
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-05,,Screen failure\n"
        "1,2023-03-05,2023-03-12,Randomised\n"
    )
    trial = _read(text + "2,2023-01-15,2023-01-20,Randomised\n")
    assert _counts(trial) == (2, 0, 1)
    assert "screened again under the same number" in trial.account.notes[0]


def test_numbers_may_be_unique_within_a_site() -> None:
    text = "Subject,Site,Randomisation date\n1,A,2023-01-05\n2,A,2023-02-05\n1,B,2023-02-08\n2,B,2023-03-05\n"
    assert _read(text).n_randomised == 4
    with pytest.raises(DataError, match=r"the same participant twice \(rows 2, 3\): they differ in 'Site'"):
        _read("Subject,Site,Randomisation date\n1001,A,2023-01-05\n1001,B,2023-01-05\n1002,A,2023-02-05\n")


@pytest.mark.parametrize("second", ["p1,A,2023-01-05", "p1,A,2023-01-06", "P1,A,2023-01-05"])
def test_true_duplicates_remain_an_error(second: str) -> None:
    with pytest.raises(DataError, match=r"the same participant twice \(rows 2, 3\)"):
        _read(f"Subject,Site,Randomisation date\np1,A,2023-01-05\n{second}\n2,A,2023-02-01\n")


def test_a_row_a_visit_is_put_together() -> None:
    text = (
        "Subject,Site,Randomisation date,Visit,Visit date\n1,A,2023-01-05,V1,2023-01-05\n1,A,2023-01-05,V2,2023-01-25\n"
    )
    trial = _read(text + "2,A,2023-01-20,V1,2023-01-20\n")
    assert trial.n_randomised == 2
    assert "3 rows are of 2 people: a row a visit or event, put together" in trial.account.notes


def test_rows_of_forms_are_put_together() -> None:
    head = "record_id,redcap_data_access_group,consent_date,rand_date,screen_outcome,eos_date,eos_reason\n"
    rows = "1,a,2023-01-05,,1,,\n1,a,,2023-01-12,,,\n2,a,2023-01-20,,2,,\n3,b,2023-01-22,,1,,\n"
    rows += "3,b,,2023-01-30,,,\n3,b,,,,2023-02-01,3\n"
    trial = _read(head + rows, status="screen_outcome:1=randomised,screen_outcome:2=screen failure,eos_reason:3=left")
    assert _counts(trial) == (2, 0, 1)
    assert [site.name for site in trial.sites] == ["a", "b"]
    assert sorted(trial.people.status.tolist()) == [LEFT, RANDOMISED, FAILED]


@pytest.mark.parametrize(("event", "when"), [("Transaction Type", "Transaction Date"), ("Status", "Status date")])
def test_a_row_an_event_becomes_a_row_a_person(event: str, when: str) -> None:
    rows = (
        "1,A,Screening,2023-01-05\n1,A,Randomization,2023-01-12\n2,A,Screening,2023-01-20\n"
        "2,A,Screen failure,2023-01-27\n"
    )
    rows += "3,B,Screening,2023-02-01\n3,B,Randomization,2023-02-10\n3,B,Discontinued,2023-02-20\n"
    rows += "2,A,Screening,2023-02-21\n2,A,Randomization,2023-02-22\n"
    trial = _read(f"Subject Number,Site,{event},{when}\n{rows}")
    assert sorted(trial.people.status.tolist()) == sorted([RANDOMISED, FAILED, LEFT, RANDOMISED])
    assert trial.account.n_rows == 9


# --- several studies in one file


def test_several_studies_are_asked_about() -> None:
    text = "patient_id,trial_id,enrollment_date\n1,T1,2023-01-05\n2,T2,2023-02-05\n3,T2,2023-03-05\n"
    with pytest.raises(QuestionError, match=r"T1 \(1 rows\), T2 \(2 rows\).*--study T1 or --study T2"):
        _read(text)
    assert _read(text, study="t2").n_randomised == 2
    with pytest.raises(UsageError, match="did you mean 'T1'"):
        _read(text, study="T11")
    with pytest.raises(UsageError, match="names a study"):
        _read("id,date\n1,2023-01-05\n", study="T1")


# --- names of columns


@pytest.mark.parametrize(
    ("screened", "rand", "status"),
    [
        ("SUBJECTSCREENINGDATE", "SUBJECTRANDOMIZATIONDATE", "SUBJECTSTATE"),
        ("ICFDT", "RANDDT", "EOSSTT"),
        ("Date of Informed Consent", "Rand. Date", "Subject Status"),
        ("consent_date", "random_date", "subject_status"),
        ("SCRDT", "Entry_Dt", "Disposition"),
        ("Screened On", "enroll_dt", "Current Status"),
        ("Einwilligung", "Randomisierung", "Status"),
        ("Consent signed date", "Randomization Date (Actual)", "Patient State"),
    ],
)
def test_usual_names_of_exports_are_recognised(screened: str, rand: str, status: str) -> None:
    trial = _read(
        f"Subject,{screened},{rand},{status}\n1,2023-01-05,2023-01-09,Randomised\n2,2023-01-06,,Screen failure\n"
    )
    assert _counts(trial) == (1, 0, 1)
    assert [use.header for use in trial.account.columns][:3] == [rand, screened, status]


def test_a_status_is_recognised_by_content_and_said() -> None:
    trial = _read(
        "Subject,Screened,Randomised,Where now\n1,2023-01-05,2023-01-09,Active\n2,2023-01-06,,SF\n3,2023-01-07,,SF\n"
    )
    assert _counts(trial) == (1, 0, 2)
    assert "'Where now' is the status (by content)" in trial.account.lines()[0]


def test_a_date_without_a_name_is_asked_about() -> None:
    with pytest.raises(QuestionError, match=r"--columns date=D1 .*or --columns date=D2"):
        _read("Subject,D1,D2\n1,2023-01-05,2023-01-09\n")


def test_two_columns_that_say_the_same_are_one_and_others_are_asked_about() -> None:
    text = "Subject,Site,Site name,Randomised\n1,1,Paris,2023-01-05\n2,2,Lyon,2023-01-09\n"
    assert [site.name for site in _read(text).sites] == ["1", "2"]
    with pytest.raises(QuestionError, match=r"2 columns could be 'site': Site, Site name; .*--columns site=Site "):
        _read(text + "3,1,Nice,2023-01-10\n")
    assert _read("Subject,Actual date,Randomisation date\n1,2023-02-05,2023-01-05\n").last == date(2023, 1, 5)


def test_columns_of_dates_that_are_not_used_are_said() -> None:
    trial = _read("Subject,Randomised,Wurst\n1,2023-01-05,2023-01-09\n2,2023-01-15,2023-01-19\n")
    assert "not used, with dates in it: 'Wurst'; if one says who left, say --columns left=NAME" in trial.account.notes


def test_a_count_of_ones_and_zeros_beside_people_is_no_count() -> None:
    trial = _read("Subject,Date,Enrolled\n101,2023-01-05,1\n102,2023-01-15,0\n103,2023-01-16,1\n")
    assert trial.account.kind == "an enrolment log"
    assert trial.n_randomised == 2


# --- where data end


def test_placeholders_are_no_days() -> None:
    trial = _read(
        "Subject,Randomised,Left on,Status\n1,2023-01-05,2099-12-31,on study\n"
        "2,2023-02-05,9999-12-31,on study\n"

                  "3,2023-02-09,1900-01-01,on study\n")  # fmt: skip
    assert trial.people.status.tolist() == [RANDOMISED] * 3
    assert trial.last == date(2023, 2, 9)
    assert "3 in 'Left on' such as 2099-12-31 stand for no day, and are taken as none" in trial.account.notes


def test_a_day_long_after_all_others_is_asked_about() -> None:
    days = "".join(f"{i},2023-0{1 + i // 4}-{1 + 7 * (i % 4):02d}\n" for i in range(20))
    text = f"Subject,Randomised\n{days}99,2032-05-01\n"
    with pytest.raises(
        QuestionError, match=r"2032-05-01 in 'Randomised'.*\(row 22\); say which with --as-of 2023-05-22"
    ):
        _read(text)
    known = as_known(_read(text, as_of=date(2023, 5, 22)), date(2023, 5, 22), 100)
    assert known.n_randomised == 20


def test_a_silent_end_is_remarked_on_and_asked_about_before_a_forecast() -> None:
    days = "".join(f"{i},2023-0{1 + i // 4}-{1 + 7 * (i % 4):02d},\n" for i in range(20))
    trial = _read(f"Subject,Randomised,Left on\n{days}99,2023-01-02,2024-03-01\n")
    assert "nobody randomised in the last 284 days" in trial.account.gaps[-1]
    assert "--as-of 2023-05-22" in str(trial.findings[-1])
    with pytest.raises(QuestionError, match=r"--as-of 2023-05-22 .*or --as-of 2024-03-01"):
        as_known(trial, None, 100)
    assert as_known(trial, None, 21) is trial
    known = as_known(trial, date(2023, 5, 22), 100)
    assert known.n_randomised == 21
    assert not known.account.gaps
    assert known.account.notes[-1] == "as of 2023-05-22: 21 randomised"


def test_last_visits_long_after_all_else_are_asked_about_before_a_forecast() -> None:
    trial = _read(
        "Subject,Randomised,Last visit,Status\n1,2023-01-05,2023-06-01,active\n2,2023-02-05,2023-06-02,active\n"
    )
    assert trial.last == date(2023, 2, 5)
    with pytest.raises(QuestionError, match=r"where do the data end.*--as-of 2023-02-05.*--as-of 2023-06-02"):
        as_known(trial, None, 10)
    near = _read(
        "Subject,Randomised,Last visit,Status\n1,2023-01-05,2023-02-20,active\n2,2023-02-05,2023-02-08,active\n"
    )
    assert near.account.end == "2023-02-20, the latest day in 'Last visit'"


# --- the account


def test_the_account_says_what_became_of_columns_and_rows() -> None:
    text = "Subject,Site,Screening date,Randomisation date,Status,Left on,Weight\n"
    text += "1,A,2023-01-01,2023-01-09,withdrew consent,2023-01-20,70\n2,A,2023-01-02,,SF,2023-01-05,80\n"
    text += "3,A,2023-01-05,,in screening,,60\n4,B,2023-01-06,2023-01-30,on study,,81\n"
    trial = _read(text)
    assert trial.account.lines() == [
        "Read as an enrolment log: 'Randomisation date' is the date of randomisation, 'Screening date' is the date of "
        "screening or consent, 'Status' is the status, 'Left on' is the date of leaving, 'Subject' is the participant, "
        "'Site' is the site (by name). Not used: 'Weight'.",
        "4 rows: 2 randomised, 1 of them left, 1 in screening, 1 failed screening.",
        "The data end on 2023-01-30, the latest day in 'Randomisation date'.",
    ]
    assert trial.account.document()["became"] == {
        "randomised": 2, "of them left": 1, "in screening": 1, "failed screening": 1,
    }  # fmt: skip
    assert "2 randomised, 2023-01-01 to 2023-01-30" in repr(trial)
    assert "by --columns" in _read(text, columns={"arm": "Weight"}).account.lines()[0]


CASES = Path(__file__).parents[3] / "shared" / "cases" / "planners-files"


@pytest.mark.skipif(not CASES.is_dir(), reason="the planners' files are not here")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("base.csv", (50, 1, 19)),
        ("base_sf.csv", (50, 1, 19)),
        ("lastvisit.csv", (50, 1, 19)),
        ("lastvisit0.csv", (50, 1, 19)),
        ("v_futleft.csv", (50, 1, 19)),
        ("i_sfdate.csv", (5, 0, 3)),
        ("i_flag.csv", (5, 0, 2)),
        ("i_two.csv", (4, 1, 0)),
        ("i_same.csv", (5, 0, 1)),
        ("i_within.csv", (5, 0, 0)),
    ],
)
def test_planners_files_are_read_right(name: str, expected: tuple[int, int, int]) -> None:
    trial = observed_from([table_of((CASES / name).read_bytes(), name)])
    assert _counts(trial) == expected
    assert IGNORED not in trial.people.status.tolist()
    assert np.isnan(trial.people.ended[trial.people.status == RANDOMISED]).all()
