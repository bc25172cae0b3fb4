"""The ways in which people write dates, months, quarters and weeks.

Patterns only, of which the first that fits the whole text counts. What a text means where that depends on its column
(day or month first), and whether the day exists, is decided in `sim.exchange.dates.read`.

Attributes:
    WHOLE: forms of a day; ISO, SLASHED and SERIAL are the names of three of them.
    MONTHS: forms of a month, or of a day of which only the month is known.
    YEARS: forms of a year, or of a day of which only the year is known.
    NOTHING_KNOWN: a date whose parts are all unknown, such as `UN-UNK-UNK`.
    PERIOD_MONTHS: `MONTHS`, and forms that name a month only in a column of periods.
    QUARTERS: forms of a quarter; group q is its number.
    WEEKS: forms of an ISO week; group w is its number.
    YEAR_AND_WEEK: a form of weeks that in another column would be a month, such as 202405.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.exchange.tables.columns import without_accents

# Months by their names in English, German, French, Spanish, Italian, Dutch, Portuguese and the Scandinavian languages.
# A word is a month if it begins the names of exactly one month: `jui` is June and July in French.
_NAMES = (
    "january januar janvier enero gennaio januari janeiro",
    "february februar fevrier febrero febbraio februari fevereiro",
    "march marz mrz mars marzo maart mrt marco maerz",
    "april avril abril aprile",
    "may mai mayo maggio mei maio maj",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus augusti",
    "september septembre septiembre settembre setembro sept",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro desember",
)
_SHORTEST = 3
_CENTURY_TURNS = 70  # 69 is 2069, 70 is 1970

_MONTH = r"(?P<m>[^\W\d_]{3,12})\.?"
_YEAR = r"(?P<y>\d{4}|'?\d{2})"
_NOT_KNOWN = r"(?:unkn|unk|un|uk|nk|nd|x{1,4}|-{1,4}|_{1,4}|\?{1,4}|0{1,4})"
_TIME_PART = rf"(?:\d{{1,2}}(?:[.,]\d+)?|{_NOT_KNOWN})"
_TIME = (
    rf"(?:(?:t|,? +|:){_TIME_PART}(?:[:.h]{_TIME_PART})*(?: ?[ap]\.?m\.?)?"
    r" ?(?:z|\(?[a-z]{2,5}\)?|[+-]\d{2}:?(?:\d{2})?)?|t\d{4,6}z?)?"
)
_GAP = r" ?[-/. ] ?"


@dataclass(frozen=True)
class Form:
    """One way of writing a date.

    Attributes:
        name: an example, for messages.
        pattern: a pattern with the groups y, m and d; a and b for day and month in an order that the form does not
            tell; s for Excel's serial number of a day.
    """

    name: str
    pattern: re.Pattern[str]


def _form(name: str, pattern: str, time: str = _TIME) -> Form:
    """A form; `time` is the pattern of a time of day that may follow, which is read over."""
    return Form(name, re.compile(pattern + time, re.IGNORECASE))


ISO, SLASHED, SERIAL = "2024-01-31", "31/01/2024 or 01/31/2024", "Excel's number of a day"
WHOLE = (
    _form(ISO, r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"),
    _form(SLASHED, r"(?P<a>\d{1,2}) ?[/-] ?(?P<b>\d{1,2}) ?[/-] ?" + _YEAR),
    _form("31.01.2024", r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?" + _YEAR),
    _form(
        "31 Jan 2024", rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[-/ .]*(?:de |of )?{_MONTH},?[-/ .]*(?:de )?{_YEAR}"
    ),
    _form("Jan 31, 2024", rf"{_MONTH}[-/ ](?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?[-/ ](?P<y>\d{{4}})"),
    _form("2024 Jan 31", rf"(?P<y>\d{{4}})[-/ .]{_MONTH}[-/ .](?P<d>\d{{1,2}})"),
    _form("20240131", r"(?P<y>(?:19|20|99)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)"),
    _form("2024年1月31日", r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    _form(SERIAL, r"(?P<s>[345]\d{4})(?:\.\d+)?", time=""),
)
MONTHS = (
    _form("2024-01", rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})(?:[-/.]{_NOT_KNOWN})?"),
    _form("Jan 2024", rf"(?:{_NOT_KNOWN}{_GAP})?{_MONTH}[-/ ,']*(?P<y>\d{{4}})"),
    _form("Jan-24", rf"{_MONTH}[-/ '.]{{1,2}}(?P<y>\d{{2}})", time=""),
    _form("2024 Jan", rf"(?P<y>\d{{4}})[-/ .]*{_MONTH}", time=""),
    _form("01/2024", rf"(?:{_NOT_KNOWN}[-/.])?(?P<m>\d{{1,2}})(?:[-/.]{_NOT_KNOWN})?[-/.](?P<y>\d{{4}})"),
    _form("2024年1月", r"(?P<y>\d{4})年(?P<m>\d{1,2})月", time=""),
)
YEARS = (
    _form("2024", rf"(?:{_NOT_KNOWN}(?:{_GAP})?){{0,2}}(?P<y>(?:19|20)\d{{2}})", time=""),
    _form("2024", rf"(?P<y>(?:19|20)\d{{2}})(?:[-/. ]?{_NOT_KNOWN}){{1,2}}(?:-\d{{1,2}})?"),
)
NOTHING_KNOWN = re.compile(rf"{_NOT_KNOWN}(?:[-/. ]{_NOT_KNOWN}){{1,2}}", re.IGNORECASE)
PERIOD_MONTHS = (
    *MONTHS,
    _form("202401", r"(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])", time=""),
    _form("2024M01", r"(?P<y>\d{4})[- ]?M(?P<m>\d{1,2})", time=""),
    _form("M01 2024", r"M(?P<m>\d{1,2})[-/ ]?(?P<y>\d{4})", time=""),
    _form("01/24", r"(?P<m>\d{1,2})[/-](?P<y>\d{2})", time=""),
)
QUARTERS = (
    _form("2024-Q1", r"(?P<y>\d{4})[-/ ]?Q(?P<q>[1-4])", time=""),
    _form("Q1 2024", r"Q(?P<q>[1-4])[-/ ']{0,2}(?P<y>\d{4}|\d{2})", time=""),
    _form("1Q24", r"(?P<q>[1-4])\.? ?Q(?:uarter)?[-/ ']{0,2}(?P<y>\d{4}|\d{2})", time=""),
)
_WEEK = r"(?:W|CW|KW|wk|week|semaine|sem)\.? ?"
WEEKS = (
    _form("2024-W05", r"(?P<y>\d{4})[-/ ]?(?:W|CW|KW|wk|week)\.? ?(?P<w>\d{1,2})", time=""),
    _form("W05 2024", rf"{_WEEK}(?P<w>\d{{1,2}})[-/ ,']{{0,2}}(?P<y>\d{{4}}|\d{{2}})", time=""),
)
YEAR_AND_WEEK = _form("202405", r"(?P<y>(?:19|20)\d{2})[-/]?(?P<w>[0-5]\d)", time="")

_SERIAL = next(form.pattern for form in WHOLE if form.name == SERIAL)
_DASH = re.compile(r"(?<=\w)[\u2010-\u2015\u2212](?=\w)")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? +", re.IGNORECASE)


def without_weekday(text: str) -> str:
    """Remove the name of a weekday before a date.

    Args:
        text: a cell, as in `Mon 12 Feb 2024`.
    """
    return _WEEKDAY.sub("", text)


def with_hyphens(text: str) -> str:
    """Return a date with hyphens for the dashes that word processors put in their place, as in `12–Feb–2024`."""
    return _DASH.sub("-", text)


def is_serial(text: str) -> bool:
    """Return whether a text can be Excel's serial number of a day, with or without a time of day."""
    return _SERIAL.fullmatch(text) is not None


def month_number(word: str) -> int:
    """Return the number of a month.

    Args:
        word: its name in one of the languages of this module, at least three letters of it; or a number.

    Returns:
        1 to 12, or the number as it is written (which may be any); 0 where it is not a month, or fits two.
    """
    if word.isdigit():
        return int(word)
    name = without_accents(word.casefold())
    if len(name) < _SHORTEST:
        return 0
    found = [i + 1 for i, names in enumerate(_NAMES) if any(known.startswith(name) for known in names.split())]
    return found[0] if len(found) == 1 else 0


def is_month_name(text: str) -> bool:
    """Return whether a text is only the full or short name of a month."""
    return text.rstrip(".").isalpha() and month_number(text.rstrip(".")) > 0


def whole_year(text: str) -> int:
    """Return a year with its century: 69 is 2069, 70 is 1970. An apostrophe before two digits says nothing.

    Args:
        text: two to four digits.

    Returns:
        The year in the calendar of the text; three or four digits stay as they are.
    """
    year = int(text.lstrip("'"))
    if len(text.lstrip("'")) > 2:
        return year
    return year + (2000 if year < _CENTURY_TURNS else 1900)
