"""SDTM: everyone in DM is accounted for, whatever DS calls a randomisation and wherever a screening failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of

DM = """STUDYID,DOMAIN,USUBJID,RFSTDTC,RFPENDTC,SITEID,ARM,DMDTC
S,DM,1,2024-01-10,,A,X,2024-01-02
S,DM,2,2024-02-20,,B,Y,2024-02-12
S,DM,3,,,A,Screen Failure,2024-02-15
S,DM,4,,,A,,2024-02-18
"""
DS_HEAD = "DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC\n"


def _read(*texts: str, **columns: str) -> ObservedTrial:
    tables = [table_of(text.encode(), name) for text, name in zip(texts, ("dm.csv", "ds.csv", "sv.csv"), strict=False)]
    return observed_from(tables, said=Said(columns))


def _milestones(term: str) -> str:
    return f"DS,1,{term},PROTOCOL MILESTONE,2024-01-11\nDS,2,{term},PROTOCOL MILESTONE,2024-02-21\n"


@pytest.mark.parametrize("term", ["RANDOMIZED", "RANDOMISED", "Randomization", "ENROLLED"])
def test_randomisation_is_what_ds_calls_it(term: str) -> None:
    trial = _read(DM, DS_HEAD + _milestones(term))
    assert trial.people.status.tolist() == [RANDOMISED, RANDOMISED, FAILED, IN_SCREENING]
    assert [str(trial.date_of(day)) for day in trial.days] == ["2024-01-11", "2024-02-21"]


def test_without_randomised_in_ds_the_reference_start_of_those_with_an_arm_is_taken_and_said() -> None:
    trial = _read(DM, DS_HEAD + "DS,1,COMPLETED,DISPOSITION EVENT,2024-03-01\n")
    assert trial.people.status.tolist() == [COMPLETED, RANDOMISED, FAILED, IN_SCREENING]
    assert "DS has no RANDOMIZED; RFSTDTC of those with an arm stands for it" in trial.account.notes


def test_none_randomised_yet_is_no_error() -> None:
    dm = "DOMAIN,USUBJID,RFSTDTC,ARM,DMDTC\nDM,1,,,2024-01-02\nDM,2,,,2024-01-12\n"
    trial = _read(dm, DS_HEAD + "DS,1,INFORMED CONSENT OBTAINED,PROTOCOL MILESTONE,2024-01-02\n")
    assert trial.people.status.tolist() == [IN_SCREENING, IN_SCREENING]


@pytest.mark.parametrize(
    "columns", ["ARM,ARMCD,ARMNRS", "ACTARM,ARMCD,ARM", "ARMNRS,ACTARMCD,ARM", "ACTARMCD,ARMNRS,ARMCD"]
)
@pytest.mark.parametrize("word", ["SCREEN FAILURE", "Scrnfail", "Screen Failure"])
def test_dm_alone_accounts_for_screen_failures_wherever_they_are_said(columns: str, word: str) -> None:
    arms = ",,X" if columns[:3] != "ARM" else "X,,X"
    dm = f"DOMAIN,USUBJID,RFSTDTC,DMDTC,{columns}\nDM,1,2024-01-10,2024-01-02,{arms}\n"
    dm += f"DM,2,,2024-01-05,{word},,\nDM,3,,2024-01-06,Not Assigned,NOTASSGN,\n"
    trial = _read(dm)
    assert trial.people.status.tolist() == [RANDOMISED, FAILED, IN_SCREENING]
    assert trial.date_of(trial.people.ended[1]).isoformat() == "2024-01-05"


def test_names_of_variables_may_be_in_small_letters() -> None:
    trial = _read(DM.replace(DM.splitlines()[0], DM.splitlines()[0].lower()))
    assert trial.account.kind == "SDTM (DM)"
    assert trial.people.status.tolist() == [RANDOMISED, RANDOMISED, FAILED, IN_SCREENING]


def test_sv_without_its_subjects_is_refused() -> None:
    with pytest.raises(DataError, match=r"sv.csv:1: SV has no column USUBJID"):
        _read(DM, DS_HEAD + _milestones("RANDOMIZED"), "DOMAIN,VISITDY,SVSTDTC\nSV,8,2024-01-12\n")


def test_the_end_of_a_treatment_or_of_screening_is_no_way_out() -> None:
    head = "DOMAIN,USUBJID,DSDECOD,DSCAT,DSSCAT,EPOCH,DSSTDTC\n"
    rows = "DS,1,RANDOMIZED,PROTOCOL MILESTONE,,,2024-01-11\nDS,2,RANDOMIZED,PROTOCOL MILESTONE,,,2024-02-21\n"
    rows += "DS,1,COMPLETED,DISPOSITION EVENT,STUDY TREATMENT,TREATMENT,2024-02-01\n"
    rows += "DS,2,COMPLETED,DISPOSITION EVENT,,SCREENING,2024-02-21\n"
    assert _read(DM, head + rows).people.status.tolist()[:2] == [RANDOMISED, RANDOMISED]
    rows += "DS,1,DEATH,DISPOSITION EVENT,STUDY PARTICIPATION,FOLLOW-UP,2024-02-09\n"
    assert _read(DM, head + rows).people.status.tolist()[:2] == [LEFT, RANDOMISED]


def test_a_screening_that_failed_before_the_randomisation_is_past() -> None:
    rows = _milestones("RANDOMIZED") + "DS,1,SCREEN FAILURE,DISPOSITION EVENT,2024-01-03\n"
    assert _read(DM, DS_HEAD + rows).people.status.tolist()[:2] == [RANDOMISED, RANDOMISED]
    with pytest.raises(DataError, match=r"is randomised, and has failed screening \(row 2\)"):
        _read(DM, DS_HEAD + rows.replace("2024-01-03", "2024-01-20"))


def test_an_arm_without_a_randomisation_in_ds_is_asked_about() -> None:
    ds = DS_HEAD + "DS,1,RANDOMIZED,PROTOCOL MILESTONE,2024-01-11\n"
    with pytest.raises(QuestionError, match=r"1 have an arm and a start in DM.*\(row 3\).*--columns date=DSSTDTC"):
        _read(DM, ds)
    assert _read(DM, ds, date="DSSTDTC").n_randomised == 1
    assert _read(DM, ds, date="RFSTDTC").n_randomised == 2


def test_an_analysis_data_set_is_a_log() -> None:
    head = "STUDYID,USUBJID,SITEID,RFICDT,RFSTDTC,RANDDT,RANDFL,EOSSTT,EOSDT,DCSREAS\n"
    rows = "S,1,A,2023-01-01,2023-01-05,2023-01-05,Y,ONGOING,,\nS,2,A,2023-01-21,,,N,,,\n"
    rows += "S,3,A,2023-02-01,,2023-02-05,Y,DISCONTINUED,2023-02-06,ADVERSE EVENT\n"
    trial = _read(head + rows)
    assert trial.people.status.tolist() == [RANDOMISED, IN_SCREENING, LEFT]


def test_several_studies_are_asked_about() -> None:
    with pytest.raises(QuestionError, match="--study S or --study T"):
        _read(DM + "T,DM,9,2024-01-10,,A,X,2024-01-02\n")


PILOT = Path(__file__).parents[3] / "shared" / "data" / "cdiscpilot_dm.csv"


@pytest.mark.skipif(not PILOT.is_file(), reason="the pilot's data are not here")
def test_dm_of_the_pilot_alone_has_254_of_306() -> None:
    trial = observed_from([table_of(PILOT.read_bytes(), "dm.csv")])
    assert trial.n_randomised == 254
    assert int((trial.people.status == FAILED).sum()) == 52
    assert trial.account.n_rows == 306
