"""What one cell says of a date: year, month and day as far as it has them, without a look at the cells beside it.

Whether day or month comes first, and whether the day exists, is decided from the whole column in
`sim.exchange.dates.read`.

Attributes:
    DateOrder: how slashed numbers are read: day, month or year first.
"""

from __future__ import annotations

from datetime import date, timedelta
from re import Match
from typing import Literal, NamedTuple

import numpy as np

from sim.exchange.dates import forms as date_forms
from sim.exchange.dates.forms import SERIAL, SLASHED, month_number, whole_year, with_hyphens, without_weekday
from sim.exchange.tables.missing import IN_DATES

DateOrder = Literal["dmy", "mdy", "ymd"]

_LONGEST = 60  # maximum length of a date
_EXCEL_DAY_0 = date(1899, 12, 30)


class CellDate(NamedTuple):
    """What one cell says.

    Attributes:
        form: name of the way of writing, as in `sim.exchange.dates.forms`.
        year: the year, with its century; 0 where not given.
        month: 1 to 12, or what stands in its place; 0 where not given.
        day: day of the month; 0 where not given.
        pair: the two numbers that are day and month in an unknown order; None where the order is known.
    """

    form: str
    year: int = 0
    month: int = 0
    day: int = 0
    pair: tuple[int, int] | None = None


def is_date(text: str, is_sure: bool = True) -> bool:
    """Return whether a text is a date, or a month.

    Args:
        text: a cell.
        is_sure: whether to exclude Excel's numbers of days, and years alone, which may also be something else.
    """
    said = said_by(text)
    return said is not None and not (is_sure and (said.form == SERIAL or not (said.month or said.pair)))


def is_nothing(text: str) -> bool:
    """Return whether a cell says that there is no date, such as `pending` or `UN-UNK-UNK`.

    Args:
        text: a cell without blanks at its ends.
    """
    return text.casefold() in IN_DATES or date_forms.NOTHING_KNOWN.fullmatch(text) is not None


def parts_of(text: str) -> tuple[int, int, int] | None:
    """Return year, month and day of a date, even an impossible one; 0 where not given, None where it is no date.

    Args:
        text: a cell.
    """
    said = said_by(text)
    return (said.year, said.month, said.day) if said else None


def said_by(text: str) -> CellDate | None:
    """Interpret a cell; None where it is not a date.

    Args:
        text: the cell; of more than 60 letters it is no date.
    """
    text = with_hyphens(without_weekday(text)) if len(text) <= _LONGEST else ""
    for form in date_forms.WHOLE:
        found = form.pattern.fullmatch(text)
        if found:
            said = _whole(form.name, found)
            if said:
                return said
    for form in (*date_forms.MONTHS, *date_forms.YEARS):
        found = form.pattern.fullmatch(text)
        if found:
            parts = found.groupdict()
            month = month_number(parts["m"]) if parts.get("m") else 0
            if "m" not in parts or month:
                return CellDate(form.name, whole_year(found["y"]), month)
    return None


def _whole(form: str, found: Match[str]) -> CellDate | None:
    """What a text of a whole date says; None where its month is no name of one."""
    parts = found.groupdict()
    if form == SERIAL:
        day = _EXCEL_DAY_0 + timedelta(days=int(parts["s"]))
        return CellDate(form, day.year, day.month, day.day)
    year = whole_year(parts["y"])
    if form == SLASHED:
        first, second = int(parts["a"]), int(parts["b"])
        if first == 0 or second == 0:  # an unknown day, or day and month
            return CellDate(form, year, first or second)
        return CellDate(form, year, pair=(first, second))
    month = month_number(parts["m"])
    if not month and not parts["m"].isdigit():
        return None
    return CellDate(form, year, month, int(parts["d"]) if month else 0)


def looks_like_date(text: str) -> bool:
    """Whether a cell is written like a whole date, though its month may be no name of one.

    Args:
        text: a cell that is not a date.
    """
    found = (form.pattern.fullmatch(text) for form in date_forms.WHOLE)
    return any(match for match in found)


def ordered(said: CellDate, order: DateOrder | None) -> CellDate:
    """Year, month and day of slashed numbers; what has no pair stays as it is.

    Args:
        said: what the cell says.
        order: which number comes first; None is read as day first.
    """
    if said.pair is None:
        return said
    first, second = said.pair
    if order == "mdy":
        return CellDate(said.form, said.year, first, second)
    if order == "ymd":
        return CellDate(said.form, whole_year(f"{first:02}"), second, said.year % 100)
    return CellDate(said.form, said.year, second, first)


def days_of(said: CellDate) -> tuple[np.datetime64, np.datetime64]:
    """The first and the last day that a date can be.

    Args:
        said: a date that exists, at least its year.

    Returns:
        Days, both included; the same day twice for a whole date.
    """
    if said.day:
        day = np.datetime64(date(said.year, said.month, said.day), "D")
        return day, day
    unit: Literal["M", "Y"] = "M" if said.month else "Y"
    start = np.datetime64(f"{said.year:04}-{said.month:02}" if said.month else f"{said.year:04}", unit)
    after = (start + np.timedelta64(1, unit)).astype("datetime64[D]")
    return start.astype("datetime64[D]"), after - np.timedelta64(1, "D")
