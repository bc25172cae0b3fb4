"""The loop of the compiled engine: replications one after another, each an event at a time."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.amendments import decide, in_force
from sim.compiled.kernel.calendar import happens, plan, record, take_next
from sim.compiled.kernel.completion import complete
from sim.compiled.kernel.doses import (
    dose_is_due,
    doses_interrupted,
    fit_for_dose,
    got_bay,
    got_cells,
    infusion_ends,
    wait_for_hold,
)
from sim.compiled.kernel.ending import close_site, end, interrupt, lock, look_at, look_for_end, watch
from sim.compiled.kernel.gate import resume
from sim.compiled.kernel.interims import decide_after_look, look_at_data
from sim.compiled.kernel.leaving import leave
from sim.compiled.kernel.oversight import review, review_ends
from sim.compiled.kernel.reset import reset
from sim.compiled.kernel.screening import cut_short, has_waited, place_is_there, returns, screening_interrupted, tested
from sim.compiled.kernel.sites import site_changes, site_goes_on, sites_look_again
from sim.compiled.kernel.start_up import risk_strikes, step_ends
from sim.compiled.kernel.supply import lot_expires, lot_goes_on, open_bank
from sim.compiled.layout import (
    AWAITING,
    BANK_OPENS,
    BAY,
    CELLS,
    CLOSES_IN_DROUGHT,
    CLOSES_ON_DATE,
    CLOSING_DATE,
    COMPLETES,
    DECIDED,
    DONE,
    DUE,
    FIT,
    FOLLOW_UP_ENDS,
    HOLD,
    HORIZON,
    INTERRUPT,
    LOCK,
    LOOK,
    LOOK_DECIDES,
    LOOK_FOR_END,
    LOT_EXPIRES,
    LOT_STEP,
    NEEDS_ROOM,
    NEEDS_SIMPY,
    NOBODY,
    QUEUEING,
    REOPENED,
    RESUME,
    RETURNING,
    REVIEW,
    REVIEW_ENDS,
    RISK_STRIKES,
    SITE_CHANGES,
    SITE_OPENS,
    SITE_STEP,
    STEP,
    STEP_ENDS,
    TESTS,
    TESTS_CUT,
    TOLD,
    TRIGGER,
    WAKE,
    WATCH,
)
from sim.compiled.memory import amendments, people, risks, rules_of, sites, told
from sim.core import events


@compiled
def _go_on(w: Any, p: int) -> None:
    """A person's journey goes on: what they waited for is there, or too late."""
    state = people(w, p).state
    if state >= DUE:
        _dose_goes_on(w, p, state)
    elif state == RETURNING:
        returns(w, p)
    elif state == QUEUEING:
        has_waited(w, p)
    elif state == TESTS:
        tested(w, p)
    elif state == TESTS_CUT:
        cut_short(w, p)
    elif state == AWAITING:
        place_is_there(w, p)


@compiled
def _dose_goes_on(w: Any, p: int, state: int) -> None:
    if state == DUE:
        dose_is_due(w, p)
    elif state == FIT:
        fit_for_dose(w, p)
    elif state == CELLS:
        got_cells(w, p)
    elif state == BAY:
        got_bay(w, p)
    elif state == HOLD:
        wait_for_hold(w, p)
    else:
        infusion_ends(w, p)


@compiled
def _interrupted(w: Any, p: int, reason: int) -> None:
    """Something ends a person's wait before its time."""
    person = people(w, p)
    if person.state == DONE:
        return
    person.token = 0
    if person.state >= DUE:
        doses_interrupted(w, p)
    else:
        screening_interrupted(w, p, reason)


@compiled
def _follow_up_ends(w: Any, p: int) -> None:
    """The last visit, or a way out before it, which interrupts doses."""
    person = people(w, p)
    if person.has_left:  # at primary completion, before the day on which they would have left
        return
    person.has_left = 1
    if person.is_dosing:
        interrupt(w, p, 0)
    else:
        leave(w, p)


@compiled
def _of_person(w: Any, kind: int, p: int, token: int) -> None:
    """An entry of the calendar for a person."""
    person = people(w, p)
    if kind == INTERRUPT:
        _interrupted(w, p, token)
    elif kind == FOLLOW_UP_ENDS:
        _follow_up_ends(w, p)
    elif person.token != token:
        return
    elif kind == TRIGGER:
        happens(w, p)
    else:
        _go_on(w, p)


@compiled
def _of_site(w: Any, kind: int, s: int, token: int) -> None:
    """An entry of the calendar for a site."""
    if kind == SITE_STEP:
        if token == sites(w, s).token:
            site_goes_on(w, s)
    elif kind == SITE_CHANGES:
        site_changes(w, s)
    elif kind == STEP_ENDS:
        step_ends(w, s, token)
    elif kind == SITE_OPENS:
        plan(w, sites(w, s).activates, SITE_STEP, s)
    elif kind == WATCH:
        look_at(w, s)
    else:
        close_site(w, s, events.CLOSED_DATE)


@compiled
def _of_cells(w: Any, kind: int, lot: int) -> None:
    """An entry of the calendar for cells."""
    if kind == LOT_STEP:
        lot_goes_on(w, lot)
    elif kind == LOT_EXPIRES:
        lot_expires(w, lot)
    else:
        open_bank(w)


@compiled
def _of_trial(w: Any, kind: int, which: int) -> None:
    """An entry of the calendar for the trial."""
    if kind == RESUME:
        resume(w, which)
    elif kind == REVIEW:
        review(w, which)
    elif kind == REVIEW_ENDS:
        review_ends(w, which)
    elif kind == REOPENED:
        sites_look_again(w, which)
    elif kind == LOOK_FOR_END:
        look_for_end(w)
    elif kind == HORIZON:
        end(w, events.ENDED_HORIZON)
    elif kind == LOCK:
        lock(w)
    elif kind == TOLD:
        _tell(w, which)
    else:
        _of_rules(w, kind, which)


@compiled
def _of_rules(w: Any, kind: int, which: int) -> None:
    """An entry of the calendar for an amendment, a risk, an interim look, or for primary completion."""
    if kind == COMPLETES:
        complete(w, which)
    elif kind == DECIDED:
        decide(w, which)
    elif kind == LOOK:
        look_at_data(w, which)
    elif kind == LOOK_DECIDES:
        decide_after_look(w, which)
    elif kind == RISK_STRIKES:
        risk_strikes(w, which)
    else:
        in_force(w, which)


@compiled
def _tell(w: Any, which: int) -> None:
    row = told(w, which)
    if row.kind == events.RISK_STRUCK:
        if risks(w, row.code).is_struck:
            return
        risks(w, row.code).is_struck = 1
    if w.recruiting or not row.while_recruiting:
        record(w, row.kind, row.site, NOBODY, row.number, row.code, row.amount)


@compiled
def _begin(w: Any) -> None:
    """Put into the calendar what is known from the beginning, in the order in which `sim.trial` does."""
    t, rules = w, rules_of(w)
    for i in range(rules.n_told_first):
        plan(w, told(w, i).day, TOLD, i)
    if rules.has_cells:
        plan(w, rules.starts, BANK_OPENS, 0)
    for s in range(w.n_sites):
        site = sites(w, s)
        if not site.waits:
            plan(w, site.activates, SITE_STEP, s)
        if site.closes == CLOSES_ON_DATE:
            plan(w, site.closing_day, CLOSING_DATE, s)
        elif site.closes == CLOSES_IN_DROUGHT and not site.waits:
            watch(w, s)
    for i in range(rules.n_told_first, w.n_told):
        plan(w, told(w, i).day, TOLD, i)
    for code in range(w.n_amendments):
        if amendments(w, code).at_randomised < 0:
            plan(w, amendments(w, code).day, DECIDED, code)
    if rules.has_latest:
        plan(w, rules.latest, COMPLETES, events.COMPLETED_LATEST)
    if rules.never_starts:
        t.now = 0.0
        end(w, events.ENDED_NEVER_STARTED)
    plan(w, 0.0, LOOK_FOR_END, 0)
    plan(w, rules.horizon, HORIZON, 0)


@compiled
def _has_room(w: Any) -> bool:
    """Whether there is room for whatever the next event may do."""
    t = w
    n = w.most_an_event
    return (
        t.n_heap + n + (2 + w.n_caps) * t.n_inside + t.n_randomised < w.room_heap
        and t.n_rows + n < w.room_log
        and t.n_people + n < w.room_people
        and t.n_people + n < w.room_lines
        and t.n_randomised + 1 < w.room_draws
        and max(t.n_intervals, t.n_pauses) + 4 < w.room_spans
        and t.n_cap_spans + n < w.room_cap_spans
    )


@compiled
def simulate(w: Any) -> None:
    """Run one replication to its end, or until it needs more of something; `trial` says which."""
    t = w
    reset(w)
    _begin(w)
    while not t.is_finished and t.n_heap > 0:
        if not _has_room(w):
            t.status = NEEDS_ROOM
            return
        if t.n_popped > rules_of(w).most_events:
            t.status = NEEDS_SIMPY
            return
        t.n_popped += 1
        kind, who, token = take_next(w)
        if kind in (STEP, TRIGGER, WAKE, INTERRUPT, FOLLOW_UP_ENDS):
            _of_person(w, kind, who, token)
        elif kind in (SITE_STEP, SITE_CHANGES, STEP_ENDS, SITE_OPENS, WATCH, CLOSING_DATE):
            _of_site(w, kind, who, token)
        elif kind in (LOT_STEP, LOT_EXPIRES, BANK_OPENS):
            _of_cells(w, kind, who)
        else:
            _of_trial(w, kind, who)
