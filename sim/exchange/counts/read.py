"""Reads counts by day, week, month or quarter: screened, eligible, randomised, with or without sites.

A trial from counts has people like any other, so that forecasts need no case of their own. Their days are spread over
the period, and `resolution_days` of the trial tells how far they can be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.errors import Problem, in_short
from sim.exchange.account import Account
from sim.exchange.counts.numbers import numbers_in
from sim.exchange.counts.periods import MONTH, NO_CALENDAR, Periods, periods_of
from sim.exchange.counts.places import added_up
from sim.exchange.counts.running_totals import differences, is_running
from sim.exchange.counts.shapes import shaped
from sim.exchange.dates.ends import check_slips
from sim.exchange.findings import COLUMNS, DataCheck, DataError, Question, QuestionError
from sim.exchange.limits import MOST_PEOPLE
from sim.exchange.logs.other_tables import refuse_table_of_sites
from sim.exchange.logs.read import as_date, indexed_sites
from sim.exchange.observed import MIDDLE_OF_DAY, Funnel, ObservedTrial, People, SiteRecord, nobody
from sim.exchange.said import NEW, Said
from sim.exchange.sites.blanks import check_blanks
from sim.exchange.sites.keys import one_name_each
from sim.exchange.tables.columns import COUNT_NAMES, recognise, uses
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.sheets import SHEET_COLUMN

_COUNTED = ("screened", "eligible", "randomised", "sites_activated")
_MEANINGS = {
    "date": "period",
    "site": "site",
    "screened": "number screened",
    "eligible": "number eligible",
    "randomised": "number randomised",
    "sites_activated": "number of sites activated",
}
_LONG_MONTH, _LONG_STRETCH = 45, 14  # days without a row, from which on to warn
_NO_MONTH = NO_CALENDAR.year * 12
_UNIT_DAYS = {MONTH: 30, "quarter": 91, "year": 365}


@dataclass
class _Made:
    """Decisions made while reading, for the account.

    Attributes:
        notes: one clause each.
        gaps: stretches without anybody.
        n_to_come: number of rows of future periods.
        falls: whether the file shows that no count is a running total.
    """

    notes: list[str]
    gaps: list[str]
    n_to_come: int = 0
    falls: bool = False


def read_counts(table: RawTable, said: Said) -> ObservedTrial:
    """Read counts by period.

    Args:
        table: the table.
        said: what the user said of how to read it.

    Returns:
        The trial; its people have only a site and a day within their period, over which they are spread evenly. A
        period or count that is missing within the data counts as nobody, with a warning.

    Raises:
        DataError: there is no column of periods, a period or a count cannot be read, the same period occurs twice, or
            the counts add up to more than a million.
        QuestionError: it is not clear whether counts are running totals, or which columns count the randomised.
    """
    n_rows = len(table.cells)
    shape = shaped(table)
    added = added_up(shape.table, said.columns)
    table = added.table
    columns = recognise(table, COUNT_NAMES, added.columns)
    if "date" in columns and "randomised" not in columns and added.question:
        raise QuestionError(added.question)
    for role, what in (("date", "is the date of the period"), ("randomised", "counts those randomised")):
        if role not in columns:
            refuse_table_of_sites(table)
            shown = ", ".join(in_short(name) for name in table.columns)
            message = f"no column {what} (found: {shown}); say which, as in --columns {role}=NAME"
            raise DataError(Problem(message, table.file, 1))
    check = DataCheck(table.file)
    periods = periods_of(table, columns["date"], said.order)
    made = _Made([*shape.notes, *((added.note,) if added.note else ()), *periods.notes], [], falls=shape.falls)
    frame = _frame(table, columns, periods, check, made, bool(said.columns.get("site")))
    frame = _until_reported(frame, check, made)
    frame = _counted(frame, columns, periods, said, check, made)
    some = frame[frame["randomised"] > 0]
    last_days = (some["end"] - pd.Timedelta(days=1)).to_numpy().astype("datetime64[D]")
    check_slips({"date": last_days}, columns, said.as_of, check, some["row"].to_numpy())
    _ask_funnel(frame, columns, check)
    check.stop_on_errors()
    _warn_funnel(check, frame)
    _warn_gaps(check, frame, periods.unit, made)
    trial = _observed(table, frame, periods, check)
    return replace(trial, account=_account(table, trial, columns, said, periods, made, n_rows))


def _frame(
    table: RawTable, columns: dict[str, str], periods: Periods, check: DataCheck, made: _Made, is_said: bool
) -> pd.DataFrame:
    """One row per row of the file: start, end, row, site, and the counts; NaN where there is none."""
    rows = table.cells.index.to_numpy()
    frame = pd.DataFrame({"start": periods.start.astype("datetime64[s]"), "end": periods.end.astype("datetime64[s]")})
    frame["row"] = rows
    frame["site"] = table.cells[columns["site"]].to_numpy() if "site" in columns else ""
    if "site" in columns:
        check_blanks(check, table.cells[columns["site"]], columns["site"], is_said)
        check.stop_on_errors()
    names = one_name_each(frame["site"])
    others = sorted(name for name, one in names.items() if name != one)
    if others:
        made.notes.append(f"sites that differ only in spelling are taken as one: {', '.join(others[:5])}")
    frame["site"] = frame["site"].map(lambda name: names.get(name, name))
    for role in _COUNTED:
        if role in columns:
            frame[role] = _numbers(table, columns[role], check).to_numpy()
    there = [role for role in _COUNTED if role in frame]
    dateless = frame["start"].isna()
    check.error_rows("no date", frame.loc[dateless & frame[there].notna().any(axis=1), "row"])
    check.stop_on_errors()
    frame = frame[~dateless]
    twice = frame.duplicated(["start", "site"], keep=False)
    if twice.any() and "site" not in columns and SHEET_COLUMN in table.columns:
        choices = ((f"site={SHEET_COLUMN}", "each sheet is a site"),)
        message, otherwise = "several sheets count the same periods", "read one of them, with --sheet NAME"
        check.ask(Question(message, COLUMNS, choices, otherwise=otherwise))
    else:
        check.error_rows("the same period twice", frame.loc[twice, "row"])
    if not len(frame):
        check.error("no period has a count")
    check.stop_on_errors()
    return frame


def _numbers(table: RawTable, column: str, check: DataCheck) -> pd.Series[float]:
    """(rows,) counts of a column; NaN for an empty cell. What is no whole number from 0 on is an error."""
    cells = table.cells[column]
    numbers = numbers_in(cells)
    for what, wrong in (
        ("not a number", numbers.isna() & (cells != "")),
        ("below 0", numbers < 0),
        ("not a whole number", numbers % 1 > 0),
    ):
        if wrong.any():
            check.error_rows(f"'{cells[wrong].iloc[0]}' in '{column}' is {what}", numbers.index[wrong.to_numpy()])
    return numbers


def _until_reported(frame: pd.DataFrame, check: DataCheck, made: _Made) -> pd.DataFrame:
    """The rows up to the last period that counts anybody or says 0; later rows are future periods."""
    there = [role for role in _COUNTED if role in frame]
    reported = frame[there].notna().any(axis=1)
    if not reported.any():
        check.error("no period has a count")
        check.stop_on_errors()
    last = frame.loc[reported, "start"].max()
    made.n_to_come = int((frame["start"] > last).sum())
    frame = frame[frame["start"] <= last]
    silent = reported.loc[frame.index].groupby(frame["start"]).transform("any")
    empty = frame["randomised"].isna()
    check.warn_rows("no count in this period; taken as nobody", frame.loc[~silent, "row"])
    check.warn_rows("no number randomised; taken as 0", frame.loc[empty & silent & ~_is_other_site(frame), "row"])
    return frame


def _is_other_site(frame: pd.DataFrame) -> pd.Series[bool]:
    """Rows without a count in a period for which another site has one, because trackers leave out zeros."""
    return frame["randomised"].notna().groupby(frame["start"]).transform("any")


def _counted(
    frame: pd.DataFrame, columns: dict[str, str], periods: Periods, said: Said, check: DataCheck, made: _Made
) -> pd.DataFrame:
    """Counts of each period, from running totals where they are such; 0 where there is none."""
    frame = frame.copy()
    for role in _COUNTED:
        if role not in frame:
            continue
        answer = said.counts if role == "randomised" else ""
        answer = answer or (NEW if made.falls else "")
        if is_running(columns[role], frame, role, answer, check):
            frame[role] = differences(frame, role, columns[role], answer, check)
            made.notes.append(f"'{columns[role]}' is added up from the start, and read as its steps")
            if role == "randomised" and periods.is_dates:
                frame = _since_the_row_before(frame)
        frame[role] = frame[role].fillna(0.0)
    total = float(frame["randomised"].sum())
    if total > MOST_PEOPLE:
        check.error(
            f"'{columns['randomised']}' adds up to {total:,.0f} randomised, and no trial has more than "
            f"{MOST_PEOPLE:,}; say which column counts them, as in --columns randomised=NAME"
        )
    elif total == 0:
        check.warn("nobody is randomised")
    return frame


def _since_the_row_before(frame: pd.DataFrame) -> pd.DataFrame:
    """Running totals on single days: each increase happened at some time since the day of the row before."""
    starts = frame["start"].drop_duplicates().sort_values()
    steps = starts.diff()
    usual = steps.median() if len(starts) > 1 else pd.Timedelta(days=1)
    begin = dict(zip(starts, starts - steps.fillna(usual) + pd.Timedelta(days=1), strict=True))
    return frame.assign(start=frame["start"].map(begin), end=frame["start"] + pd.Timedelta(days=1))


def _ask_funnel(frame: pd.DataFrame, columns: dict[str, str], check: DataCheck) -> None:
    """Ask about a column of people screened that has fewer in all than were randomised."""
    if "screened" not in frame or frame["screened"].sum() >= frame["randomised"].sum():
        return
    n, fewer = (int(frame[role].sum()) for role in ("randomised", "screened"))
    message = f"{n:,} are randomised, and '{columns['screened']}' counts {fewer:,}: not all those screened"
    choices = (("screened=", "that column is not used"),)
    check.ask(Question(message, COLUMNS, choices, otherwise="correct the counts"))


def _warn_funnel(check: DataCheck, frame: pd.DataFrame) -> None:
    """Warn where more people pass a step than began it, such as more randomised than eligible."""
    for more, fewer in (("screened", "eligible"), ("eligible", "randomised")):
        if more in frame and fewer in frame:
            check.warn_rows(f"more {fewer} than {more}", frame.loc[frame[fewer] > frame[more], "row"])


def _warn_gaps(check: DataCheck, frame: pd.DataFrame, unit: str, made: _Made) -> None:
    """Warn of missing periods between the first and the last; they count as 0."""
    # Days without a row are often days without work, so that only long stretches are reported.
    ordered = frame.drop_duplicates("start").sort_values("start")
    lengths = (ordered["end"] - ordered["start"]).dt.days
    longest = _LONG_MONTH if unit == MONTH else max(int(lengths.max()), _LONG_STRETCH)
    missing = (ordered["start"] - ordered["end"].shift()).dt.days
    steps = ordered["start"].diff().dt.days
    for i in np.flatnonzero(((steps > longest) & (missing > 0)).to_numpy()).tolist():
        before, after = ordered["start"].iloc[i - 1], ordered["start"].iloc[i]
        what = f"no row between {before.date()} and {after.date()}; taken as nobody"
        check.warn(what, (ordered["row"].iloc[i],))
        made.gaps.append(f"no row between {before.date()} and {after.date()}")
    _warn_nothing(check, frame, longest)


def _warn_nothing(check: DataCheck, frame: pd.DataFrame, longest: int) -> None:
    """Warn of long stretches in which rows exist, but nobody was counted."""
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


def _observed(table: RawTable, frame: pd.DataFrame, periods: Periods, check: DataCheck) -> ObservedTrial:
    """The trial: people spread over their periods, sites in the order in which they first appear, and the funnel."""
    start_days = frame["start"].to_numpy().astype("datetime64[D]")
    end_days = frame["end"].to_numpy().astype("datetime64[D]")
    first = start_days.min()
    start = (start_days - first).astype(np.float64)
    end = (end_days - first).astype(np.float64)
    names, site = indexed_sites(frame["site"].to_numpy(dtype=object), start)
    return ObservedTrial(
        name=table.file.rsplit("/", 1)[-1].rsplit(".", 1)[0],
        source=table.file,
        first=as_date(first),
        last=as_date(first) + timedelta(days=int(end.max()) - 1),
        people=_people(start, end, frame["randomised"].to_numpy(), site),
        sites=tuple(SiteRecord(name) for name in names),
        funnel=_funnel(frame, start, end),
        resolution_days=_UNIT_DAYS.get(periods.unit, int((end - start).max())),
        has_calendar=periods.has_calendar,
        has_sites=bool(names),
        findings=tuple(check.findings),
    )


def _account(
    table: RawTable,
    trial: ObservedTrial,
    columns: dict[str, str],
    said: Said,
    periods: Periods,
    made: _Made,
    n_rows: int,
) -> Account:
    """The account: one row of the file became one count of a period, or is of a period to come."""
    used, left_out = uses(table, columns, _MEANINGS, said.columns)
    ignored = ((f"{periods.unit}s to come, without a count", made.n_to_come),) if made.n_to_come else ()
    n_used = len(table.cells) - made.n_to_come
    end = f"{trial.last}, the end"
    if not trial.has_calendar:  # the years of such dates are made up
        end = f"month {trial.last.year * 12 + trial.last.month - _NO_MONTH} from the start,"
    return Account(
        kind=f"counts by {periods.unit}",
        columns=used,
        left_out=left_out,
        n_rows=n_rows,
        became=((f"counts of a {periods.unit}", n_used), ("people randomised", trial.n_randomised)),
        ignored=ignored,
        end=f"{end} of the last {periods.unit} with a count" if trial.has_calendar else f"{end} the last with a count",
        gaps=tuple(made.gaps),
        notes=tuple(made.notes),
    )


def _people(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    randomised: npt.NDArray[np.float64],
    site: npt.NDArray[np.int64],
) -> People:
    """People randomised in each period, spread evenly over it because their days are not known."""
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
    """Counts by period, summed over sites; NaN where nothing is counted."""
    counted = {role: frame[role] if role in frame else pd.Series(np.nan, frame.index) for role in _COUNTED}
    together = pd.DataFrame({"start": start, "end": end, **counted}).groupby("start", sort=True)
    sums = together[list(_COUNTED)].sum(min_count=1)
    return Funnel(
        start=sums.index.to_numpy(dtype=np.float64),
        end=together["end"].max().to_numpy(),
        **{role: sums[role].to_numpy(dtype=np.float64) for role in _COUNTED},
    )


def ending_on(trial: ObservedTrial, when: date) -> ObservedTrial:
    """End the last period of a trial on a day within it; its count is then what was known on that day.

    The people of that period are moved closer together, so that all of them came by then.

    Args:
        trial: the trial.
        when: the day from which a forecast continues.

    Returns:
        The trial; unchanged if its data are not counts, or the day is not within the last period.
    """
    now = trial.day_of(when) + 1.0
    if trial.funnel is None or not trial.funnel.start[-1] < now < trial.funnel.end[-1]:
        return trial
    start, end = float(trial.funnel.start[-1]), float(trial.funnel.end[-1])
    days = trial.people.randomised
    within = days >= start
    moved = np.floor(start + (days - start) * (now - start) / (end - start)) + MIDDLE_OF_DAY
    people = replace(trial.people, randomised=np.where(within, np.minimum(moved, now - MIDDLE_OF_DAY), days))
    ends = trial.funnel.end.copy()
    ends[-1] = now
    n = int(np.count_nonzero(within))
    note = f"the last period is not over: its {n:,} randomised are those until {when}"
    return replace(
        trial,
        last=when,
        people=people,
        funnel=replace(trial.funnel, end=ends),
        account=replace(trial.account, notes=(*trial.account.notes, note)),
    )
