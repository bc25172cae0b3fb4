"""Turns a log with one row per event (participant, event, date) into one row per person or per screening."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sim.exchange.account import BY_NAME
from sim.exchange.dates.read import Days
from sim.exchange.findings import DataCheck
from sim.exchange.logs import headers
from sim.exchange.logs.columns import DATED, SIDE, LogColumns
from sim.exchange.logs.headers import words_of
from sim.exchange.logs.statuses import meaning_of, normal
from sim.exchange.observed import COMPLETED, FAILED, LEFT
from sim.exchange.tables.read import RawTable

_RANDOMISED = frozenset(
    ("randomised", "randomisation", "rand", "rnd", "randomise", "randomisation visit", "allocation", "allocated",
     "randomised to treatment", "day of randomisation", "randomisation day", "subject randomised", "randomize")
)  # fmt: skip
_ENROLLED = frozenset(
    map(normal, ("enrolled", "enrolment", "enrol", "inclusion", "included", "recruited", "registration"))
)
_SCREENED = frozenset(
    ("screening", "screened", "consent", "consented", "informed consent", "informed consent signed", "icf signed",
     "informed consent obtained", "consent signed", "screening visit", "pre screening", "prescreening", "screening 1",
     "consent obtained", "subject screened", "screen", "screening visit 1", "start of screening")
)  # fmt: skip
_EVENT_NAMES = frozenset(
    ("event", "milestone", "transaction", "activity", "visit", "form", "procedure", "type", "action")
)
_ENDS = {FAILED: headers.FAILED_ON, LEFT: headers.LEFT_ON, COMPLETED: headers.COMPLETED_ON}
_EVENT_ROLES = (headers.SCREENED, headers.DATE, headers.FAILED_ON, headers.LEFT_ON, headers.COMPLETED_ON)
_WAY_OUT, _ROW = "way out", "_row"


def event_rows(table: RawTable, columns: LogColumns) -> tuple[str, str] | None:
    """Recognise a log with one row per event.

    Args:
        table: the log.
        columns: its columns.

    Returns:
        Headers of the event and of its date; None where rows are not events.
    """
    participant = columns.found.get("participant")
    if participant is None or not table.cells[participant].duplicated().any():
        return None
    dates = [name for name in table.columns if _is_event_date(name, columns)]
    dated = [role for role in DATED if role in columns.found and columns.found[role] not in dates]
    if len(dates) != 1 or dated:
        return None
    names = [name for name in table.columns if name not in dates and _is_event_name(name, columns)]
    fitting = [name for name in names if any(_event_role(word) == headers.DATE for word in table.cells[name].unique())]
    return (fitting[0], dates[0]) if len(fitting) == 1 else None


def _is_event_date(header: str, columns: LogColumns) -> bool:
    words = set(words_of(header)) - {"of", "the", "subject", "study", "start"}
    is_dated = header in (*columns.dates, *columns.found.values()) or any(
        header in columns.side.get(role, ()) for role in SIDE
    )
    return is_dated and "date" in words and words - {"date", "status"} <= _EVENT_NAMES


def _is_event_name(header: str, columns: LogColumns) -> bool:
    words = set(words_of(header)) - {"of", "the", "subject", "study", "name", "label"}
    return header in (columns.found.get("event"), columns.found.get("status")) or (
        bool(words) and words <= _EVENT_NAMES
    )


def _event_role(word: str, enrolled: bool = False) -> str:
    """The role of an event's day; empty for a visit or another event."""
    phrase = normal(word)
    if phrase in _RANDOMISED or (enrolled and phrase in _ENROLLED):
        return headers.DATE
    if phrase in _SCREENED:
        return headers.SCREENED
    return _ENDS.get(meaning_of(word), "")


@dataclass
class _Attempt:
    """One screening of a person, and its result.

    Attributes:
        row: its first row in the file.
        days: the day of each role.
        reason: the event by which they left or failed, as written.
    """

    row: int
    days: dict[str, str] = field(default_factory=dict)
    reason: str = ""


def a_row_a_person(
    table: RawTable, columns: LogColumns, event: str, days: Days, check: DataCheck
) -> tuple[RawTable, LogColumns, list[str]]:
    """Turn events into one row per person.

    Args:
        table: the events.
        columns: its columns.
        event: header of the event.
        days: (n,) day of each event.
        check: collects errors, such as two different days of randomisation of one person.

    Returns:
        The table, its columns, and what was done, as clauses.
    """
    cells = table.cells
    words = cells[event].tolist()
    enrolled = not any(_event_role(word) == headers.DATE for word in set(words))
    role_of_word = {word: _event_role(word, enrolled) for word in set(words)}
    participant = columns.found["participant"]
    same = [columns.found[role] for role in ("site", "arm") if role in columns.found]
    keys = cells[participant]
    attempts: dict[str, list[_Attempt]] = {}
    rows = cells.index.tolist()
    for i in np.lexsort((np.arange(len(rows)), days)).tolist():
        role, day = role_of_word[words[i]], days[i]
        if not role or np.isnat(day):
            continue
        mine = attempts.setdefault(keys.iloc[i], [])
        if not mine or (headers.FAILED_ON in mine[-1].days and role in (headers.SCREENED, headers.DATE)):
            mine.append(_Attempt(rows[i]))
        _note(mine[-1], role, str(day), words[i], rows[i], check)
    first = cells.drop_duplicates(participant).set_index(participant)
    made = []
    for name, mine in attempts.items():
        made += [
            {
                participant: name,
                **{h: first.at[name, h] for h in same},
                **item.days,
                _WAY_OUT: item.reason,
                _ROW: item.row,
            }
            for item in mine
        ]
    order = [participant, *same, *_EVENT_ROLES, _WAY_OUT, _ROW]
    frame = pd.DataFrame(made, columns=order, dtype=object).fillna("").astype({_ROW: int})
    frame = frame.sort_values(_ROW).set_index(_ROW)
    frame.index.name = None
    frame = frame.rename(columns=_DAY_OF)
    unused = sorted({word for word in set(words) if word and not role_of_word[word]})
    found = LogColumns(side={})
    for role in ("participant", "site", "arm", "study"):
        if role in columns.found:
            found.take(role, columns.found[role], columns.how[role])
    for role in _EVENT_ROLES:
        if (frame[_DAY_OF[role]] != "").any():
            found.take(role, _DAY_OF[role], BY_NAME)
    found.take(headers.REASON, _WAY_OUT, BY_NAME)
    notes = [f"a row is an event: {_told(role_of_word)}"]
    if unused:
        shown = ", ".join(f"'{word}'" for word in unused[:6]) + (
            f" and {len(unused) - 6} more" if len(unused) > 6 else ""
        )
        notes.append(f"events that say nothing here: {shown}")
    return RawTable(table.file, frame, table.domain), found, notes


def _note(attempt: _Attempt, role: str, day: str, word: str, row: int, check: DataCheck) -> None:
    before = attempt.days.get(role)
    if role == headers.DATE and before not in (None, day):
        check.error_rows("the same participant twice, randomised on two days", (attempt.row, row))
    if role in (headers.SCREENED, headers.DATE) and before is not None:
        return
    attempt.days[role] = day
    if role not in (headers.SCREENED, headers.DATE, headers.COMPLETED_ON):
        attempt.reason = word


def _told(role_of_word: dict[str, str]) -> str:
    """Words by role, for the account."""
    found = []
    for role in _EVENT_ROLES:
        words = sorted(word for word, its in role_of_word.items() if its == role)
        if words:
            found.append(f"{', '.join(repr(word) for word in words[:4])} is the {_DAY_OF[role]}")
    return "; ".join(found)


_DAY_OF = {
    headers.SCREENED: "day of screening",
    headers.DATE: "day of randomisation",
    headers.FAILED_ON: "day of screen failure",
    headers.LEFT_ON: "day of leaving",
    headers.COMPLETED_ON: "day of completion",
}
