"""Chooses the sheets of a workbook that are meant, and joins sheets of the same shape into one table.

Attributes:
    DATA: purpose of a table of people or counts.
    SITES: purpose of a table of sites.
    SHEET_COLUMN: header of a column with the name of the sheet, added where several are joined.
    ALL: what a user says for all sheets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from sim.errors import Problem, nearest
from sim.exchange.findings import SHEET, DataError, Question, QuestionError
from sim.exchange.tables.columns import COUNT_NAMES, LOG_NAMES, SITE_NAMES, plain, recognised
from sim.exchange.tables.layout import is_total
from sim.exchange.tables.raw import RawTable
from sim.plurals import listed

Purpose = Literal["data", "sites"]
DATA: Purpose = "data"
SITES: Purpose = "sites"
SHEET_COLUMN = "Sheet"
ALL = "all"

_SDTM_KEY = "USUBJID"


@dataclass(frozen=True)
class SheetTable:
    """A sheet as a table.

    Attributes:
        name: the name on its tab.
        cells: text; the index is the row in the sheet.
        notes: what was left out around the table.
        n_rows: number of rows of the sheet.
    """

    name: str
    cells: pd.DataFrame
    notes: tuple[str, ...]
    n_rows: int

    @property
    def shape(self) -> frozenset[str]:
        """Its headers; sheets of the same kind have the same."""
        names = [str(name) for name in self.cells.columns]
        found = frozenset(plain(name) for name in names)
        return found if len(found) == len(names) else frozenset(names)


def chosen_sheets(
    tables: Sequence[SheetTable],
    names: Sequence[str],
    hidden: Sequence[str],
    shown: str,
    said: str,
    purpose: Purpose,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Choose the table that is meant.

    Args:
        tables: sheets that are tables.
        names: names of all visible sheets.
        hidden: names of the hidden sheets.
        shown: the file, for messages.
        said: the sheets that the user named: one, several with commas between, or `all`; empty if none.
        purpose: what the table is for.

    Returns:
        The table, and clauses that say which sheets it is and which were not read. Joined sheets are counted through: a
        row's number is that in its sheet plus the rows of the sheets before.

    Raises:
        DataError: a named sheet is missing, the named sheets have different shapes, or several sheets could be the
            table of sites, which no option tells apart.
        QuestionError: several sheets could be the data.
    """
    mine = _named(tables, names, hidden, shown, said) if said else _meant(tables, shown, purpose)
    if not said and len(mine) > 1:  # a sheet of totals has the shape of those that it adds up
        mine = [table for table in mine if not is_total(table.name)] or mine
    shapes = {table.shape for table in mine}
    if len(shapes) > 1:
        raise DataError(
            Problem("these sheets have different columns, and are not one table", shown, path=SHEET, value=said)
        )
    notes = [f"sheet '{table.name}': {note}" if len(tables) > 1 else note for table in mine for note in table.notes]
    unread = [name for name in names if name not in {table.name for table in mine}]
    if len(mine) > 1:
        notes.insert(0, f"{len(mine)} sheets of one shape are one table, {_ranges(mine)}")
        if purpose == DATA and not _has(mine[0], LOG_NAMES, ("site",)) and _SDTM_KEY not in mine[0].cells.columns:
            notes.insert(1, f"no column names the sites; if each sheet is one, say --columns site={SHEET_COLUMN}")
    if unread or hidden:
        quoted = [f"'{name}'" for name in unread] + [f"'{name}' (hidden)" for name in hidden]
        sheets = listed(f"'{table.name}'" for table in mine) if len(mine) == 1 else "these sheets"
        notes.append(f"of the workbook only {sheets} {'is' if len(mine) == 1 else 'are'} read, not {', '.join(quoted)}")
    return (mine[0].cells if len(mine) == 1 else _stacked(mine)), tuple(notes)


def _named(
    tables: Sequence[SheetTable], names: Sequence[str], hidden: Sequence[str], shown: str, said: str
) -> list[SheetTable]:
    """The sheets that the user named: one whose whole name it is, all, or several with commas between.

    Raises:
        DataError: there is no such sheet, or it has no table; the message names the nearest one.
    """
    by_name = {table.name: table for table in tables}
    if said in by_name:
        return [by_name[said]]
    if said.strip().lower() == ALL:
        return list(tables)
    found = []
    for name in (part.strip() for part in said.split(",")):
        match = by_name.get(name) or next((table for table in tables if table.name.casefold() == name.casefold()), None)
        if match is None:
            known = [*by_name, *(other for other in names if other not in by_name)]
            hint = "it is hidden" if name in hidden else nearest(name, known)
            raise DataError(Problem(f"there is no sheet '{name}' with a table; {hint}", shown, path=SHEET))
        found.append(match)
    return found


def _meant(tables: Sequence[SheetTable], shown: str, purpose: Purpose) -> list[SheetTable]:
    """The only group of sheets of one shape that can be meant.

    Raises:
        QuestionError: several groups could be the data.
        DataError: several groups could be the table of sites.
    """
    groups: dict[frozenset[str], list[SheetTable]] = {}
    for table in tables:
        groups.setdefault(table.shape, []).append(table)
    fitting = [group for group in groups.values() if _fits(group[0], purpose)]
    if len(groups) == 1:
        return list(tables)
    people = [group for group in groups.values() if group not in fitting and _is_of_people(group[0])]
    if len(fitting) == 1 and not (people and purpose == DATA and _is_of_people(fitting[0][0])):
        return fitting[0]
    asked = [*fitting, *people] or list(groups.values())
    choices = tuple((",".join(table.name for table in group), _told(group)) for group in asked)
    said = "; ".join(meaning for _, meaning in choices)
    if purpose == SITES:
        message = f"several sheets could be the table of sites: {said}; give it as a file of its own"
        raise DataError(Problem(message, shown))
    raise QuestionError(Question(f"several sheets could be the data: {said}", SHEET, choices, file=shown))


def _told(group: list[SheetTable]) -> str:
    columns = ", ".join(str(name) for name in list(group[0].cells.columns)[:4])
    names = listed((f"'{table.name}'" for table in group), 3)
    return f"{names} ({columns})"


def _fits(table: SheetTable, purpose: Purpose) -> bool:
    """Whether the usual names of columns are there."""
    if purpose == SITES:
        return _has(table, SITE_NAMES, ("site", "activated")) or _has(table, SITE_NAMES, ("site", "planned"))
    if _SDTM_KEY in table.cells.columns:
        return True
    return _has(table, LOG_NAMES, ("date",)) or _has(table, COUNT_NAMES, ("date", "randomised"))


def _is_of_people(table: SheetTable) -> bool:
    """Whether a sheet says when people were screened, or what became of them."""
    found, unclear = recognised(RawTable("", table.cells), LOG_NAMES)
    roles = {*found, *unclear}
    return "participant" in roles and not roles.isdisjoint(("screened", "status", "date"))


def _has(table: SheetTable, names: Mapping[str, tuple[str, ...]], roles: Sequence[str]) -> bool:
    found, unclear = recognised(RawTable("", table.cells), names)
    return all(role in found or role in unclear for role in roles)


def _ranges(tables: Sequence[SheetTable]) -> str:
    """`rows counted through: 1 to 27 are 'Site 001', 28 to 47 are 'Site 002'`."""
    parts, before = [], 0
    for table in tables:
        parts.append(f"{before + 1:,} to {before + table.n_rows:,} are '{table.name}'")
        before += table.n_rows
    return f"their rows counted through: {', '.join(parts)}"


def _stacked(tables: Sequence[SheetTable]) -> pd.DataFrame:
    """Sheets below one another, each row with the name of its sheet."""
    order = [str(name) for name in tables[0].cells.columns]
    by_plain = {plain(name): name for name in order}
    frames, before = [], 0
    for table in tables:
        frame = table.cells.rename(columns={name: by_plain[plain(str(name))] for name in table.cells.columns})[order]
        frame = frame.copy()
        if plain(SHEET_COLUMN) not in by_plain:
            frame[SHEET_COLUMN] = table.name
        frame.index = pd.Index(frame.index.to_numpy() + before)
        before += table.n_rows
        frames.append(frame)
    return pd.concat(frames)
