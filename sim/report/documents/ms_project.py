"""Milestones as a project in Microsoft Project's XML: tasks from one milestone to the next, to the 80 % dates.

Source: the schema of Microsoft Project 2007 and later, namespace http://schemas.microsoft.com/project.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

from sim.report.documents.content import Content

_NAMESPACE = "http://schemas.microsoft.com/project"
_HOURS_A_DAY = 8
_START_NO_EARLIER = "4"


def ms_project(page: Content, q: int = 80) -> bytes:
    """Milestones as a Microsoft Project file: a summary task, and one milestone on each date.

    Milestones later than the horizon are left out.

    Args:
        page: what the run says.
        q: percentile of the dates: 10, 50, 80 or 90.

    Returns:
        The bytes of the XML file.
    """
    ET.register_namespace("", _NAMESPACE)
    project = ET.Element(f"{{{_NAMESPACE}}}Project")
    dated = [(one, day) for one in page.milestones if (day := one.dates[q]) is not None]
    first = min([page.opens, *(day for _, day in dated)])
    last = max([page.opens, *(day for _, day in dated)])
    _add(project, "SaveVersion", "14")
    _add(project, "Name", page.title)
    _add(project, "Title", page.title)
    _add(project, "Subject", page.sentence)
    _add(project, "ScheduleFromStart", "1")
    _add(project, "StartDate", _at(first))
    _add(project, "FinishDate", _at(last))
    _add(project, "MinutesPerDay", str(_HOURS_A_DAY * 60))
    _add(project, "CalendarUID", "1")
    _every_day(project)
    tasks = _add(project, "Tasks")
    _task(tasks, 1, page.title, first, last, level=1, note=f"{page.sentence} {page.footer}", is_summary=True)
    for number, (milestone, day) in enumerate(dated, start=2):
        planned = f" Registered: {milestone.planned} ({milestone.odds})." if milestone.planned else ""
        note = f"P{q}: {milestone.texts[q]}; P50: {milestone.texts[50]}.{planned}"
        _task(tasks, number, f"{milestone.name} (P{q})", day, day, level=2, note=note)
    return bytes(ET.tostring(project, encoding="utf-8", xml_declaration=True))


def _every_day(project: ET.Element) -> None:
    """A calendar in which every day is a working day, so that milestones stay on their dates."""
    calendar = _add(_add(project, "Calendars"), "Calendar")
    _add(calendar, "UID", "1")
    _add(calendar, "Name", "Every day")
    _add(calendar, "IsBaseCalendar", "1")
    days = _add(calendar, "WeekDays")
    for number in range(1, 8):
        day = _add(days, "WeekDay")
        _add(day, "DayType", str(number))
        _add(day, "DayWorking", "1")
        hours = _add(_add(day, "WorkingTimes"), "WorkingTime")
        _add(hours, "FromTime", "08:00:00")
        _add(hours, "ToTime", "16:00:00")


def _task(
    tasks: ET.Element,
    number: int,
    name: str,
    start: date,
    end: date,
    *,
    level: int,
    note: str,
    is_summary: bool = False,
) -> None:
    task = _add(tasks, "Task")
    _add(task, "UID", str(number))
    _add(task, "ID", str(number))
    _add(task, "Name", name)
    _add(task, "OutlineLevel", str(level))
    _add(task, "Start", _at(start))
    _add(task, "Finish", _at(end))
    hours = (end - start).days * _HOURS_A_DAY
    _add(task, "Duration", f"PT{hours}H0M0S")
    _add(task, "Milestone", "0" if is_summary else "1")
    _add(task, "Summary", "1" if is_summary else "0")
    if not is_summary:
        _add(task, "ConstraintType", _START_NO_EARLIER)
        _add(task, "ConstraintDate", _at(start))
    _add(task, "Notes", note)


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
    child.text = text
    return child


def _at(day: date) -> str:
    return f"{day.isoformat()}T08:00:00"
