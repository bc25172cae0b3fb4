"""SDTM: DM (and DS, SV) as CSV or Dataset-JSON, as an observed trial.

Randomisation is DS's `RANDOMIZED`; without DS it is DM's RFSTDTC of those with an arm. Screening begins at DM's DMDTC,
or RFICDTC (informed consent) where that is given. Ways out are DS's disposition events. Sources: CDISC SDTMIG 3.4.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.dates import parse_dates
from sim.exchange.findings import DataCheck, DataError
from sim.exchange.logs import as_date, indexed_sites, since
from sim.exchange.observed import (
    COMPLETED,
    FAILED,
    IN_SCREENING,
    LEFT,
    RANDOMISED,
    ObservedTrial,
    People,
    SiteRecord,
    Visits,
    nobody,
)
from sim.exchange.tables import RawTable, read_table

_DOMAINS = ("DM", "DS", "SV")
_NOT_RANDOMISED = ("screen failure", "scrnfail", "not assigned", "notassgn", "not treated")
_NEVER = np.datetime64("NaT")


def domain_of(table: RawTable) -> str:
    """The SDTM domain of a table, empty for what is not SDTM."""
    if table.domain in _DOMAINS:
        return table.domain
    if "USUBJID" not in table.columns:
        return ""
    for domain, column in (("SV", "SVSTDTC"), ("DS", "DSDECOD"), ("DM", "RFSTDTC")):
        if column in table.columns:
            return domain
    return ""


def siblings(path: Path, domain: str) -> list[Path]:
    """Files beside one domain's whose names differ from it by the domain alone: dm.csv, ds.csv."""
    found = []
    stem = path.stem
    at = stem.lower().rfind(domain.lower())
    if at < 0:
        return []
    for other in _DOMAINS:
        name = other if stem[at : at + 2].isupper() else other.lower()
        candidate = path.with_name(stem[:at] + name + stem[at + 2 :] + path.suffix)
        if other != domain and candidate.is_file():
            found.append(candidate)
    return found


def read_sdtm(tables: list[RawTable]) -> ObservedTrial:
    """Read SDTM domains.

    Args:
        tables: DM, and DS and SV where there are any.

    Raises:
        DataError: DM is not there, or lacks a column, or a date cannot be read.
    """
    by_domain = {domain_of(table): table for table in tables}
    if "DM" not in by_domain:
        raise DataError(Problem("SDTM needs the domain DM, which is not here", tables[0].file))
    dm = by_domain["DM"]
    check = DataCheck(dm.file)
    for name in ("USUBJID", "RFSTDTC"):
        if name not in dm.columns:
            raise DataError(Problem(f"DM has no column {name}", dm.file, 1))
    ids = dm.cells["USUBJID"]
    rows = ids.index.to_numpy()
    check.error_rows("the same participant twice", rows[ids.duplicated(keep=False).to_numpy()])
    check.stop_on_errors()
    screened = _dates(dm, "RFICDTC", check)
    screened = np.where(np.isnat(screened), _dates(dm, "DMDTC", check), screened)
    screened = np.where(np.isnat(screened), _dates(dm, "RFSTDTC", check), screened)
    events = _dispositions(by_domain.get("DS"), check)
    randomised, ended, status, way_out = _fates(dm, ids, events, check)
    check.error_rows("randomised before screened", rows[randomised < screened])
    check.error_rows("left before randomised", rows[ended < randomised])
    nothing = np.isnat(screened) & np.isnat(randomised)
    check.warn_rows("no date of screening or randomisation; left out", rows[nothing])
    check.stop_on_errors()
    return _observed(by_domain, ids, (screened, randomised, ended), status, way_out, check)


def _dates(table: RawTable, column: str, check: DataCheck) -> npt.NDArray[Any]:
    if column not in table.columns:
        return np.full(len(table.cells), _NEVER, dtype="datetime64[D]")
    found = parse_dates(table.cells[column], table.file, column, allow_partial=True)
    check.warn_rows(f"{column} says less than a day; taken as not known", found.partial_rows)
    return found.days


def _dispositions(ds: RawTable | None, check: DataCheck) -> pd.DataFrame | None:
    """DS as (id, term, category, day), terms in small letters."""
    if ds is None:
        return None
    for name in ("USUBJID", "DSDECOD", "DSSTDTC"):
        if name not in ds.columns:
            raise DataError(Problem(f"DS has no column {name}", ds.file, 1))
    category = ds.cells["DSCAT"].str.lower() if "DSCAT" in ds.columns else "disposition event"
    frame = pd.DataFrame({"id": ds.cells["USUBJID"], "term": ds.cells["DSDECOD"].str.lower(), "category": category})
    frame["day"] = _dates(ds, "DSSTDTC", check)
    return frame


def _fates(
    dm: RawTable, ids: pd.Series[str], events: pd.DataFrame | None, check: DataCheck
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """(randomised, ended, status, way out) of each subject of DM."""
    n = len(ids)
    arm = dm.cells["ARM"].str.lower() if "ARM" in dm.columns else pd.Series("", ids.index)
    randomised = np.full(n, _NEVER, dtype="datetime64[D]")
    ended, way_out = randomised.copy(), np.full(n, "", dtype=object)
    if events is None:
        start = _dates(dm, "RFSTDTC", check)
        has_arm = ~arm.isin(("", *_NOT_RANDOMISED)).to_numpy()
        randomised = np.where(has_arm, start, _NEVER)
        ended = np.where(has_arm, _dates(dm, "RFPENDTC", check), start)
    else:
        first = events[events["term"] == "randomized"].drop_duplicates("id").set_index("id")["day"]
        randomised = ids.map(first).to_numpy().astype("datetime64[D]")
        final = events[events["category"] == "disposition event"].drop_duplicates("id", keep="last").set_index("id")
        ended = ids.map(final["day"]).to_numpy().astype("datetime64[D]")
        way_out = ids.map(final["term"]).fillna("").to_numpy(dtype=object)
    was = ~np.isnat(randomised)
    over = ~np.isnat(ended)
    completed = (way_out == "completed") & was
    status = np.select(
        [was & completed, was & over, was, over | arm.isin(_NOT_RANDOMISED[:2]).to_numpy()],
        [COMPLETED, LEFT, RANDOMISED, FAILED],
        IN_SCREENING,
    ).astype(object)
    way_out = np.where(completed | ~over, "", way_out).astype(object)
    return randomised, ended, status, way_out


def _observed(
    by_domain: dict[str, RawTable],
    ids: pd.Series[str],
    days: tuple[npt.NDArray[Any], ...],
    status: npt.NDArray[Any],
    way_out: npt.NDArray[Any],
    check: DataCheck,
) -> ObservedTrial:
    dm = by_domain["DM"]
    everything = np.concatenate(days)
    everything = everything[~np.isnat(everything)]
    if not len(everything):
        raise DataError(Problem("DM has no date at all", dm.file))
    first, last = everything.min(), everything.max()
    columns = nobody(len(ids))
    columns["ids"] = ids.to_numpy(dtype=object)
    columns["screened"], columns["randomised"], columns["ended"] = (since(values, first) for values in days)
    columns["status"], columns["way_out"] = status, way_out
    if "ARM" in dm.columns:
        arm = dm.cells["ARM"].to_numpy(dtype=object)
        columns["arm"] = np.where(np.isnan(columns["randomised"]), "", arm).astype(object)
    began = np.fmin(columns["screened"], columns["randomised"])
    names: list[str] = []
    if "SITEID" in dm.columns:
        names, columns["site"] = indexed_sites(dm.cells["SITEID"].to_numpy(dtype=object), began)
    order = np.lexsort((columns["ids"].astype(str), began))
    order = order[~np.isnan(began[order])]
    people = People(**columns).taken(order)
    study = str(dm.cells["STUDYID"].iloc[0]) if "STUDYID" in dm.columns else dm.file.rsplit("/", 1)[-1]
    return ObservedTrial(
        name=study,
        source=", ".join(by_domain[domain].file for domain in _DOMAINS if domain in by_domain),
        first=as_date(first),
        last=as_date(last),
        people=people,
        sites=tuple(SiteRecord(name) for name in names),
        visits=_visits(by_domain.get("SV"), people, np.datetime64(first), check),
        has_sites=bool(names),
        has_screening=True,
        findings=tuple(check.findings),
    )


def _visits(sv: RawTable | None, people: People, first: np.datetime64, check: DataCheck) -> Visits | None:
    """Planned visits after randomisation. SDTM has no study day 0: day 1 is the day of randomisation."""
    if sv is None or "VISITDY" not in sv.columns or "SVSTDTC" not in sv.columns:
        return None
    when = since(_dates(sv, "SVSTDTC", check), first)
    planned = pd.to_numeric(sv.cells["VISITDY"], errors="coerce").to_numpy()
    place = {name: i for i, name in enumerate(people.ids)}
    person = sv.cells["USUBJID"].map(place).fillna(-1).astype(int).to_numpy()
    randomised = np.where(person >= 0, people.randomised[person], np.nan)
    use = (person >= 0) & (planned > 1) & ~np.isnan(when) & ~np.isnan(randomised)
    return Visits(person[use], planned[use] - 1, (when - randomised)[use])


def read_folder(path: Path) -> list[RawTable]:
    """The SDTM domains among the files of a folder.

    Raises:
        DataError: there are none.
    """
    files = sorted(item for item in path.iterdir() if item.suffix.lower() in (".csv", ".json"))
    tables = [read_table(file) for file in files if _may_be_domain(file)]
    tables = [table for table in tables if domain_of(table)]
    if not tables:
        raise DataError(Problem("is a folder without SDTM domains (dm.csv or dm.json)", path.as_posix()))
    return tables


def _may_be_domain(path: Path) -> bool:
    words = path.stem.lower().replace("-", "_").split("_")
    return not {domain.lower() for domain in _DOMAINS}.isdisjoint(words)
