"""Logs of people: what they say is read right, or asked about with the option that answers it, before any number."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from people_logs import n_by_outcome, read_people

from sim.errors import UsageError
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.observed import FAILED, LEFT, RANDOMISED
from sim.exchange.read import as_known, observed_from
from sim.exchange.said import IGNORED
from sim.exchange.tables.read import table_of

# --- identifiers


def test_a_screening_number_beside_a_randomisation_number_tells_people_apart() -> None:
    text = "Screening number,Randomisation number,Screening date,Randomisation date\n"
    trial = read_people(text + "S1,R1,2023-01-05,2023-01-09\nS2,,2023-01-15,\nS3,R2,2023-01-16,2023-01-20\n")
    assert trial.people.ids.tolist() == ["S1", "S2", "S3"]
    assert n_by_outcome(trial) == (2, 1, 0)
    with pytest.raises(DataError, match=r"randomisation number and no date of randomisation \(row 2\)"):
        read_people(text + "S1,R1,2023-01-05,\nS3,R2,2023-01-16,2023-01-20\n")


def test_people_who_are_screened_again_under_one_number_count_for_each_screening() -> None:
    text = (
        "Subject,Screening date,Randomisation date,Status\n1,2023-01-05,,Screen failure\n"
        "1,2023-03-05,2023-03-12,Randomised\n"
    )
    trial = read_people(text + "2,2023-01-15,2023-01-20,Randomised\n")
    assert n_by_outcome(trial) == (2, 0, 1)
    assert "screened again under the same number" in trial.account.notes[0]


def test_numbers_may_be_unique_within_a_site() -> None:
    text = "Subject,Site,Randomisation date\n1,A,2023-01-05\n2,A,2023-02-05\n1,B,2023-02-08\n2,B,2023-03-05\n"
    assert read_people(text).n_randomised == 4
    with pytest.raises(DataError, match=r"the same participant twice \(rows 2, 3\): they differ in 'Site'"):
        read_people("Subject,Site,Randomisation date\n1001,A,2023-01-05\n1001,B,2023-01-05\n1002,A,2023-02-05\n")


@pytest.mark.parametrize("second", ["p1,A,2023-01-05", "p1,A,2023-01-06", "P1,A,2023-01-05"])
def test_true_duplicates_remain_an_error(second: str) -> None:
    with pytest.raises(DataError, match=r"the same participant twice \(rows 2, 3\)"):
        read_people(f"Subject,Site,Randomisation date\np1,A,2023-01-05\n{second}\n2,A,2023-02-01\n")


def test_a_row_a_visit_is_put_together() -> None:
    text = (
        "Subject,Site,Randomisation date,Visit,Visit date\n1,A,2023-01-05,V1,2023-01-05\n1,A,2023-01-05,V2,2023-01-25\n"
    )
    trial = read_people(text + "2,A,2023-01-20,V1,2023-01-20\n")
    assert trial.n_randomised == 2
    assert "3 rows are of 2 people: a row a visit or event, put together" in trial.account.notes


def test_rows_of_forms_are_put_together() -> None:
    head = "record_id,redcap_data_access_group,consent_date,rand_date,screen_outcome,eos_date,eos_reason\n"
    rows = "1,a,2023-01-05,,1,,\n1,a,,2023-01-12,,,\n2,a,2023-01-20,,2,,\n3,b,2023-01-22,,1,,\n"
    rows += "3,b,,2023-01-30,,,\n3,b,,,,2023-02-01,3\n"
    trial = read_people(
        head + rows, status="screen_outcome:1=randomised,screen_outcome:2=screen failure,eos_reason:3=left"
    )
    assert n_by_outcome(trial) == (2, 0, 1)
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
    trial = read_people(f"Subject Number,Site,{event},{when}\n{rows}")
    assert sorted(trial.people.status.tolist()) == sorted([RANDOMISED, FAILED, LEFT, RANDOMISED])
    assert trial.account.n_rows == 9


# --- several studies in one file


def test_several_studies_are_asked_about() -> None:
    text = "patient_id,trial_id,enrollment_date\n1,T1,2023-01-05\n2,T2,2023-02-05\n3,T2,2023-03-05\n"
    with pytest.raises(QuestionError, match=r"T1 \(1 rows\), T2 \(2 rows\).*--study T1 or --study T2"):
        read_people(text)
    assert read_people(text, study="t2").n_randomised == 2
    with pytest.raises(UsageError, match="did you mean 'T1'"):
        read_people(text, study="T11")
    with pytest.raises(UsageError, match="names a study"):
        read_people("id,date\n1,2023-01-05\n", study="T1")


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
    trial = read_people(
        f"Subject,{screened},{rand},{status}\n1,2023-01-05,2023-01-09,Randomised\n2,2023-01-06,,Screen failure\n"
    )
    assert n_by_outcome(trial) == (1, 0, 1)
    assert [use.header for use in trial.account.columns][:3] == [rand, screened, status]


def test_a_status_is_recognised_by_content_and_said() -> None:
    trial = read_people(
        "Subject,Screened,Randomised,Where now\n1,2023-01-05,2023-01-09,Active\n2,2023-01-06,,SF\n3,2023-01-07,,SF\n"
    )
    assert n_by_outcome(trial) == (1, 0, 2)
    assert "'Where now' is the status (by content)" in trial.account.lines()[0]


def test_a_date_without_a_name_is_asked_about() -> None:
    with pytest.raises(QuestionError, match=r"--columns date=D1 .*or --columns date=D2"):
        read_people("Subject,D1,D2\n1,2023-01-05,2023-01-09\n")


def test_two_columns_that_say_the_same_are_one_and_others_are_asked_about() -> None:
    text = "Subject,Site,Site name,Randomised\n1,1,Paris,2023-01-05\n2,2,Lyon,2023-01-09\n"
    assert [site.name for site in read_people(text).sites] == ["1", "2"]
    with pytest.raises(QuestionError, match=r"2 columns could be 'site': Site, Site name; .*--columns site=Site "):
        read_people(text + "3,1,Nice,2023-01-10\n")
    assert read_people("Subject,Actual date,Randomisation date\n1,2023-02-05,2023-01-05\n").last == date(2023, 1, 5)


def test_columns_of_dates_that_are_not_used_are_said() -> None:
    trial = read_people("Subject,Randomised,Wurst\n1,2023-01-05,2023-01-09\n2,2023-01-15,2023-01-19\n")
    assert "not used, with dates in it: 'Wurst'; if one says who left, say --columns left=NAME" in trial.account.notes


def test_a_count_of_ones_and_zeros_beside_people_is_no_count() -> None:
    trial = read_people("Subject,Date,Enrolled\n101,2023-01-05,1\n102,2023-01-15,0\n103,2023-01-16,1\n")
    assert trial.account.kind == "an enrolment log"
    assert trial.n_randomised == 2


# --- where data end


def test_placeholders_are_no_days() -> None:
    trial = read_people(
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
        read_people(text)
    known = as_known(read_people(text, as_of=date(2023, 5, 22)), date(2023, 5, 22), 100)
    assert known.n_randomised == 20


def test_a_silent_end_is_remarked_on_and_asked_about_before_a_forecast() -> None:
    days = "".join(f"{i},2023-0{1 + i // 4}-{1 + 7 * (i % 4):02d},\n" for i in range(20))
    trial = read_people(f"Subject,Randomised,Left on\n{days}99,2023-01-02,2024-03-01\n")
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
    trial = read_people(
        "Subject,Randomised,Last visit,Status\n1,2023-01-05,2023-06-01,active\n2,2023-02-05,2023-06-02,active\n"
    )
    assert trial.last == date(2023, 2, 5)
    with pytest.raises(QuestionError, match=r"where do the data end.*--as-of 2023-02-05.*--as-of 2023-06-02"):
        as_known(trial, None, 10)
    near = read_people(
        "Subject,Randomised,Last visit,Status\n1,2023-01-05,2023-02-20,active\n2,2023-02-05,2023-02-08,active\n"
    )
    assert near.account.end == "2023-02-20, the latest day in 'Last visit'"


# --- the account


def test_the_account_says_what_became_of_columns_and_rows() -> None:
    text = "Subject,Site,Screening date,Randomisation date,Status,Left on,Weight\n"
    text += "1,A,2023-01-01,2023-01-09,withdrew consent,2023-01-20,70\n2,A,2023-01-02,,SF,2023-01-05,80\n"
    text += "3,A,2023-01-05,,in screening,,60\n4,B,2023-01-06,2023-01-30,on study,,81\n"
    trial = read_people(text)
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
    assert "by --columns" in read_people(text, columns={"arm": "Weight"}).account.lines()[0]


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
    assert n_by_outcome(trial) == expected
    assert IGNORED not in trial.people.status.tolist()
    assert np.isnan(trial.people.ended[trial.people.status == RANDOMISED]).all()
