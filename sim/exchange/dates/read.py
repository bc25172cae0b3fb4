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
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.dates.cell import CellDate, DateOrder, days_of, is_nothing, looks_like_date, ordered, said_by
from sim.exchange.dates.forms import ISO, SERIAL, SLASHED
from sim.exchange.findings import DATES, AmbiguousDatesError, DataError, Question, in_rows
from sim.exchange.tables.missing import told
from sim.plurals import listed

Days = npt.NDArray[np.datetime64]
Rows = npt.NDArray[np.int64]

ORDERS = (("dmy", "day first: 3 April is 03/04"), ("mdy", "month first: 3 April is 04/03"))
_YEAR_FIRST = (("ymd", "year first: 24/04/03 is 3 April 2024"), ("dmy", "day first: 24/04/03 is 24 April 2003"))
FIRST_YEAR, LAST_YEAR = 1950, 2089  # years of any trial
_BUDDHIST = (2493, 2632, 543)  # the same years in the calendar of Thailand, and the difference
# Placeholders of databases and forms for a missing date: whole years, and some days.
NO_YEARS = {0, 1, 1800, 1899, 1900, 2099, 2199, 2200, 2222, 2999, 3000, 7777, 8888, 9998, 9999, 1111}
_NO_DAYS = {(1753, 1, 1), (1901, 1, 1), (1960, 1, 1), (1970, 1, 1), (2100, 1, 1)}
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
        said_of = [said_by(text) for text in texts]
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


class _Column:
    """A column of dates while it is read."""

    def __init__(self, cells: pd.Series[str], file: str, column: str) -> None:
        self._file, self._column = file, column
        self._rows: Rows = cells.index.to_numpy()
        codes, texts = pd.factorize(cells)
        self._codes, self._texts = codes, [str(text) for text in texts]
        self._said = [said_by(text) for text in self._texts]
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
            said = ordered(said, order)
            if said.year in NO_YEARS or (said.year, said.month, said.day) in _NO_DAYS:
                sentinels.append(i)
                continue
            self._check_day(i, said)
            first[i], last[i] = days_of(said)
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
            message = "not the name of a month" if looks_like_date(self._texts[wrong[0]]) else "not a date"
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
            said = said_by(example[SERIAL]) or CellDate(SERIAL)
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

    def _check_day(self, i: int, said: CellDate) -> None:
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


def _turned_over(said_of: Sequence[CellDate | None]) -> list[int]:
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
