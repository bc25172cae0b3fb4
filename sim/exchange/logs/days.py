"""Reads all date columns of a log together: one column that shows how dates are written decides for the others.

A day above 12 in the column of consent proves that 03/04/2024 is the 3rd of April in the column of randomisation too.
Incomplete dates are settled here for the same reason: the other dates of the row limit them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from sim.exchange.dates.cell import DateOrder
from sim.exchange.dates.read import Dates, Days, parse_dates, proven_order
from sim.exchange.logs import headers

if TYPE_CHECKING:
    from sim.exchange.tables.raw import RawTable

_NO_EXIT = (headers.SCREENED, headers.DATE)


def order_of(table: RawTable, names: Iterable[str], said: DateOrder | None) -> DateOrder | None:
    """Return how to read 03/04/2024: as the user said, or as one date column shows and none contradicts.

    Args:
        table: the log.
        names: headers of its date columns.
        said: what the user said; it takes precedence.

    Returns:
        The order; None where nothing shows it.
    """
    return said or proven_order(table.cells[name] for name in names)


def log_days(
    table: RawTable, columns: Mapping[str, str], order: DateOrder | None
) -> tuple[dict[str, Days], tuple[str, ...]]:
    """Read the days of a log by role.

    An incomplete date is the middle of the days that the other dates of its row allow, and not after the last complete
    date.

    Args:
        table: the log.
        columns: header by role, for columns with dates.
        order: how to read 03/04/2024; None if not known.

    Returns:
        (n,) days by role, and how they were read, one clause each.

    Raises:
        DataError: a cell is not a date.
        AmbiguousDatesError: dates could be read in two ways.
    """
    dates = {role: parse_dates(table.cells[name], table.file, name, order) for role, name in columns.items()}
    notes = tuple(note for found in dates.values() for note in found.notes)
    if not any(found.partial_rows for found in dates.values()):
        return {role: found.days for role, found in dates.items()}, notes
    last = _last_whole(dates.values())
    nothing = np.full(len(table.cells), np.datetime64("NaT", "D"), dtype="datetime64[D]")
    latest = {role: found.latest for role, found in dates.items()}
    exits = [days for role, days in latest.items() if role not in _NO_EXIT]
    left = np.fmin.reduce(exits) if exits else nothing
    settled: dict[str, Days] = {}
    before = nothing
    for role in (*_NO_EXIT, *(role for role in dates if role not in _NO_EXIT)):
        if role in dates:
            after = np.fmin(latest.get(headers.DATE, nothing), left) if role == headers.SCREENED else left
            after = np.fmin(after, last) if role in _NO_EXIT else np.full_like(nothing, last)
            settled[role] = between(dates[role], before, after)
            before = np.fmax(before, settled[role]) if role in _NO_EXIT else before
    return settled, notes


def between(dates: Dates, not_before: Days | None, not_after: Days | None) -> Days:
    """Narrow incomplete dates by two other columns, and take the middle of the remaining days.

    Args:
        dates: the column.
        not_before: (n,) days before which each cannot be; NaT where not known; None for no such column.
        not_after: (n,) days after which each cannot be; likewise.

    Returns:
        (n,) days.
    """
    first, last = dates.earliest, dates.latest
    if not_before is not None:
        first = np.where(np.isnat(not_before), first, np.maximum(first, not_before))
    if not_after is not None:
        last = np.where(np.isnat(not_after), last, np.minimum(last, not_after))
    narrowed = (dates.earliest < dates.latest) & (first <= last)
    middle: Days = np.where(narrowed, first + (last - first) // 2, dates.days)
    return middle


def _last_whole(dates: Iterable[Dates]) -> np.datetime64:
    days = np.concatenate([found.days[found.earliest == found.latest] for found in dates])
    known = days[~np.isnat(days)]
    return known.max() if len(known) else np.datetime64("NaT", "D")
