"""Brings counts from the shapes that trackers have into one: a row per period (and site), a column per count.

Shapes are recognised by headers and by cells: periods as headers, years beside months, long tables with the name of the
count in a column, plan beside fact. Whether a table is counts at all is decided here too, by the same signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pandas as pd

from sim.errors import Problem
from sim.exchange.counts.numbers import numbers_in
from sim.exchange.counts.periods import YEAR_HEADERS, with_calendar
from sim.exchange.counts.places import is_place_but_no_site
from sim.exchange.counts.running_totals import is_total_alone
from sim.exchange.dates.cell import is_date
from sim.exchange.dates.forms import PERIOD_MONTHS, QUARTERS, WEEKS, is_month_name, month_number
from sim.exchange.findings import DataError, in_rows
from sim.exchange.logs.columns import is_a_row_a_person
from sim.exchange.logs.headers import DATE, SCREENED, role_of, says_date, words_of
from sim.exchange.tables.columns import COUNT_NAMES, LOG_NAMES, Columns, is_usual, plain, recognised
from sim.exchange.tables.raw import RawTable

_MEASURES = ("table", "measure", "variable", "metric", "indicator", "kpi", "item", "category", "type")
_VALUES = ("count", "value", "number", "n", "total", "amount")
_REAL = frozenset({"actual", "actuals", "observed", "real", "ist", "achieved", "act"})
_NOT_REAL = frozenset(
    {
        "forecast", "planned", "plan", "projected", "projection", "budget", "expected", "target", "predicted",
        "estimate", "estimated", "baseline", "original plan", "reforecast", "fc", "soll",
    }
)  # fmt: skip
_SERIALS = (30_000, 60_000)  # Excel's serial numbers of days: dates, not counts
_NUMBERS_SHARE = 0.5
_YEAR = r"(?:19|20)\d{2}"
_PERIOD = "period"
_NUMBER = frozenset({"number", "no", "nr", "n", "num", "count", "total"})
_OF_WEEKS = frozenset({"week", "wk", "kw"})
_OF_MONTHS = frozenset(("month", "months", "mth", "monat", "mois", "mes", "mese", "maand", "quarter", "period"))
_FIRST_DAY = re.compile(r"\d{4}-\d{2}-01(?:[ T].*)?|0?1[./-].*")
_PEOPLE = frozenset({"patients", "subjects", "participants", "pts"})
_SITE_HEADERS = frozenset(COUNT_NAMES["site"])


@dataclass(frozen=True)
class Shaped:
    """Counts in the standard shape.

    Attributes:
        table: a row per period (and site), a column per count.
        notes: what was done to bring them there, one clause each.
        falls: whether a count falls in a finer breakdown of the original, so that it cannot be a running total.
    """

    table: RawTable
    notes: tuple[str, ...] = ()
    falls: bool = False


def shaped(table: RawTable) -> Shaped:
    """Bring counts into the standard shape, without rows of plans.

    Args:
        table: the table as read.

    Returns:
        The counts.

    Raises:
        DataError: a count of a long table is not a number, no column is the period, or no row of a table with periods
            as headers counts those randomised.
    """
    notes = []
    table, note = _of_what_happened(table)
    notes.append(note)
    falls = is_long(table) and _falls(table)
    if is_long(table):
        table = widened(table)
    for turn in (_years_from_headers, _periods_from_headers):
        table, note = turn(table)
        notes.append(note)
    table, _ = with_calendar(table)
    table, note = _countries_together(table)
    notes.append(note)
    return Shaped(table, tuple(text for text in notes if text), falls)


def _countries_together(table: RawTable) -> tuple[RawTable, str]:
    """Sum rows per period and country to rows per period, where no column is the site: a country has several sites."""
    found, unclear = recognised(table, COUNT_NAMES)
    large = [name for name in table.columns if is_place_but_no_site(name)]
    period = found.get("date")
    if len(large) != 1 or period is None or "site" in {*found, *unclear}:
        return table, ""
    cells = table.cells
    if not cells.duplicated(period).any() or cells.duplicated([period, large[0]]).any():
        return table, ""
    counts = [name for name in cells.columns if name not in (period, large[0]) and _are_counts(cells[name])]
    numbers = cells[counts].apply(numbers_in)
    if (numbers.isna() & (cells[counts] != "")).any(axis=None):
        return table, ""
    sums = numbers.groupby(cells[period], sort=False).sum(min_count=1)
    together = sums.map(lambda number: "" if number != number else f"{number:.15g}")
    together.insert(0, period, together.index)
    first = cells.index.to_series().groupby(cells[period], sort=False).min()
    together.index = pd.Index(first.reindex(sums.index).to_numpy())
    note = f"rows of one period are added up over '{large[0]}' ({cells[large[0]].nunique():,}), which has several sites"
    return replace(table, cells=together), note


def _falls(table: RawTable) -> bool:
    """Whether the number randomised falls from one row to the next of the same country, or other breakdown."""
    found = _long_headers(table)
    period = recognised(table, {"date": COUNT_NAMES["date"]})[0].get("date")
    if found is None or period is None:
        return False
    measure, value = found
    keys = [header for header in table.columns if header not in (value, period)]
    mine = table.cells[table.cells[measure].map(lambda text: is_usual(text, COUNT_NAMES["randomised"]))]
    steps = numbers_in(mine[value]).groupby([mine[key] for key in keys], sort=False).diff()
    return bool((steps < 0).any())


def looks_like_counts(table: RawTable, given: Columns) -> bool:
    """Decide whether a table is counts: one of its columns has a number of people randomised where a log has dates.

    Args:
        table: the table.
        given: header by role, as far as the user said; `randomised`, or a role that only logs have, decides.

    Returns:
        The decision.
    """
    if "randomised" in given:
        return bool(given["randomised"])
    if any(role in given for role in LOG_NAMES if role not in COUNT_NAMES):
        return False
    if is_a_row_a_person(replace(table, cells=table.cells.drop(columns=_counted_people(table)))):
        return False
    if is_long(table) or _period_headers(table) or _calendar_headers(table):
        return True
    found, unclear = recognised(table, {"randomised": COUNT_NAMES["randomised"]})
    headers = [found["randomised"]] if "randomised" in found else unclear.get("randomised", [])
    if all(_is_yes_or_no(table.cells[header]) for header in headers) and _has_days_of_people(table):
        return False
    headers = [*headers, *(header for header in table.columns if is_total_alone(header))]
    return any(
        _are_counts(table.cells[header]) or _are_told_counts(table, header) for header in headers
    ) or _has_periods(table)


def _is_yes_or_no(cells: pd.Series[str]) -> bool:
    return set(cells.unique()) <= {"0", "1", ""}


def _has_days_of_people(table: RawTable) -> bool:
    """Whether a column has days of randomisation, of screening or of consent, and says so."""
    return any(
        role_of(header) in (DATE, SCREENED)
        and says_date(header)
        and not {"rand", "screen", "consent"}.isdisjoint(words_of(header))
        and table.cells[header][table.cells[header] != ""].map(is_date).all()
        for header in table.columns
    )


def _are_told_counts(table: RawTable, header: str) -> bool:
    """Whether cells are counts with words, as `2 pts`, beside a column of weeks or months.

    They are to be refused as counts, because a log would take the months for days of randomisation.
    """
    period = recognised(table, {"date": COUNT_NAMES["date"]})[0].get("date", "")
    filled = table.cells[header][table.cells[header] != ""]
    begin = filled.str.match(r"\d+\b").any() and not filled.map(is_date).any()
    return bool(begin) and period != header and bool(period) and plain(period) not in LOG_NAMES["date"]


def _has_periods(table: RawTable) -> bool:
    """Whether a column has months, quarters or weeks, or days that stand for them, and another has numbers."""
    name = recognised(table, {"date": COUNT_NAMES["date"]})[0].get("date", "")
    if not name or not any(_are_counts(table.cells[other]) for other in table.columns if other != name):
        return False
    texts = [str(text) for text in table.cells[name].unique() if text]
    words = plain(name).split("_")
    is_month = not _OF_MONTHS.isdisjoint(words) and all(_FIRST_DAY.fullmatch(text) for text in texts)
    if texts and (is_month or not _OF_WEEKS.isdisjoint(words)) and all(is_date(text) for text in texts):
        return True
    forms = (*PERIOD_MONTHS, *QUARTERS, *WEEKS)
    return bool(texts) and all(any(form.pattern.fullmatch(text) for form in forms) for text in texts)


def _counted_people(table: RawTable) -> list[str]:
    """Columns whose headers name people, like those of a log, but whose cells count them."""
    found = []
    for name in table.columns:
        first, _, rest = plain(name).partition("_")  # `Number screened` counts, and `Screening number` names
        if (plain(name) in _PEOPLE or (rest and first in _NUMBER | _PEOPLE)) and _are_counts(table.cells[name]):
            found.append(name)
    return found


def _are_counts(cells: pd.Series[str]) -> bool:
    """Whether more than half of the filled cells are numbers that are not all dates in Excel's or in compact form."""
    filled = cells[cells != ""]
    numbers = numbers_in(filled)
    if not len(filled) or numbers.notna().mean() <= _NUMBERS_SHARE:
        return False
    known = numbers.dropna()
    return not known.between(*_SERIALS).all() and not filled.str.fullmatch(r"(?:19|20)\d{6}").all()


def is_long(table: RawTable) -> bool:
    """Return whether a table is long, with the names of its counts in a column: `table, month, country, count`."""
    return bool(_long_headers(table))


def _long_headers(table: RawTable) -> tuple[str, str] | None:
    """The column with the names of the counts, and the column with their values."""
    headers = {plain(header): header for header in table.columns}
    value = next((headers[name] for name in _VALUES if name in headers), None)
    usual = set(COUNT_NAMES["randomised"]) - {"n", "count"}
    for name in _MEASURES if value else ():
        if name in headers and any(is_usual(str(text), usual) for text in table.cells[headers[name]].unique()):
            return headers[name], str(value)
    return None


def widened(table: RawTable) -> RawTable:
    """Turn a long table into a wide one, summed over all breakdowns except sites.

    Args:
        table: a long table.

    Returns:
        A column per count.

    Raises:
        DataError: a count is not a number, or no column is the period.
    """
    table, _ = with_calendar(table)
    headers = {plain(header): header for header in table.columns}
    found = _long_headers(table)
    assert found is not None
    measure, value = found
    period = recognised(table, {"date": COUNT_NAMES["date"]})[0].get("date")
    if period is None:
        raise DataError(Problem("no column is the date of the period", table.file, 1))
    keys = [period] + [headers[name] for name in COUNT_NAMES["site"] if name in headers]
    cells = table.cells.copy()
    numbers = numbers_in(cells[value])
    wrong = numbers.isna() & (cells[value] != "")
    if wrong.any():
        raise DataError(Problem(f"'{value}' is not a number{in_rows(wrong.index[wrong].tolist())}", table.file))
    cells["_count"] = numbers
    cells["_row"] = cells.index
    grouped = cells.groupby([*keys, measure], sort=False)["_count"].sum(min_count=1)
    wide = grouped.unstack(measure)[list(cells[measure].unique())]
    first_rows = cells.groupby(keys, sort=False)["_row"].min()
    flat = wide.map(lambda number: "" if number != number else f"{number:.15g}").reset_index()
    flat.columns = pd.Index([str(name) for name in flat.columns])
    flat.index = pd.Index(first_rows.reindex(wide.index).to_numpy())
    return replace(table, cells=flat.sort_index(kind="stable"))


def _of_what_happened(table: RawTable) -> tuple[RawTable, str]:
    """Remove the rows of a plan, where a column says of each row whether it is plan or fact."""
    for header in table.columns:
        words = {str(text).casefold() for text in table.cells[header].unique() if text}
        if words & _REAL and words & _NOT_REAL and words <= _REAL | _NOT_REAL:
            keep = table.cells[header].str.casefold().isin(_REAL)
            note = f"rows whose '{header}' is a plan are left out ({int((~keep).sum()):,} rows)"
            return replace(table, cells=table.cells[keep].drop(columns=header)), note
    return table, ""


def _period_headers(table: RawTable) -> list[str]:
    """Headers that are periods, if there are at least two: `Jan-24`, `Feb-24`."""
    forms = (*PERIOD_MONTHS, *QUARTERS, *WEEKS)
    found = []
    for header in table.columns:
        for form in forms:
            match = form.pattern.fullmatch(header)
            if match and ("m" not in match.groupdict() or month_number(match["m"])):
                found.append(header)
                break
        else:
            if len(header) == 10 and header[:4].isdigit() and header[4] == header[7] == "-":
                found.append(header)
    return found if len(found) > 1 else []


def _calendar_headers(table: RawTable) -> tuple[str, list[str]] | None:
    """The column of months and those of years beside it, or the column of years and those of months."""
    for header in table.columns:
        cells = table.cells[header]
        if plain(header) in YEAR_HEADERS and cells.str.fullmatch(_YEAR).all():
            others = [name for name in table.columns if is_month_name(name)]
        elif cells.map(is_month_name).all():
            others = [name for name in table.columns if re.fullmatch(_YEAR, name)]
        else:
            continue
        if len(others) > 1:
            return header, others
    return None


def _years_from_headers(table: RawTable) -> tuple[RawTable, str]:
    """Turn a table of months by years, in either direction, into a row per month."""
    found = _calendar_headers(table)
    if found is None:
        return table, ""
    down, across = found
    rest = [name for name in table.columns if name != down and name not in across and plain(name) in _SITE_HEADERS]
    parts = []
    for header in across:
        part = table.cells[[down, *rest]].copy()
        month = header if is_month_name(header) else part[down]
        part[_PERIOD] = month + " " + (part[down] if is_month_name(header) else header)
        part["randomised"] = table.cells[header]
        parts.append(part.drop(columns=down))
    note = f"'{down}' and the columns '{across[0]}' to '{across[-1]}' are the months and years"
    return replace(table, cells=pd.concat(parts)), note


def _periods_from_headers(table: RawTable) -> tuple[RawTable, str]:
    """Turn a column per period into a row per period; of other columns, the site and the count's name are kept."""
    periods = _period_headers(table)
    if not periods:
        return table, ""
    rest = [header for header in table.columns if header not in periods]
    if any(is_date(str(text)) for header in periods for text in table.cells[header].unique()):
        raise DataError(
            Problem("has no header, it seems: there are dates in the first row as in the others", table.file)
        )
    site = next((header for header in rest if plain(header) in _SITE_HEADERS), "")
    measure = next((header for header in rest if plain(header) in _MEASURES), "")
    cells = table.cells
    if not measure and not site and len(cells) > 1 and rest:
        measure = rest[0] if _has_counts_named(cells[rest[0]]) else ""
        site = "" if measure or is_place_but_no_site(rest[0]) else rest[0]
    country = next((header for header in rest if is_place_but_no_site(header)), "") if not site and not measure else ""
    parts = []
    for header in periods:
        part = pd.DataFrame({_PERIOD: header, "count": cells[header]}, index=cells.index)
        part["measure"] = cells[measure] if measure else "randomised"
        if country:
            part[country] = cells[country]
        if site:
            part["site"] = cells[site]
        parts.append(part)
    long = pd.concat(parts)
    turned = replace(table, cells=long)
    note = f"each of {len(periods)} columns is a period, from '{periods[0]}' to '{periods[-1]}'"
    if measure:
        return _named_counts(turned, note)
    renamed = long.drop(columns="measure").rename(columns={"count": "randomised"})
    return replace(turned, cells=renamed), note + (f", and '{site}' the site" if site else "")


def _has_counts_named(cells: pd.Series[str]) -> bool:
    return any(is_usual(str(text), COUNT_NAMES["randomised"]) for text in cells.unique())


def _named_counts(table: RawTable, note: str) -> tuple[RawTable, str]:
    """A table turned so that periods are rows, with its counts as columns.

    Raises:
        DataError: no count is called randomised.
    """
    if not is_long(table):
        raise DataError(Problem("no row counts those randomised; name one of them 'Randomised'", table.file))
    return widened(table), note
