"""Caps: who is counted, who is turned away, and whether anybody may still come. See `sim.processes.caps`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.arms import look_at_arms
from sim.compiled.kernel.calendar import record
from sim.compiled.kernel.ending import interrupt
from sim.compiled.kernel.room import holds_for
from sim.compiled.layout import NOBODY
from sim.compiled.memory import cap_spans, counters, counters_of_site, lines, people, sites
from sim.core import events

BEFORE_CONSENT, FROM_SCREENING, AFTER_TESTS = range(3)


@compiled
def barred(w: Any, p: int, when: int) -> int:
    """Code of turning a person away by the first full cap that excludes them at a moment; -1 without one."""
    if w.no_arm != NOBODY:
        return int(events.AWAY_CAP + w.no_arm)
    person = people(w, p)
    site = sites(w, person.site)
    for i in range(site.first_counter, site.first_counter + site.n_counters):
        counter = counters(w, counters_of_site(w, i).x)
        if counter.is_full and holds_for(w, counter, person.levels) and _excludes(counter, person, when):
            return int(events.AWAY_CAP + counter.code)
    return NOBODY


@compiled
def _excludes(counter: Any, person: Any, when: int) -> bool:
    """Whether a full cap that holds for a person excludes them at a moment."""
    if when == BEFORE_CONSENT:
        return bool(not counter.has_stratum)
    if when == FROM_SCREENING:
        return bool(not counter.is_by_tests)
    return bool(counter.is_by_tests and not (counter.lets_in and person.referred < counter.since))


@compiled
def enters_screening(w: Any, p: int) -> None:
    """Count a person who enters screening; no effect if they are counted already."""
    if not people(w, p).in_screening:
        people(w, p).in_screening = 1
        _count(w, p, 1, True)


@compiled
def leaves_screening(w: Any, p: int) -> None:
    """Stop counting a person in screening who is randomised, out, or waiting for rescreening."""
    people(w, p).is_known = 0
    if people(w, p).in_screening:
        people(w, p).in_screening = 0
        _count(w, p, -1, True)


@compiled
def _count(w: Any, p: int, more: int, of_screening: bool) -> None:
    """Count a person, or no longer, under the caps that hold for them; turn people away at one that is now full."""
    person = people(w, p)
    site = sites(w, person.site)
    for i in range(site.first_counter, site.first_counter + site.n_counters):
        k = counters_of_site(w, i).x
        if not holds_for(w, counters(w, k), person.levels) or (counters(w, k).of_screening == 1) != of_screening:
            continue
        if _add(w, k, more) and not of_screening:
            _turn_away(w, k)


@compiled
def count_under_caps(w: Any, p: int) -> None:
    """Count a participant under the caps on their arm and at their site."""
    for k in range(w.n_counters):
        if counters(w, k).arm == people(w, p).arm and _add(w, k, 1):
            w.full_arms |= 1 << counters(w, k).arm
            look_at_arms(w)
    if w.n_counters > 0:
        _count(w, p, 1, False)


@compiled
def no_longer_under_caps(w: Any, p: int) -> None:
    """Stop counting a participant who will be replaced; their arm may have room again."""
    arm = people(w, p).arm
    w.full_arms &= ~(1 << arm)
    for k in range(w.n_counters):
        if counters(w, k).arm == arm:
            _add(w, k, -1)
            look_at_arms(w)
            if counters(w, k).is_full:
                w.full_arms |= 1 << arm
    if w.n_counters > 0:
        _count(w, p, -1, False)


@compiled
def _add(w: Any, k: int, more: int) -> bool:
    """Add to the number under a cap; whether the cap is reached by this."""
    counter = counters(w, k)
    counter.n += more
    is_full = counter.n >= counter.limit
    if is_full == (counter.is_full == 1):
        return False
    kind = events.CAP_REACHED if is_full else events.CAP_OPENED
    record(w, kind, counter.site, -1, float(counter.n), counter.code, 0.0)
    if not is_full:
        _add_span(w, k)
    counter.is_full, counter.since = int(is_full), w.now
    return bool(is_full)


@compiled
def _add_span(w: Any, k: int) -> None:
    """Keep the interval in which a cap was full, which ends now."""
    counter, n = counters(w, k), w.n_cap_spans
    cap_spans(w, n).start, cap_spans(w, n).end, cap_spans(w, n).next = counter.since, w.now, NOBODY
    if counter.first_span == NOBODY:
        counter.first_span = n
    else:
        cap_spans(w, counter.last_span).next = n
    counter.last_span = n
    w.n_cap_spans += 1


@compiled
def _turn_away(w: Any, k: int) -> None:
    """Turn away people in screening to whom a cap applies that was just reached."""
    counter = counters(w, k)
    for i in range(w.n_inside):
        person = people(w, lines(w, i).inside)
        if not (_is_at_site(w, k, person.site) and holds_for(w, counter, person.levels)):
            continue
        if counter.is_by_tests and not person.is_known:
            continue  # their stratum is not known yet
        if not counter.lets_in or person.is_returning or person.is_queueing:
            interrupt(w, lines(w, i).inside, events.AWAY_CAP + counter.code)


@compiled
def _is_at_site(w: Any, k: int, s: int) -> bool:
    i, end = sites(w, s).first_counter, sites(w, s).first_counter + sites(w, s).n_counters
    while i < end and counters_of_site(w, i).x != k:
        i += 1
    return bool(i < end)
