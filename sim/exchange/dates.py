"""Dates as people write them. What can be read in two ways is asked about, not guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.findings import DATES, AmbiguousDatesError, DataError, Question, in_rows

DateOrder = Literal["dmy", "mdy", "ymd"]
Days = npt.NDArray[np.datetime64]
Whole = npt.NDArray[np.integer[Any]]

ORDERS = (("dmy", "day first: 3 April is 03/04"), ("mdy", "month first: 3 April is 04/03"))
_TIME = r"(?:[T ]\d{1,2}:\d{2}.*)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class _Form:
    """One way of writing a date.

    Attributes:
        name: as messages show it.
        pattern: regular expression with the groups y, m, d; m may be a month's name, d may be missing.
        orders: the orders that slashed numbers a, b may have.
    """

    name: str
    pattern: str
    orders: tuple[DateOrder, ...] = ()


_FORMS = (
    _Form("2024-01-31", rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}"),
    _Form("20240131", r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})"),
    _Form("31.01.2024", rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}}|\d{{2}}){_TIME}"),
    _Form(
        "31/01/2024 or 01/31/2024",
        rf"(?P<a>\d{{1,2}})[/-](?P<b>\d{{1,2}})[/-](?P<y>\d{{4}}|\d{{2}}){_TIME}",
        ("dmy", "mdy"),
    ),
    _Form("31 Jan 2024", rf"(?P<d>\d{{1,2}})[ -]?(?P<m>[A-Za-z]{{3,9}})\.?,?[ -]?(?P<y>\d{{4}}|\d{{2}}){_TIME}"),
    _Form("Jan 31, 2024", rf"(?P<m>[A-Za-z]{{3,9}})\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}){_TIME}"),
    _Form("2024-01", r"(?P<y>\d{4})[-/](?P<m>\d{1,2})"),
    _Form("Jan 2024", r"(?P<m>[A-Za-z]{3,9})\.?[ -](?P<y>\d{4})"),
)
MONTH_FORMS = frozenset({"2024-01", "Jan 2024"})
_WEEK = r"(?P<y>\d{4})-?W(?P<w>\d{1,2})"
_YEAR = r"(?:19|20)\d{2}"
_CENTURY_TURNS = 70  # 69 is 2069, 70 is 1970


@dataclass(frozen=True, eq=False)
class Dates:
    """A column of dates.

    Attributes:
        days: numpy dates; NaT where the cell is empty, or says less than a day and `allow_partial` was given.
        form: how they are written; `2024-W05` for weeks, those of `MONTH_FORMS` for months.
        partial_rows: rows with a date that says less than a day.
    """

    days: Days
    form: str
    partial_rows: tuple[int, ...] = ()


def parse_dates(
    cells: pd.Series[str],
    file: str,
    column: str,
    order: DateOrder | None = None,
    allow_partial: bool = False,
) -> Dates:
    """Dates of a column.

    Args:
        cells: text, with rows of the file as index.
        file: for messages.
        column: for messages.
        order: how to read 03/04/2024; None where nobody has said.
        allow_partial: whether `2024-03` among whole dates is taken as missing (as in SDTM), not as an error.

    Raises:
        AmbiguousDatesError: all of them could be read in two ways and `order` is None.
        DataError: something is not a date, is a day that does not exist, or there are two forms in one column.
    """
    days = np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[D]")
    todo = (cells != "").to_numpy(copy=True)
    rows = cells.index.to_numpy()
    only_years = cells.str.fullmatch(_YEAR).to_numpy(dtype=bool) & allow_partial
    todo &= ~only_years
    used: list[tuple[_Form, Whole]] = []
    for form in _FORMS:
        if not todo.any():
            break
        found = cells[todo].str.extract(f"^{form.pattern}$")
        fits = found["y"].notna().to_numpy()
        if not fits.any():
            continue
        place = np.flatnonzero(todo)[fits]
        days[place] = _days(found[fits], rows[place], form, order, file, column)
        todo[place] = False
        used.append((form, place))
    if todo.any() and not used:
        weeks = cells.str.extract(f"^{_WEEK}$")
        if weeks["y"].notna().to_numpy()[todo].all():
            return Dates(_weeks(weeks, cells, file, column), "2024-W05")
    if todo.any():
        place = np.flatnonzero(todo)
        wrong = cells.iloc[place[0]]
        raise DataError(Problem(f"not a date{in_rows(rows[place].tolist())}", file, path=column, value=f"'{wrong}'"))
    partial = [place for form, place in used if form.name in MONTH_FORMS]
    if allow_partial:
        nowhere = np.concatenate([np.flatnonzero(only_years), *partial])
        days[nowhere] = np.datetime64("NaT")
        used = [item for item in used if item[0].name not in MONTH_FORMS]
        return Dates(days, used[0][0].name if used else "", tuple(sorted(rows[nowhere].tolist())))
    if len(used) > 1:
        shown = " and ".join(f"{cells.iloc[place[0]]}{in_rows(rows[place].tolist()[:3])}" for _, place in used[:2])
        raise DataError(Problem(f"dates in two forms: {shown}; write all in one", file, path=column))
    return Dates(days, used[0][0].name if used else "")


def _days(found: pd.DataFrame, rows: Whole, form: _Form, order: DateOrder | None, file: str, column: str) -> Days:
    year = found["y"].astype(int).to_numpy()
    year = np.where(year < 100, year + np.where(year < _CENTURY_TURNS, 2000, 1900), year)
    if form.orders:
        first, second = found["a"].astype(int).to_numpy(), found["b"].astype(int).to_numpy()
        day_first = _is_day_first(first, second, rows, order, file, column, found)
        day, month = (first, second) if day_first else (second, first)
    else:
        month = _month(found["m"], rows, file, column)
        day = found["d"].astype(int).to_numpy() if "d" in found else np.ones(len(found), dtype=int)
    return _checked(year, month, day, rows, file, column)


def _month(text: pd.Series[str], rows: Whole, file: str, column: str) -> Whole:
    if text.str.isdigit().all():
        return text.astype(int).to_numpy()
    names = text.str[:3].str.lower()
    unknown = ~names.isin(_MONTHS).to_numpy()
    if unknown.any():
        message = f"not the name of a month{in_rows(rows[unknown].tolist())}"
        raise DataError(Problem(message, file, path=column, value=f"'{text[unknown].iloc[0]}'"))
    return names.map({name: i + 1 for i, name in enumerate(_MONTHS)}).to_numpy(dtype=np.int64)


def _is_day_first(
    first: Whole,
    second: Whole,
    rows: Whole,
    order: DateOrder | None,
    file: str,
    column: str,
    found: pd.DataFrame,
) -> bool:
    """Whether 03/04 is 3 April: as someone said, else as days above 12 show."""
    if order is not None:
        return order == "dmy"
    above_first, above_second = first > 12, second > 12
    if above_first.any() and above_second.any():
        pair = (rows[above_first][0], rows[above_second][0])
        message = f"dates in two orders: day first in row {pair[0]}, month first in row {pair[1]}; write all in one"
        raise DataError(Problem(message, file, path=column))
    if not above_first.any() and not above_second.any():
        example = f"{found['a'].iloc[0]}/{found['b'].iloc[0]}"
        message = f"dates can be read day first or month first ({example})"
        raise AmbiguousDatesError(Question(message, DATES, ORDERS, file=file, path=column))
    return bool(above_first.any())


def _checked(
    year: Whole,
    month: Whole,
    day: Whole,
    rows: Whole,
    file: str,
    column: str,
) -> Days:
    """Days of the calendar.

    Raises:
        DataError: one of them is not there, such as 31 February.
    """
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1900) & (year <= 2200)
    safe = np.where(valid, month, 1)
    start = ((year - 1970) * 12 + safe - 1).astype("datetime64[M]")
    days = start.astype("datetime64[D]") + np.where(valid, day - 1, 0)
    valid &= days.astype("datetime64[M]") == start
    if not valid.all():
        i = int(np.flatnonzero(~valid)[0])
        value = f"day {day[i]} of month {month[i]} of {year[i]}"
        message = f"there is no such day{in_rows(rows[~valid].tolist())}"
        raise DataError(Problem(message, file, path=column, value=value))
    return days.astype("datetime64[D]")


def _weeks(found: pd.DataFrame, cells: pd.Series[str], file: str, column: str) -> Days:
    """Mondays of ISO weeks."""
    text = found["y"] + "-W" + found["w"].str.zfill(2) + "-1"
    monday = pd.to_datetime(text, format="%G-W%V-%u", errors="coerce")
    wrong = (monday.isna() & (cells != "")).to_numpy()
    if wrong.any():
        rows = cells.index.to_numpy()[wrong].tolist()
        raise DataError(Problem(f"there is no such week{in_rows(rows)}", file, path=column))
    return monday.to_numpy().astype("datetime64[D]")
