"""Brings a log to one row per person: rows per visit or event, repeated screenings, numbers unique within a site.

A participant counted twice would make the trial look quicker than it is. So a number that occurs again must be
explained: the rows say the same and are joined, or each is a screening of its own, or it is an error. Logs with a
column that names the event of each row are read by `sim.exchange.logs.event_rows` instead.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.exchange.findings import in_rows
from sim.exchange.logs import headers
from sim.exchange.logs.columns import LogColumns
from sim.exchange.logs.statuses import is_reason, meaning_of
from sim.exchange.observed import FAILED
from sim.exchange.tables.read import RawTable
from sim.exchange.tables.sheets import SHEET_COLUMN

if TYPE_CHECKING:
    from sim.exchange.findings import DataCheck

_SHARED = 0.25  # share of rows with a number of another site: numbers are unique within a site only
_KEY = "\x1f"


def one_row_a_person(table: RawTable, columns: LogColumns, check: DataCheck) -> tuple[RawTable, list[str]]:
    """Bring a log to one row per person, or per screening.

    Args:
        table: the log.
        columns: its columns. Without a column of participants the table stays as it is.
        check: collects errors, such as a participant with two different rows.

    Returns:
        The table, each row with the number of its first row in the file; and what was done, as clauses.
    """
    if "participant" not in columns.found:
        return table, []
    ids = table.cells[columns.found["participant"]].str.casefold()
    repeated = ids.duplicated(keep=False) & (ids != "")
    if not repeated.any():
        return table, []
    notes: list[str] = []
    keys = ids
    if "site" in columns.found and _is_within_site(table, columns, ids):
        keys = table.cells[columns.found["site"]] + _KEY + ids
        repeated = keys.duplicated(keep=False) & (ids != "")
        notes.append(f"numbers in '{columns.found['participant']}' are taken as unique within a site only")
        if not repeated.any():
            return table, notes
    return _collapsed(table, columns, check, keys.where(ids != "", ""), repeated, notes)


def _is_within_site(table: RawTable, columns: LogColumns, ids: pd.Series[str]) -> bool:
    """Whether each site numbers its own participants.

    It does where many numbers occur at several sites, but within a site none with different data. Many are a quarter of
    the numbers and sites, or all of them plain numbers that start at 1 or 2 at more than half of the sites. A number
    with the same days at two sites is one person who moved, so that numbers are not within a site then.
    """
    sites = table.cells[columns.found["site"]]
    known = (ids != "") & (sites != "")
    pairs = pd.DataFrame({"id": ids[known], "site": sites[known]}).drop_duplicates()
    shared = pairs["id"].duplicated(keep=False)
    if not shared.any():
        return False
    dated = [columns.found[role] for role in (headers.DATE, headers.SCREENED) if role in columns.found]
    if dated:
        rows = table.cells.loc[known & ids.isin(pairs.loc[shared, "id"])]
        told = rows[[columns.found["participant"], *dated]]
        if (told.duplicated(keep=False) & (told[dated] != "").all(axis=1)).any():
            return False
    numbers = pd.to_numeric(pairs["id"], errors="coerce")
    starts_again = numbers.groupby(pairs["site"]).min() <= 2
    return float(shared.mean()) >= _SHARED or (not numbers.isna().any() and float(starts_again.mean()) > 0.5)


def _collapsed(
    table: RawTable,
    columns: LogColumns,
    check: DataCheck,
    keys: pd.Series[str],
    repeated: pd.Series[bool],
    notes: list[str],
) -> tuple[RawTable, list[str]]:
    """Join the rows of one person where they say the same; keep them apart where each is a separate screening.

    An empty cell says nothing. A joined row keeps the last non-empty cell of each column. Rows that differ otherwise,
    or that are equal in every cell, are an error of `check`.
    """
    roles = {role: header for role, header in columns.found.items() if role not in ("event", "participant")}
    roles |= {f"is {role}": header for role, header in columns.flags.items()}
    keep = pd.Series(True, index=table.cells.index)
    cells = table.cells.copy()
    n_put, n_again = 0, 0
    twice: list[int] = []
    differ: dict[str, None] = {}
    several = table.cells[repeated.to_numpy()]
    for _, rows in several.groupby(keys[repeated.to_numpy()], sort=False):
        different = [role for role, header in roles.items() if rows.loc[rows[header] != "", header].nunique() > 1]
        numbers = rows.index.tolist()
        if not different and not rows.drop(columns=columns.found["participant"]).duplicated(keep=False).any():
            for header in (*roles.values(), *(name for names in columns.side.values() for name in names)):
                filled = rows.loc[rows[header] != "", header]
                cells.loc[numbers[0], header] = filled.iloc[-1] if len(filled) else ""
            keep.loc[numbers[1:]] = False
            n_put += 1
        elif _is_screened_again(rows, columns, different):
            n_again += 1
        else:
            twice += numbers
            differ |= {roles[role]: None for role in different}
    if twice:
        names = ", ".join(f"'{name}'" for name in list(differ)[:4])
        what = f"the same participant twice{in_rows(sorted(twice))}{f': they differ in {names}' if names else ''}"
        in_sheets = SHEET_COLUMN in table.columns
        alike = "" if differ else "; rows that say the same are one person: leave out all but one"
        check.error(f"{what}; read the sheet that is right, with --sheet NAME" if in_sheets else f"{what}{alike}")
    if n_put:
        notes.append(f"{len(cells):,} rows are of {int(keep.sum()):,} people: a row a visit or event, put together")
    if n_again:
        people = "person was" if n_again == 1 else "people were"
        notes.append(f"{n_again:,} {people} screened again under the same number; each screening counts")
    return replace(table, cells=cells[keep.to_numpy()]), notes


def _is_screened_again(rows: pd.DataFrame, columns: LogColumns, different: list[str]) -> bool:
    """Whether each row is a separate screening, all but the last of which failed."""
    if headers.SCREENED not in columns.found or {"site", "arm"} & set(different):
        return False
    starts = rows[columns.found[headers.SCREENED]]
    if (starts == "").any() or starts.duplicated().any():
        return False
    date = columns.found.get(headers.DATE)
    randomised = (rows[date] != "").to_numpy() if date else np.zeros(len(rows), dtype=bool)
    failed = np.array([_has_failed(row, columns) for _, row in rows.iterrows()])
    return bool(
        randomised.sum() <= 1 and not (randomised & failed).any() and (randomised | failed).sum() >= len(rows) - 1
    )


def _has_failed(row: pd.Series[str], columns: LogColumns) -> bool:
    """Whether a row says that screening failed: by its status, a date, or a reason."""
    found = columns.found
    status = "status" in found and meaning_of(row[found["status"]]) == FAILED
    dated = any(role in found and row[found[role]] != "" for role in (headers.FAILED_ON, headers.LEFT_ON))
    reason = headers.FAIL_REASON in found and is_reason(row[found[headers.FAIL_REASON]])
    return status or dated or reason
