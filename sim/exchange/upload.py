"""Uploaded data files, as bytes: limited in size and kind, and read without running anything in them.

A studio has no path to a user's file, only what a browser sends. This is the entrance for such files; besides, it shows
a table before it is read, with the role of each column, so that a user can correct one.

Attributes:
    ENDINGS: endings of names that are read.
    SITES: kind of a table of sites, beside the kinds of `sim.exchange.read`.
    KIND_NAMES: kinds in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.errors import Problem, UsageError
from sim.exchange.counts.shapes import shaped
from sim.exchange.findings import DataError
from sim.exchange.limits import FROM_ELSEWHERE, ReadLimits
from sim.exchange.logs.columns import MEANINGS as LOG_MEANINGS
from sim.exchange.logs.columns import log_columns
from sim.exchange.read import COUNTS, LOG, SDTM, Kind, kind_of
from sim.exchange.tables.columns import COUNT_NAMES, LOG_NAMES, SITE_NAMES, Columns, recognised
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.read import table_of
from sim.exchange.tables.sheets import DATA, Purpose
from sim.plurals import one_line

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".json")
_SHOWN_ROWS = 5
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Upload:
    """An uploaded file.

    Attributes:
        name: its name at the sender; shown, never used as a path.
        content: its bytes.
    """

    name: str
    content: bytes

    @property
    def shown(self) -> str:
        """Its name without folders and invisible characters."""
        last = self.name.replace("\\", "/").rsplit("/", 1)[-1]
        return one_line(last, _LONGEST_NAME) or "data"


def tables_of(
    files: Sequence[Upload],
    limits: ReadLimits = FROM_ELSEWHERE,
    sheet: str = "",
    header: str = "",
    purpose: Purpose = DATA,
) -> list[RawTable]:
    """Read the tables in uploaded files.

    Args:
        files: one file, or the SDTM domains of a trial.
        limits: maximum sizes.
        sheet: the sheets of a workbook, if the user said.
        header: the rows of the header, if the user said.
        purpose: what the tables are for.

    Returns:
        One table per file.

    Raises:
        UsageError: there are too many files.
        DataError: a file is too large, of an unknown kind, or not a table.
        QuestionError: there are several sheets, and it is not clear which is meant.
    """
    if len(files) > limits.files:
        raise UsageError(Problem(f"at most {limits.files} files at once", value=str(len(files))))
    return [_table(file, limits, sheet, header, purpose) for file in files]


def _table(file: Upload, limits: ReadLimits, sheet: str, header: str, purpose: Purpose) -> RawTable:
    """The table of one file, if its ending is one that is read."""
    if not file.shown.lower().endswith(ENDINGS):
        raise DataError(
            Problem(f"is not a kind of file that is read here; expected one of {', '.join(ENDINGS)}", file.shown)
        )
    return table_of(file.content, file.shown, sheet, header, purpose, limits)


# --- which column is what


@dataclass(frozen=True)
class Role:
    """A role that a column can have.

    Attributes:
        name: its name after `--columns`.
        meaning: its meaning in words.
        header: the column with this role; empty where none was recognised.
        candidates: columns that could have it, where there are several.
        is_needed: whether the data cannot be read without it.
    """

    name: str
    meaning: str
    header: str
    candidates: tuple[str, ...]
    is_needed: bool


@dataclass(frozen=True)
class Preview:
    """A table before it is read.

    Attributes:
        file: its name.
        kind: `log`, `counts`, `sdtm` or `sites`.
        headers: its headers.
        rows: at most the first five rows, as written.
        n_rows: number of rows of the whole table.
        roles: roles that its columns can have; none for SDTM, whose names are fixed.
    """

    file: str
    kind: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_rows: int
    roles: tuple[Role, ...]

    @property
    def unknown(self) -> tuple[Role, ...]:
        """Roles that are needed, but for which no column was recognised."""
        return tuple(role for role in self.roles if role.is_needed and not role.header)


SITES = "sites"
KIND_NAMES: dict[str, str] = {
    LOG: "a log, a row a person",
    COUNTS: "counts, a row a day, week or month",
    SDTM: "SDTM",
    SITES: "a table of sites",
}
_NAMES: dict[str, Mapping[str, tuple[str, ...]]] = {LOG: LOG_NAMES, COUNTS: COUNT_NAMES, SITES: SITE_NAMES}
_NEEDED: dict[str, tuple[str, ...]] = {LOG: ("date",), COUNTS: ("date", "randomised"), SITES: ("site", "activated")}
_MEANINGS: dict[str, dict[str, str]] = {
    LOG: {
        "date": "date of randomisation",
        "site": "site",
        "participant": "participant",
        "arm": "arm",
        "screened": "date of screening or consent",
        "status": "status",
        "left": "date of leaving",
    },
    COUNTS: {
        "date": "the day, week or month",
        "site": "site",
        "screened": "number screened",
        "eligible": "number eligible",
        "randomised": "number randomised",
        "sites_activated": "sites activated",
    },
    SITES: {
        "site": "site",
        "activated": "date of activation",
        "closed": "date of closing",
        "planned": "planned date of activation",
        "closing": "planned date of closing",
        "group": "group of sites in the plan",
        "country": "country",
    },
}


def preview(tables: Sequence[RawTable], columns: Columns | None = None, kind: Kind | None = None) -> Preview:
    """Show data before they are read, with the role of each column.

    Args:
        tables: tables from `tables_of`.
        columns: header by role, as far as the user said; an empty header means no column.
        kind: what the data are, if the user said.

    Returns:
        The preview of the first table.

    Raises:
        DataError: a long table of counts has no period, or a count that is not a number.
    """
    said = kind or kind_of(tables)
    if said == SDTM:
        return _previewed(tables[0], SDTM, ())
    table = shaped(tables[0]).table if said == COUNTS else tables[0]
    return _previewed(table, said, _roles(table, said, columns))


def preview_sites(table: RawTable, columns: Columns | None = None) -> Preview:
    """Show a table of sites before it is read. Arguments as for `preview`.

    Args:
        table: the table as it was read.
        columns: header by role, as the user gave them; None if they gave none.
    """
    return _previewed(table, SITES, _roles(table, SITES, columns))


def _roles(table: RawTable, kind: str, columns: Columns | None) -> tuple[Role, ...]:
    """The roles of a kind of table with their columns.

    A column that the user named and that is not there does not count.
    """
    there = {role: header for role, header in (columns or {}).items() if not header or header in table.columns}
    meanings = dict(_MEANINGS[kind])
    if kind == LOG:
        log = log_columns(table, there)
        found, unclear = log.found, log.unclear
        meanings |= {name: LOG_MEANINGS[name] for name in (*found, *unclear) if name in LOG_NAMES}
    else:
        found, unclear = recognised(table, _NAMES[kind], there)
    return tuple(
        Role(name, meaning, found.get(name, ""), tuple(unclear.get(name, ())), name in _NEEDED[kind])
        for name, meaning in meanings.items()
    )


def _previewed(table: RawTable, kind: str, roles: tuple[Role, ...]) -> Preview:
    first = table.cells.head(_SHOWN_ROWS)
    rows = tuple(tuple(str(cell) for cell in row) for row in first.to_numpy(dtype=object).tolist())
    return Preview(table.file, kind, tuple(table.columns), rows, len(table.cells), roles)
