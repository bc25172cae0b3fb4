"""Reads an enrolment log: one row per randomisation, per person screened, or per event.

This is where the steps of the package `logs` are put in order: recognise the columns, move words out of date columns,
bring the log to one row per person, read the days, decide what became of each person, find the last day of the data,
and account for all of it. Each step is a module of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem, in_short
from sim.exchange.account import BY_CONTENT, BY_NAME, Account
from sim.exchange.dates.ends import check_slips, end_of_data, warn_gaps, without_placeholders
from sim.exchange.dates.read import Days, parse_dates
from sim.exchange.findings import COLUMNS, DataCheck, DataError, Question, QuestionError
from sim.exchange.logs import headers
from sim.exchange.logs.columns import DATED, FALLBACKS, MEANINGS, LogColumns, left_out, log_columns
from sim.exchange.logs.day_checks import ask_exchanged, check_days
from sim.exchange.logs.days import log_days, order_of
from sim.exchange.logs.event_rows import a_row_a_person, event_rows
from sim.exchange.logs.evidence import NO_DAY, Evidence
from sim.exchange.logs.fates import Fates, fates_of
from sim.exchange.logs.one_a_person import one_row_a_person
from sim.exchange.logs.other_tables import (
    ask_about_numbers,
    refuse_other_shapes,
    refuse_table_of_sites,
    refuse_without_header,
)
from sim.exchange.logs.statuses import meaning_of, yes_or_no
from sim.exchange.logs.words_for_dates import words_as_status
from sim.exchange.observed import (
    FAILED,
    IN_SCREENING,
    MIDDLE_OF_DAY,
    NO_SITE,
    ObservedTrial,
    People,
    SiteRecord,
    became,
    nobody,
)
from sim.exchange.said import IGNORED, Said
from sim.exchange.tables.raw import RawTable

_LOG = "an enrolment log"
_BEGINNINGS = (headers.DATE, headers.SCREENED, headers.FAILED_ON)
_SHOWN = 12  # columns in a message


def read_log(table: RawTable, said: Said) -> ObservedTrial:
    """Read an enrolment log.

    Args:
        table: the log; its index has the rows of the file.
        said: what the user said of how to read it.

    Returns:
        The trial. Times are days since the earliest day in the log, at the middle of the day. A screen failure on an
        unknown day ends on the day of screening; people who left on an unknown day are taken as leaving on the last
        day.

    Raises:
        DataError: there is no date column, a date cannot be read, a day is impossible (randomised before screened, left
            before randomised), two columns contradict each other, or no row has a day.
        QuestionError: it can be read in more than one way.
    """
    whole = table
    refuse_without_header(table)
    columns = log_columns(table, said.columns)
    check = DataCheck(table.file)
    table, moved = words_as_status(table, columns, check)
    dated = [columns.found[role] for role in DATED if role in columns.found]
    dated += [name for names in columns.side.values() for name in names]
    table, notes = without_placeholders(table, list(dict.fromkeys(dated)))
    said = replace(said, order=order_of(table, dated, said.order))
    uses = columns
    table, columns, done = _people_of(table, columns, said, check)
    notes += [*moved, *done]
    dated_roles = {role: columns.found[role] for role in DATED if role in columns.found}
    days, read_as = log_days(table, dated_roles, said.order)
    notes += read_as
    ask_exchanged(days, columns, table.cells.index.to_numpy(), table.file)
    side = _side_days(table, columns, said)
    begun = {role: values for role, values in days.items() if role in _BEGINNINGS}
    check_slips(begun, columns.found, said.as_of, check, table.cells.index.to_numpy())
    fates = fates_of(_evidence(table, columns, days, side), said.status, check)
    check_days(check, fates, days, table, columns)
    check.stop_on_errors()
    end = end_of_data(_happened(fates, days, columns, table.file), _sides_by_header(side, columns), table.file)
    gaps = warn_gaps(check, fates.randomised, table.cells.index.to_numpy())
    account = Account(
        _LOG, uses.uses(), left_out(whole, uses.taken()), len(whole.cells), gaps=tuple(gaps),
        end=end[1], notes=(*notes, *fates.notes, *_not_used(uses)),
    )  # fmt: skip
    return replace(_log(table, columns, fates, end[0], check, account), questions=end[2])


def _not_used(columns: LogColumns) -> list[str]:
    """Columns of dates that are not used, but may matter."""
    if not columns.dates:
        return []
    names = ", ".join(f"'{in_short(name)}'" for name in columns.dates[:4])
    more = f" and {len(columns.dates) - 4} more" if len(columns.dates) > 4 else ""
    return [f"not used, with dates in it: {names}{more}; if one says who left, say --columns left=NAME"]


def _people_of(
    table: RawTable, columns: LogColumns, said: Said, check: DataCheck
) -> tuple[RawTable, LogColumns, list[str]]:
    """Bring the log to one row per person, whatever a row of the file stands for.

    Returns:
        The table, its columns (new ones, where rows were events), and what was done, as clauses.
    """
    found = event_rows(table, columns)
    if found is not None and "event" not in said.columns:
        event, when = found
        days = _days(table, when, said)
        columns.take("event", event, columns.how.get("event", BY_CONTENT))
        columns.take("event_date", when, BY_NAME)
        for role in [role for role, name in columns.found.items() if name in found and not role.startswith("event")]:
            del columns.found[role]
        columns.side = {role: [name for name in names if name != when] for role, names in columns.side.items()}
        columns.dates = [name for name in columns.dates if name not in found]
        return a_row_a_person(table, columns, event, days, check)
    _ask_columns(table, columns, said)
    table, done = one_row_a_person(table, columns, check)
    return table, columns, done


def _ask_columns(table: RawTable, columns: LogColumns, said: Said) -> None:
    """Ask where several columns fit the same role, or none is the date of randomisation.

    Raises:
        QuestionError: there is such a doubt.
        DataError: no column has dates.
    """
    asked = []
    for role, names in columns.unclear.items():
        message = f"{len(names)} columns could be '{role}': {', '.join(names)}"
        is_entry = role == headers.DATE and "screened" not in columns.found
        choices = _randomised_or_entered(table, names) if is_entry else ()
        choices = choices or tuple((f"{role}={name}", f"the {MEANINGS.get(role, role)}") for name in names)
        asked.append(Question(message, COLUMNS, choices, file=table.file))
    if asked:
        raise QuestionError(asked)
    if headers.DATE not in columns.found:
        _ask_date(table, columns)
    if headers.DATE in columns.found and not {"participant", "date"} & {*said.columns}:
        ask_about_numbers(table, columns)
    _ask_consent(table, columns, said)


def _randomised_or_entered(table: RawTable, names: list[str]) -> tuple[tuple[str, str], ...]:
    """What two dates can be, one of randomisation and the other of enrolment; empty where they are not so."""
    of_rand = [name for name in names if "rand" in headers.words_of(name)]
    others = [name for name in names if name not in of_rand]
    if len(of_rand) != 1 or len(others) != 1:
        return ()
    rand, entered = of_rand[0], others[0]
    not_used = (f"date={rand}", f"'{rand}' is the day of randomisation, and '{entered}' is not used")
    return (
        (
            f"date={rand},screened={entered}",
            f"'{rand}' is the day of randomisation, '{entered}' that of entering screening",
        ),
        *([not_used] if (table.cells[rand] != "").all() else []),
        (f"date={entered}", f"'{entered}' is the day of randomisation"),
    )


def _ask_date(table: RawTable, columns: LogColumns) -> None:
    """Ask which column is the date of randomisation.

    Raises:
        QuestionError: a column could be it; where those screened have a date and a status, that date is offered too.
        DataError: no column has dates.
    """
    refuse_table_of_sites(table)
    refuse_other_shapes(table)
    shown = ", ".join(in_short(name) for name in table.columns[:_SHOWN])
    shown += f" and {len(table.columns) - _SHOWN} more" if len(table.columns) > _SHOWN else ""
    message = f"no column is the date of randomisation (found: {shown})"
    dates = [*columns.dates, *(columns.found[role] for role in DATED if role in columns.found)]
    if not dates:
        raise DataError(Problem(f"{message}; say which, as in --columns date=NAME", table.file, 1))
    if "status" in columns.found and "screened" in columns.found:
        header = columns.found["screened"]
        both: tuple[tuple[str, str], ...] = (
            (f"date={header}", f"for want of another, those randomised are dated by '{in_short(header)}'"),
        )
    else:
        both = ()
    planned = [name for name in columns.side.get(headers.PLANNED, ()) if "rand" in headers.words_of(name)]
    dates += planned
    choices = (*((f"date={name}", f"it is '{in_short(name)}'") for name in (*columns.dates, *planned)), *both)
    if not choices:
        n = {name: int((table.cells[name] != "").sum()) for name in dates}
        choices = tuple(
            (f"date={name}", f"all {n[name]:,} with a day in '{in_short(name)}' were randomised on it")
            for name in dates
        )
    otherwise = "" if columns.dates or planned else "add a column with the days of randomisation"
    raise QuestionError(Question(message, COLUMNS, choices, file=table.file, otherwise=otherwise))


def _ask_consent(table: RawTable, columns: LogColumns, said: Said) -> None:
    """Ask whether a date of 'enrolment' is the date of consent, where people who failed screening have one too.

    Raises:
        QuestionError: everybody who failed screening, or everybody in screening, has that date, and the header does not
            name randomisation.
    """
    header, status = columns.found[headers.DATE], columns.found.get("status")
    if status is None or "screened" in columns.found or "date" in said.columns or "rand" in headers.words_of(header):
        return
    by_word = {" ".join(word.split()).casefold(): meaning for word, meaning in said.status.items()}
    has_date = table.cells[header] != ""
    meaning = table.cells[status].map(lambda word: by_word.get(" ".join(word.split()).casefold(), meaning_of(word)))
    n = {which: int((has_date & (meaning == which)).sum()) for which in (FAILED, IN_SCREENING)}
    all_of_them = [(has_date | (meaning != which)).all() for which in n]
    if not sum(n.values()) or not all(all_of_them):
        return
    told = " and ".join(f"{count:,} {text}" for text, count in
                        (("who failed screening", n[FAILED]), ("in screening", n[IN_SCREENING])) if count)  # fmt: skip
    message = f"'{header}' is filled in for {told}: is it the day of consent, or of randomisation"
    choices = (
        (f"date={header},screened={header}", "of consent; those randomised are dated by it, for want of another"),
        (f"date={header}", "of randomisation"),
    )
    raise QuestionError(Question(message, COLUMNS, choices, file=table.file))


def _days(table: RawTable, header: str, said: Said) -> Days:
    return parse_dates(table.cells[header], table.file, header, said.order).days


def _side_days(table: RawTable, columns: LogColumns, said: Said) -> dict[str, Days]:
    """Last visits, days of the status and of the data cut; a column that cannot be read is ignored."""
    found: dict[str, Days] = {}
    for role in (*FALLBACKS, headers.CUT):
        for name in columns.side.get(role, ()):
            try:
                days = _days(table, name, said)
            except DataError:
                continue
            found[role] = np.fmax(found[role], days) if role in found else days
    return found


def _sides_by_header(side: dict[str, Days], columns: LogColumns) -> dict[str, Days]:
    return {columns.side[role][0]: days for role, days in side.items()}


def _evidence(table: RawTable, columns: LogColumns, days: dict[str, Days], side: dict[str, Days]) -> Evidence:
    """What the columns of a log say, as arrays in the order of its rows."""

    def texts(role: str) -> npt.NDArray[Any] | None:
        return table.cells[columns.found[role]].to_numpy(dtype=object) if role in columns.found else None

    flags = {
        role: np.array([yes_or_no(word) for word in table.cells[header]], dtype=object)
        for role, header in columns.flags.items()
    }
    return Evidence(
        days, side, texts("status"), columns.found.get("status", ""), texts("reason"), texts("failure_reason"), flags,
        texts("rand_number"), table.cells.index.to_numpy(), columns.found,
        consent_only=columns.found.get(headers.DATE) == columns.found.get(headers.SCREENED),
    )  # fmt: skip


def _happened(fates: Fates, days: dict[str, Days], columns: LogColumns, file: str) -> dict[str, Days]:
    """Days of events, by the header of their column; a day that is used for nothing, or by a row left out, is NaT.

    Raises:
        DataError: no day is left.
    """
    counted = {}
    for role, values in days.items():
        used = (values == fates.randomised) | (values == fates.screened) | (values == fates.ended)
        counted[columns.found[role]] = np.where((fates.status != IGNORED) & used, values, NO_DAY)
    if all(np.isnat(values).all() for values in counted.values()):
        message = "no row has a day on which somebody was screened or randomised"
        raise DataError(Problem(message, file, path=columns.found[headers.DATE]))
    return counted


def indexed_sites(names: npt.NDArray[Any], when: npt.NDArray[Any]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Number the sites in the order of their first appearance.

    Args:
        names: (n,) name of the site of each entry; may be empty.
        when: (n,) time of each entry.

    Returns:
        The names of sites, and (n,) the index of each entry; `NO_SITE` without a name.
    """
    order = np.lexsort((names.astype(str), when))
    codes, found = pd.factorize(pd.Series(names[order]).replace("", None))
    index = np.full(len(names), NO_SITE, dtype=np.int64)
    index[order] = codes
    return [str(name) for name in found], index


def since(days: Days, first: np.datetime64) -> npt.NDArray[np.float64]:
    """Convert dates to days since the first, at the middle of the day; NaN where there is no date.

    Args:
        days: (n,) dates.
        first: the date that is day 0.

    Returns:
        (n,) days; negative before the first.
    """
    return np.where(np.isnat(days), np.nan, (days - first).astype(np.float64) + MIDDLE_OF_DAY)


def as_date(day: np.datetime64) -> date:
    """Convert a numpy date to Python's."""
    found: date = day.astype("datetime64[D]").item()
    return found


def _log(
    table: RawTable, columns: LogColumns, fates: Fates, last: np.datetime64, check: DataCheck, account: Account
) -> ObservedTrial:
    """The trial from its fates: people in order of their first day and number, days counted from the earliest one."""
    kept = np.flatnonzero(fates.status != IGNORED)
    failed = (fates.status == FAILED) & fates.unknown_end
    ended = np.where(failed, fates.screened, np.where(fates.unknown_end, last, fates.ended))
    everything = np.concatenate((fates.randomised, fates.screened, ended))[np.tile(fates.status != IGNORED, 3)]
    first = everything[~np.isnat(everything)].min()
    made = nobody(len(fates.status))
    made["randomised"], made["screened"] = since(fates.randomised, first), since(fates.screened, first)
    made["ended"], made["status"], made["way_out"] = since(ended, first), fates.status, fates.way_out
    for role, name in (("participant", "ids"), ("arm", "arm")):
        if role in columns.found:
            made[name] = table.cells[columns.found[role]].to_numpy(dtype=object)
    made["arm"] = np.where(np.isnan(made["randomised"]), "", made["arm"]).astype(object)
    began = np.fmin(made["screened"], made["randomised"])
    names: list[str] = []
    if "site" in columns.found:
        sites = table.cells[columns.found["site"]].to_numpy(dtype=object)
        names, index = indexed_sites(sites[kept], began[kept])
        made["site"][kept] = index
    order = kept[np.lexsort((made["ids"][kept].astype(str), began[kept]))]
    people = People(**made).taken(order)
    return ObservedTrial(
        name=table.file.rsplit("/", 1)[-1].rsplit(".", 1)[0],
        source=table.file,
        first=as_date(first),
        last=as_date(last),
        people=people,
        sites=tuple(SiteRecord(name) for name in names),
        has_sites=bool(names),
        has_screening="screened" in columns.found,
        findings=tuple(check.findings),
        account=replace(account, became=became(people), ignored=tuple(fates.ignored.items())),
    )
