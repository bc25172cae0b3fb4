"""Coordinators and infusion bays of a site: places, and a queue for them. See `sim.core.places`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import schedule
from sim.compiled.layout import NOBODY, TRIGGER
from sim.compiled.memory import people, sites


@compiled
def take_coordinator(w: Any, p: int) -> bool:
    """Take a coordinator, or queue for one; whether one was free."""
    person = people(w, p)
    site = sites(w, person.site)
    if site.coordinators != 0:
        site.coordinators -= 1
        person.has_coordinator = 1
        return True
    person.has_coordinator, person.next_in_line = 0, NOBODY
    if site.first_for_coordinator == NOBODY:
        site.first_for_coordinator = p
    else:
        people(w, site.last_for_coordinator).next_in_line = p
    site.last_for_coordinator = p
    return False


@compiled
def leave_coordinator(w: Any, p: int) -> None:
    """Give a coordinator back, or stop waiting for one."""
    person = people(w, p)
    site = sites(w, person.site)
    first, last = site.first_for_coordinator, site.last_for_coordinator
    if not person.has_coordinator:
        site.first_for_coordinator, site.last_for_coordinator = _without(w, first, last, p)
    elif first == NOBODY:
        site.coordinators += 1
    else:
        site.first_for_coordinator = people(w, first).next_in_line
        people(w, first).has_coordinator = 1
        schedule(w, w.now, TRIGGER, first, people(w, first).token, False)


@compiled
def take_bay(w: Any, p: int) -> bool:
    """Take a bay, or queue for one, once for each dose; whether one was free."""
    person = people(w, p)
    site = sites(w, person.site)
    if person.has_asked_bay:
        return bool(person.has_bay)
    person.has_asked_bay = 1
    if site.bays != 0:
        site.bays -= 1
        person.has_bay = 1
        return True
    person.has_bay, person.next_in_line = 0, NOBODY
    if site.first_for_bay == NOBODY:
        site.first_for_bay = p
    else:
        people(w, site.last_for_bay).next_in_line = p
    site.last_for_bay = p
    return False


@compiled
def leave_bay(w: Any, p: int) -> None:
    """Give a bay back, or stop waiting for one."""
    person = people(w, p)
    site = sites(w, person.site)
    if not person.has_asked_bay:
        return
    person.has_asked_bay = 0
    first, last = site.first_for_bay, site.last_for_bay
    if not person.has_bay:
        site.first_for_bay, site.last_for_bay = _without(w, first, last, p)
    elif first == NOBODY:
        site.bays += 1
    else:
        site.first_for_bay = people(w, first).next_in_line
        people(w, first).has_bay = 1
        schedule(w, w.now, TRIGGER, first, people(w, first).token, False)


@compiled
def _without(w: Any, first: int, last: int, p: int) -> tuple[int, int]:
    """The ends of a queue from which a person is taken out."""
    if first == p:
        after = people(w, p).next_in_line
        return after, (NOBODY if after == NOBODY else last)
    before = first
    while people(w, before).next_in_line != p:
        before = people(w, before).next_in_line
    people(w, before).next_in_line = people(w, p).next_in_line
    return first, (before if last == p else last)
