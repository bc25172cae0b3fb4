"""Data of running trials: every usual form is read, and what is wrong is named with its rows."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.errors import UsageError
from sim.exchange.findings import AmbiguousDatesError, DataError
from sim.exchange.observed import FAILED, IN_SCREENING, LEFT, RANDOMISED, ObservedTrial
from sim.exchange.read import cut, read_observed
from sim.exchange.tables.columns import columns_from


def _file(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _read(folder: Path, text: str, **how: object) -> ObservedTrial:
    return read_observed(_file(folder, text), **how)  # type: ignore[arg-type]


# --- dates


@pytest.mark.parametrize(
    "cells",
    [
        ("2024-01-31", "2024-02-03"),
        ("2024-01-31T09:30", "2024-02-03T10:00"),
        ("2024/1/31", "2024/2/3"),
        ("20240131", "20240203"),
        ("31.01.2024", "03.02.2024"),
        ("31/01/2024", "03/02/2024"),
        ("01/31/2024", "02/03/2024"),
        ("31-01-24", "03-02-24"),
        ("31 Jan 2024", "3 February 2024"),
        ("31-JAN-2024", "03-FEB-2024"),
        ("Jan 31, 2024", "Feb 3, 2024"),
    ],
)
def test_usual_forms_of_dates_are_read(tmp_path: Path, cells: tuple[str, str]) -> None:
    trial = _read(tmp_path, "date;site\n" + "\n".join(f"{cell};A" for cell in cells) + "\n")
    assert [trial.date_of(day) for day in trial.days] == [date(2024, 1, 31), date(2024, 2, 3)]


def test_dates_that_can_be_read_in_two_ways_are_asked_about_not_guessed(tmp_path: Path) -> None:
    text = "date\n03/04/2024\n05/06/2024\n"
    with pytest.raises(AmbiguousDatesError, match=r"3|03/04.*--dates dmy or --dates mdy"):
        _read(tmp_path, text)
    assert _read(tmp_path, text, order="dmy").first == date(2024, 4, 3)
    assert _read(tmp_path, text, order="mdy").first == date(2024, 3, 4)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("2024-01-02\n03/02/2024", r"dates in two forms: 2024-01-02 \(row 2\) and 03/02/2024|two ways|day first"),
        ("13/01/2024\n01/14/2024", r"two orders: day first in row 2, month first in row 3"),
        ("2024-02-30\n2024-01-01", r"there is no such day \(row 2\) \(got day 30 of month 2 of 2024\)"),
        ("2024-01-01\nsoon", r"a word in 'date \(words\)' may mean .*'soon' \(1\) \(row 3\); say which with --status"),
        ("2024-13-01", r"there is no such day \(row 2\)"),
        ("12 Foo 2024", r"not the name of a month \(row 2\); write each as 2024-01-31 \(got '12 Foo 2024'\)"),
    ],
)
def test_wrong_dates_are_named_with_their_rows(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(tmp_path, f"date\n{rows}\n")


# --- the enrolment log


LOG = """Subject ID,Centre,Date of randomisation,Consent date,Arm,Status,Date of leaving
001,North,2024-02-01,2024-01-25,A,active,
002,South,2024-02-10,2024-02-01,B,Withdrawn consent,2024-03-01
003,North,,2024-02-05,,Screen failure,2024-02-08
004,North,,2024-03-01,,,
"""


def test_a_log_has_people_in_every_state(tmp_path: Path) -> None:
    trial = _read(tmp_path, LOG)
    assert (trial.first, trial.last) == (date(2024, 1, 25), date(2024, 3, 1))
    assert trial.people.status.tolist() == [RANDOMISED, LEFT, FAILED, IN_SCREENING]
    assert trial.people.way_out.tolist() == ["", "Withdrawn consent", "Screen failure", ""]
    assert [trial.sites[i].name for i in trial.people.site] == ["North", "South", "North", "North"]
    assert trial.n_randomised == 2
    assert trial.has_screening


def test_as_of_a_day_nothing_later_is_known(tmp_path: Path) -> None:
    then = _read(tmp_path, LOG).as_of(date(2024, 2, 4))
    assert then.people.ids.tolist() == ["001", "002"]
    assert then.people.status.tolist() == [RANDOMISED, IN_SCREENING]
    assert then.people.arm.tolist() == ["A", ""]
    assert np.isnan(then.people.ended).all()


def test_a_site_not_yet_seen_is_not_known(tmp_path: Path) -> None:
    trial = _read(tmp_path, LOG)
    assert [site.name for site in trial.as_of(date(2024, 1, 31)).sites] == ["North"]


def test_columns_can_be_said(tmp_path: Path) -> None:
    text = "when,where\n2024-01-02,X\n2024-01-03,Y\n"
    with pytest.raises(DataError, match=r"no column is the date of randomisation \(found: when, where\)"):
        _read(tmp_path, text)
    trial = _read(tmp_path, text, columns=columns_from("date=when,site=where"))
    assert [site.name for site in trial.sites] == ["X", "Y"]


@pytest.mark.parametrize("text", ["date", "colour=red", "date="])
def test_columns_are_role_and_header(text: str) -> None:
    with pytest.raises(UsageError):
        columns_from(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("date\n", "has a header and no rows"),
        ("site,arm\nA,B\n", "no column is the date"),
        ("enrolled,randomised\n2024-01-02,2024-01-03\n", "2 columns could be 'date': enrolled, randomised"),
        ("id,date\n1,2024-01-02\n1,2024-01-05\n", r"the same participant twice \(rows 2, 3\)"),
        ("date,screened\n2024-01-02,2024-01-05\n", r"randomised before screened \(row 2\)"),
        ("date,left\n2024-01-02,2024-01-01\n", r"left before randomised \(row 2\)"),
        ("date,site\n2024-01-02,A\n,B\n", r"no date of randomisation \(row 3\)"),
    ],
)
def test_errors_in_a_log_stop(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(tmp_path, text)


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    text = "id,date,left\n1,2024-01-02,\n1,2024-01-05,2024-01-01\n"
    with pytest.raises(DataError) as caught:
        _read(tmp_path, text)
    assert len(caught.value.problems) == 2


def test_a_long_gap_is_a_warning(tmp_path: Path) -> None:
    days = [*pd.date_range("2024-01-01", periods=20), *pd.date_range("2024-04-01", periods=20)]
    trial = _read(tmp_path, "date\n" + "\n".join(str(day.date()) for day in days) + "\n")
    assert [str(item).split(": ")[1] for item in trial.findings] == [
        "nobody randomised for 72 days, from 2024-01-20 to 2024-04-01 (row 22)"
    ]


def test_an_excel_sheet_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Randomised on": pd.to_datetime(["2024-01-02", "2024-01-09"]), "Site": [101, 102]})
    frame.to_excel(tmp_path / "log.xlsx", index=False)
    trial = read_observed(tmp_path / "log.xlsx")
    assert [site.name for site in trial.sites] == ["101", "102"]
    assert trial.now == 8.0


# --- counts


def test_counts_by_week_are_spread_over_the_week(tmp_path: Path) -> None:
    trial = _read(tmp_path, "week start,screened,randomised\n2024-01-01,9,2\n2024-01-08,7,0\n2024-01-15,8,3\n")
    assert trial.resolution_days == 7
    assert trial.now == 21.0
    assert np.histogram(trial.days, [0, 7, 14, 21])[0].tolist() == [2, 0, 3]
    assert trial.funnel is not None
    assert trial.funnel.screened.tolist() == [9, 7, 8]


def test_iso_weeks_and_months_are_periods(tmp_path: Path) -> None:
    weeks = _read(tmp_path, "week,n\n2024-W01,1\n2024-W02,4\n")
    assert (weeks.first, weeks.now) == (date(2024, 1, 1), 14.0)
    months = _read(tmp_path, "month,site,enrolled\n2024-01,A,5\n2024-02,A,6\n2024-02,B,1\n")
    assert (months.last, months.resolution_days) == (date(2024, 2, 29), 30)
    assert len(months.sites) == 2


def test_counts_from_month_numbers_have_no_calendar(tmp_path: Path) -> None:
    long = "table,month,country,count\nEnrollment,1,X,1\nEnrollment,1,Y,2\nEnrollment,2,X,4\nSite Activation,1,X,3\n"
    trial = _read(tmp_path, long)
    assert not trial.has_calendar
    assert trial.funnel is not None
    assert trial.funnel.randomised.tolist() == [3, 4]
    assert trial.funnel.sites_activated.tolist() == [3, 0]


def test_added_up_counts_become_counts(tmp_path: Path) -> None:
    trial = _read(tmp_path, "date,cumulative enrolled\n2024-01-01,1\n2024-01-02,4\n2024-01-03,4\n")
    assert np.bincount(np.floor(trial.days).astype(int)).tolist() == [1, 3]
    with pytest.raises(DataError, match=r"'cumulative enrolled' is added up, but goes down \(row 4\)"):
        _read(tmp_path, "date,cumulative enrolled\n2024-01-01,1\n2024-01-02,4\n2024-01-03,3\n")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("2024-01-01,-1\n2024-01-02,3", r"below 0 \(row 2\)"),
        ("2024-01-01,1.5\n2024-01-02,3", r"not a whole number \(row 2\)"),
        ("2024-01-01,2\n2024-01-02,many\n2024-01-03,2", r"not a number \(row 3\)"),
        ("2024-01-01,1\n2024-01-01,3", r"the same period twice \(rows 2, 3\)"),
    ],
)
def test_errors_in_counts_stop(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(tmp_path, f"date,enrolled\n{rows}\n")


def test_more_randomised_than_eligible_is_a_warning(tmp_path: Path) -> None:
    trial = _read(tmp_path, "date,eligible,enrolled\n2024-01-01,1,2\n2024-01-02,2,1\n")
    assert [str(item).split(": ")[1] for item in trial.findings] == ["more randomised than eligible (row 2)"]


# --- sites


SITES = "site,activated,closed,planned\nNorth,2024-01-10,,\nSouth,2024-01-20,2024-02-20,\nEast,,,2024-06-01\n"


def test_a_site_table_adds_openings_and_sites_to_come(tmp_path: Path) -> None:
    trial = _read(tmp_path, LOG, sites=_file(tmp_path, SITES, "sites.csv"))
    assert {site.name: site.planned for site in trial.sites} == {"North": None, "South": None, "East": 128.0}
    then = trial.as_of(date(2024, 2, 1))
    assert {site.name: site.closed for site in then.sites} == {"North": None, "South": None, "East": None}


def test_randomised_before_the_site_opened_is_an_error(tmp_path: Path) -> None:
    sites = _file(tmp_path, "site,activated\nNorth,2024-02-10\nSouth,2024-01-01\n", "sites.csv")
    with pytest.raises(DataError, match=r"1 randomised at site 'North' before it opened on 2024-02-10.*\(row 2\)"):
        _read(tmp_path, LOG, sites=sites)


def test_a_site_that_only_the_data_have_is_a_warning_unless_the_table_has_one_without_anybody(tmp_path: Path) -> None:
    """An open site that the data do not know may be the one that the table lacks, under another name."""
    trial = _read(tmp_path, LOG, sites=_file(tmp_path, "site,activated\nSouth,2024-01-01\n", "sites.csv"))
    assert "1 site of the data is not in the table: North" in str(trial.findings[-1])
    planned = "site,activated,planned\nSouth,2024-01-01,\nNorht,,2025-01-01\n"
    trial = _read(tmp_path, LOG, sites=_file(tmp_path, planned, "sites.csv"))
    assert "not in the table: North; did you mean 'Norht'?" in str(trial.findings[-1])
    sites = _file(tmp_path, "site,activated\nNorht,2024-01-01\nSouth,2024-01-01\n", "sites.csv")
    with pytest.raises(DataError, match=r"not in the table \(North\).*not in the data \(Norht\).*they may be the same"):
        _read(tmp_path, LOG, sites=sites)


# --- SDTM


DM = """STUDYID,DOMAIN,USUBJID,RFSTDTC,SITEID,ARM,DMDTC
S,DM,1,2024-01-10,A,X,2024-01-02
S,DM,2,2024-01-20,B,Y,2024-01-12
S,DM,3,,A,Screen Failure,2024-01-15
"""
DS = """DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC
DS,1,RANDOMIZED,PROTOCOL MILESTONE,2024-01-10
DS,1,ADVERSE EVENT,DISPOSITION EVENT,2024-03-01
DS,2,RANDOMIZED,PROTOCOL MILESTONE,2024-01-20
DS,3,SCREEN FAILURE,DISPOSITION EVENT,2024-01
"""


def test_sdtm_is_read_with_its_siblings(tmp_path: Path) -> None:
    _file(tmp_path, DS, "trial_ds.csv")
    trial = read_observed(_file(tmp_path, DM, "trial_dm.csv"))
    assert trial.people.status.tolist() == [LEFT, RANDOMISED, FAILED]
    assert trial.people.way_out.tolist()[0] == "adverse event"
    assert "less than a day" in str(trial.findings[0])


def test_dataset_json_is_the_same_as_csv(tmp_path: Path) -> None:
    frame = pd.read_csv(_file(tmp_path, DM, "dm.csv"), dtype=object, keep_default_na=False)
    columns = [{"name": name, "label": name, "dataType": "string"} for name in frame]
    data = {"datasetJSONVersion": "1.1.0", "name": "DM", "columns": columns, "rows": frame.to_numpy().tolist()}
    new, old = tmp_path / "new", tmp_path / "old"
    new.mkdir()
    old.mkdir()
    (new / "dm.json").write_text(json.dumps(data))
    group = {"name": "DM", "items": columns, "itemData": frame.to_numpy().tolist()}
    (old / "dm.json").write_text(json.dumps({"clinicalData": {"itemGroupData": {"IG.DM": group}}}))
    trials = [read_observed(path) for path in (tmp_path / "dm.csv", new, old / "dm.json")]
    assert [trial.people.status.tolist() for trial in trials] == [[RANDOMISED, RANDOMISED, FAILED]] * 3
    assert [trial.days.tolist() for trial in trials] == [trials[0].days.tolist()] * 3


def test_a_json_file_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not CDISC Dataset-JSON"):
        read_observed(_file(tmp_path, '{"a": 1}', "dm.json"))


# --- the as-of date, and size


def test_the_as_of_date_must_not_be_before_the_first_record(tmp_path: Path) -> None:
    trial = _read(tmp_path, LOG)
    with pytest.raises(UsageError, match=r"before the first record \(2024-01-25\)"):
        cut(trial, date(2024, 1, 1))
    assert "2 randomised after" in str(cut(trial, date(2024, 1, 30)).findings[-1])
    assert "after the last record" in str(cut(trial, date(2024, 5, 1)).findings[-1])


def test_a_hundred_thousand_rows_are_read_in_seconds(tmp_path: Path) -> None:
    n = 100_000
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(np.arange(n) % 3000, unit="D")
    site = np.arange(n) % 400
    frame = pd.DataFrame({"participant": np.arange(n), "site": site, "date": days.strftime("%d/%m/%Y")})
    frame.to_csv(tmp_path / "big.csv", index=False)
    started = time.process_time()  # of this process: other work on the machine does not count
    trial = read_observed(tmp_path / "big.csv")
    assert time.process_time() - started < 30
    assert (trial.n_randomised, len(trial.sites)) == (n, 400)
