"""Milestones as an iCalendar file (RFC 5545): one entry a milestone for its median, and one for its 80 % date.

Entries are identified by run and milestone, so that a calendar that reads the file twice shows each once.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from sim.report.documents.content import Content, Milestone

if TYPE_CHECKING:
    from icalendar import Event

_WHICH = {50: "half of the simulated trials are there", 80: "80 % of the simulated trials are there"}


def calendar_file(page: Content) -> bytes:
    """Milestones as an iCalendar file: for each, the days by which half and 80 % of the simulated trials are there.

    A milestone later than the horizon has no entry. Entries keep their ids from one export of a run to the next, so
    that a calendar updates them.

    Args:
        page: what the run says.

    Returns:
        The bytes of the file, equal for equal runs.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//trialclock//milestones//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", page.title)
    for milestone in page.milestones:
        for q in _WHICH:
            if milestone.dates[q] is not None:
                calendar.add_component(_entry(page, milestone, q))
    return bytes(calendar.to_ical())


def _entry(page: Content, milestone: Milestone, q: int) -> Event:
    from icalendar import Event

    entry = Event()
    entry.add("uid", f"{page.run}-{milestone.key}-p{q}@trialclock")
    entry.add("dtstamp", datetime.combine(page.opens, time(), tzinfo=UTC))
    entry.add("dtstart", milestone.dates[q])
    entry.add("summary", f"{page.title}: {milestone.name} (P{q})")
    planned = f" Registered date: {milestone.planned}, kept with {milestone.odds}." if milestone.planned else ""
    error = f" Monte Carlo error {milestone.errors[q]}." if milestone.errors[q] else ""
    entry.add("description", f"By this day {_WHICH[q]}.{error}{planned} {page.footer}")
    entry.add("transp", "TRANSPARENT")
    return entry
