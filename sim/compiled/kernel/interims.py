"""Interim looks: when data are reviewed, and what is decided. See `sim.processes.interims` and `sim.trial`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import plan, record
from sim.compiled.kernel.completion import plan_last_visits
from sim.compiled.kernel.ending import close, look_for_end, need_more, sites_reopen
from sim.compiled.kernel.gate import go_on, pause, pause_until_told
from sim.compiled.kernel.supply import look
from sim.compiled.layout import (
    GOES_ON,
    LOOK,
    LOOK_DECIDES,
    NEEDS_LOOKS,
    NOBODY,
    PAUSES_AT_LOOK,
    PAUSES_WHEN_RANDOMISED,
)
from sim.compiled.memory import interims, looks, people, rules_of
from sim.core import events


@compiled
def interims_count(w: Any) -> None:
    """Expect the looks that wait for the number that is randomised now, and space participants."""
    n = w.n_randomised
    for code in range(w.n_interims):
        rule = interims(w, code)
        if rule.at_events:
            continue
        if n < rule.spaced_until:
            pause(w, events.PAUSE_SENTINEL, rule.days_between)
        if rule.every > 0 and rule.next_look == rule.n_looks and n % rule.every == 0:
            w.status, w.is_finished = NEEDS_LOOKS, 1
        elif _is_next(w, code, n):
            if rule.recruitment == PAUSES_WHEN_RANDOMISED:
                pause_until_told(w, events.PAUSE_INTERIM)
            _expect(w, code, w.now + rule.followed_days)


@compiled
def _is_next(w: Any, code: int, n: int) -> bool:
    """Whether a number is that of the next look of a rule."""
    rule = interims(w, code)
    return bool(rule.next_look < rule.n_looks and looks(w, rule.first_look + rule.next_look).number == n)


@compiled
def interims_hear_of(w: Any, p: int) -> None:
    """A participant has left, which may be the event that a look waits for."""
    way_out = people(w, p).way_out
    for code in range(w.n_interims):
        rule = interims(w, code)
        if rule.at_events and way_out != NOBODY and rule.counted_ways >> way_out & 1:
            rule.n_events += 1
            if _is_next(w, code, rule.n_events):
                _expect(w, code, w.now)


@compiled
def _expect(w: Any, code: int, day: float) -> None:
    """Plan the next look of a rule for a day; from now on the trial does not end before its decision."""
    rule = interims(w, code)
    w.n_pending += 1
    plan(w, day, LOOK, rule.first_look + rule.next_look)
    rule.next_look += 1


@compiled
def look_at_data(w: Any, k: int) -> None:
    """Begin a look; its decision follows after a drawn time, or at once if recruitment is over for good."""
    one = looks(w, k)
    if interims(w, one.rule).recruitment == PAUSES_AT_LOOK:
        pause_until_told(w, events.PAUSE_INTERIM)
    if w.is_over:
        decide_after_look(w, k)
        return
    record(w, events.INTERIM_LOOK, -1, -1, float(one.number), one.rule, 0.0)
    plan(w, w.now + one.takes_days, LOOK_DECIDES, k)


@compiled
def decide_after_look(w: Any, k: int) -> None:
    """Stop, enlarge, or continue."""
    one = looks(w, k)
    rule, number = interims(w, one.rule), float(one.number)
    w.n_pending -= 1
    if not w.is_over:
        if one.u < rule.p_stop:
            record(w, events.INTERIM_STOPS, -1, -1, number, one.rule, 0.0)
            _stop(w)
        elif one.u < rule.p_stop + rule.p_enlarge:
            record(w, events.INTERIM_ENLARGES, -1, -1, number, one.rule, float(rule.more))
            if need_more(w, rule.more):
                sites_reopen(w)
            look(w)
        else:
            record(w, events.INTERIM_GOES_ON, -1, -1, number, one.rule, 0.0)
    if rule.recruitment != GOES_ON:
        go_on(w, events.PAUSE_INTERIM)
    look_for_end(w)


@compiled
def _stop(w: Any) -> None:
    """Stop the trial; it no longer waits for events."""
    if rules_of(w).is_event_driven:
        w.is_stopped = 1
        plan_last_visits(w)
    close(w, events.RECRUITMENT_STOPPED)
