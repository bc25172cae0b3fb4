"""Recognises the columns of a log by name, by content, or by what the user said.

What the user said comes first, then names, then content. Where several columns could have a role and differ, none is
taken: the caller asks. Nothing is read here beyond what recognising needs; `sim.exchange.logs.read` does that.

Attributes:
    DATED: roles whose days are events in a person's way through the trial.
    FALLBACKS: roles of days on which somebody was known to be there; used as the day of leaving where there is no
        other.
    SIDE: roles of days that are not events: those of `FALLBACKS`, the day of the data, and planned days.
    MEANINGS: roles in words, in the order in which an account lists them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.errors import Problem, nearest
from sim.exchange.account import BY_CONTENT, BY_NAME, BY_OPTION, ColumnUse
from sim.exchange.dates.cell import is_date
from sim.exchange.findings import DataError
from sim.exchange.logs import headers
from sim.exchange.logs.headers import role_of, says_date, words_of
from sim.exchange.logs.statuses import meaning_of, yes_or_no
from sim.exchange.studies import is_study_and_site, study_column
from sim.exchange.tables.columns import LOG_NAMES, Columns, namesakes, plain
from sim.exchange.tables.read import RawTable

if TYPE_CHECKING:
    import pandas as pd

DATED = (
    headers.DATE, headers.SCREENED, headers.FAILED_ON, headers.LEFT_ON, headers.ENDED_ON, headers.COMPLETED_ON,
    headers.DIED_ON,
)  # fmt: skip
FALLBACKS = (headers.STATUS_DATE, headers.SEEN, headers.TREATMENT_END)  # days that are not a way out by themselves
SIDE = (*FALLBACKS, headers.CUT, headers.PLANNED)
MEANINGS: dict[str, str] = {
    "date": "date of randomisation",
    "screened": "date of screening or consent",
    "status": "status",
    "left": "date of leaving",
    "failed": "date of screen failure",
    "ended": "end of study, left or completed",
    "completed": "date of completion",
    "died": "date of death",
    "reason": "reason for leaving",
    "failure_reason": "reason of screen failure",
    "participant": "participant",
    "rand_number": "randomisation number",
    "site": "site",
    "arm": "arm",
    "event": "event of the row",
    "event_date": "day of the event",
    "study": "study",
    "eligible": "whether eligible",
}
_FLAG_WORDS = {"eligible": "being eligible", "screened": "consent"}
_SIDE_MEANINGS = {
    headers.STATUS_DATE: "day of the status, no way out",
    headers.SEEN: "day when seen, no way out",
    headers.CUT: "day of the data",
    headers.TREATMENT_END: "end of treatment, no way out",
    headers.PLANNED: "planned day, not used",
}
_IDS = {
    frozenset(key.split())
    for key in (
        "subject", "subject id", "id", "record id", "screen number", "screen id", "subject screen number",
        "subject screen id", "subject number", "subject screen", "enrol number", "subject enrol number", "usubjid",
        "subjid", "subject id number", "consent number",
    )
}  # fmt: skip
_RAND_IDS = {frozenset(key.split()) for key in ("rand number", "rand id", "subject rand number", "subject rand id")}
_SITES = {
    frozenset(key.split())
    for key in ("site", "site number", "site name", "site id", "data access group", "site number name", "subject site",
                "site code", "access group", "enrol site", "study site", "study site number", "study site name")
}  # fmt: skip
_MOST_WORDS = 40  # maximum number of different statuses in a column
_SOME = 0.5
_ANY_DAY = frozenset(("date", "actual", "rfstdtc", "dsstdtc", "dsstdat"))  # words for a day of any event


@dataclass
class LogColumns:
    """Columns of a log by role.

    Attributes:
        found: header by role.
        how: how it was recognised, by role.
        flags: header of a yes/no column, by the role that it is about.
        side: headers of days that are not events themselves (last visits, planned days), by role.
        unclear: headers that could have a role, where there are several.
        dates: headers of columns with dates that have no role.
    """

    found: dict[str, str] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    side: dict[str, list[str]] = field(default_factory=dict)
    unclear: dict[str, list[str]] = field(default_factory=dict)
    dates: list[str] = field(default_factory=list)

    def take(self, role: str, header: str, how: str) -> None:
        """Assign a role to a column.

        Args:
            role: the role.
            header: the column.
            how: how it was recognised.
        """
        self.found[role] = header
        self.how[role] = how

    def uses(self) -> tuple[ColumnUse, ...]:
        """Return the columns used for the account, in the order of `MEANINGS`."""
        found = [ColumnUse(MEANINGS[role], self.found[role], self.how[role]) for role in MEANINGS if role in self.found]
        found += [
            ColumnUse(
                f"yes or no to {_FLAG_WORDS.get(role, MEANINGS[role].removeprefix('date of '))}", header, BY_CONTENT
            )
            for role, header in self.flags.items()
        ]
        found += [ColumnUse(_SIDE_MEANINGS[role], name) for role, names in self.side.items() for name in names]
        return tuple(found)

    def taken(self) -> set[str]:
        """Return the headers that have a role."""
        return {*self.found.values(), *self.flags.values(), *(name for names in self.side.values() for name in names)}


def log_columns(table: RawTable, given: Columns) -> LogColumns:
    """Recognise the columns of a log.

    Args:
        table: the log.
        given: header by role that the user said, which takes precedence; an empty header means no column.

    Returns:
        The columns by role.

    Raises:
        DataError: a header that the user named is missing.
    """
    columns = LogColumns()
    said = {role: header for role, header in given.items() if role in LOG_NAMES or role == "rand_number"}
    for role, header in said.items():
        if header and header not in table.columns:
            message = f"there is no column '{header}' for '{role}'; {nearest(header, table.columns)}"
            raise DataError(Problem(message, table.file, 1, "--columns"))
        if header:
            columns.take(role, header, BY_OPTION)
    free = [header for header in table.columns if header not in columns.found.values()]
    candidates: dict[str, list[str]] = {}
    for header in free:
        _sort(table, header, candidates, columns)
    for role, names in candidates.items():
        if role not in said and role not in ("participant", "rand_number"):
            _choose(table, role, names, columns)
    _take_ids(table, candidates, columns, said)
    _by_content(table, columns, said)
    used = {*columns.taken(), *(name for names in columns.unclear.values() for name in names)}
    columns.dates = [
        name
        for name in table.columns
        if name not in used and "birth" not in words_of(name) and _is(table.cells[name], _is_date) >= _SOME
    ]
    return columns


def _sort(table: RawTable, header: str, candidates: dict[str, list[str]], columns: LogColumns) -> None:
    """Assign a column to the role that its name and content indicate.

    Columns of dates whose cells are all yes or no become flags; days that are no events become side columns. Others are
    candidates for their role, among which `_choose` decides.
    """
    cells = table.cells[header]
    role = role_of(header) or _other_role(header)
    if not role:
        return
    if role in (*DATED, *FALLBACKS, headers.CUT, headers.PLANNED, headers.ELIGIBLE):
        if _is(cells, _is_flag) == 1.0 and not says_date(header):
            if role not in SIDE:
                columns.flags.setdefault(role, header)
        elif role in SIDE:
            if _is(cells, _is_date) >= _SOME:
                columns.side.setdefault(role, []).append(header)
        elif role != headers.ELIGIBLE and (_is(cells, _may_be_date) > 0 or says_date(header)) and (cells != "").any():
            candidates.setdefault(role, []).append(header)
        return
    if role == headers.STATUS and _is(cells, _is_date) >= _SOME:
        columns.side.setdefault(headers.STATUS_DATE, []).append(header)
    elif (cells != "").any():
        candidates.setdefault(role, []).append(header)


def _other_role(header: str) -> str:
    """Participant, site, arm or event by usual names."""
    name, words = plain(header), frozenset(words_of(header)) - {"of", "the", "redcap"}
    for role in ("arm", "event", "site"):
        if name in LOG_NAMES[role]:
            return role
    if words in _SITES:
        return "site"
    if words - {"study"} in _RAND_IDS:
        return "rand_number"
    if words - {"study"} in _IDS or name in LOG_NAMES["participant"]:
        return "participant"
    return "arm" if words in ({"arm"}, {"arm", "rand"}, {"arm", "treatment"}, {"treatment", "group"}) else ""


def _choose(table: RawTable, role: str, names: list[str], columns: LogColumns) -> None:
    """Choose among columns that could have a role: one with a plain name, or any if their cells say the same.

    Where neither decides, all of them are unclear, and the user is asked.
    """
    names = [name for name in names if not set(words_of(name)) <= _ANY_DAY] or names
    exact = [name for name in names if plain(name) in LOG_NAMES.get(role, ())]
    for fewer in (names, exact):
        if len(fewer) == 1 or (fewer and _same(table, fewer, role)):
            alike = namesakes(table, fewer[0])
            if len(alike) > 1:
                columns.unclear[role] = alike
            else:
                columns.take(role, fewer[0], BY_NAME)
            return
    columns.unclear[role] = exact or names


def _same(table: RawTable, names: list[str], role: str) -> bool:
    """Whether columns say the same: cell by cell, or one to one for sites and arms."""
    first = table.cells[names[0]]
    for name in names[1:]:
        other = table.cells[name]
        if role in ("site", "arm"):
            pairs = len(set(zip(first, other, strict=True)))
            if pairs != first.nunique() or pairs != other.nunique():
                return False
        elif not (first == other).all():
            return False
    return True


def _take_ids(table: RawTable, candidates: dict[str, list[str]], columns: LogColumns, said: Columns) -> None:
    """The column that tells people apart (the one with most numbers), then the randomisation number."""
    ids, rand = candidates.get("participant", []), candidates.get("rand_number", [])
    if "participant" not in said:
        pool = ids or rand
        exact = [name for name in pool if plain(name) in LOG_NAMES["participant"]]
        ranked = sorted(pool, key=lambda name: (-table.cells[name].nunique(), name not in exact, pool.index(name)))
        if ranked:
            columns.take("participant", ranked[0], BY_NAME)
    if rand and columns.found.get("participant") not in rand:
        columns.take("rand_number", rand[0], BY_NAME)


def _by_content(table: RawTable, columns: LogColumns, said: Columns) -> None:
    """Recognise by content what names do not tell: a status column, a site beside its study."""
    taken = columns.taken() | {name for names in columns.unclear.values() for name in names}
    free = [name for name in table.columns if name not in taken]
    if not {"status", "event"} & {*columns.found, *said, *columns.unclear}:
        found = [name for name in free if _is_status(table.cells[name])]
        if len(found) == 1:
            columns.take("status", found[0], BY_CONTENT)
        elif found:
            columns.unclear["status"] = found
    study = study_column(table)
    if study:
        columns.take("study", study, BY_NAME)
        if is_study_and_site(table, study) and not {"site"} & {*columns.found, *said, *columns.unclear}:
            columns.take("site", study, BY_CONTENT)


def _is_status(cells: pd.Series[str]) -> bool:
    """Whether every cell is a known status, and some say more than that a person exists."""
    words = _words(cells)
    if not 0 < len(words) <= _MOST_WORDS or all(yes_or_no(word) is not None for word in words):
        return False
    meanings = {meaning_of(word) for word in words}
    return "" not in meanings and (len(words) > 1 or len(next(iter(words))) > 1) and len(meanings) > 1


def _words(cells: pd.Series[str]) -> set[str]:
    return {str(cell) for cell in cells.unique() if cell != ""}


def _is(cells: pd.Series[str], test: object) -> float:
    """Share of the distinct cells that pass a test; 0 where all are empty.

    At most 500 of them are looked at, from the first 20,000 rows.
    """
    words = list(_words(cells))[:500] if len(cells) < 20_000 else list(_words(cells.head(20_000)))[:500]
    return sum(bool(test(word)) for word in words) / len(words) if words else 0.0  # type: ignore[operator]


def _is_flag(word: str) -> bool:
    return yes_or_no(word) is not None


def _may_be_date(word: str) -> bool:
    return is_date(word, is_sure=False)


def _is_date(word: str) -> bool:
    return is_date(word)


def left_out(table: RawTable, taken: Iterable[str]) -> tuple[str, ...]:
    """Return the headers of columns without a role.

    Args:
        table: the log.
        taken: headers that have one.

    Returns:
        The others, in the order of the file.
    """
    used = set(taken)
    return tuple(name for name in table.columns if name not in used)


def is_a_row_a_person(table: RawTable) -> bool:
    """Return whether a column names a person in each row, where counts would have a period.

    It does if more than half of its cells are filled and more than half of these differ. A column called just `id` may
    number anything, and is no evidence.
    """
    names = [name for name in table.columns if _other_role(name) == "participant" and plain(name) != "id"]
    return any(_is_of_people(table.cells[name]) for name in names)


def _is_of_people(cells: pd.Series[str]) -> bool:
    known = cells[cells != ""]
    return len(known) > _SOME * len(cells) and known.nunique() > _SOME * len(known)
