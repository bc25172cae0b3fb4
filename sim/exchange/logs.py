"""An enrolment log: a row a randomisation, or a row a person who was screened."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.columns import LOG_NAMES, recognise
from sim.exchange.dates import Days, parse_dates
from sim.exchange.findings import DataCheck, DataError
from sim.exchange.observed import (
    COMPLETED,
    FAILED,
    IN_SCREENING,
    LEFT,
    MIDDLE_OF_DAY,
    NO_SITE,
    RANDOMISED,
    ObservedTrial,
    People,
    SiteRecord,
    nobody,
)
from sim.exchange.said import Said
from sim.exchange.tables import RawTable

_LONG_GAP = 8.0  # times the mean gap between randomisations, and more than _GAP_DAYS: worth a warning
_GAP_DAYS = 28

_STATUS_WORDS = (
    (FAILED, ("screen fail", "screening fail", "ineligible", "not eligible", "excluded")),
    (COMPLETED, ("complet", "finished")),
    (RANDOMISED, ("random", "enrol", "active", "ongoing", "on study", "on treatment", "in follow", "treated")),
    (IN_SCREENING, ("screening", "screened", "consented")),
)


def status_of(text: str) -> str:
    """A status as people write it, in the program's words; what is none of them is a way of leaving."""
    lowered = text.lower().replace("-", " ").replace("_", " ")
    for status, words in _STATUS_WORDS:
        if any(word in lowered for word in words):
            return status
    return LEFT


def read_log(table: RawTable, said: Said) -> ObservedTrial:
    """Read an enrolment log.

    Args:
        table: the file.
        said: what a person said of how to read it.

    Raises:
        DataError: there is no date column, or a date cannot be read.
    """
    columns = recognise(table, LOG_NAMES, said.columns)
    if "date" not in columns:
        shown = ", ".join(table.columns)
        message = f"no column is the date of randomisation (found: {shown}); say which, as in --columns date=NAME"
        raise DataError(Problem(message, table.file, 1))
    check = DataCheck(table.file)
    days: dict[str, Days] = {
        role: parse_dates(table.cells[columns[role]], table.file, columns[role], said.order).days
        for role in ("date", "screened", "left")
        if role in columns
    }
    texts: dict[str, npt.NDArray[Any]] = {
        role: table.cells[columns[role]].to_numpy(dtype=object)
        for role in ("site", "participant", "arm", "status")
        if role in columns
    }
    rows = table.cells.index.to_numpy()
    _check_log(check, days, texts, rows)
    check.stop_on_errors()
    return _log(table, days, texts, check)


def _check_log(
    check: DataCheck, days: dict[str, Days], texts: dict[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64]
) -> None:
    randomised = days["date"]
    unknown = np.isnat(randomised)
    if unknown.all():
        check.error("nobody is randomised: the date column is empty")
    if "screened" in days:
        screened = days["screened"]
        check.error_rows("neither screened nor randomised on a known day", rows[unknown & np.isnat(screened)])
        check.error_rows("randomised before screened", rows[randomised < screened])
    else:
        check.error_rows("no date of randomisation", rows[unknown])
    if "left" in days:
        check.error_rows("left before randomised", rows[days["left"] < randomised])
    if "participant" in texts:
        ids = pd.Series(texts["participant"])
        check.error_rows("the same participant twice", rows[(ids.duplicated(keep=False) & (ids != "")).to_numpy()])
        check.warn_rows("no participant", rows[(ids == "").to_numpy()])
    if "site" in texts:
        check.warn_rows("no site", rows[texts["site"] == ""])
    _warn_gaps(check, randomised, rows)


def _warn_gaps(check: DataCheck, randomised: Days, rows: npt.NDArray[np.int64]) -> None:
    """Long stretches without a randomisation, which may be missing data."""
    known = np.flatnonzero(~np.isnat(randomised))
    order = known[np.argsort(randomised[known], kind="stable")]
    gaps = np.diff(randomised[order]).astype(int)
    if len(gaps) < 2:
        return
    long = np.flatnonzero((gaps > _LONG_GAP * gaps.mean()) & (gaps > _GAP_DAYS))
    for i in long.tolist():
        start, end = randomised[order[i]], randomised[order[i + 1]]
        check.warn(f"nobody randomised for {gaps[i]} days, from {start} to {end}", (rows[order[i + 1]],))


def indexed_sites(names: npt.NDArray[Any], when: npt.NDArray[Any]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Sites in the order in which they first appear, and the index of each entry; `NO_SITE` without a name.

    Args:
        names: (n,) name of the site of each entry.
        when: (n,) time of each entry.
    """
    order = np.lexsort((names.astype(str), when))
    codes, found = pd.factorize(pd.Series(names[order]).replace("", None))
    index = np.full(len(names), NO_SITE, dtype=np.int64)
    index[order] = codes
    return [str(name) for name in found], index


def since(days: Days, first: np.datetime64) -> npt.NDArray[np.float64]:
    """Dates as days since the first, in the middle of the day; NaN where there is no date."""
    return np.where(np.isnat(days), np.nan, (days - first).astype(np.float64) + MIDDLE_OF_DAY)


def as_date(day: np.datetime64) -> date:
    """A numpy date as Python's."""
    found: date = day.astype("datetime64[D]").item()
    return found


def _log(table: RawTable, days: dict[str, Days], texts: dict[str, npt.NDArray[Any]], check: DataCheck) -> ObservedTrial:
    everything = np.concatenate(list(days.values()))
    everything = everything[~np.isnat(everything)]
    first, last = everything.min(), everything.max()
    columns = nobody(len(table.cells))
    columns["randomised"] = since(days["date"], first)
    if "screened" in days:
        columns["screened"] = since(days["screened"], first)
    if "left" in days:
        columns["ended"] = since(days["left"], first)
    columns["ids"] = texts.get("participant", columns["ids"])
    columns["arm"] = texts.get("arm", columns["arm"])
    began = np.fmin(columns["screened"], columns["randomised"])
    names: list[str] = []
    if "site" in texts:
        names, columns["site"] = indexed_sites(texts["site"], began)
    _set_status(columns, texts.get("status"), check, table.cells.index.to_numpy())
    order = np.lexsort((np.arange(len(began)), began))
    return ObservedTrial(
        name=table.file.rsplit("/", 1)[-1].rsplit(".", 1)[0],
        source=table.file,
        first=as_date(first),
        last=as_date(last),
        people=People(**columns).taken(order),
        sites=tuple(SiteRecord(name) for name in names),
        has_sites=bool(names),
        has_screening="screened" in days,
        findings=tuple(check.findings),
    )


def _set_status(
    columns: dict[str, Any], words: npt.NDArray[Any] | None, check: DataCheck, rows: npt.NDArray[np.int64]
) -> None:
    randomised = ~np.isnan(columns["randomised"])
    ended = ~np.isnan(columns["ended"])
    status = np.where(randomised, np.where(ended, LEFT, RANDOMISED), np.where(ended, FAILED, IN_SCREENING))
    status = status.astype(object)
    if words is not None:
        said = np.array([status_of(text) if text else "" for text in words], dtype=object)
        check.warn_rows("says screen failure, but is randomised", rows[(said == FAILED) & randomised])
        check.warn_rows(
            "has left, but the day is not given; taken as still in", rows[(said == LEFT) & randomised & ~ended]
        )
        use = ((said == FAILED) & ~randomised) | ((said == COMPLETED) & ended) | ((said == LEFT) & ended & randomised)
        status[use] = said[use]
        columns["way_out"] = np.where(use & (said != COMPLETED), words, "").astype(object)
        failed = (said == FAILED) & ~randomised & ~ended
        columns["ended"] = np.where(failed, columns["screened"], columns["ended"])
    columns["status"] = status
