"""The account of a file: what each column was taken as, what became of its rows, and where the data end.

A user can check each of its lines against the file, so that nothing is decided in silence.

Attributes:
    BY_NAME: how a column was recognised: by its header.
    BY_CONTENT: by its cells.
    BY_OPTION: because the user said so.
    BY_STANDARD: because a standard (CDISC SDTM) names it.
    NOTHING_SAID: the account of data that are no file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sim.errors import in_short, with_short_quotes
from sim.plurals import counted

BY_NAME, BY_CONTENT, BY_OPTION, BY_STANDARD = "by name", "by content", "by --columns", "as SDTM says"


@dataclass(frozen=True)
class ColumnUse:
    """A column that was used.

    Attributes:
        role: what it was taken as, in words: `date of randomisation`.
        header: the column's name in the file.
        how: the reason: by name, by content, by `--columns`.
    """

    role: str
    header: str
    how: str = BY_NAME

    def __str__(self) -> str:
        return f"'{in_short(self.header)}' is the {self.role}"


@dataclass(frozen=True)
class Account:
    """What was made of the data; each of its lines can be checked against the file.

    Attributes:
        kind: what the data were taken as: `enrolment log`, `counts by month`, `SDTM (DM, DS)`.
        columns: the columns used, in order of importance.
        left_out: headers of the columns that were not used.
        n_rows: number of rows of the file.
        became: what the rows became, with counts: (`randomised`, 48), (`of them left`, 3).
        ignored: why rows were not used, with counts: (`no date`, 2).
        end: the last day of the data and how it was found, as one clause.
        gaps: long stretches in which nothing happened, one clause each; the data check warns of them.
        notes: other decisions, one clause each without a full stop.
    """

    kind: str = ""
    columns: tuple[ColumnUse, ...] = ()
    left_out: tuple[str, ...] = ()
    n_rows: int = 0
    became: tuple[tuple[str, int], ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    end: str = ""
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return the account in a few lines; none where there is nothing to say.

        Returns:
            Sentences: columns and how they were recognised, rows and what they became, the last day, then each note.
            Long texts that they quote are shortened.
        """
        found = [*self._columns(), *self._rows()]
        if self.end:
            found.append(f"The data end on {self.end}.")
        found += [f"{note[:1].upper()}{note[1:]}." for note in self.notes]
        return [with_short_quotes(line) for line in found]

    def document(self) -> dict[str, Any]:
        """Return the account as JSON values: the attributes by name, and counts as mappings."""
        return {
            "kind": self.kind,
            "columns": [{"role": use.role, "header": use.header, "how": use.how} for use in self.columns],
            "left_out": list(self.left_out),
            "rows": self.n_rows,
            "became": dict(self.became),
            "ignored": dict(self.ignored),
            "end": self.end,
            "gaps": list(self.gaps),
            "notes": list(self.notes),
        }

    def _columns(self) -> Iterable[str]:
        """Columns by how they were recognised; columns left out come last."""
        by_how: dict[str, list[str]] = {}
        for use in self.columns:
            by_how.setdefault(use.how, []).append(str(use))
        text = "; ".join(f"{', '.join(uses)} ({how})" for how, uses in by_how.items())
        if self.kind and text:
            text = f"Read as {self.kind}: {text}"
        if self.left_out:
            names = ", ".join(f"'{in_short(header)}'" for header in self.left_out)
            text += f"{'. ' if text else ''}Not used: {names}"
        return [f"{text}."] if text else []

    def _rows(self) -> Iterable[str]:
        """Rows by what they became, and those left out with the reason."""
        if not self.n_rows:
            return []
        became = ", ".join(f"{n:,} {what}" for what, n in self.became)
        ignored = ", ".join(f"{n:,} ({why})" for why, n in self.ignored)
        text = counted(self.n_rows, "row")
        text += f": {became}" if became else ""
        return [f"{text}{'; left out: ' if ignored else ''}{ignored}."]


NOTHING_SAID = Account()
