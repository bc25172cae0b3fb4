"""Randomisation: the next arm of the list, and what follows. See `sim.processes.randomisation` and `sim.trial`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.allocation import assign
from sim.compiled.kernel.amendments import amendments_count
from sim.compiled.kernel.calendar import plan, record
from sim.compiled.kernel.caps import count_under_caps
from sim.compiled.kernel.doses import begin_doses
from sim.compiled.kernel.ending import close, close_site, look_for_end
from sim.compiled.kernel.gate import admit_next
from sim.compiled.kernel.interims import interims_count
from sim.compiled.kernel.leaving import begin_follow_up, leave
from sim.compiled.kernel.oversight import board_hears_of
from sim.compiled.kernel.philox import four_numbers
from sim.compiled.kernel.supply import more_due
from sim.compiled.layout import (
    FOLLOW_UP_ENDS,
)
from sim.compiled.memory import (
    arms,
    draws,
    draws_of_week,
    lines,
    people,
    rules_of,
    sites,
)
from sim.core import events
from sim.core.people import DRAWS_A_ROW, DRAWS_A_VISIT

_TICK = 4
_TICKS, _TICKS_OF_VISIT = DRAWS_A_ROW // _TICK, DRAWS_A_VISIT // _TICK


@compiled
def _draw(w: Any, p: int) -> None:
    """Draw a participant's uniform numbers for the visit and the dose of each of the scenario's weeks that has one."""
    person, replication = people(w, p), rules_of(w).replication
    site = sites(w, person.site)
    for k in range(w.n_weeks):
        week, row = draws_of_week(w, k), draws(w, person.participant * w.n_weeks + k)
        for tick in range(0 if week.has_visit else _TICKS_OF_VISIT, _TICKS if week.has_dose else _TICKS_OF_VISIT):
            at = week.first_tick + tick
            four = four_numbers(w.seed, week.key, site.word, site.row, person.referral, replication, at)
            first = tick * _TICK
            row.u[first], row.u[first + 1], row.u[first + 2], row.u[first + 3] = four


@compiled
def admitted(w: Any, p: int) -> None:
    """Randomise a person, and inform all parts of the trial."""
    t, rules, person = w, rules_of(w), people(w, p)
    s = person.site
    person.arm = assign(w, p)
    arm = arms(w, person.arm)
    person.randomised, person.participant, person.number = t.now, t.n_randomised, t.n_randomised + 1
    lines(w, t.n_randomised).participant = p
    _draw(w, p)
    record(w, events.RANDOMISED, s, person.referral, float(person.number), person.arm, 0.0)
    t.n_following += 1
    begin_follow_up(w, p)
    if rules.has_follow_up:
        plan(w, person.ends, FOLLOW_UP_ENDS, p)
    board_hears_of(w, p)
    _count(w)
    amendments_count(w)
    interims_count(w)
    if arm.n_doses > 0:
        more_due(w, arm.cells_per_kg * person.weight * arm.n_doses)
    site = sites(w, s)
    site.n_randomised += 1
    site.last_randomised = t.now
    if site.n_randomised == site.most:
        close_site(w, s, events.CLOSED_FULL)
    count_under_caps(w, p)
    admit_next(w)
    if w.n_counters > 0:
        look_for_end(w)
    if arm.n_doses > 0:
        begin_doses(w, p)
    elif person.has_left or not rules.has_follow_up:
        leave(w, p)


@compiled
def _count(w: Any) -> None:
    """Count a randomisation; close recruitment if the target is met."""
    t = w
    t.admitting = 0
    t.n_randomised += 1
    if t.recruiting and t.n_randomised >= t.n_needed:
        close(w, events.RECRUITED)
