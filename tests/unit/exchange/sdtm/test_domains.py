"""Domains of SDTM as files, and what is made of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sim.exchange.findings import DataError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.sdtm.read import read_folder, siblings, with_upper_names
from sim.exchange.tables.read import table_of

DM = (
    "STUDYID,DOMAIN,USUBJID,SITEID,ARM,RFICDTC,RFSTDTC,RFPENDTC",
    "S1,DM,P2,A,Active,2024-01-05,2024-01-20,",
    "S1,DM,P1,B,Screen Failure,2024-01-02,,",
    "S1,DM,P3,A,Placebo,2024-02-01,2024-02-11,",
    "S1,DM,P4,A,,,,",
)
DS = (
    "STUDYID,DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC",
    "S1,DS,P1,SCREEN FAILURE,DISPOSITION EVENT,2024-01-10",
    "S1,DS,P2,RANDOMIZED,PROTOCOL MILESTONE,2024-01-20",
    "S1,DS,P3,RANDOMIZED,PROTOCOL MILESTONE,2024-02-11",
    "S1,DS,P3,WITHDRAWAL BY SUBJECT,DISPOSITION EVENT,2024-03-12",
)
SV = (
    "STUDYID,DOMAIN,USUBJID,VISITDY,SVSTDTC",
    "S1,SV,P2,1,2024-01-20",
    "S1,SV,P2,8,2024-01-29",
    "S1,SV,P2,15,",
    "S1,SV,P1,8,2024-01-09",
    "S1,SV,P9,8,2024-01-09",
)


def read(*domains: tuple[str, ...]) -> ObservedTrial:
    tables = [table_of("\n".join((*lines, "")).encode(), f"{lines[1].split(',')[1].lower()}.csv") for lines in domains]
    return observed_from(tables)


def test_subjects_in_the_order_of_their_first_day() -> None:
    trial = read(DM, DS, SV)
    people = trial.people
    assert (trial.name, trial.source, trial.first, trial.last) == (
        "S1",
        "dm.csv, ds.csv, sv.csv",
        date(2024, 1, 2),
        date(2024, 3, 12),
    )
    assert people.ids.tolist() == ["P1", "P2", "P3"]
    assert people.screened.tolist() == [0.5, 3.5, 30.5]
    assert people.randomised.tolist()[1:] == [18.5, 40.5]
    assert people.ended.tolist()[0::2] == [8.5, 70.5]
    assert people.status.tolist() == ["screen failure", "randomised", "left"]
    assert people.arm.tolist() == ["", "Active", "Placebo"]  # an arm only where somebody is randomised
    assert [trial.sites[i].name for i in people.site] == ["B", "A", "A"]
    assert trial.account.ignored == (("no date of screening or randomisation", 1),)
    assert trial.account.kind == "SDTM (DM, DS, SV)"


def test_visits_count_from_the_day_of_randomisation_which_is_day_1() -> None:
    visits = read(DM, DS, SV).visits
    assert visits is not None
    assert (visits.person.tolist(), visits.planned_day.tolist(), visits.day.tolist()) == ([1], [7], [9])
    assert read(DM, DS).visits is None


@pytest.mark.parametrize(
    ("domains", "what"),
    [
        ((DS,), "SDTM needs the domain DM, which is not here"),
        ((DM, DM), "is the SDTM domain DM, and so is dm.csv"),
        ((tuple(line.replace("RFSTDTC", "X") for line in DM), DS), "DM has no column RFSTDTC"),
        ((DM, tuple(line.replace("DSDECOD", "X") for line in DS)), "DS has no column DSDECOD"),
        ((tuple(line.replace("P3", "P2") for line in DM), DS), r"the same participant twice \(rows 2, 4\)"),
        (((DM[0], DM[-1]), (*DS[:1], "S1,DS,P4,OTHER,X,")), "DM has no date at all"),
    ],
)
def test_what_cannot_be_read(domains: tuple[tuple[str, ...], ...], what: str) -> None:
    with pytest.raises(DataError, match=what):
        read(*domains)


def test_names_in_any_case() -> None:
    table = table_of(b"usubjid,Age\n1,2\n", "dm.csv")
    assert with_upper_names(table).columns == ["USUBJID", "AGE"]
    with pytest.raises(DataError, match="has two columns of the same name: AGE"):
        with_upper_names(table_of(b"USUBJID,Age,AGE\n1,2,3\n", "dm.csv"))


def test_files_beside_a_domain(tmp_path: Path) -> None:
    for name in ("study_dm.csv", "study_ds.csv", "study_SV.csv", "dm.json", "TRIAL-DM.csv", "TRIAL-DS.csv"):
        (tmp_path / name).touch()
    assert [path.name for path in siblings(tmp_path / "study_dm.csv", "DM")] == ["study_ds.csv"]
    assert [path.name for path in siblings(tmp_path / "TRIAL-DM.csv", "DM")] == ["TRIAL-DS.csv"]
    assert siblings(tmp_path / "dm.json", "DM") == []
    assert siblings(tmp_path / "people.csv", "DM") == []


def test_a_folder_of_domains(tmp_path: Path) -> None:
    (tmp_path / "study_DM.csv").write_text("\n".join(DM))
    (tmp_path / "ds.csv").write_text("\n".join(DS))
    (tmp_path / "dm-notes.csv").write_text("Note\nx\n")
    (tmp_path / "dm.txt").write_text("\n".join(DM))
    assert [table.domain for table in read_folder(tmp_path)] == ["DS", "DM"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="is a folder without SDTM domains"):
        read_folder(tmp_path / "empty")
