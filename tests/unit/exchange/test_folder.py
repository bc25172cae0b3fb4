"""Which files of a folder are trials, which belong to others, and which are neither."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from sim.exchange.findings import DataError
from sim.exchange.folder import read_trials
from sim.exchange.said import Said

LOG = "Subject,Site,Randomised\n1,A,2023-01-05\n2,A,2023-02-05\n3,B,2023-03-05\n"
COUNTS = "Month,Enrolled\n2023-01,3\n2023-02,5\n2023-03,4\n"
SITES = "Site,Activated\nA,2022-12-01\nB,2023-01-01\n"
DM = (
    "STUDYID,DOMAIN,USUBJID,SITEID,RFICDTC,RFSTDTC\n"
    "S,DM,S-1,A,2023-01-01,2023-01-05\nS,DM,S-2,A,2023-02-01,2023-02-05\n"
)
DS = (
    "STUDYID,DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC\n"
    "S,DS,S-1,RANDOMIZED,PROTOCOL MILESTONE,2023-01-05\nS,DS,S-2,RANDOMIZED,PROTOCOL MILESTONE,2023-02-05\n"
)


def files(folder: Path, **texts: str) -> Path:
    """A folder with files by name; `__` is the point before the ending."""
    for name, text in texts.items():
        path = folder / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_folder_is_its_trials_and_what_is_not_one_is_named(tmp_path: Path) -> None:
    folder = files(tmp_path, log__csv=LOG, counts__csv=COUNTS, sites__csv=SITES, readme__txt="Read me\n", notes__md="-")
    files(tmp_path / "older", log__csv=LOG)
    trials = read_trials([folder])
    assert [trial.name for trial in trials] == ["counts", "log 1", "log 2"]
    assert [trial.n_randomised for trial in trials] == [12, 3, 3]
    (said,) = [note for note in trials[0].account.notes if note.startswith("not read in the folder")]
    assert "sites.csv (a table of sites)" in said
    assert "readme.txt (" in said
    assert "notes.md" not in said


def test_a_table_without_dates_is_not_a_trial_in_a_folder_but_an_error_by_its_name(tmp_path: Path) -> None:
    folder = files(tmp_path, log__csv=LOG, drugs__csv="Drug,Price\nX,3\nY,4\n")
    (trial,) = read_trials([folder])
    assert trial.account.notes[-1] == "not read in the folder: drugs.csv (no column with dates)"
    with pytest.raises(DataError):
        read_trials([folder / "drugs.csv"])


def test_a_folder_without_trials_names_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there are no data files here; not read: sites\.csv \(a table of sites\)"):
        read_trials([files(tmp_path / "a", sites__csv=SITES)])
    with pytest.raises(DataError, match=r"there are no data files here$"):
        read_trials([files(tmp_path / "b", notes__md="-")])


def test_the_same_file_given_twice_is_read_once(tmp_path: Path) -> None:
    folder = files(tmp_path, log__csv=LOG)
    assert len(read_trials([folder, folder / "log.csv", folder / ".." / folder.name / "log.csv"])) == 1
    assert len(read_trials([folder, pd.read_csv(folder / "log.csv", dtype=str)])) == 2


def test_domains_beside_a_dm_are_read_with_it_and_not_again(tmp_path: Path) -> None:
    folder = files(tmp_path, dm__csv=DM, ds__csv=DS)
    assert [trial.n_randomised for trial in read_trials([folder])] == [2]
    assert [trial.n_randomised for trial in read_trials([folder / "dm.csv", folder / "ds.csv"])] == [2]


def test_what_was_said_holds_for_every_trial(tmp_path: Path) -> None:
    folder = files(tmp_path, one__csv=LOG, two__csv=LOG.replace("2023", "2022"))
    trials = read_trials([folder], said=Said(as_of=date(2023, 2, 10)))
    assert [trial.n_randomised for trial in trials] == [2, 3]
    assert {trial.last for trial in trials} == {date(2023, 2, 10)}
