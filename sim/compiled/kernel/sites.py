"""Sites: activation, and patients in order of time. See `sim.processes.sites` and `sim.processes.referrals`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import plan, record
from sim.compiled.kernel.changing import day_of, wait_at_changing_rate
from sim.compiled.kernel.drawing import draw_block
from sim.compiled.kernel.screening import take
from sim.compiled.layout import (
    ACTIVATION,
    FIRST_REOPENING,
    NEEDS_BLOCK,
    NEEDS_SIMPY,
    NO_CLAIM,
    NOBODY,
    NOBODY_COMES,
    NOTHING,
    REFERRAL,
    REOPENING,
    SITE_STEP,
)
from sim.compiled.memory import block_of, blocks, lines, patients, people, referrals, rules_of, sites, values
from sim.core import events
from sim.core.streams import BLOCK

_NEVER = float("inf")


@compiled
def site_goes_on(w: Any, s: int) -> None:
    """What a site waited for has come."""
    t, site = w, sites(w, s)
    waited_for = site.waits_for
    site.waits_for = NOTHING
    if waited_for in (ACTIVATION, FIRST_REOPENING):
        if not t.recruiting:  # a site does not open while recruitment is closed
            _await_reopening(w, s, FIRST_REOPENING)
            return
        if site.is_closed:
            return
        record(w, events.SITE_ACTIVATED, s, NOBODY, 0.0, 0, site.per_month)
    elif waited_for == REFERRAL:
        site.awaits = 0
        if site.is_closed:
            return
        if not t.recruiting:
            _await_reopening(w, s, REOPENING)
            return
        take(w, _person(w, s))
    _await_referral(w, s)


@compiled
def _await_reopening(w: Any, s: int, state: int) -> None:
    t, site = w, sites(w, s)
    site.waits_for, site.awaits_reopening = state, t.n_reopened
    lines(w, t.n_reopening).reopening = s
    t.n_reopening += 1


@compiled
def sites_look_again(w: Any, number: int) -> None:
    """Sites go on that waited for a reopening of recruitment, in the order in which they began to wait."""
    t = w
    n_these = n_kept = 0
    for k in range(t.n_reopening):
        if sites(w, lines(w, k).reopening).awaits_reopening == number:
            lines(w, n_these).other = lines(w, k).reopening
            n_these += 1
        else:
            lines(w, n_kept).reopening = lines(w, k).reopening
            n_kept += 1
    t.n_reopening = n_kept
    for k in range(n_these):
        site_goes_on(w, lines(w, k).other)


@compiled
def _await_referral(w: Any, s: int) -> None:
    """Wait for the next patient who is not referred while recruitment was closed."""
    t, site = w, sites(w, s)
    if site.is_changing:
        _await_at_changing_rate(w, s)
        return
    while True:
        if site.next == site.end and not _next_block(w, s):
            return
        if site.next == site.end:
            continue
        position = patients(w, site.next).position
        if position >= blocks(w, site.block).n:
            return
        site.next += 1
        day = referrals(w, site.block * w.portion + position).day
        if day >= t.now:
            site.waits_for = REFERRAL
            plan(w, day, SITE_STEP, s)
            return


@compiled
def _await_at_changing_rate(w: Any, s: int) -> None:
    """Wait for the next patient of a site whose rate may change; without any at this rate, for another one."""
    site = sites(w, s)
    while True:
        if site.next == site.end:
            if site.block != NOBODY and day_of(w, s, site.reached) == _NEVER:
                wait_at_changing_rate(w, s, _NEVER, NOBODY_COMES)
                return
            if not _next_block(w, s):
                return
            continue
        position = patients(w, site.next).position
        day = day_of(w, s, referrals(w, site.block * w.portion + position).day)
        site.next += 1
        if day >= w.now:
            wait_at_changing_rate(w, s, day, REFERRAL)
            return


@compiled
def site_changes(w: Any, s: int) -> None:
    """The rate of a site has changed while it waited: its next patient is due on another day."""
    site = sites(w, s)
    if site.waits_for == REFERRAL:
        site.next -= 1
    site.waits_for = NOTHING
    _await_at_changing_rate(w, s)


@compiled
def _next_block(w: Any, s: int) -> bool:
    """Go on to the next block of referrals of a site; False if there is none."""
    t, site = w, sites(w, s)
    if site.block != NOBODY and blocks(w, site.block).n < w.portion:
        return False
    found = draw_block(w, s) if w.draws_itself else _drawn(w, s)
    if found == NOBODY:
        return False
    if site.block == NOBODY:
        site.first_block = found
    else:
        blocks(w, site.block).next = found
    site.block = found
    site.n_blocks += 1
    block = blocks(w, found)
    block.next = NOBODY
    site.next, site.end = block.start, block.end
    t.n_seen += block.n
    if (
        t.n_seen + BLOCK * w.n_sites > rules_of(w).most_events
    ):  # SimPy, which counts whole blocks, may have counted more
        t.status, t.is_finished = NEEDS_SIMPY, 1
        return False
    return True


@compiled
def _drawn(w: Any, s: int) -> int:
    """The next block of a site that numpy has drawn; NOBODY if it has not."""
    t, n = w, sites(w, s).n_blocks
    if n < w.n_site_blocks and block_of(w, s * w.n_site_blocks + n).x != NOBODY:
        return int(block_of(w, s * w.n_site_blocks + n).x)
    t.status, t.needs_site, t.needs_block, t.is_finished = NEEDS_BLOCK, s, n, 1
    return NOBODY


@compiled
def _person(w: Any, s: int) -> int:
    """Make the patient for whom a site waited a person."""
    t, rules, site = w, rules_of(w), sites(w, s)
    p = t.n_people
    t.n_people += 1
    drawn = site.next - 1
    patient, person = patients(w, drawn), people(w, p)
    person.site, person.drawn = s, drawn
    person.referral = (site.n_blocks - 1) * w.portion + patient.position
    person.referred = w.now
    since = 0.0 if site.is_changing else w.now  # where it was not known when they were drawn, it is added at last
    more = w.now if site.is_changing else 0.0
    person.weight, person.levels, person.consents = patient.weight, patient.levels, patient.consents
    person.stratum = person.levels // rules.n_other_levels
    person.in_screening = person.is_known = 0
    person.chart_failed, person.tests_failed = patient.chart_failed, patient.tests_failed
    person.window_ends = since - patient.days_since_decompensation + rules.window + more
    person.deteriorates = _NEVER
    if rules.mean_to_deterioration != _NEVER:
        unit = values(w, drawn * w.n_columns + rules.column_deteriorates).x
        person.deteriorates = since + rules.mean_to_deterioration * unit + more
    person.attempt, person.token, person.state, person.claim, person.way_out = 1, 0, 0, NO_CLAIM, NOBODY
    person.is_triggered = person.is_returning = person.is_queueing = person.has_agreed = person.has_place = 0
    person.n_doses_given = person.n_doses_over = person.n_doses_due = person.treated_rank = person.has_left = 0
    person.is_dosing = person.has_asked_bay = person.has_bay = 0
    person.first_part = NOBODY
    person.first_due = _NEVER
    return int(p)
