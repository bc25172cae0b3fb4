"""Data files from elsewhere: read as the command line reads them, within limits, and never run."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import numpy as np
import pandas as pd
import pytest

import sim
from sim.errors import UsageError
from sim.exchange.findings import AmbiguousDatesError, DataError, QuestionError
from sim.exchange.limits import ReadLimits
from sim.exchange.read import observed_from, read_observed
from sim.exchange.said import Said
from sim.exchange.simulated import example_data, simulated_data
from sim.exchange.upload import Upload, preview, preview_sites, tables_of

LOG = b"Subject,Rand Dt,Centre\nA,2024-01-31,X\nB,2024-02-03,Y\n"


def _upload(text: str | bytes, name: str = "data.csv") -> Upload:
    return Upload(name, text.encode() if isinstance(text, str) else text)


def test_an_upload_is_read_as_the_same_file_is_read_from_disk(tmp_path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"date,site\n2024-01-31,A\n2024-02-03,B\n")
    ours, theirs = observed_from(tables_of([_upload(path.read_bytes())])), read_observed(path)
    assert np.array_equal(ours.days, theirs.days)
    assert [site.name for site in ours.sites] == [site.name for site in theirs.sites] == ["A", "B"]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "data.csv", "is empty"),
        (b"date\n2024-01-01\n", "data.exe", "is not a kind of file that is read here"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "data.csv", "is an image"),
        (b"no\0thing\1\2\0\0\0 here", "data.csv", "is not a table"),
        (b"%PDF-1.4 words", "data.txt", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old.csv", "before 2007"),
        (b"PK\x03\x04 this is no workbook", "data.xlsx", "is not an Excel workbook"),
        (b"[" * 100_000, "data.json", "is not CDISC Dataset-JSON"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        tables_of([_upload(content, name)])
    assert str(caught.value).startswith(name)


def test_too_large_is_refused_with_the_limit() -> None:
    limits = ReadLimits(bytes=1000, unpacked_bytes=10_000, rows=3, columns=2, files=2)
    rows = "date\n" + "2024-01-01\n" * 4
    for content, message in ((rows, "more than 3 rows"), ("a,b,date\n1,2,3\n", "more than 2 columns")):
        with pytest.raises(DataError, match=message):
            tables_of([_upload(content)], limits)
    with pytest.raises(DataError, match=r"larger than 0.001 MB"):
        tables_of([_upload("x" * 1001)], limits)
    with pytest.raises(UsageError, match="at most 2 files"):
        tables_of([_upload(LOG)] * 3, limits)


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    with pytest.raises(DataError, match="unpacks to more than 1 MB"):
        tables_of([_upload(book.getvalue(), "data.xlsx")], ReadLimits(unpacked_bytes=1_000_000))


def test_a_name_from_elsewhere_is_shown_without_its_folders() -> None:
    with pytest.raises(DataError, match=r"^passwd\.csv: is empty"):
        tables_of([_upload(b"", "../../etc/passwd.csv")])


def test_columns_that_are_not_recognised_can_be_said() -> None:
    table = tables_of([_upload("Nr,When,Where\n1,2024-01-31,X\n2,2024-02-03,Y\n")])
    seen = preview(table)
    assert seen.kind == "log"
    assert [role.name for role in seen.unknown] == ["date"]
    assert seen.headers == ("Nr", "When", "Where")
    assert seen.rows[0] == ("1", "2024-01-31", "X")
    with pytest.raises(DataError, match="say which with --columns date=When"):
        observed_from(table)
    said = {"date": "When", "site": "Where"}
    assert not preview(table, said).unknown
    trial = observed_from(table, said=Said(said))
    assert [site.name for site in trial.sites] == ["X", "Y"]
    assert trial.first == date(2024, 1, 31)


def test_a_column_can_be_said_to_be_nothing() -> None:
    table = tables_of([_upload("date,site\n2024-01-31,1\n2024-02-03,2\n")])
    assert not observed_from(table, said=Said({"site": ""})).has_sites


def test_two_columns_that_could_be_the_same_are_both_named() -> None:
    table = tables_of([_upload("enrolled on,randomised on\n2024-01-31,2024-02-01\n")])
    date_role = preview(table).roles[0]
    assert date_role.name == "date"
    assert set(date_role.candidates) == {"enrolled on", "randomised on"}


def test_a_table_is_what_a_person_says_it_is() -> None:
    """By its names this is a log; somebody knows that it has a row a month."""
    table = tables_of([_upload("when,people\n2024-01,3\n2024-02,4\n")])
    said = {"date": "when", "randomised": "people"}
    assert observed_from(table, said=Said(said), kind="counts").n_randomised == 7


def test_ambiguous_dates_are_asked_about() -> None:
    table = tables_of([_upload("date\n03/04/2024\n05/06/2024\n")])
    with pytest.raises(AmbiguousDatesError):
        observed_from(table)
    assert observed_from(table, said=Said(order="dmy")).first == date(2024, 4, 3)


def test_several_files_are_one_trial_of_sdtm_or_are_refused() -> None:
    dm = _upload("STUDYID,DOMAIN,USUBJID,RFSTDTC,ARM\nS,DM,1,2024-01-31,A\nS,DM,2,2024-02-03,A\n", "dm.csv")
    ds = _upload("STUDYID,DOMAIN,USUBJID,DSDECOD,DSSTDTC\nS,DS,1,RANDOMIZED,2024-01-31\n", "ds.csv")
    with pytest.raises(QuestionError, match=r"1 have an arm and a start in DM, and no randomisation in DS \(row 3\)"):
        observed_from(tables_of([ds, dm]))
    for header, n in (("DSSTDTC", 1), ("RFSTDTC", 2)):
        assert observed_from(tables_of([ds, dm]), said=Said({"date": header})).n_randomised == n
    with pytest.raises(DataError, match=r"data\.csv: is not an SDTM domain"):
        observed_from(tables_of([dm, _upload(LOG)]))
    with pytest.raises(DataError, match=r"is the SDTM domain DM, and so is dm\.csv"):
        observed_from(tables_of([dm, Upload("dm2.csv", dm.content)]))


def test_data_of_a_simulated_trial_are_what_the_trial_did() -> None:
    scenario = sim.load_scenario("base")
    until = date(2020, 6, 30)
    log, sites = simulated_data(scenario, 1, 0, until)
    trial = observed_from(tables_of([log]), tables_of([sites])[0])
    assert not preview(tables_of([log])).unknown
    assert not preview_sites(tables_of([sites])[0]).unknown
    assert not trial.findings
    frame = pd.read_csv(io.BytesIO(log.content))
    whole = simulated_data(scenario, 1, 0, date(2030, 1, 1))[0]
    later = pd.read_csv(io.BytesIO(whole.content))
    assert trial.n_randomised == int((later["randomised"] <= str(until)).sum()) > 0
    assert frame["screened"].tolist() == later["screened"].tolist()[: len(frame)]
    assert trial.last <= until
    with pytest.raises(UsageError, match="nobody is randomised by then"):
        simulated_data(scenario, 1, 0, scenario.trial.enrolment_opens)


def test_the_data_to_try_are_of_a_trial_that_is_half_way() -> None:
    log, sites = example_data()
    trial = observed_from(tables_of([log]), tables_of([sites])[0])
    assert 15 <= trial.n_randomised <= 30
    assert trial.has_sites
    assert trial.has_screening
