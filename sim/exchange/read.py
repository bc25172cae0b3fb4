"""Reads the data of a running trial in any of the usual forms. This is the entrance to the package.

Every form ends as one `ObservedTrial`, so that no forecast knows what file it came from. The rules of each form are in
`logs`, `counts` and `sdtm`; here it is decided which form a table has, and the sites and the last day are added.

Attributes:
    LOG: kind of a table with a row per person or event.
    COUNTS: kind of a table with a row per period.
    SDTM: kind of tables that are domains of CDISC SDTM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sim.errors import Problem, UsageError
from sim.exchange.counts.read import ending_on, read_counts
from sim.exchange.counts.shapes import looks_like_counts
from sim.exchange.dates.cell import DateOrder
from sim.exchange.dates.ends import ask_about_end, silence_remark
from sim.exchange.findings import DataError, Finding
from sim.exchange.logs.read import read_log
from sim.exchange.observed import ObservedTrial, became
from sim.exchange.said import NOTHING, Said, status_from
from sim.exchange.sdtm.read import domain_of, is_said_of_sdtm, read_folder, read_sdtm, siblings
from sim.exchange.sites.table import SITE_DATES, sites_once, with_plans, with_sites
from sim.exchange.studies import of_one_study
from sim.exchange.tables.columns import Columns
from sim.exchange.tables.frames import table_of_frame
from sim.exchange.tables.read import RawTable, read_table
from sim.exchange.tables.sheets import SITES
from sim.exchange.tables.sources import is_folder
from sim.plurals import one_line

Kind = Literal["log", "counts", "sdtm"]
LOG: Kind = "log"
COUNTS: Kind = "counts"
SDTM: Kind = "sdtm"


def read_observed(
    data: Path | str | pd.DataFrame,
    sites: Path | str | pd.DataFrame | None = None,
    columns: Columns | None = None,
    order: DateOrder | None = None,
    *,
    status: Mapping[str, str] | str | None = None,
    study: str = "",
    sheet: str = "",
    header: str = "",
    counts: str = "",
    as_of: date | None = None,
) -> ObservedTrial:
    """Read and check the data of a trial.

    Args:
        data: an enrolment log, counts by period, or SDTM: a file (its sibling domains are found), a folder, or a data
            frame.
        sites: a table of sites, as a file or a data frame.
        columns: header by role, as after `--columns`.
        order: how to read 03/04/2024: `dmy` or `mdy`.
        status: meanings of words of the status column, as in `{"SF": "screen failure"}`.
        study: the study meant, where the file has several.
        sheet: the sheets of a workbook meant: one, several with commas between, or `all`.
        header: the row of the header, as in `4`, or its rows, as in `4-5`.
        counts: whether each row counts its own period (`new`) or everything so far (`running`).
        as_of: the last day that counts, where later days are plans or slips; the trial itself is not cut.

    Returns:
        The trial; its `findings` are warnings, and its `account` says what was taken as what.

    Raises:
        DataError: a file is missing, empty, not a table, lacks a column, or the data check found errors.
        QuestionError: the data can be read in more than one way; the message says what answers it.
    """
    said = Said(dict(columns or {}), order, status_from(status), study, sheet, header, counts, as_of)
    return read_as(data, sites, said)


def read_as(data: Path | str | pd.DataFrame, sites: Path | str | pd.DataFrame | None, said: Said) -> ObservedTrial:
    """Read and check the data of a trial; see `read_observed`.

    Args:
        data: as for `read_observed`.
        sites: as for `read_observed`.
        said: everything the user said of how to read them.

    Returns:
        The trial.

    Raises:
        DataError: as for `read_observed`.
        QuestionError: as for `read_observed`.
    """
    trial = _read(data, said)
    own = {role: header for role, header in said.columns.items() if role in SITE_DATES}
    table = None if sites is None else _site_table(sites)
    if table is not None and said.columns.get("site", "") in table.columns:
        own["site"] = said.columns["site"]
    return _joined(trial, table, own, said.order)


def _site_table(sites: Path | str | pd.DataFrame) -> RawTable:
    """Read the table of sites; what the user said of sheets and headers applies to the data only."""
    if isinstance(sites, pd.DataFrame):
        return table_of_frame(sites, "data frame of sites")
    return read_table(sites, purpose=SITES)


def observed_from(
    tables: Sequence[RawTable],
    sites: RawTable | None = None,
    said: Said = NOTHING,
    *,
    site_columns: Columns | None = None,
    kind: Kind | None = None,
) -> ObservedTrial:
    """Read and check tables that were read already; see `read_observed`.

    Args:
        tables: an enrolment log, counts by period, or SDTM domains.
        sites: a table of sites.
        said: what the user said of how to read them.
        site_columns: header by role in the table of sites.
        kind: what the table is, if the user said.

    Returns:
        The trial.

    Raises:
        DataError: the tables are of several kinds, a column is missing, or the data check found errors.
        QuestionError: they can be read in more than one way.
    """
    trial = _trial(tables, said, kind)
    return _joined(trial, sites, dict(site_columns or {}), said.order)


def kind_of(tables: Sequence[RawTable], columns: Columns | None = None) -> Kind:
    """Recognise what tables are.

    Args:
        tables: the tables; several can only be SDTM.
        columns: header by role, as far as the user said; roles of a log or of counts outweigh what a table looks like.

    Returns:
        SDTM, counts by period, or an enrolment log.
    """
    if len(tables) > 1 or (domain_of(tables[0]) and is_said_of_sdtm(columns or {})):
        return SDTM
    return COUNTS if looks_like_counts(tables[0], dict(columns or {})) else LOG


def _read(data: Path | str | pd.DataFrame, said: Said) -> ObservedTrial:
    """The trial in a data frame, a folder with SDTM domains, or a file with its sibling domains."""
    if isinstance(data, pd.DataFrame):
        return _trial([table_of_frame(data)], said, None)
    path = Path(data)
    if is_folder(path):
        return _trial(read_folder(path), said, SDTM)
    table = read_table(path, said.sheet, said.header)
    domain = domain_of(table)
    others = siblings(path, domain) if domain and is_said_of_sdtm(said.columns) else []
    return _trial([table, *map(read_table, others)], said, None)


def _trial(tables: Sequence[RawTable], said: Said, kind: Kind | None) -> ObservedTrial:
    """The trial in tables of one kind, without its table of sites, with a remark on silence at its end."""
    tables = [of_one_study(table, said.study) for table in tables]
    kind = kind or kind_of(tables, said.columns)
    if kind == SDTM:
        _check_domains(tables)
        trial = read_sdtm(list(tables), said.columns)
    else:
        trial = read_counts(tables[0], said) if kind == COUNTS else read_log(tables[0], said)
    trial = _with_silence(sites_once(replace(trial, name=one_line(trial.name), source=one_line(trial.source))))
    several = len(tables) > 1
    notes = [f"in {table.file}: {note}" if several else note for table in tables for note in table.notes]
    return replace(trial, account=replace(trial.account, notes=(*notes, *trial.account.notes)))


def _with_silence(trial: ObservedTrial) -> ObservedTrial:
    """Add a remark on a stretch without randomisations at the end."""
    remark = silence_remark(trial)
    if not remark:
        return trial
    found = (*trial.findings, Finding(False, remark, trial.source))
    return replace(trial, findings=found, account=replace(trial.account, gaps=(*trial.account.gaps, remark)))


def _check_domains(tables: Sequence[RawTable]) -> None:
    """Check that several files are SDTM domains of one trial, each once."""
    seen: dict[str, str] = {}
    for table in tables:
        domain = domain_of(table)
        if not domain:
            message = "is not an SDTM domain (DM, DS, SV), and other data are one file; leave out the others"
            raise DataError(Problem(message, table.file))
        if domain in seen:
            raise DataError(Problem(f"is the SDTM domain {domain}, and so is {seen[domain]}", table.file))
        seen[domain] = table.file


def _joined(trial: ObservedTrial, sites: RawTable | None, given: Columns, order: DateOrder | None) -> ObservedTrial:
    """The trial with its table of sites.

    Raises:
        DataError: nobody is randomised, and nobody is known from screening on.
    """
    if trial.n_randomised == 0 and not trial.has_screening:
        raise DataError(Problem("nobody is randomised in these data", trial.source))
    return trial if sites is None else with_sites(trial, sites, given, order)


def cut(trial: ObservedTrial, when: date) -> ObservedTrial:
    """Cut a trial to what was known at the end of a date.

    Args:
        trial: the whole trial.
        when: the date. After the last record, it is taken as known that nobody came since, and a warning says so.

    Returns:
        The trial as known then; a warning among its findings says how many randomisations are left out.

    Raises:
        UsageError: the date is before the first record.
    """
    if when < trial.first:
        message = f"the as-of date is before the first record ({trial.first})"
        raise UsageError(Problem(message, trial.source, path="--as-of", value=str(when)))
    trial = ending_on(trial, when)
    people = trial.people
    now = trial.day_of(when) + 1.0
    later = int(np.count_nonzero(people.randomised >= now))
    known = trial.as_of(when)
    notes: list[Finding] = []
    if later:
        notes.append(Finding(False, f"{later:,} randomised after {when} are left out", trial.source))
    if when > trial.last:
        days = (when - trial.last).days
        what = f"the as-of date is {days} days after the last record ({trial.last}); taken as fact: nobody since then"
        notes.append(Finding(False, what, trial.source))
    whole = _without_silence(trial)
    told = ", ".join(f"{n:,} {what}" for what, n in became(known.people))
    account = replace(whole.account, notes=(*whole.account.notes, f"as of {when}: {told}"))
    known = _with_silence(replace(known, findings=whole.findings, account=account))
    return replace(known, findings=(*known.findings, *notes))


def _without_silence(trial: ObservedTrial) -> ObservedTrial:
    """Remove the remark on the end of the data, which does not apply to an earlier end."""
    remark = silence_remark(trial)
    findings = tuple(finding for finding in trial.findings if not remark or finding.message != remark)
    gaps = tuple(gap for gap in trial.account.gaps if gap != remark)
    return replace(trial, findings=findings, account=replace(trial.account, gaps=gaps))


def as_known(trial: ObservedTrial, as_of: date | None, target: int | None) -> ObservedTrial:
    """Return the trial as known on the day from which a forecast continues.

    Args:
        trial: the whole trial.
        as_of: the day, if the user said; None for the last day of the data.
        target: number of randomisations wanted; None for all in the data.

    Returns:
        The trial as known then.

    Raises:
        UsageError: the date is before the first record.
        QuestionError: the user said no day, and the data may have ended long before their last day.
    """
    trial = with_plans(trial, as_of)
    ask_about_end(trial, target, as_of)
    return trial if as_of is None else cut(trial, as_of)
