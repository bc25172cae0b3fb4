"""What affects nothing else and is written at the end: visits, and referrals that ended on the day.

See `sim.processes.follow_up` and `sim.processes.referrals`.
"""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.changing import day_of
from sim.compiled.kernel.leaving import at_an_hour
from sim.compiled.kernel.room import full_on
from sim.compiled.kernel.screening import lowest_bit
from sim.compiled.layout import NOBODY
from sim.compiled.memory import (
    amendments,
    blocks,
    concerns,
    draws,
    ended,
    lines,
    people,
    referrals,
    rules_of,
    sites,
    spans,
    visits,
    weeks,
)
from sim.core import events
from sim.core.clock import WEEK_DAYS
from sim.core.referred import DECLINES, HANDLED

_DEVIATION, _MISSED, _HOUR = range(3)  # as in `sim.processes.follow_up`
_NEVER = float("inf")


@compiled
def write_visits(w: Any) -> bool:
    """Write the visits of all participants, done and missed; whether there was room for them."""
    if rules_of(w).has_follow_up:
        for i in range(w.n_randomised):
            if w.n_visits_written + rules_of(w).n_visits > w.room_visits:
                return False
            _visits_of(w, lines(w, i).participant)
    return True


@compiled
def _visits_of(w: Any, p: int) -> None:
    """Write one participant's visits."""
    rules, person = rules_of(w), people(w, p)
    ends = min(person.ends, w.now)
    leaves = _NEVER if person.way_out == NOBODY else person.ends
    for k in range(rules.n_visits):
        visit = weeks(w, rules.first_visit + k)
        row = draws(w, person.participant * w.n_weeks + visit.row)
        day = person.randomised + visit.week * WEEK_DAYS
        if rules.deviation > 0:
            day = at_an_hour(day + rules.deviation * (2 * row.u[_DEVIATION] - 1), row.u[_HOUR])
            day = min(max(day, person.randomised), person.last_visit)
        if day <= ends and day < leaves:
            event = visits(w, w.n_visits_written)
            w.n_visits_written += 1
            event.time, event.site, event.person = day, person.site, person.referral
            event.kind = events.VISIT_MISSED if row.u[_MISSED] < rules.p_missed else events.VISIT_DONE
            event.number, event.code, event.amount = visit.week, 0.0, 0.0


@compiled
def _recruits(w: Any, day: float) -> bool:
    """Whether sites recruited on a day."""
    k = 0
    while k < w.n_intervals and not spans(w, k).recruits_from <= day < spans(w, k).recruits_to:
        k += 1
    return bool(k < w.n_intervals)


@compiled
def _turned_away(w: Any, day: float) -> bool:
    """Whether new patients were turned away on a day."""
    k = 0
    while k < w.n_pauses and spans(w, k).paused_from <= day:  # in order of their beginnings
        if day < spans(w, k).paused_to:
            return True
        k += 1
    return False


@compiled
def write_ended_at_once(w: Any) -> bool:
    """Write the referrals that ended on the day, by site; whether there was room for them."""
    for s in range(w.n_sites):
        site = sites(w, s)
        last = site.closed_on if site.is_closed else w.now
        b, block = 0, site.first_block
        while block != NOBODY:
            if w.n_ended_written + w.portion > w.room_ended:
                return False
            for position in range(blocks(w, block).n):
                referral = referrals(w, block * w.portion + position)
                day = day_of(w, s, referral.day) if site.is_changing else referral.day
                if day < last and referral.fate != HANDLED and _recruits(w, day):
                    row = ended(w, w.n_ended_written)
                    w.n_ended_written += 1
                    row.time, row.site, row.person = day, s, b * w.portion + position
                    _how_it_ended(w, s, day, referral, row)
            b += 1
            block = blocks(w, block).next
    return True


@compiled
def _how_it_ended(w: Any, s: int, day: float, referral: Any, row: Any) -> None:
    row.kind, row.failed, row.code = events.CHART_FAILED, referral.failed, 0
    for code in range(w.n_amendments):
        if day >= amendments(w, code).since and concerns(w, code * w.n_sites + s).x:
            row.failed &= ~amendments(w, code).drops
    if referral.fate != DECLINES:
        row.code = lowest_bit(row.failed)
    elif _turned_away(w, day):
        row.kind, row.code = events.TURNED_AWAY, events.AWAY_PAUSED
    elif w.n_counters > 0 and full_on(w, s, day) != NOBODY:
        row.kind, row.code = events.TURNED_AWAY, events.AWAY_CAP + full_on(w, s, day)
    else:
        row.kind = events.CONSENT_REFUSED
