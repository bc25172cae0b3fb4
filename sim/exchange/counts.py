"""Counts by day, week or month: screened, eligible, randomised, with or without site."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem
from sim.exchange.columns import COUNT_NAMES, Columns, is_cumulative, plain, recognise
from sim.exchange.dates import MONTH_FORMS, DateOrder, parse_dates
from sim.exchange.findings import DataCheck, DataError, in_rows
from sim.exchange.logs import as_date, indexed_sites
from sim.exchange.observed import Funnel, ObservedTrial, People, SiteRecord, nobody
from sim.exchange.tables import RawTable

_COUNTED = ("screened", "eligible", "randomised", "sites_activated")
_NO_CALENDAR = date(2001, 1, 1)  # day 0 of data that count months from their start
_MOST_MONTHS = 600
_WEEK = 7
_LONG_MONTH, _LONG_STRETCH = 45, 14  # days without a row that are worth a warning
_MONTHLY_FROM = 27  # periods at least this long are months


def read_counts(table: RawTable, given: Columns, order: DateOrder | None) -> ObservedTrial:
    """Read counts by period.

    Args:
        table: the file, in its wide form (a column a count).
        given: columns that a person named.
        order: how to read 03/04/2024.

    Raises:
        DataError: there is no date column, or a date or a count cannot be read.
    """
    columns = recognise(table, COUNT_NAMES, given)
    if "date" not in columns:
        shown = ", ".join(table.columns)
        message = f"no column is the date of the period (found: {shown}); say which, as in --columns date=NAME"
        raise DataError(Problem(message, table.file, 1))
    check = DataCheck(table.file)
    starts, has_calendar, by_month = _periods(table, columns["date"], order)
    frame = pd.DataFrame({"start": starts, "row": table.cells.index})
    frame["site"] = table.cells[columns["site"]].to_numpy() if "site" in columns else ""
    for role in _COUNTED:
        if role in columns:
            frame[role] = _numbers(table, columns[role], check).to_numpy()
    check.error_rows("no date", frame.loc[frame["start"].isna(), "row"])
    check.stop_on_errors()
    twice = frame.duplicated(["start", "site"], keep=False)
    check.error_rows("the same period twice", frame.loc[twice, "row"])
    for role in _COUNTED:
        if role in columns and is_cumulative(columns[role]):
            frame[role] = _differences(frame, role, columns[role], check)
    check.stop_on_errors()
    _warn_funnel(check, frame)
    days = _period_days(frame["start"], by_month)
    _warn_gaps(check, frame, days, by_month)
    return _observed(table, frame, days, by_month, has_calendar, check)


def _periods(table: RawTable, column: str, order: DateOrder | None) -> tuple[pd.Series[Any], bool, bool]:
    """Starts of the periods, whether they are dates of a calendar, and whether they are months."""
    cells = table.cells[column]
    if plain(column) == "month" and cells.str.fullmatch(r"\d{1,3}").all():
        months = cells.astype(int)
        if months.min() < 0 or months.max() > _MOST_MONTHS:
            raise DataError(Problem("months since the start must be 0 to 600", table.file, path=column))
        origin = pd.Period(_NO_CALENDAR, "M") - int(months.min() > 0)
        starts = pd.Series([(origin + int(month)).start_time for month in months])
        return starts, False, True
    dates = parse_dates(cells, table.file, column, order)
    starts = pd.Series(dates.days.astype("datetime64[s]"))
    firsts = starts.drop_duplicates().sort_values()
    by_month = dates.form in MONTH_FORMS or (
        len(firsts) > 2 and bool((firsts.dt.day == 1).all()) and bool(firsts.diff().min().days >= _MONTHLY_FROM)
    )
    return starts, True, by_month


def _numbers(table: RawTable, column: str, check: DataCheck) -> pd.Series[float]:
    cells = table.cells[column]
    numbers = pd.to_numeric(cells.where(cells != ""), errors="coerce")
    check.error_rows(f"'{column}' is not a number", numbers.index[numbers.isna() & (cells != "")])
    check.error_rows(f"'{column}' is below 0", numbers.index[numbers < 0])
    check.error_rows(f"'{column}' is not a whole number", numbers.index[(numbers % 1 > 0)])
    return numbers.fillna(0.0)


def _differences(frame: pd.DataFrame, role: str, column: str, check: DataCheck) -> pd.Series[float]:
    """Counts from added-up ones, by site."""
    ordered = frame.sort_values(["site", "start"], kind="stable")
    steps = ordered.groupby("site")[role].diff().fillna(ordered[role])
    check.error_rows(f"'{column}' is added up, but goes down", ordered.loc[steps < 0, "row"])
    return steps


def _warn_funnel(check: DataCheck, frame: pd.DataFrame) -> None:
    for more, fewer in (("screened", "eligible"), ("eligible", "randomised")):
        if more in frame and fewer in frame:
            check.warn_rows(f"more {fewer} than {more}", frame.loc[frame[fewer] > frame[more], "row"])


def _period_days(starts: pd.Series[Any], by_month: bool) -> npt.NDArray[np.int64]:
    """Length of each row's period in days: its month, else the commonest distance between periods."""
    if by_month:
        lengths: npt.NDArray[np.int64] = starts.dt.days_in_month.to_numpy(dtype=np.int64)
        return lengths
    steps = starts.drop_duplicates().sort_values().diff().dt.days.dropna()
    common = int(steps.mode().iloc[0]) if len(steps) else 1
    return np.full(len(starts), common if common in (1, _WEEK, 2 * _WEEK, 4 * _WEEK) else 1, dtype=np.int64)


def _warn_gaps(check: DataCheck, frame: pd.DataFrame, days: npt.NDArray[np.int64], by_month: bool) -> None:
    """Periods between the first and the last that are not there; taken as 0."""
    # Days without a row are days without work as often as not; only long stretches are worth a word.
    longest = _LONG_MONTH if by_month else max(int(days.max()), _LONG_STRETCH)
    ordered = frame.drop_duplicates("start").sort_values("start")
    steps = ordered["start"].diff().dt.days
    for i in np.flatnonzero((steps > longest).to_numpy()).tolist():
        before, after = ordered["start"].iloc[i - 1], ordered["start"].iloc[i]
        what = f"no row between {before.date()} and {after.date()}; taken as nobody"
        check.warn(what, (ordered["row"].iloc[i],))
    _warn_nothing(check, frame, longest)


def _warn_nothing(check: DataCheck, frame: pd.DataFrame, longest: int) -> None:
    """Long stretches in which the rows are there, but nobody was counted at all."""
    counted = [role for role in _COUNTED if role in frame]
    total = frame.groupby("start")[counted].sum().sum(axis=1)
    busy = total.index[(total > 0).to_numpy()]
    days = busy.to_series().diff().dt.days
    rows = frame.drop_duplicates("start").set_index("start")["row"]
    seen = set(total.index)
    for before, after, n in zip(busy[:-1], busy[1:], days.iloc[1:], strict=True):
        if n > longest and after - pd.Timedelta(days=1) in seen:
            last_empty = after - pd.Timedelta(days=1)
            check.warn(f"nobody counted between {before.date()} and {after.date()}", (int(rows[last_empty]),))


def _observed(
    table: RawTable,
    frame: pd.DataFrame,
    days: npt.NDArray[np.int64],
    by_month: bool,
    has_calendar: bool,
    check: DataCheck,
) -> ObservedTrial:
    if "randomised" not in frame:
        check.error("no column counts those randomised; say which, as in --columns randomised=NAME")
    elif frame["randomised"].sum() == 0:
        check.warn("nobody is randomised")
    check.stop_on_errors()
    start_days = frame["start"].to_numpy().astype("datetime64[D]")
    first = start_days.min()
    start = (start_days - first).astype(np.float64)
    end = start + days
    last = as_date(first) + timedelta(days=int(end.max()) - 1)
    names, site = indexed_sites(frame["site"].to_numpy(dtype=object), start)
    return ObservedTrial(
        name=table.file.rsplit("/", 1)[-1].rsplit(".", 1)[0],
        source=table.file,
        first=as_date(first),
        last=last,
        people=_people(start, end, frame["randomised"].to_numpy(), site),
        sites=tuple(SiteRecord(name) for name in names),
        funnel=_funnel(frame, start, end),
        resolution_days=30 if by_month else int(days.max()),
        has_calendar=has_calendar,
        has_sites=bool(names),
        findings=tuple(check.findings),
    )


def _people(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    randomised: npt.NDArray[np.float64],
    site: npt.NDArray[np.int64],
) -> People:
    """Those randomised in each period, spread evenly over it, since their days are not known."""
    n = randomised.astype(np.int64)
    period = np.repeat(np.arange(len(n)), n)
    order_in_period = np.arange(len(period)) - np.repeat(np.cumsum(n) - n, n)
    day = start[period] + (order_in_period + 0.5) / n[period] * (end - start)[period]
    columns = nobody(len(period))
    columns["randomised"] = np.minimum(np.floor(day) + 0.5, end[period] - 0.5)
    columns["site"] = site[period]
    order = np.argsort(columns["randomised"], kind="stable")
    return People(**columns).taken(order)


def _funnel(frame: pd.DataFrame, start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> Funnel:
    counted = {role: frame[role] if role in frame else pd.Series(np.nan, frame.index) for role in _COUNTED}
    together = pd.DataFrame({"start": start, "end": end, **counted}).groupby("start", sort=True)
    sums = together[list(_COUNTED)].sum(min_count=1)
    return Funnel(
        start=sums.index.to_numpy(dtype=np.float64),
        end=together["end"].max().to_numpy(),
        **{role: sums[role].to_numpy(dtype=np.float64) for role in _COUNTED},
    )


def is_long(table: RawTable) -> bool:
    """Whether a table names its counts in a column of their own: `table, month, country, count`."""
    names = {plain(header) for header in table.columns}
    return "count" in names and not {"table", "measure", "variable"}.isdisjoint(names)


def widened(table: RawTable) -> RawTable:
    """A long table in its wide form, added up over whatever else it tells apart but sites.

    Raises:
        DataError: a count is not a number.
    """
    headers = {plain(header): header for header in table.columns}
    measure = next(headers[name] for name in ("table", "measure", "variable") if name in headers)
    period = next((headers[name] for name in COUNT_NAMES["date"] if name in headers), None)
    if period is None:
        raise DataError(Problem("no column is the date of the period", table.file, 1))
    keys = [period] + [headers[name] for name in ("site", "site_id") if name in headers]
    cells = table.cells.copy()
    numbers = pd.to_numeric(cells[headers["count"]], errors="coerce")
    if numbers.isna().any():
        rows = numbers.index[numbers.isna()].tolist()
        raise DataError(Problem(f"'{headers['count']}' is not a number{in_rows(rows)}", table.file))
    cells["_count"] = numbers
    cells["_row"] = cells.index
    wide = cells.pivot_table(index=keys, columns=measure, values="_count", aggfunc="sum", fill_value=0, sort=False)
    first_rows = cells.groupby(keys, sort=False)["_row"].min()
    flat = wide.map(lambda value: f"{value:g}").reset_index()
    flat.columns = pd.Index([str(name) for name in flat.columns])
    flat.index = pd.Index(first_rows.to_numpy())
    return RawTable(table.file, flat, table.domain)
