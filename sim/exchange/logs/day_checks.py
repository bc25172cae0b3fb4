"""Looks for days in a log that cannot be: missing where something happened, or before the day that must come first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import in_short
from sim.exchange.account import BY_OPTION
from sim.exchange.dates.read import Days
from sim.exchange.findings import COLUMNS, DataCheck, Question, QuestionError
from sim.exchange.logs import headers
from sim.exchange.logs.columns import LogColumns
from sim.exchange.logs.fates import Fates
from sim.exchange.observed import FAILED, IN_SCREENING
from sim.exchange.said import IGNORED
from sim.exchange.sites.blanks import check_blanks
from sim.exchange.tables.raw import RawTable

_NO_DAY_FOR = {FAILED: "screen failure without a date", IN_SCREENING: "in screening without a date"}
_FEWEST_EXCHANGED = 3  # rows in the wrong order; fewer are slips


def check_days(check: DataCheck, fates: Fates, days: dict[str, Days], table: RawTable, columns: LogColumns) -> None:
    """Record days that are impossible: before the day that must come first, or missing.

    Rows without any day are left out where their status explains it (failed, or in screening), and counted in the
    fates. What may be a column taken for another is asked.

    Args:
        check: records what is found.
        fates: what became of each person; the status of rows left out becomes `IGNORED`.
        days: days of each role.
        table: the log, a row for each person.
        columns: its columns.
    """
    rows = table.cells.index.to_numpy()
    if np.isnat(days[headers.DATE]).all() and "screened" not in columns.found:
        check.error("nobody is randomised: the date column is empty")
    nowhere = np.isnat(fates.randomised) & np.isnat(fates.screened) & (fates.status != IGNORED)
    told = (fates.status == FAILED) | np.isin(fates.way_out, ("",), invert=True)
    words = columns.found.get("status")
    if words is not None:
        told = told | (table.cells[words] != "").to_numpy()
    for status, why in _NO_DAY_FOR.items():
        out = nowhere & told & (fates.status == status)
        if out.any():
            fates.ignored[why] = int(out.sum())
            fates.status[out] = IGNORED
    nowhere &= fates.status != IGNORED
    if "screened" in columns.found:
        check.error_rows("neither screened nor randomised on a known day", rows[nowhere])
    elif nowhere.any() and columns.dates:
        check.ask(_who_was_screened(rows[nowhere], columns))
    else:
        check.error_rows("no date of randomisation", rows[nowhere])
    check.error_rows("randomised before screened", rows[fates.randomised < fates.screened])
    early = np.where(np.isnat(fates.randomised), fates.screened, fates.randomised)
    gone = fates.ended < early
    check.error_rows("left before randomised", rows[gone & ~np.isnat(fates.randomised)])
    check.error_rows("failed screening before it began", rows[gone & np.isnat(fates.randomised)])
    if "participant" in columns.found:
        check.warn_rows("no participant", rows[(table.cells[columns.found["participant"]] == "").to_numpy()])
    if "site" in columns.found:
        header = columns.found["site"]
        check_blanks(check, table.cells[header], header, columns.how["site"] == BY_OPTION)


def _who_was_screened(rows: npt.NDArray[Any], columns: LogColumns) -> Question:
    """Which column is the day on which people entered screening who have no day of randomisation."""
    message = f"{len(rows):,} have no day in '{columns.found[headers.DATE]}': when did they enter screening"
    choices = tuple((f"screened={name}", f"on the day in '{in_short(name)}'") for name in columns.dates)
    return Question(message, COLUMNS, choices, rows=tuple(rows.tolist()), otherwise="leave out their rows")


def ask_exchanged(days: dict[str, Days], columns: LogColumns, rows: npt.NDArray[Any], file: str) -> None:
    """Ask whether the days of randomisation and of screening are in each other's column, where most are so.

    Args:
        days: days of each role.
        columns: the columns, those that the user named being right.
        rows: rows of the file.
        file: the file.

    Raises:
        QuestionError: at least three people, and most of those with both days, were randomised before being screened.
    """
    named = {columns.how.get(headers.DATE), columns.how.get(headers.SCREENED)}
    if None in named or BY_OPTION in named:
        return
    early = days[headers.DATE] < days[headers.SCREENED]
    n_both = int((~np.isnat(days[headers.DATE]) & ~np.isnat(days[headers.SCREENED])).sum())
    if early.sum() < _FEWEST_EXCHANGED or 2 * early.sum() <= n_both:
        return
    rand, screened = columns.found[headers.DATE], columns.found[headers.SCREENED]
    message = f"{int(early.sum()):,} of {n_both:,} were randomised before they were screened: are two columns exchanged"
    choice = (f"date={screened},screened={rand}", f"people entered screening on the day in '{in_short(rand)}'")
    told = tuple(rows[early].tolist())
    raise QuestionError(Question(message, COLUMNS, (choice,), file=file, rows=told, otherwise="correct the rows"))
