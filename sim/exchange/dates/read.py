"""Reads dates as people write them. What can be read in two ways is asked about: a guess moves a forecast by months.

Attributes:
    ORDERS: orders of day and month that a user can choose, each with an example.
    FIRST_YEAR: first year that a trial can have; `LAST_YEAR` is the last.
    NO_YEARS: years that stand for no date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from re import Match
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.dates import forms as date_forms
from sim.exchange.dates.forms import ISO, SERIAL, SLASHED, month_number, whole_year, with_hyphens, without_weekday
from sim.exchange.findings import DATES, AmbiguousDatesError, DataError, Question, in_rows
from sim.exchange.tables.missing import IN_DATES, told
from sim.plurals import listed

DateOrder = Literal["dmy", "mdy", "ymd"]
Days = npt.NDArray[np.datetime64]
Rows = npt.NDArray[np.int64]

ORDERS = (("dmy", "day first: 3 April is 03/04"), ("mdy", "month first: 3 April is 04/03"))
_YEAR_FIRST = (("ymd", "year first: 24/04/03 is 3 April 2024"), ("dmy", "day first: 24/04/03 is 24 April 2003"))
_LONGEST = 60  # maximum length of a date
FIRST_YEAR, LAST_YEAR = 1950, 2089  # years of any trial
_BUDDHIST = (2493, 2632, 543)  # the same years in the calendar of Thailand, and the difference
# Placeholders of databases and forms for a missing date: whole years, and some days.
NO_YEARS = {0, 1, 1800, 1899, 1900, 2099, 2199, 2200, 2222, 2999, 3000, 7777, 8888, 9998, 9999, 1111}
_NO_DAYS = {(1753, 1, 1), (1901, 1, 1), (1960, 1, 1), (1970, 1, 1), (2100, 1, 1)}
_EXCEL_DAY_0 = date(1899, 12, 30)
_TURNED_FROM, _TURNED_TEXTS = 6, 2  # dates in a column that suffice to see that a spreadsheet swapped some
_NAT = np.datetime64("NaT", "D")


@dataclass(frozen=True, eq=False)
class Dates:
    """A column of dates, (n,) each.

    Attributes:
        days: days; an incomplete date is the middle of the days that it can be; NaT where there is none.
        earliest: the first day that each can be.
        latest: the last day that each can be.
        partial_rows: rows with an incomplete date.
        notes: how they were read, where that is unusual, one clause each.
    """

    days: Days
    earliest: Days
    latest: Days
    partial_rows: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


class _Said(NamedTuple):
    """What one text says: year, month and day as far as given (0 where not).

    `pair` is day and month in an unknown order.
    """

    form: str
    year: int = 0
    month: int = 0
    day: int = 0
    pair: tuple[int, int] | None = None


def parse_dates(cells: pd.Series[str], file: str, column: str, order: DateOrder | None = None) -> Dates:
    """Read the dates of a column.

    Args:
        cells: text; the index is the row in the file.
        file: the file, for messages.
        column: the header, for messages.
        order: how to read 03/04/2024; None if the user has not said.

    Returns:
        The dates.

    Raises:
        AmbiguousDatesError: they could be read in two ways and `order` is None.
        DataError: a cell is not a date, or is a day that does not exist.
    """
    return _Column(cells, file, column).dates(order)


def is_date(text: str, is_sure: bool = True) -> bool:
    """Return whether a text is a date, or a month.

    Args:
        text: a cell.
        is_sure: whether to exclude Excel's numbers of days, and years alone, which may also be something else.
    """
    said = _said(text)
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
    said = _said(text)
    return (said.year, said.month, said.day) if said else None


def proven_order(columns: Iterable[pd.Series[str]]) -> DateOrder | None:
    """Find how to read dates such as 03/04/2024 from columns in which a day above 12 shows it.

    Args:
        columns: columns of dates.

    Returns:
        The order that at least one column shows and none contradicts; else None, also where a spreadsheet has swapped
        day and month in a column, about which the column asks.
    """
    above_first = above_second = False
    for cells in columns:
        texts = [str(text) for text in cells.unique()]
        said_of = [_said(text) for text in texts]
        pairs = [said.pair for said in said_of if said and said.pair]
        if _may_begin_with_year(texts):
            continue
        if _turned_over(said_of):
            return None
        above_first |= any(a > 12 for a, _ in pairs)
        above_second |= any(b > 12 for _, b in pairs)
    if above_first == above_second:
        return None
    return "dmy" if above_first else "mdy"


def _said(text: str) -> _Said | None:
    """Interpret a text; None where it is not a date."""
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
                return _Said(form.name, whole_year(found["y"]), month)
    return None


def _whole(form: str, found: Match[str]) -> _Said | None:
    """What a text of a whole date says; None where its month is no name of one."""
    parts = found.groupdict()
    if form == SERIAL:
        day = _EXCEL_DAY_0 + timedelta(days=int(parts["s"]))
        return _Said(form, day.year, day.month, day.day)
    year = whole_year(parts["y"])
    if form == SLASHED:
        first, second = int(parts["a"]), int(parts["b"])
        if first == 0 or second == 0:  # an unknown day, or day and month
            return _Said(form, year, first or second)
        return _Said(form, year, pair=(first, second))
    month = month_number(parts["m"])
    if not month and not parts["m"].isdigit():
        return None
    return _Said(form, year, month, int(parts["d"]) if month else 0)


class _Column:
    """A column of dates while it is read."""

    def __init__(self, cells: pd.Series[str], file: str, column: str) -> None:
        self._file, self._column = file, column
        self._rows: Rows = cells.index.to_numpy()
        codes, texts = pd.factorize(cells)
        self._codes, self._texts = codes, [str(text) for text in texts]
        self._said = [_said(text) for text in self._texts]
        self._notes: list[str] = []

    def _rows_of(self, chosen: Iterable[int]) -> list[int]:
        """Rows of the file that have one of the texts."""
        found: list[int] = self._rows[np.isin(self._codes, list(chosen))].tolist()
        return found

    def dates(self, order: DateOrder | None) -> Dates:
        """Read the column; see `parse_dates`. Placeholders become NaT, with a note."""
        self._check_words()
        order = self._order(order)
        first = np.full(len(self._texts) + 1, _NAT, dtype="datetime64[D]")
        last = first.copy()
        sentinels: list[int] = []
        for i, said in enumerate(self._said):
            if said is None:
                continue
            said = _ordered(said, order)
            if said.year in NO_YEARS or (said.year, said.month, said.day) in _NO_DAYS:
                sentinels.append(i)
                continue
            self._check_day(i, said)
            first[i], last[i] = _range(said)
        self._note_forms(order)
        if sentinels:
            self._notes.append(f"{self._shown(sentinels)} in '{self._column}' stand for no date")
        earliest, latest = first[self._codes], last[self._codes]
        partial = tuple(self._rows[earliest < latest].tolist())
        if partial:
            n = len(partial)
            words = "date says" if n == 1 else "dates say"
            self._notes.append(
                f"{n:,} {words} less than a day in '{self._column}'{in_rows(partial)} and {'is' if n == 1 else 'are'} "
                "taken as the middle of what it can be"
            )
        return Dates(earliest + (latest - earliest) // 2, earliest, latest, partial, tuple(self._notes))

    def _shown(self, chosen: list[int]) -> str:
        texts = [self._texts[i] for i in chosen[:3]]
        return f"{', '.join(texts)}{' and others' if len(chosen) > 3 else ''}{in_rows(self._rows_of(chosen))}"

    def _check_words(self) -> None:
        """Check that every text that is not a date is a word for a missing one.

        Raises:
            DataError: it is something else.
        """
        nothing: Counter[str] = Counter()
        wrong: list[int] = []
        for i, (text, said) in enumerate(zip(self._texts, self._said, strict=True)):
            if said is not None or not text:
                continue
            if is_nothing(text):
                nothing[text] += len(self._rows_of([i]))
            else:
                wrong.append(i)
        if wrong:
            rows, value = self._rows_of(wrong), f"'{self._texts[wrong[0]][:40]}'"
            message = "not the name of a month" if _looks_like_date(self._texts[wrong[0]]) else "not a date"
            message += f"{in_rows(rows)}; write each as 2024-01-31"
            raise DataError(Problem(message, self._file, path=self._column, value=value))
        if nothing:
            self._notes.append(f"{told(nothing, 'cell')} in '{self._column}'")

    def _order(self, order: DateOrder | None) -> DateOrder | None:
        """How to read slashed numbers: as the user said, or as days above 12 show.

        Raises:
            AmbiguousDatesError: nothing shows it.
            DataError: there are dates in both orders.
        """
        slashed = {i: said.pair for i, said in enumerate(self._said) if said and said.pair}
        if not slashed or order is not None:
            return order
        above_first = [i for i, (first, _) in slashed.items() if first > 12]
        above_second = [i for i, (_, second) in slashed.items() if second > 12]
        if above_first and above_second:
            message = (
                f"dates in two orders: day first in row {self._rows_of(above_first)[0]}, month first in row "
                f"{self._rows_of(above_second)[0]}; write all in one"
            )
            raise DataError(Problem(message, self._file, path=self._column))
        if not above_first and not above_second:
            self._ask(f"dates can be read day first or month first ({self._texts[next(iter(slashed))]})", ORDERS)
        if above_first and len(above_first) == len(slashed):
            self._check_year_first(above_first)
        found: DateOrder = "dmy" if above_first else "mdy"
        self._check_turned()
        return found

    def _ask(self, message: str, choices: tuple[tuple[str, str], ...]) -> None:
        raise AmbiguousDatesError(Question(message, DATES, choices, file=self._file, path=self._column))

    def _check_year_first(self, slashed: list[int]) -> None:
        """Check that 24/04/03 is not 3 April 2024: a two-digit year that changes less than the day at the end."""
        if _may_begin_with_year([self._texts[i] for i in slashed]):
            self._ask(f"dates can be read year first or day first ({self._texts[slashed[0]]})", _YEAR_FIRST)

    def _check_turned(self) -> None:
        """Check that no spreadsheet swapped day and month where it could, and left the other dates as text.

        Only a user with the original file can say which dates were swapped.
        """
        native = _turned_over(self._said)
        if native:
            text, pair = next((self._texts[i], said.pair) for i, said in enumerate(self._said) if said and said.pair)
            message = (
                f"dates that a spreadsheet has turned over, it seems: all texts have a day above 12, as {text}, and "
                f"all dates one up to 12, as {self._texts[native[0]]}{in_rows(self._rows_of(native))}; take them from "
                "the file that this was made from, or, if these dates are right,"
            )
            self._ask(message, ORDERS[:1] if pair[0] > 12 else ORDERS[1:])

    def _note_forms(self, order: DateOrder | None) -> None:
        """Note for the account in which forms and in which order the dates are written."""
        forms = Counter[str]()
        example: dict[str, str] = {}
        for text, said, n in zip(self._texts, self._said, np.bincount(self._codes).tolist(), strict=True):
            if said is not None:
                forms[said.form] += n
                example.setdefault(said.form, text)
        if forms[SERIAL]:
            said = _said(example[SERIAL]) or _Said(SERIAL)
            day = f"{example[SERIAL]} for {said.year}-{said.month:02}-{said.day:02}"
            self._notes.append(f"numbers in '{self._column}' are Excel's numbers of days, as {day}")
        first = {"dmy": "day", "mdy": "month", "ymd": "year"}.get(order or "", "") if forms[SLASHED] else ""
        read = f"read {first} first" if first else ""
        if len(forms) > 1:
            ways = listed(f"{example[form]} ({n:,})" for form, n in forms.most_common(3))
            doubtful = [i for i, said in enumerate(self._said) if said and said.pair and _is_doubtful(said.pair)]
            other = f"; {self._shown(doubtful)} could be read in another order" if doubtful and read else ""
            told = f"are written in {len(forms)} ways, {ways}{f', {read}' if read else ''}{other}"
        else:
            told = f"are {read}, as {example[SLASHED]}" if read else ""
        if told:
            self._notes.append(f"dates in '{self._column}' {told}")

    def _check_day(self, i: int, said: _Said) -> None:
        """Check that a day exists in the calendar.

        Raises:
            DataError: it does not, such as 31 February.
        """
        is_there = FIRST_YEAR <= said.year <= LAST_YEAR and said.month <= 12
        if is_there and said.day:
            try:
                date(said.year, said.month, said.day)
            except ValueError:
                is_there = False
        if is_there:
            return
        value = f"day {said.day} of month {said.month} of {said.year}"
        message = f"there is no such day{in_rows(self._rows_of([i]))}"
        if not FIRST_YEAR <= said.year <= LAST_YEAR:
            message = f"a year that no trial has{in_rows(self._rows_of([i]))}"
            first, last, later = _BUDDHIST
            if first <= said.year <= last:
                message += f"; in the Buddhist calendar it is {said.year - later}: write all years so"
        raise DataError(Problem(message, self._file, path=self._column, value=value))


def _may_begin_with_year(texts: list[str]) -> bool:
    """Whether all texts are slashed numbers that end with two digits, of which the first changes less than the last.

    At least 6 texts are needed, whose first numbers are all above 12: years, or days of the end of a month.
    """
    parts = [text.replace("-", "/").split("/") for text in texts if text]
    if len(parts) < _TURNED_FROM or any(len(three) != 3 or len(three[2].strip()) != 2 for three in parts):
        return False
    firsts, lasts = ({three[place].strip() for three in parts} for place in (0, 2))
    return len(firsts) < len(lasts) and all(first.isdigit() and int(first) > 12 for first in firsts)


def _turned_over(said_of: Sequence[_Said | None]) -> list[int]:
    """Which dates of a column a spreadsheet has made, swapping day and month, from texts of which it left the others.

    The sign: all cells that it turned into dates have a day up to 12, and all texts have one above, in one place.
    """
    native = [i for i, said in enumerate(said_of) if said and said.form in (ISO, SERIAL) and said.day]
    pairs = [said.pair for said in said_of if said and said.pair]
    left = len(pairs) >= _TURNED_TEXTS and (all(a > 12 for a, _ in pairs) or all(b > 12 for _, b in pairs))
    turned = len(native) >= _TURNED_FROM and all(
        said.day <= 12 for said in said_of if said and said.form in (ISO, SERIAL)
    )
    return native if left and turned else []


def _is_doubtful(pair: tuple[int, int]) -> bool:
    return pair[0] <= 12 and pair[1] <= 12 and pair[0] != pair[1]


def _looks_like_date(text: str) -> bool:
    found = (form.pattern.fullmatch(text) for form in date_forms.WHOLE)
    return any(match for match in found)


def _ordered(said: _Said, order: DateOrder | None) -> _Said:
    """Year, month and day of slashed numbers."""
    if said.pair is None:
        return said
    first, second = said.pair
    if order == "mdy":
        return _Said(said.form, said.year, first, second)
    if order == "ymd":
        return _Said(said.form, whole_year(f"{first:02}"), second, said.year % 100)
    return _Said(said.form, said.year, second, first)


def _range(said: _Said) -> tuple[np.datetime64, np.datetime64]:
    """The first and the last day that a date can be."""
    if said.day:
        day = np.datetime64(date(said.year, said.month, said.day), "D")
        return day, day
    unit: Literal["M", "Y"] = "M" if said.month else "Y"
    start = np.datetime64(f"{said.year:04}-{said.month:02}" if said.month else f"{said.year:04}", unit)
    after = (start + np.timedelta64(1, unit)).astype("datetime64[D]")
    return start.astype("datetime64[D]"), after - np.timedelta64(1, "D")
