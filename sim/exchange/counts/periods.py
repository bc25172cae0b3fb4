"""Reads the periods of counts (days, weeks, months, quarters, years) as trackers write them.

Dates of single days do not say whether they begin or end a period, or how long it is; that is decided here from the
whole column. Units (DAY to YEAR) are the words by which an account names them.

Attributes:
    DAY, WEEK, MONTH, QUARTER, YEAR: the lengths of period that are read.
    YEAR_HEADERS: headers, in plain form, of a column with the year of each period.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.dates.cell import DateOrder
from sim.exchange.dates.forms import (
    PERIOD_MONTHS,
    QUARTERS,
    WEEKS,
    YEAR_AND_WEEK,
    YEARS,
    Form,
    is_month_name,
    month_number,
    whole_year,
    with_hyphens,
)
from sim.exchange.dates.read import Days, parse_dates
from sim.exchange.findings import DataError, in_rows
from sim.exchange.tables.columns import COUNT_NAMES, is_usual, plain
from sim.exchange.tables.raw import RawTable

DAY, WEEK, MONTH, QUARTER, YEAR = "day", "week", "month", "quarter", "year"
NO_CALENDAR = date(2001, 1, 1)  # day 0 of data whose months are counted from the start
_MOST_MONTHS = 600
_MONTHS_OF = {MONTH: np.timedelta64(1, "M"), QUARTER: np.timedelta64(3, "M"), YEAR: np.timedelta64(12, "M")}
_ONE_DAY = np.timedelta64(1, "D")
_ONE_MONTH = np.timedelta64(1, "M")
_STEPS = (1, 7, 14, 28)  # days between regular periods
_HALF = 0.5
_MONTH_STEPS = range(28, 32)
_ENDING = {"ending", "end", "ended", "ends", "to", "until", "thru", "through", "w/e", "we", "close"}
_UNTIL = re.compile(r"\s*(?:\s-\s|\N{EN DASH}|\N{EM DASH}|\bto\b|\buntil\b|\bbis\b|\.\.+)\s*", re.IGNORECASE)
YEAR_HEADERS = ("year", "yr", "calendar_year", "jahr", "annee", "ano", "anno")
_PARTS = {
    "month": (
        "month",
        "mon",
        "mth",
        "month_no",
        "month_number",
        "calendar_month",
        "month_name",
        "monat",
        "mois",
        "mes",
    ),
    "quarter": ("quarter", "qtr", "q", "quartal", "trimestre"),
    "week": ("week", "wk", "week_no", "week_number", "iso_week", "isoweek", "calendar_week", "kw", "cw"),
}
_FISCAL = re.compile(r"\b(?:FY|GJ|fiscal|financial year|geschaeftsjahr|gesch.ftsjahr|exercice)(?=\b|\d)", re.IGNORECASE)
_WEEK_NUMBERS = frozenset(str(number) for number in range(1, 54))
_BARE: dict[str, Callable[[str], bool]] = {
    "month": is_month_name,
    "quarter": lambda text: re.fullmatch(r"(?:Q|quarter ?)[1-4]|[1-4]\.? ?Q", text, re.IGNORECASE) is not None,
    "week": lambda text: re.fullmatch(r"(?:W|CW|KW|wk|week)\.? ?\d{1,2}", text, re.IGNORECASE) is not None,
}


@dataclass(frozen=True, eq=False)
class Periods:
    """The period of each row, (n,) each.

    Attributes:
        start: its first day; NaT where the row has none.
        end: the day after its last.
        unit: day, week, month, quarter or year.
        has_calendar: whether they are calendar periods, rather than months counted from a start; these begin at a day
            that stands for no date.
        notes: how they were read, one clause each.
        is_dates: whether they are written as single days that do not say whether they begin or end a period.
    """

    start: Days
    end: Days
    unit: str
    has_calendar: bool = True
    notes: tuple[str, ...] = ()
    is_dates: bool = False

    @property
    def days(self) -> npt.NDArray[np.int64]:
        """Length of each period in days."""
        return (self.end - self.start).astype(np.int64)


def with_calendar(table: RawTable) -> tuple[RawTable, str]:
    """Join a column of years with a column of months (quarters, weeks) into one.

    Args:
        table: the table.

    Returns:
        The table, and the header of the new column; the same table and an empty text where there is nothing to join.

    Raises:
        DataError: most cells beside the year are months (quarters, weeks), and some are not.
    """
    by_name = {plain(header): header for header in table.columns}
    year = next((by_name[name] for name in YEAR_HEADERS if name in by_name), "")
    if not year or not table.cells[year].str.fullmatch(r"(?:19|20)?\d{2}|").all():
        return table, ""
    for kind, names in _PARTS.items():
        header = next((by_name[name] for name in names if name in by_name), "")
        if header:
            _check_parts(table, header, kind)
        if header and _is_part(table.cells[header], kind):
            joined = _joined(table.cells[year], table.cells[header], kind)
            cells = table.cells.drop(columns=[year, header])
            name = f"{year} and {header}"
            name = name if is_usual(name, COUNT_NAMES["date"]) else f"Year and {kind}"
            cells.insert(0, name, joined)
            return replace(table, cells=cells), name
    return table, ""


def _check_parts(table: RawTable, header: str, kind: str) -> None:
    """Check that a column beside a year, most of whose cells are months (quarters, weeks), has nothing else.

    Raises:
        DataError: it has.
    """
    cells = table.cells[header]
    is_wrong = np.array([not _is_part(pd.Series([text]), kind) for text in cells])
    if is_wrong.any() and is_wrong.mean() < _HALF:
        rows, value = cells.index[is_wrong].tolist(), f"'{cells[is_wrong].iloc[0]}'"
        raise DataError(Problem(f"not a {kind} of a year{in_rows(rows)}", table.file, path=header, value=value))


def _is_part(cells: pd.Series[str], kind: str) -> bool:
    """Whether cells are months, quarters or weeks without a year."""
    bare = cells.str.replace(r"^(?:M|Q|W|KW|CW|wk|week|quarter|month)\.? ?(?=\d)", "", regex=True, flags=re.IGNORECASE)
    if kind == "month" and cells.map(lambda text: text == "" or (text.isalpha() and month_number(text) > 0)).all():
        return True
    most = {"month": 12, "quarter": 4, "week": 53}[kind]
    return all(text == "" or (text.isdigit() and 1 <= int(text) <= most) for text in bare)


def _joined(years: pd.Series[str], parts: pd.Series[str], kind: str) -> pd.Series[str]:
    """Year and part as `periods_of` reads them; a year that stands once above its rows applies to all of them."""
    full = years.where(years != "").ffill().fillna("").map(lambda text: str(whole_year(text)) if text else "")
    numbers = parts.map(lambda text: str(month_number(text)) if text.isalpha() else re.sub(r"\D", "", text))
    sign = {"month": "-", "quarter": "-Q", "week": "-W"}[kind]
    joined = full + sign + (numbers.str.zfill(2) if kind != "quarter" else numbers)
    return joined.where((numbers != "") & (full != ""), "")


def periods_of(table: RawTable, column: str, order: DateOrder | None) -> Periods:
    """Read the periods of the rows of a table.

    Args:
        table: the table.
        column: header of the column of periods.
        order: how to read 03/04/2024; None if the user has not said.

    Returns:
        The periods.

    Raises:
        DataError: a cell is not a period, or the periods are of several kinds.
        AmbiguousDatesError: dates could be read in two ways.
    """
    cells = table.cells[column]
    filled = cells[cells != ""]
    if plain(column) in ("month", "months", "study_month", "month_no") and filled.str.fullmatch(r"\d{1,3}").all():
        return _counted_months(table, column, cells)
    _check_has_years(table, column, cells)
    found = _by_forms(table, column, cells)
    if found is not None:
        return found
    until = _ranges(table, column, cells, order)
    if until is not None:
        return until
    dates = parse_dates(cells, table.file, column, order or _order_of_months(column, filled))
    if dates.partial_rows:
        rows = list(dates.partial_rows)
        raise DataError(
            Problem(f"some rows say a month, others a day{in_rows(rows)}; write all in one", table.file, path=column)
        )
    return replace(_of_dates(dates.days, column), notes=dates.notes)


def _check_has_years(table: RawTable, column: str, cells: pd.Series[str]) -> None:
    """Check that periods have years, and that the years are calendar years.

    Raises:
        DataError: they are not.
    """
    filled = cells[cells != ""]
    fiscal = filled[filled.str.contains(_FISCAL)]
    if len(fiscal) or _FISCAL.search(column.replace("_", " ")):
        value = f"'{(fiscal if len(fiscal) else filled).iloc[0]}'" if len(filled) else None
        message = "periods of a fiscal year, and the file does not say when it begins; write the first day of each"
        raise DataError(Problem(f"{message}, as 2023-10-01", table.file, path=column, value=value))
    is_week = not {"week", "wk", "kw", "cw"}.isdisjoint(plain(column).split("_"))
    for kind, like in _BARE.items():
        bare = filled[[like(text) or (is_week and kind == "week" and text in _WEEK_NUMBERS) for text in filled]]
        if len(bare) and len(bare) >= _HALF * len(filled):
            example = f"2024-W{bare.iloc[0]:0>2}" if bare.iloc[0].isdigit() else f"{bare.iloc[0]} 2024"
            message = f"{kind}s without a year; add a column Year, or write the year into each, as {example}"
            raise DataError(Problem(message, table.file, path=column))


def _order_of_months(column: str, filled: pd.Series[str]) -> DateOrder | None:
    """How to read 1/4/2024 in a column of months: in only one order are all of them first days."""
    if "month" not in plain(column).split("_"):
        return None
    parts = filled.str.extract(r"^0?(\d{1,2})[/-]0?(\d{1,2})[/-](?:\d{2}|\d{4})$")
    firsts, seconds = (set(parts[place]) for place in (0, 1))
    if seconds == {"1"} and firsts != {"1"}:
        return "mdy"
    return "dmy" if firsts == {"1"} and seconds != {"1"} else None


def _counted_months(table: RawTable, column: str, cells: pd.Series[str]) -> Periods:
    """Months counted from the start of the trial.

    Raises:
        DataError: they are not from 0 to 600, or go back, and thus are calendar months without a year.
    """
    rows = cells.index.to_numpy()
    if (cells == "").any():
        raise DataError(Problem(f"no month{in_rows(rows[(cells == '').to_numpy()].tolist())}", table.file, path=column))
    months = cells.astype(int).to_numpy()
    if months.min() < 0 or months.max() > _MOST_MONTHS:
        raise DataError(Problem("months since the start must be 0 to 600", table.file, path=column))
    back = np.flatnonzero((months[1:] == 1) & (months[:-1] == 12))
    if months.max() <= 12 and len(back) and months.min() >= 1:
        message = f"months of a calendar without a year{in_rows([int(rows[back[0] + 1])])}; add a column Year"
        raise DataError(Problem(message, table.file, path=column))
    before = months - int(months.min() > 0)
    first = np.datetime64(NO_CALENDAR, "M") + before.astype("timedelta64[M]")
    return replace(_of_months(first, MONTH), has_calendar=False)


def _of_months(first: npt.NDArray[Any], unit: str) -> Periods:
    months = first.astype("datetime64[M]")
    end = (months + _MONTHS_OF[unit]).astype("datetime64[D]")
    return Periods(months.astype("datetime64[D]"), end, unit)


def _by_forms(table: RawTable, column: str, cells: pd.Series[str]) -> Periods | None:
    """Months, quarters, weeks or years, where all cells have the same one of these forms."""
    texts = cells[cells != ""].unique().tolist()
    weeks: Sequence[Form] = (
        (*WEEKS, YEAR_AND_WEEK) if {"week", "wk", "kw", "cw"} & set(plain(column).split("_")) else WEEKS
    )
    for unit, forms in ((WEEK, weeks), (QUARTER, QUARTERS), (MONTH, PERIOD_MONTHS), (YEAR, YEARS[:1])):
        starts = {text: _start(text, unit, forms) for text in texts}
        if texts and all(starts.values()):
            _check_short_years(table, column, cells, texts)
            if unit == YEAR and len(texts) < 2:
                return None
            days: Days = np.array([starts.get(text) for text in cells], dtype="datetime64[D]")
            return Periods(days, days + 7 * _ONE_DAY, WEEK) if unit == WEEK else _of_months(days, unit)
    return None


def _start(text: str, unit: str, forms: Sequence[Form]) -> date | None:
    """The first day of a period; None where a text is not a period."""
    for form in forms:
        found = form.pattern.fullmatch(with_hyphens(text))
        if found is None:
            continue
        parts = found.groupdict()
        year = whole_year(parts["y"])
        try:
            if unit == WEEK:
                return date.fromisocalendar(year, int(parts["w"]), 1)
            if unit == QUARTER:
                return date(year, 3 * int(parts["q"]) - 2, 1)
            return date(year, month_number(parts["m"]) if unit == MONTH else 1, 1)
        except ValueError:
            continue
    return None


def _check_short_years(table: RawTable, column: str, cells: pd.Series[str], texts: list[str]) -> None:
    """Check that 01/02 is not read as January 2002 where it may be a day without a year.

    Raises:
        DataError: all years have two digits and could be months.
    """
    short = [re.fullmatch(r"(\d{1,2})[/-](\d{2})", text) for text in texts]
    if any(short) and all(found is None or int(found[2]) <= 31 for found in short):
        later = [int(found[2]) for found in short if found]
        if min(later) <= 12 and max(later) - min(later) > 2:
            row = int(cells.index[(cells == texts[0]).to_numpy()][0])
            message = f"a month and a year, or a day without one{in_rows([row])}; write the year with four figures"
            raise DataError(Problem(message, table.file, path=column, value=f"'{texts[0]}'"))


def _ranges(table: RawTable, column: str, cells: pd.Series[str], order: DateOrder | None) -> Periods | None:
    """Periods written with both ends: `2024-01-01 to 2024-01-07`."""
    parts = cells.map(lambda text: tuple(part.strip() for part in _UNTIL.split(text)) if text else ("", ""))
    if not parts.map(lambda pair: len(pair) == 2 and (all(pair) or not any(pair))).all() or (cells == "").all():
        return None
    both = pd.concat([parts.map(lambda pair: pair[0]), parts.map(lambda pair: pair[1])])
    days = parse_dates(both, table.file, column, order).days
    start, last = days[: len(cells)], days[len(cells) :]
    wrong = cells.index.to_numpy()[last < start]
    if len(wrong):
        raise DataError(
            Problem(f"a period that ends before it begins{in_rows(wrong.tolist())}", table.file, path=column)
        )
    end = last + _ONE_DAY
    longest = int(np.nanmax((end - start)[~np.isnat(start)].astype(np.int64)))
    unit = MONTH if longest >= min(_MONTH_STEPS) else (WEEK if longest > 1 else DAY)
    return Periods(start, end, unit)


def _of_dates(days: Days, column: str) -> Periods:
    """Periods written as one day each: the first, or the last where the header says so.

    First or last days of different months stand for these months, and equal days of successive months for periods from
    one to the next. Otherwise the most frequent step decides: 7, 14 or 28 days if all steps are multiples of it, else
    one day.
    """
    known = np.unique(days[~np.isnat(days)])
    ends = not _ENDING.isdisjoint(plain(column).split("_"))
    months = known.astype("datetime64[M]")
    apart = len(np.unique(months)) == len(known)
    says_month = "month" in plain(column).split("_")
    first_days = (known == months.astype("datetime64[D]")).all()
    last_days = ((months + _ONE_MONTH).astype("datetime64[D]") - _ONE_DAY == known).all()
    steps = np.diff(known).astype(int)
    by_month = len(known) > 2 or says_month
    if len(known) and apart and by_month and (first_days or last_days):
        note = () if first_days else ("dates at the ends of months stand for these months",)
        return replace(_of_months(days, MONTH), notes=note)
    if (
        len(steps) >= 2
        and set(steps.tolist()) <= set(_MONTH_STEPS)
        and len(np.unique(known - months.astype("datetime64[D]"))) == 1
    ):
        return _monthly(days, ends)
    values, times = np.unique(steps, return_counts=True) if len(steps) else (np.array([1]), np.array([1]))
    step = int(values[times.argmax()])
    step = step if step in _STEPS and (steps % step == 0).all() else 1
    if len(known) == 1 and _says_week(column):
        step = 7
    start = days - (step - 1) * _ONE_DAY if ends else days
    unit = DAY if step == 1 else WEEK
    note = (f"each date is the last day of its {unit}",) if ends and step > 1 else ()
    return Periods(start, start + step * _ONE_DAY, unit, notes=note, is_dates=not ends and not _says_week(column))


def _says_week(column: str) -> bool:
    return not {"week", "wk", "w"}.isdisjoint(plain(column).split("_"))


def _monthly(days: Days, ends: bool) -> Periods:
    """Periods from a day of one month to the same day of the next."""
    months = days.astype("datetime64[M]")
    inside = days - months.astype("datetime64[D]")
    if ends:
        return Periods((months - _ONE_MONTH).astype("datetime64[D]") + inside + _ONE_DAY, days + _ONE_DAY, MONTH)
    return Periods(days, (months + _ONE_MONTH).astype("datetime64[D]") + inside, MONTH)


def last_day(day: np.datetime64) -> date:
    """Return the day before another.

    Args:
        day: the first day after a period.

    Returns:
        The last day of the period.
    """
    found: date = day.astype("datetime64[D]").item()
    return found - timedelta(days=1)
