"""What the user said of how to read data: the answers to the questions of `sim.exchange.findings`.

The command line, the API and the studio all hand over this one value, so that a question is answered alike in each.

Attributes:
    STATUSES: meanings that a word of the status column can have.
    ON_STUDY: meaning of a status that says only that somebody takes part; dates decide whether they are randomised.
    IGNORED: meaning of a status of rows that are no participants, such as tests and duplicates.
    HOW_COUNTED: whether counts are of each period (`new`) or of everything so far (`running`).
    NOTHING: the user said nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sim.errors import Problem, UsageError, nearest
from sim.exchange.dates.cell import DateOrder
from sim.exchange.findings import AS_OF, COLUMNS, COUNTS, DATES, HEADER, SHEET, STATUS, STUDY
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.tables.columns import Columns, columns_from

ON_STUDY, IGNORED = "on study", "ignored"
STATUSES: tuple[str, ...] = (IN_SCREENING, FAILED, RANDOMISED, ON_STUDY, LEFT, COMPLETED, IGNORED)
_MEANING = re.compile(rf"(?P<word>[^=]*?\S.*?)\s*=\s*(?P<meaning>{'|'.join(STATUSES)})\s*(?:,|$)", re.IGNORECASE)
_ORDERS = ("dmy", "mdy", "ymd")
NEW, RUNNING = "new", "running"
HOW_COUNTED = (NEW, RUNNING)
_TEXTS = {STUDY: "study", SHEET: "sheet", HEADER: "header", COUNTS: "counts"}


@dataclass(frozen=True)
class Said:
    """How to read data, as far as the user said.

    Attributes:
        columns: header by role; an empty header means that there is no such column.
        order: how to read 03/04/2024.
        status: meaning of each word of the status column, one of `STATUSES`.
        study: the study meant, where the file has several.
        sheet: the sheets of a workbook meant: one, several with commas between, or `all`.
        header: the row of the header, as in `4`, or its rows, as in `4-5`.
        counts: whether each row counts its own period (`new`) or everything so far (`running`).
        as_of: the last day that counts.
    """

    columns: Columns = field(default_factory=dict)
    order: DateOrder | None = None
    status: Mapping[str, str] = field(default_factory=dict)
    study: str = ""
    sheet: str = ""
    header: str = ""
    counts: str = ""
    as_of: date | None = None

    def answered(self, option: str, answer: str) -> Said:
        """Add one answer.

        Args:
            option: the option, such as `--study`.
            answer: the text after it.

        Returns:
            A copy with the answer.

        Raises:
            UsageError: the text is not an answer to this option.
        """
        if option == COLUMNS:
            return replace(self, columns={**self.columns, **columns_from(answer)})
        if option == STATUS:
            return replace(self, status={**self.status, **status_from(answer)})
        if option in _TEXTS and (option != COUNTS or answer in HOW_COUNTED):
            text: dict[str, Any] = {_TEXTS[option]: answer}
            return replace(self, **text)
        if option == DATES and answer in _ORDERS:
            return replace(self, order=answer)  # type: ignore[arg-type]
        if option == AS_OF:
            return replace(self, as_of=date_from(answer))
        raise UsageError(Problem("is not an answer here", option, value=answer))


NOTHING = Said()


def date_from(text: str) -> date:
    """Read the text after `--as-of`, such as `2024-03-31`.

    Args:
        text: a date as YYYY-MM-DD, with or without spaces around it.

    Returns:
        The date.

    Raises:
        UsageError: it is not a date.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(Problem("must be a date, as YYYY-MM-DD", path=AS_OF, value=text[:20])) from None


def status_from(text: str | Mapping[str, str] | None) -> dict[str, str]:
    """Read the text after `--status`, such as `SF=screen failure,On hold=randomised`.

    Args:
        text: the text, or a mapping of word to meaning, or None.

    Returns:
        Meaning by word.

    Raises:
        UsageError: the text is not WORD=MEANING, or the meaning does not exist.
    """
    pairs = list(text.items()) if isinstance(text, Mapping) else _pairs(text or "")
    found = {str(word).strip(): str(meaning).strip().lower() for word, meaning in pairs}
    for meaning in found.values():
        if meaning not in STATUSES:
            hint = nearest(meaning, STATUSES)
            raise UsageError(Problem(f"a status is one of {', '.join(STATUSES)}; {hint}", path=STATUS, value=meaning))
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    """Words and meanings; a word may contain commas and equals signs, because a meaning does not."""
    found, rest = [], text
    while rest.strip(" ,"):
        known = _MEANING.match(rest)
        if known is None:
            example = 'write WORD=MEANING, as in "SF=screen failure"'
            word, equals, meaning = rest.partition(",")[0].rpartition("=")
            if not equals or not word.strip():
                raise UsageError(Problem(example, path=STATUS, value=rest.strip()))
            found.append((word, meaning))  # with an unknown meaning; the message names the nearest known one
            return found
        found.append((known["word"], known["meaning"]))
        rest = rest[known.end() :]
    return found
