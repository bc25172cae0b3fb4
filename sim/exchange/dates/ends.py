"""Finds where data end, and dates that are not dates of the past: placeholders such as 9999-12-31, plans, slips.

The last day decides a forecast: people not seen until then count against the rate. So it is never moved by one odd
date in silence. A few dates far from all others are asked about or refused, and so is a long silence at the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.exchange.dates.cell import parts_of
from sim.exchange.dates.forms import is_serial
from sim.exchange.dates.read import FIRST_YEAR, LAST_YEAR, NO_YEARS, Days
from sim.exchange.findings import AS_OF, DataCheck, Question, QuestionError
from sim.exchange.observed import ObservedTrial
from sim.exchange.tables.read import RawTable

_ENDS = ([1, 1], [12, 31])  # of a year
_REPEATED = 3  # cells with the same impossible day: filled in by a form
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)|^(\d{4})\d{4}(?:\d{6})?$")
_SLIP_DAYS, _SLIP_TIMES, _SLIP_ROWS = 180, 20.0, 3  # a few days this long after all others are slips or plans
_EARLY_DAYS = 1826  # a few days this long before all others are slips: no trial waits five years for its next patient
_BEYOND_DAYS = 31  # last visits may be this much later than everything else without a question
_SILENT_DAYS, _SILENT_TIMES = 60, 10.0  # silence after which to ask whether the data end there
_REMARK_DAYS, _REMARK_TIMES = 14, 3.0
_LONG_GAP, _GAP_DAYS = 8.0, 28  # times the mean gap, and days: a gap within the data that is reported


def without_placeholders(table: RawTable, columns: list[str]) -> tuple[RawTable, list[str]]:
    """Remove dates that stand for a missing one, such as 2099-12-31 or 1900-01-01.

    Args:
        table: the table.
        columns: headers of the columns with dates.

    Returns:
        The table, and what was removed, as clauses.
    """
    notes, cells = [], table.cells
    for column in columns:
        values = cells[column]
        wrong = values.isin([text for text, n in values.value_counts().items() if _is_placeholder(str(text), n)])
        if wrong.any():
            if cells is table.cells:
                cells = cells.copy()
            example = values[wrong].iloc[0]
            cells[column] = values.where(~wrong, "")
            n = int(wrong.sum())
            notes.append(f"{n:,} in '{column}' such as {example} stand for no day, and are taken as none")
    return replace(table, cells=cells), notes


def _is_placeholder(text: str, n: int) -> bool:
    """Whether a text in n cells stands for no day: a year that no trial has, as forms and databases fill it in.

    Another such year is a slip, or of another calendar, and an error.
    """
    if is_serial(text):
        return False
    found = _YEAR.search(text)
    year, *day = parts_of(text) or (int(found[1] or found[2]) if found else FIRST_YEAR,)
    return not FIRST_YEAR <= year <= LAST_YEAR and (year in NO_YEARS or day in _ENDS or n >= _REPEATED)


def check_slips(
    days: Mapping[str, Days],
    named: Mapping[str, str],
    as_of: date | None,
    check: DataCheck,
    rows: npt.NDArray[np.int64],
) -> None:
    """Ask about a few dates long after all others: they are slips or plans. Refuse a few years before all others.

    A few are at most 3. Long after is more than 180 days and more than 20 times the median gap between days; long
    before, more than five years. Nothing is checked with fewer than three different days, and nothing late where the
    user has said the last day.

    Args:
        days: (n,) days by role.
        named: header by role.
        as_of: the last day that counts, if the user said.
        check: collects the question and the error.
        rows: (n,) rows of the file.
    """
    everything = np.concatenate(list(days.values()))
    known = np.unique(everything[~np.isnat(everything)])
    if len(known) < 3:
        return
    gaps = np.diff(known).astype(int)
    usual = float(np.median(gaps))
    _refuse_early(days, known, gaps, check, rows)
    if as_of is not None:
        return
    for i in range(max(len(gaps) - _SLIP_ROWS, 1), len(gaps)):
        far = gaps[i] > max(_SLIP_DAYS, _SLIP_TIMES * usual)
        before, after = known[i], known[i + 1]
        late = {role: ~np.isnat(values) & (values >= after) for role, values in days.items()}
        n = sum(int(mask.sum()) for mask in late.values())
        if not far or n > _SLIP_ROWS:
            continue
        roles = [role for role, mask in late.items() if mask.any()]
        where = rows[np.logical_or.reduce(list(late.values()))]
        names = ", ".join(f"'{named.get(role, role)}'" for role in roles)
        message = f"{after} in {names} is {gaps[i]:,} days after all other days: a slip, or a plan"
        answers = (
            (str(before), "later days do not count"),
            (str(known[-1]), "it is right"),
        )
        check.ask(Question(message, AS_OF, answers, rows=tuple(where.tolist()), otherwise="correct the row"))
        return


def _refuse_early(
    days: Mapping[str, Days], known: Days, gaps: npt.NDArray[np.int64], check: DataCheck, rows: npt.NDArray[np.int64]
) -> None:
    """Refuse a few days that lie years before all others, such as 1953 among dates of 2023."""
    for i in range(min(_SLIP_ROWS, len(gaps))):
        early = np.logical_or.reduce([~np.isnat(values) & (values <= known[i]) for values in days.values()])
        if gaps[i] > _EARLY_DAYS and early.sum() <= _SLIP_ROWS:
            message = f"{known[i]} is {gaps[i]:,} days before all other days; correct the row, or leave it out"
            check.error_rows(message, rows[early])
            return


def warn_gaps(check: DataCheck, randomised: Days, rows: npt.NDArray[np.int64]) -> list[str]:
    """Warn of long stretches without a randomisation within the data, where rows may be missing.

    Long is more than 8 times the mean gap and more than 28 days.

    Args:
        check: collects the warnings.
        randomised: (n,) days of randomisation.
        rows: (n,) rows of the file.

    Returns:
        The same for the account, one clause each.
    """
    known = np.flatnonzero(~np.isnat(randomised))
    order = known[np.argsort(randomised[known], kind="stable")]
    gaps = np.diff(randomised[order]).astype(int)
    if len(gaps) < 2:
        return []
    found = []
    for i in np.flatnonzero((gaps > _LONG_GAP * gaps.mean()) & (gaps > _GAP_DAYS)).tolist():
        start, end = randomised[order[i]], randomised[order[i + 1]]
        check.warn(f"nobody randomised for {gaps[i]} days, from {start} to {end}", (rows[order[i + 1]],))
        found.append(f"nobody randomised from {start} to {end} ({gaps[i]} days)")
    return found


def end_of_data(
    events: Mapping[str, Days], side: Mapping[str, Days], file: str
) -> tuple[np.datetime64, str, tuple[Question, ...]]:
    """Find the last day of the data.

    It is the latest day of an event, or of the side columns where that is at most 31 days later.

    Args:
        events: days of events, by the header of their column.
        side: last visits, days of the status and of the data cut, by header; they show that the data continue.
        file: the file, for the question.

    Returns:
        The day, how it was found, and what to ask before a forecast continues from it: nothing, unless the side columns
        go on for longer.
    """
    ends = {name: days[~np.isnat(days)].max() for name, days in events.items() if not np.isnat(days).all()}
    last = max(ends.values())
    name = next(name for name, day in ends.items() if day == last)
    beyond = {name: days[~np.isnat(days)].max() for name, days in side.items() if not np.isnat(days).all()}
    beyond = {name: day for name, day in beyond.items() if day > last}
    if not beyond:
        return last, f"{last}, the latest day in '{name}'", ()
    until = max(beyond.values())
    which = next(name for name, day in beyond.items() if day == until)
    if (until - last).astype(int) <= _BEYOND_DAYS:
        return until, f"{until}, the latest day in '{which}'", ()
    message = f"the latest day in '{name}' is {last}, and that in '{which}' is {until}: where do the data end"
    answers = ((str(last), f"as '{name}' says"), (str(until), f"as '{which}' says"))
    found = (Question(message, AS_OF, answers, file=file),)
    return last, f"{last}, the latest day in '{name}'; '{which}' goes on to {until}", found


def silence(trial: ObservedTrial) -> tuple[int, float, date] | None:
    """Find a long stretch without randomisations at the end of the data.

    Long is at least 14 days and at least 3 times the mean gap.

    Args:
        trial: the trial.

    Returns:
        Its length in days, the mean gap before it in days, and the last day of randomisation; None if there is none, or
        fewer than two people are randomised.
    """
    days = trial.days
    if len(days) < 2:
        return None
    silent = int(trial.now - np.floor(days[-1]) - 1)
    usual = float(days[-1] - days[0]) / (len(days) - 1)
    if silent < max(_REMARK_DAYS, _REMARK_TIMES * usual):
        return None
    return silent, usual, trial.date_of(float(days[-1]))


def ask_about_end(trial: ObservedTrial, target: int | None, as_of: date | None) -> None:
    """Ask whether the data end with the last randomisation, where a long stretch without one follows.

    Long is here more than 60 days and more than 10 times the mean gap; shorter ones get a remark (`silence_remark`).

    Args:
        trial: the whole trial.
        target: number of randomisations wanted; None for all in the data.
        as_of: the day from which to continue, if the user said.

    Raises:
        QuestionError: such a stretch follows, the user said no day, and the target is not reached; or reading the data
            left a question about their last day.
    """
    if as_of is not None or target is None or trial.n_randomised >= target:
        return
    if trial.questions:
        raise QuestionError(trial.questions)
    found = silence(trial)
    if found is None:
        return
    silent, usual, last = found
    if silent <= max(_SILENT_DAYS, _SILENT_TIMES * usual):
        return
    message = (
        f"the last randomisation is on {last}, and the data go on for {silent} days to {trial.last} without one, where "
        f"one came every {usual:.1f} days: did recruitment stop, or do the data end there"
    )
    answers = (
        (str(last), "they end with the last randomisation"),
        (str(trial.last), "nobody was randomised since"),
    )
    raise QuestionError(Question(message, AS_OF, answers, file=trial.source))


def silence_remark(trial: ObservedTrial) -> str:
    """Return a clause on a stretch without randomisations at the end; empty where there is none.

    Args:
        trial: the data, up to their last day.
    """
    found = silence(trial)
    if found is None:
        return ""
    silent, usual, last = found
    return (
        f"nobody randomised in the last {silent} days of the data, where one came every {usual:.1f} days; "
        f"if the data end with the last randomisation, say --as-of {last}"
    )
