"""The ways in which people write dates, months, quarters and weeks."""

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
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? +", re.IGNORECASE)


def without_weekday(text: str) -> str:
    """Remove the name of a weekday before a date."""
    return _WEEKDAY.sub("", text)


def is_serial(text: str) -> bool:
    """Return whether a text can be Excel's serial number of a day, with or without a time of day."""
    return _SERIAL.fullmatch(text) is not None


def month_number(word: str) -> int:
    """Return the number of a month from its full or short name; 0 where it is not a month, or fits two."""
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
    """Return a year with its century: 69 is 2069, 70 is 1970."""
    year = int(text.lstrip("'"))
    if len(text.lstrip("'")) > 2:
        return year
    return year + (2000 if year < _CENTURY_TURNS else 1900)
