"""Turns a log with one row per event (participant, event, date) into one row per person or per screening.

Systems for randomisation and supply export transactions: a person has a row for screening, another for randomisation,
another for leaving. The result has the same form as any other log, so that all later steps are the same for both.
"""

from __future__ import annotations

import re
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
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT
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
_OF_A_VISIT = re.compile(r"baseline|visit|day|v?\d+")  # beside an event's name these only say which visit it was
_EVENT_NAMES = frozenset(
    ("event", "milestone", "transaction", "activity", "visit", "form", "procedure", "type", "action")
)
_ENDS = {FAILED: headers.FAILED_ON, LEFT: headers.LEFT_ON, COMPLETED: headers.COMPLETED_ON}
_EVENT_ROLES = (headers.SCREENED, headers.DATE, headers.FAILED_ON, headers.LEFT_ON, headers.COMPLETED_ON)
_WAY_OUT, _SEEN, _ROW = "way out", "day of the last other event", "_row"


def event_rows(table: RawTable, columns: LogColumns) -> tuple[str, str] | None:
    """Recognise a log with one row per event.

    It is one if participants occur more than once, exactly one column has the day of whatever happened and no other
    role is dated, and exactly one column has events, randomisation among them.

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
    """Whether a column has the day of whatever its row is about, such as `Event date`."""
    words = set(words_of(header)) - {"of", "the", "subject", "study", "start"}
    is_dated = header in (*columns.dates, *columns.found.values()) or any(
        header in columns.side.get(role, ()) for role in SIDE
    )
    return is_dated and "date" in words and words - {"date", "status"} <= _EVENT_NAMES


def _is_event_name(header: str, columns: LogColumns) -> bool:
    """Whether a column says what its row is about, such as `Visit`.

    A column taken for the status may turn out to be one.
    """
    words = set(words_of(header)) - {"of", "the", "subject", "study", "name", "label"}
    return header in (columns.found.get("event"), columns.found.get("status")) or (
        bool(words) and words <= _EVENT_NAMES
    )


def _event_role(word: str, enrolled: bool = False) -> str:
    """The role of an event's day; empty for a visit or another event.

    Args:
        word: the event as written.
        enrolled: whether 'enrolled' stands for randomised, because no event of the log says randomised.
    """
    phrase = normal(word)
    core = " ".join(part for part in phrase.split() if not _OF_A_VISIT.fullmatch(part))
    if _RANDOMISED & {phrase, core} or (enrolled and _ENROLLED & {phrase, core}):
        return headers.DATE
    if _SCREENED & {phrase, core}:
        return headers.SCREENED
    return _ENDS.get(meaning_of(word), "")


@dataclass
class _Attempt:
    """One screening of a person, and its result.

    Attributes:
        row: its first row in the file.
        days: the day of each role.
        reason: the event by which they left or failed, as written.
        status: their status in the last of its rows that has one.
        seen: day of the last visit or other event that has no role.
    """

    row: int
    days: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    status: str = ""
    seen: str = ""


def a_row_a_person(
    table: RawTable, columns: LogColumns, event: str, days: Days, check: DataCheck
) -> tuple[RawTable, LogColumns, list[str]]:
    """Turn events into one row per person, or per screening where somebody was screened again after failing.

    The first day of screening and of randomisation counts, and the last of any way out. Site and arm are those of the
    person's first row.

    Args:
        table: the events.
        columns: its columns.
        event: header of the event.
        days: (n,) day of each event; an event without a day (NaT) counts for the status only.
        check: collects errors, such as two different days of randomisation of one person.

    Returns:
        The table with a column for each role that has a day, indexed by the first row of each person in the file; its
        columns; and what was done, as clauses.
    """
    cells = table.cells
    words = cells[event].tolist()
    enrolled = not any(_event_role(word) == headers.DATE for word in set(words))
    role_of_word = {word: _event_role(word, enrolled) for word in set(words)}
    participant = columns.found["participant"]
    same = [columns.found[role] for role in ("site", "arm") if role in columns.found]
    keys = cells[participant]
    status = _status_of_people(table, columns, event)
    statuses = cells[status].tolist() if status else [""] * len(cells)
    attempts = _attempts(cells, [role_of_word[word] for word in words], words, statuses, keys.tolist(), days, check)
    first = cells.drop_duplicates(participant).set_index(participant)
    made = []
    for name, mine in attempts.items():
        made += [
            {
                participant: name,
                **{h: first.at[name, h] for h in same},
                **item.days,
                _WAY_OUT: item.reason,
                _SEEN: item.seen,
                **({status: item.status} if status else {}),
                _ROW: item.row,
            }
            for item in mine
        ]
    order = [participant, *same, *_EVENT_ROLES, _WAY_OUT, _SEEN, *([status] if status else []), _ROW]
    frame = pd.DataFrame(made, columns=order, dtype=object)
    frame = frame.where(frame.notna(), "").astype({_ROW: int})
    frame = frame.sort_values(_ROW).set_index(_ROW)
    frame.index.name = None
    frame = frame.rename(columns=_DAY_OF)
    unused = sorted({word for word in set(words) if word and not role_of_word[word]})
    found = LogColumns(side={headers.SEEN: [_SEEN]} if (frame[_SEEN] != "").any() else {})
    for role in ("participant", "site", "arm", "study"):
        if role in columns.found:
            found.take(role, columns.found[role], columns.how[role])
    for role in _EVENT_ROLES:
        if role == headers.DATE or (frame[_DAY_OF[role]] != "").any():  # it may be that nobody is randomised yet
            found.take(role, _DAY_OF[role], BY_NAME)
    found.take(headers.REASON, _WAY_OUT, BY_NAME)
    if status:
        found.take(headers.STATUS, status, columns.how[headers.STATUS])
    notes = [f"a row is an event: {_told(role_of_word)}"]
    if unused:
        shown = ", ".join(f"'{word}'" for word in unused[:6]) + (
            f" and {len(unused) - 6} more" if len(unused) > 6 else ""
        )
        notes.append(f"events that say nothing here: {shown}")
    return RawTable(table.file, frame, table.domain), found, notes


def _attempts(
    cells: pd.DataFrame,
    roles: list[str],
    words: list[str],
    statuses: list[str],
    keys: list[str],
    days: Days,
    check: DataCheck,
) -> dict[str, list[_Attempt]]:
    """The screenings of each person, from their events in the order of days; a row each of everything."""
    found: dict[str, list[_Attempt]] = {}
    rows = cells.index.tolist()
    for i in np.lexsort((np.arange(len(rows)), days)).tolist():
        role, day = roles[i], days[i]
        mine = found.get(keys[i], [])
        if role and not np.isnat(day):
            mine = found.setdefault(keys[i], mine)
            if not mine or (headers.FAILED_ON in mine[-1].days and role in (headers.SCREENED, headers.DATE)):
                mine.append(_Attempt(rows[i]))
            _note(mine[-1], role, str(day), words[i], rows[i], check)
        if mine:
            mine[-1].status = statuses[i] or mine[-1].status
        if mine and not role and not np.isnat(day):
            mine[-1].seen = str(day)
    return found


def _status_of_people(table: RawTable, columns: LogColumns, event: str) -> str:
    """The header of the status of people; empty where it is the status of visits, such as 'completed' or 'missed'."""
    header = columns.found.get(headers.STATUS, "")
    if not header or header == event:
        return ""
    return header if {FAILED, IN_SCREENING} & {meaning_of(word) for word in table.cells[header].unique()} else ""


def _note(attempt: _Attempt, role: str, day: str, word: str, row: int, check: DataCheck) -> None:
    """Add an event to a screening; two different days of randomisation are an error."""
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
