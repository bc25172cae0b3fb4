"""Reads all date columns of a log together: one column that shows how dates are written decides for the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from sim.exchange.dates.read import DateOrder, Dates, Days, between, parse_dates, proven_order
from sim.exchange.logs import headers

if TYPE_CHECKING:
    from sim.exchange.tables.raw import RawTable

_NO_EXIT = (headers.SCREENED, headers.DATE)


def order_of(table: RawTable, names: Iterable[str], said: DateOrder | None) -> DateOrder | None:
    """Return how to read 03/04/2024: as the user said, or as one date column shows and none contradicts."""
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
    whole = {role: np.where(found.earliest == found.latest, found.days, nothing) for role, found in dates.items()}
    exits = [days for role, days in whole.items() if role not in _NO_EXIT]
    left = np.fmin.reduce(exits) if exits else nothing
    settled: dict[str, Days] = {}
    before = nothing
    for role in (*_NO_EXIT, *(role for role in dates if role not in _NO_EXIT)):
        if role in dates:
            after = np.fmin(whole.get(headers.DATE, nothing), left) if role == headers.SCREENED else left
            after = np.fmin(after, last) if role in _NO_EXIT else np.full_like(nothing, last)
            settled[role] = between(dates[role], before, after)
            before = np.fmax(before, settled[role]) if role in _NO_EXIT else before
    return settled, notes


def _last_whole(dates: Iterable[Dates]) -> np.datetime64:
    days = np.concatenate([found.days[found.earliest == found.latest] for found in dates])
    known = days[~np.isnat(days)]
    return known.max() if len(known) else np.datetime64("NaT", "D")
