"""Randomisation: the next arm of the list, and what follows. See `sim.processes.randomisation` and `sim.trial`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.amendments import amendments_count
from sim.compiled.kernel.arms import arms_out, count_in_arm
from sim.compiled.kernel.calendar import plan, record
from sim.compiled.kernel.doses import begin_doses
from sim.compiled.kernel.ending import close, close_site, look_for_end
from sim.compiled.kernel.gate import admit_next
from sim.compiled.kernel.leaving import begin_follow_up, leave
from sim.compiled.kernel.oversight import board_hears_of
from sim.compiled.kernel.philox import four_numbers
from sim.compiled.kernel.supply import more_due
from sim.compiled.layout import (
    FOLLOW_UP_ENDS,
    SIMPLE,
)
from sim.compiled.memory import (
    arms,
    blocks_of_arms,
    codes,
    draws,
    draws_of_week,
    keys_of_block,
    lines,
    lists,
    people,
    rules_of,
    sites,
    totals,
    words,
)
from sim.core import events
from sim.core.people import DRAWS_A_ROW, DRAWS_A_VISIT

_TICK = 4
_TICKS, _TICKS_OF_VISIT = DRAWS_A_ROW // _TICK, DRAWS_A_VISIT // _TICK
_DRAWS = 64  # numbers of a list drawn at once, as in `sim.processes.randomisation`


@compiled
def _next_number(w: Any, stratum: int) -> float:
    """The next uniform number of a list."""
    uses = lists(w, stratum)
    n, within = uses.used // _DRAWS, uses.used % _DRAWS
    uses.used += 1
    four = four_numbers(w.seed, w.key, words(w, stratum).word, 0, n, rules_of(w).replication, within // _TICK)
    which = within % _TICK
    if which < 2:
        return float(four[0] if which == 0 else four[1])
    return float(four[2] if which == 2 else four[3])


@compiled
def _stratum(w: Any, p: int) -> int:
    """The list of a person's stratum, of which the site may be a part."""
    rules, person = rules_of(w), people(w, p)
    return int(person.stratum + person.site * rules.n_strata if rules.by_site else person.stratum)


@compiled
def _assign(w: Any, p: int) -> int:
    """The arm of the next participant."""
    out = arms_out(w)
    if rules_of(w).method == SIMPLE:
        return _by_shares(w, out, _next_number(w, 0))
    stratum = _stratum(w, p)
    while True:
        if lists(w, stratum).left == 0:
            _new_block(w, stratum)
        lists(w, stratum).left -= 1
        arm = int(blocks_of_arms(w, stratum * w.longest_block + lists(w, stratum).left).x)
        if not out >> arm & 1:
            return arm


@compiled
def _by_shares(w: Any, out: int, u: float) -> int:
    """The arm into whose part of the cumulative shares a uniform number falls."""
    reached, last = 0.0, 0
    for arm in range(w.n_arms):
        if not out >> arm & 1:
            reached += arms(w, arm).share
            last = arm
            if u * totals(w, out).x < reached:
                return arm
    return last


@compiled
def _new_block(w: Any, stratum: int) -> None:
    """A block of a random size in random order: the arms sorted by one uniform number each."""
    rules, start = rules_of(w), stratum * w.longest_block
    size = codes(w, rules.n_unit + int(_next_number(w, stratum) * rules.n_sizes)).x
    for i in range(size):
        key, k = _next_number(w, stratum), i
        while k > 0 and keys_of_block(w, k - 1).x > key:
            keys_of_block(w, k).x = keys_of_block(w, k - 1).x
            blocks_of_arms(w, start + k).x = blocks_of_arms(w, start + k - 1).x
            k -= 1
        keys_of_block(w, k).x = key
        blocks_of_arms(w, start + k).x = codes(w, i % rules.n_unit).x
    lists(w, stratum).left = size


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
    person.arm = _assign(w, p)
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
    if arm.n_doses > 0:
        more_due(w, arm.cells_per_kg * person.weight * arm.n_doses)
    site = sites(w, s)
    site.n_randomised += 1
    site.last_randomised = t.now
    if site.n_randomised == site.most:
        close_site(w, s, events.CLOSED_FULL)
    count_in_arm(w, p)
    admit_next(w)
    if w.n_caps > 0:
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
