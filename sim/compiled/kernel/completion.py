"""Primary completion of an event-driven trial. See `sim.processes.completion` and `sim.trial`."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import plan, record
from sim.compiled.kernel.ending import close, look_for_end
from sim.compiled.kernel.families import drawn
from sim.compiled.kernel.philox import four_numbers
from sim.compiled.layout import COMPLETES, FOLLOW_UP_ENDS, NOBODY
from sim.compiled.memory import lines, people, rules_of, sites
from sim.core import events
from sim.core.streams import word

_LAST_VISIT = np.uint64(word("follow_up.last_visit"))


@compiled
def count_event(w: Any, p: int) -> None:
    """A participant leaves, which may be the event that primary completion waits for."""
    t, rules, person = w, rules_of(w), people(w, p)
    person.is_followed = 0
    if person.way_out == NOBODY or not rules.counted_ways >> person.way_out & 1:
        return
    t.n_events += 1
    if t.n_events != rules.n_events_needed:
        return
    if t.now >= rules.not_before:
        complete(w, events.COMPLETED_EVENTS)
    else:
        plan(w, rules.not_before, COMPLETES, events.COMPLETED_NOT_BEFORE)


@compiled
def complete(w: Any, code: int) -> None:
    """Come to primary completion, once: stop recruiting, and plan a last visit for all who are followed."""
    t = w
    if t.is_completed or t.is_stopped:
        return
    t.is_completed = 1
    record(w, events.PRIMARY_COMPLETED, -1, -1, float(t.n_events), code, 0.0)
    close(w, events.RECRUITMENT_COMPLETED)
    plan_last_visits(w)
    look_for_end(w)


@compiled
def plan_last_visits(w: Any) -> None:
    """Plan a last visit for all who are followed."""
    for i in range(w.n_randomised):
        if people(w, lines(w, i).participant).is_followed:
            _plan_last_visit(w, lines(w, i).participant)


@compiled
def _plan_last_visit(w: Any, p: int) -> None:
    """Set a participant's last visit, unless they leave before."""
    rules, person = rules_of(w), people(w, p)
    site = sites(w, person.site)
    u = four_numbers(w.seed, _LAST_VISIT, site.word, site.row, person.referral, rules.replication, 0)[0]
    day = w.now + drawn(
        rules.last_visits_family,
        rules.last_visits_days,
        rules.last_visits_low,
        rules.last_visits_mode,
        rules.last_visits_high,
        u,
    )
    if person.ends > day:
        person.ends, person.way_out = day, NOBODY
        plan(w, day, FOLLOW_UP_ENDS, p)
