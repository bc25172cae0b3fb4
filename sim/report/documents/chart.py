"""The chart of the one-page documents as plain numbers, so that PDF and SVG draw the same bars.

Places are shares of the width; a format multiplies them by what it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sim.report.documents.content import Content, Milestone

_MOST_TICKS = 8


@dataclass(frozen=True)
class Bar:
    """One milestone on a scale from 0 (first day) to 1 (last day).

    Attributes:
        name: name of the milestone.
        start: position of P10.
        middle: position of P50; None if later than the horizon.
        safe: position of P80; None if later than the horizon.
        end: position of P90; 1 if later than the horizon.
        is_open: whether P90 is later than the horizon.
        planned: position of the planned date; None without one.
    """

    name: str
    start: float
    middle: float | None
    safe: float | None
    end: float
    is_open: bool
    planned: float | None


@dataclass(frozen=True)
class Chart:
    """Bars, and the years or months that mark the scale (position from 0 to 1, and its text).

    Attributes:
        bars: a bar for each milestone, in the order of time.
        ticks: position from 0 (left) to 1, and the year or month written there.
    """

    bars: list[Bar]
    ticks: list[tuple[float, str]]


def chart(page: Content) -> Chart:
    """The chart of the milestones that at least a tenth of the simulated trials reach.

    Args:
        page: what the run says.

    Returns:
        Bars in the order of the milestones, and the ticks of the time axis: eight at most, from months to every fifth
        year, whichever is finest.
    """
    shown = [one for one in page.milestones if one.dates[10] is not None]
    days = [day for one in shown for day in (*one.dates.values(), one.planned) if day is not None]
    first = min([page.opens, *days])
    span = max((max([page.opens, *days]) - first).days, 1)

    def place(day: date | None) -> float | None:
        return None if day is None else (day - first).days / span

    return Chart([_bar(one, place(one.dates[10]) or 0.0, place) for one in shown], _ticks(first, span))


def _bar(one: Milestone, start: float, place: Callable[[date | None], float | None]) -> Bar:
    end = place(one.dates[90])
    return Bar(
        one.name,
        start,
        place(one.dates[50]),
        place(one.dates[80]),
        1.0 if end is None else end,
        end is None,
        place(one.planned),
    )


def _ticks(first: date, span: int) -> list[tuple[float, str]]:
    """First days of years, or of quarters or months for a short span, as (position, text)."""
    last = first + timedelta(days=span)
    for months, form in ((1, "%b %Y"), (3, "%b %Y"), (12, "%Y"), (24, "%Y"), (60, "%Y")):
        days = [
            date(year, month, 1)
            for year in range(first.year, last.year + 1)
            for month in range(1, 13, min(months, 12))
            if months <= 12 or year % (months // 12) == 0
            if first <= date(year, month, 1) <= last
        ]
        if len(days) <= _MOST_TICKS:
            return [((day - first).days / span, day.strftime(form)) for day in days]
    return []
