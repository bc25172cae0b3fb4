"""Reads SDTM domains (DM, and DS and SV if they exist), from CSV or Dataset-JSON, as an observed trial.

Randomisation is DS's `RANDOMIZED`, or without it DM's RFSTDTC of subjects with an arm. Screening begins at DM's DMDTC,
or at RFICDTC (informed consent) where that is given. Ways out are DS's disposition events. Source: CDISC SDTMIG 3.4.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.account import BY_STANDARD, Account, ColumnUse
from sim.exchange.dates.ends import warn_gaps, without_placeholders
from sim.exchange.dates.read import parse_dates
from sim.exchange.findings import DataCheck, DataError
from sim.exchange.logs.days import log_days
from sim.exchange.logs.read import as_date, indexed_sites, since
from sim.exchange.observed import ObservedTrial, People, SiteRecord, Visits, became, nobody
from sim.exchange.sdtm.fates import Dated, SdtmFates, fates
from sim.exchange.tables.columns import Columns
from sim.exchange.tables.read import RawTable, read_table

_DOMAINS = ("DM", "DS", "SV")
_NEVER = np.datetime64("NaT", "D")


def domain_of(table: RawTable) -> str:
    """Return the SDTM domain of a table.

    Args:
        table: a table; its domain is named by the file, by its column DOMAIN, or by variables that only one domain has.

    Returns:
        DM, DS or SV; empty for a table that is not one of these.
    """
    if table.domain in _DOMAINS:
        return table.domain
    names = {name.upper() for name in table.columns}
    if "DOMAIN" in names:
        cells = table.cells[next(name for name in table.columns if name.upper() == "DOMAIN")]
        if str(cells.iloc[0]).upper() in _DOMAINS:
            return str(cells.iloc[0]).upper()
    if "USUBJID" not in names or "RANDDT" in names:  # an analysis data set (ADSL) is a log
        return ""
    for domain, column in (("SV", "SVSTDTC"), ("DS", "DSDECOD"), ("DM", "RFSTDTC")):
        if column in names:
            return domain
    return ""


def siblings(path: Path, domain: str) -> list[Path]:
    """Find the other domains of a trial beside one file.

    Args:
        path: the file, such as `dm.csv`; the domain is looked for in its name from the end.
        domain: its domain.

    Returns:
        Existing files whose names differ only by the domain, such as `ds.csv`, in the same case; none where the name
        does not have the domain.
    """
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


def read_sdtm(tables: list[RawTable], columns: Columns | None = None) -> ObservedTrial:
    """Read SDTM domains.

    Args:
        tables: DM, and DS and SV if they exist.
        columns: `date` as `DSSTDTC` or `RFSTDTC`, if the user said which is the day of randomisation.

    Returns:
        The trial. Subjects without a date of screening or randomisation are left out, and counted in its account.

    Raises:
        DataError: DM is missing or lacks a column, a subject occurs twice, a date cannot be read, or days contradict
            each other.
        QuestionError: some have an arm and a start in DM, and no randomisation in DS.
    """
    by_domain = {domain_of(table): with_upper_names(table) for table in tables}
    if "DM" not in by_domain:
        raise DataError(Problem("SDTM needs the domain DM, which is not here", tables[0].file))
    dm = by_domain["DM"]
    check = DataCheck(dm.file)
    for domain, names in _NEEDED.items():
        for name in names:
            if domain in by_domain and name not in by_domain[domain].columns:
                raise DataError(Problem(f"{domain} has no column {name}", by_domain[domain].file, 1))
    ids = dm.cells["USUBJID"]
    rows = ids.index.to_numpy()
    check.error_rows("the same participant twice", rows[ids.duplicated(keep=False).to_numpy()])
    check.stop_on_errors()
    by_domain, notes = _without_placeholders(by_domain)
    dm, ds = by_domain["DM"], by_domain.get("DS")
    dated = Dated(_dm_days(dm, check), None if ds is None else _dates(ds, "DSSTDTC", check))
    found = fates(dm, ds, dated, (columns or {}).get("date", ""), check)
    check.error_rows("randomised before screened", rows[found.randomised < found.screened])
    check.error_rows("left before randomised", rows[found.ended < found.randomised])
    nothing = np.isnat(found.screened) & np.isnat(found.randomised)
    check.stop_on_errors()
    account = Account(
        f"SDTM ({', '.join(domain for domain in _DOMAINS if domain in by_domain)})",
        tuple(ColumnUse(what, name, BY_STANDARD) for what, name in found.how),
        n_rows=len(ids),
        ignored=(("no date of screening or randomisation", int(nothing.sum())),) if nothing.any() else (),
        notes=(*notes, *found.notes),
    )
    return _observed(by_domain, ids, found, check, account)


_DM_DATES = ("RFICDTC", "DMDTC", "RFSTDTC", "RFPENDTC", "DTHDTC")
_SCREENED = ("RFICDTC", "DMDTC")
_BEGAN = "first of RFICDTC and DMDTC"
_DM_ROLES = {"date": "RFSTDTC", "ended": "RFPENDTC", "died": "DTHDTC"}
_NEEDED = {"DM": ("USUBJID", "RFSTDTC"), "DS": ("USUBJID", "DSDECOD", "DSSTDTC"), "SV": ("USUBJID",)}


def is_said_of_sdtm(columns: Columns) -> bool:
    """Return whether `--columns` can apply to SDTM, where it may only name the day of randomisation.

    Args:
        columns: header by role, as the user gave them.
    """
    return set(columns) <= {"date"} and columns.get("date", "RFSTDTC") in ("RFSTDTC", "DSSTDTC")


def with_upper_names(table: RawTable) -> RawTable:
    """Return the table with variable names in capital letters, as in the standard.

    Args:
        table: a domain with names in any case.

    Returns:
        A copy.

    Raises:
        DataError: two names differ only by case.
    """
    cells = table.cells.rename(columns={name: str(name).upper() for name in table.columns})
    twice = sorted(set(cells.columns[cells.columns.duplicated()]))
    if twice:
        raise DataError(Problem(f"has two columns of the same name: {', '.join(twice)}", table.file))
    return replace(table, cells=cells)


def _without_placeholders(by_domain: dict[str, RawTable]) -> tuple[dict[str, RawTable], list[str]]:
    """The domains without placeholder dates."""
    found, notes = {}, []
    for domain, table in by_domain.items():
        dates = [name for name in (*_DM_DATES, "DSSTDTC", "SVSTDTC") if name in table.columns]
        found[domain], told = without_placeholders(table, dates)
        notes += told
    return found, notes


def _dm_days(dm: RawTable, check: DataCheck) -> dict[str, npt.NDArray[Any]]:
    """Days of DM by variable; an incomplete date is placed between the subject's other dates."""
    found = {name: _dates(dm, name, check) for name in _DM_DATES}
    named = {role: name for role, name in _DM_ROLES.items() if name in dm.columns}
    began = pd.Series("", index=dm.cells.index)
    from_here = {}
    for name in _SCREENED:  # consent, or for want of it the day of collection
        from_here[name] = ~np.isnat(found[name]) & (began == "").to_numpy()
        if from_here[name].any():
            began = began.mask(from_here[name], dm.cells[name])
    together = replace(dm, cells=dm.cells.assign(**{_BEGAN: began}))
    settled, _ = log_days(together, {"screened": _BEGAN, **named}, None)
    for name, here in from_here.items():
        found[name] = np.where(here, settled["screened"], found[name])
    return found | {name: settled[role] for role, name in named.items()}


def _dates(table: RawTable, column: str, check: DataCheck) -> npt.NDArray[Any]:
    """Days of a column with a warning for incomplete ones; NaT in all rows where the table does not have it."""
    if column not in table.columns:
        return np.full(len(table.cells), _NEVER, dtype="datetime64[D]")
    found = parse_dates(table.cells[column], table.file, column)
    check.warn_rows(f"{column} says less than a day; taken as the middle of what it can be", found.partial_rows)
    return found.days


def _observed(
    by_domain: dict[str, RawTable],
    ids: pd.Series[str],
    fate: SdtmFates,
    check: DataCheck,
    account: Account,
) -> ObservedTrial:
    """The trial: subjects in the order of their first day, days counted from the earliest one."""
    dm = by_domain["DM"]
    days = (fate.screened, fate.randomised, fate.ended)
    everything = np.concatenate(days)
    everything = everything[~np.isnat(everything)]
    if not len(everything):
        raise DataError(Problem("DM has no date at all", dm.file))
    first, last = everything.min(), everything.max()
    columns = nobody(len(ids))
    columns["ids"] = ids.to_numpy(dtype=object)
    columns["screened"], columns["randomised"], columns["ended"] = (since(values, first) for values in days)
    columns["status"], columns["way_out"] = fate.status, fate.way_out
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
        account=replace(
            account,
            became=became(people),
            end=f"{as_date(last)}, the latest day of screening, randomisation or leaving",
            gaps=tuple(warn_gaps(check, fate.randomised, dm.cells.index.to_numpy())),
        ),
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
    """Read the SDTM domains among the files of a folder.

    Args:
        path: the folder; files in its subfolders are not read.

    Returns:
        The tables of the domains, from CSV or JSON files that have the domain in their names.

    Raises:
        DataError: there are none, or one cannot be read.
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
