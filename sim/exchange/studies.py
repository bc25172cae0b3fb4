"""Files with several studies: the user is asked which one is meant.

Exports of a site or a sponsor often hold several. Taken together they would make one trial that never was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.errors import Problem, UsageError, in_short, nearest
from sim.exchange.findings import STUDY, Question, QuestionError
from sim.exchange.tables.columns import plain
from sim.exchange.tables.read import RawTable

if TYPE_CHECKING:
    import pandas as pd

_NAMES = (
    "study", "studyid", "study_id", "study_code", "study_name", "study_number", "study_no", "study_oid",
    "trial", "trial_id", "trialid", "trial_code", "trial_name", "trial_number", "trial_no",
    "protocol", "protocol_id", "protocolid", "protocol_number", "protocol_no", "protocol_code", "protocol_name",
    "project", "project_id", "project_name", "project_code", "protid", "studyno", "protocolno",
)  # fmt: skip
_BEFORE_SITE = " - "  # as OpenClinica writes a site under its study: ABC-1 - Site A


def study_column(table: RawTable) -> str:
    """Return the header of the column that tells studies apart.

    Args:
        table: the table.

    Returns:
        The first column with a name for studies and more than one of them, else the first with such a name; empty where
        there is none.
    """
    headers = [header for header in table.columns if plain(header) in _NAMES]
    several = [header for header in headers if len(_studies(table.cells[header])) > 1]
    return (several or headers or [""])[0]


def is_study_and_site(table: RawTable, header: str) -> bool:
    """Return whether a column names the study and, after a dash, the site, as in `ABC-1 - Site A`.

    Args:
        table: the table as it was read.
        header: one of its columns.
    """
    cells = table.cells[header][table.cells[header] != ""]
    return bool(len(cells)) and bool(cells.str.contains(_BEFORE_SITE, regex=False).any())


def _studies(cells: pd.Series[str]) -> dict[str, str]:
    """Studies in their first spelling, by their name in lower case without a site."""
    found: dict[str, str] = {}
    for cell in cells[cells != ""].drop_duplicates():
        name = str(cell).partition(_BEFORE_SITE)[0].strip()
        found.setdefault(name.casefold(), name)
    return found


def of_one_study(table: RawTable, study: str) -> RawTable:
    """Select the rows of one study.

    Args:
        table: a table with one or several studies.
        study: the study that the user named; empty if none.

    Returns:
        The rows; the whole table where there is no column of studies.

    Raises:
        QuestionError: there are several studies, and the user named none.
        UsageError: the study that the user named is not there.
    """
    header = study_column(table)
    if not header:
        if study:
            shown = ", ".join(in_short(name) for name in table.columns[:12])
            raise UsageError(Problem(f"no column of {table.file} names a study (found: {shown})", STUDY, value=study))
        return table
    cells = table.cells[header]
    studies = _studies(cells)
    if study and study.casefold() not in studies:
        hint = nearest(study, studies.values())
        raise UsageError(Problem(f"there is no such study in {table.file}; {hint}", STUDY, value=study))
    if not study and len(studies) < 2:
        return table
    mine = cells.map(lambda cell: str(cell).partition(_BEFORE_SITE)[0].strip().casefold())
    if not study:
        counts = mine[mine != ""].value_counts()
        choices = tuple((name, f"{in_short(name)}: {counts[key]:,} rows") for key, name in sorted(studies.items()))
        shown = ", ".join(label.replace(": ", " (") + ")" for _, label in choices[:8])
        more = f" and {len(choices) - 8} more" if len(choices) > 8 else ""
        message = f"{len(choices)} studies are in one file: {shown}{more}"
        raise QuestionError(Question(message, STUDY, choices, file=table.file, path=header))
    kept = table.cells[(mine == study.casefold()).to_numpy()]
    note = f"only rows of study '{study}' are used: {len(kept):,} of {len(table.cells):,}"
    return replace(table, cells=kept, notes=(*table.notes, note))
