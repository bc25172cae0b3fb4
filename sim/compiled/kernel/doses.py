"""Doses: each needs a fit participant, released cells and a bay, within a window. See `sim.processes.infusion`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import record, wait_for, wait_until
from sim.compiled.kernel.families import drawn
from sim.compiled.kernel.leaving import leave
from sim.compiled.kernel.oversight import first_dose, severe_reaction
from sim.compiled.kernel.places import leave_bay, take_bay
from sim.compiled.kernel.supply import cancel, claim, less_due, more_due, thaw
from sim.compiled.layout import (
    BAY,
    CELLS,
    CLAIM_GRANTED,
    CLAIM_THAWED,
    DONE,
    DUE,
    FIT,
    HOLD,
    IN_BAY,
)
from sim.compiled.memory import arms, draws, people, rules_of, values, weeks
from sim.core import events
from sim.core.clock import WEEK_DAYS
from sim.core.clock import at_an_hour as _at_an_hour
from sim.core.clock import on_weekday as _on_weekday
from sim.core.decisions import next_dose_from as _next_dose_from
from sim.core.people import DRAWS_A_DOSE, DRAWS_A_VISIT

at_an_hour, on_weekday, next_dose_from = compiled(_at_an_hour), compiled(_on_weekday), compiled(_next_dose_from)

# Positions of a dose's uniform numbers in its row, as in `sim.processes.infusion`.
_HOUR, _UNFIT, _UNFIT_DAYS, _REACTION, _HOLD, _FIRST_LOST = range(6)
_NOTHING = -1
_ATTEMPTS = DRAWS_A_DOSE - _FIRST_LOST


@compiled
def _u(w: Any, p: int, which: int) -> float:
    """A uniform number of a participant's current dose."""
    person = people(w, p)
    week = weeks(w, arms(w, person.arm).first_dose + person.n_done)
    return float(draws(w, person.participant * w.n_weeks + week.row).u[DRAWS_A_VISIT + which])


@compiled
def begin_doses(w: Any, p: int) -> None:
    """The first dose of a participant who was just randomised."""
    t, rules, person = w, rules_of(w), people(w, p)
    arm = arms(w, person.arm)
    person.cells = arm.cells_per_kg * person.weight
    person.amount = person.cells
    if arm.is_drug:
        person.amount = arm.amount * person.weight if arm.is_by_weight else arm.amount
    person.n_doses_due = person.n_left = arm.n_doses
    delay = rules.delay
    if rules.column_delay >= 0:
        delay = values(w, person.drawn * w.n_columns + rules.column_delay).x
    person.target, person.earliest = t.now + delay, t.now
    person.n_done, person.is_dosing = 0, 1
    _await_dose(w, p)


@compiled
def _await_dose(w: Any, p: int) -> None:
    """Wait until the next dose is due."""
    rules, person = rules_of(w), people(w, p)
    first = arms(w, person.arm).first_dose
    since_first = weeks(w, first + person.n_done).week - weeks(w, first).week
    due = at_an_hour(max(person.target + since_first * WEEK_DAYS, person.earliest), _u(w, p, _HOUR))
    if due < person.earliest:
        due += 1.0
    if rules.weekdays_only:
        due = on_weekday(due, rules.weekday)
    person.due = due
    if person.n_done == 0:
        person.target = person.first_due = due
    wait_until(w, p, due, DUE)


@compiled
def dose_is_due(w: Any, p: int) -> None:
    """A dose is due: it waits until the participant is fit and dosing is not on hold, or is missed."""
    t, rules, person = w, rules_of(w), people(w, p)
    record(w, events.DOSE_DUE, person.site, person.referral, float(person.n_done + 1), 0, 0.0)
    start, deadline = person.due, person.due + rules.dose_window
    if t.ended_dosing:
        _dose_is_over(w, p, events.MISSED_STOPPED)
        return
    if _u(w, p, _UNFIT) < rules.p_unfit:
        start = person.due + _unfit_days(rules, _u(w, p, _UNFIT_DAYS))
        if start > deadline:
            _dose_is_over(w, p, events.MISSED_UNFIT)
            return
    if t.held_until > deadline:
        _dose_is_over(w, p, events.MISSED_HOLD)
        return
    person.dose_attempt = 0
    _try(w, p, max(start, t.held_until))


@compiled
def _unfit_days(rules: Any, u: float) -> float:
    """How long unfitness lasts."""
    return float(drawn(rules.unfit_family, rules.unfit_days, rules.unfit_low, rules.unfit_mode, rules.unfit_high, u))


@compiled
def _try(w: Any, p: int, start: float) -> None:
    """An attempt at a dose, from a day on."""
    person = people(w, p)
    if person.dose_attempt > 0:
        person.n_doses_due += 1
        more_due(w, person.cells)
    if start > w.now:
        wait_for(w, p, start, FIT)
    else:
        fit_for_dose(w, p)


@compiled
def fit_for_dose(w: Any, p: int) -> None:
    """The participant is fit: claim cells, and take a bay if there are some."""
    t, person = w, people(w, p)
    person.has_asked_bay = 0
    if not claim(w, p):
        wait_for(w, p, person.due + rules_of(w).dose_window, CELLS)
    elif not take_bay(w, p) or t.held_until > t.now:
        _get_bay(w, p)
    elif t.ended_dosing:
        _not_given(w, p, events.MISSED_STOPPED)
    else:
        _infuse(w, p)


@compiled
def got_cells(w: Any, p: int) -> None:
    """Cells are there, or the deadline has come, or dosing has ended."""
    if people(w, p).claim != CLAIM_GRANTED and not w.ended_dosing:
        _not_given(w, p, events.MISSED_CELLS)
    else:
        _get_bay(w, p)


@compiled
def _get_bay(w: Any, p: int) -> None:
    if not take_bay(w, p) and not w.ended_dosing:
        wait_for(w, p, people(w, p).due + rules_of(w).dose_window, BAY)
    else:
        wait_for_hold(w, p)


@compiled
def got_bay(w: Any, p: int) -> None:
    """A bay is there, or the deadline has come, or dosing has ended."""
    if not people(w, p).has_bay and not w.ended_dosing:
        _not_given(w, p, events.MISSED_BAY)
    else:
        wait_for_hold(w, p)


@compiled
def wait_for_hold(w: Any, p: int) -> None:
    """Wait for the end of a hold, if there is one; then infuse."""
    t, person = w, people(w, p)
    if t.ended_dosing:
        _not_given(w, p, events.MISSED_STOPPED)
    elif t.held_until <= t.now:
        _infuse(w, p)
    elif t.held_until > person.due + rules_of(w).dose_window:
        _not_given(w, p, events.MISSED_HOLD)
    else:
        wait_for(w, p, t.held_until, HOLD)


@compiled
def _infuse(w: Any, p: int) -> None:
    """Thaw the cells and start the infusion."""
    t, person = w, people(w, p)
    person.n_doses_due -= 1
    thaw(w, p)
    person.dose_started = t.now
    number = float(person.n_done + 1)
    record(w, events.DOSE_STARTED, person.site, person.referral, number, 0, t.now - person.due)
    week = weeks(w, arms(w, person.arm).first_dose + person.n_done)
    hours = week.bay_hours if week.column < 0 else values(w, person.drawn * w.n_columns + week.column).x
    wait_until(w, p, t.now + hours / 24, IN_BAY)


@compiled
def infusion_ends(w: Any, p: int) -> None:
    """The time in the bay is over: the dose was given, or the cells were lost and it is tried again a day later."""
    t, person = w, people(w, p)
    leave_bay(w, p)
    cancel(w, p)
    if person.cells == 0 or _u(w, p, _FIRST_LOST + person.dose_attempt) >= rules_of(w).p_lost:
        _given(w, p)
        _dose_is_over(w, p, _NOTHING)
        return
    _lost(w, p, events.LOST_BEDSIDE)
    start = t.now + 1.0
    person.dose_attempt += 1
    if start > person.due + rules_of(w).dose_window or t.ended_dosing or person.dose_attempt == _ATTEMPTS:
        _dose_is_over(w, p, events.MISSED_STOPPED if t.ended_dosing else events.MISSED_BEDSIDE)
    else:
        _try(w, p, start)


@compiled
def _lost(w: Any, p: int, code: int) -> None:
    person = people(w, p)
    record(w, events.DOSE_LOST, person.site, person.referral, float(person.n_done + 1), code, person.amount)


@compiled
def _given(w: Any, p: int) -> None:
    """Record a dose that was given, with its reaction if there is one."""
    rules, person = rules_of(w), people(w, p)
    number, u = float(person.n_done + 1), _u(w, p, _REACTION)
    record(w, events.DOSE_GIVEN, person.site, person.referral, number, 0, person.amount)
    person.n_doses_given += 1
    if person.n_doses_given == 1:
        first_dose(w, p)
    if u < rules.p_severe:
        record(w, events.REACTION, person.site, person.referral, number, events.SEVERE, 0.0)
        severe_reaction(w, p, _u(w, p, _HOLD))
    elif u < rules.p_severe + rules.p_mild:
        record(w, events.REACTION, person.site, person.referral, number, events.MILD, 0.0)


@compiled
def _not_given(w: Any, p: int, code: int) -> None:
    """Something prevents a dose in time, after it had claimed cells."""
    leave_bay(w, p)
    cancel(w, p)
    _dose_is_over(w, p, code)


@compiled
def _dose_is_over(w: Any, p: int, obstacle: int) -> None:
    """A dose was given or missed: the next one, or none."""
    t, person = w, people(w, p)
    arm, n_done = arms(w, person.arm), person.n_done
    person.earliest = t.now
    if obstacle != _NOTHING:
        record(w, events.DOSE_MISSED, person.site, person.referral, float(n_done + 1), obstacle, 0.0)
    elif n_done + 1 < arm.n_doses:
        distance = weeks(w, arm.first_dose + n_done + 1).week - weeks(w, arm.first_dose + n_done).week
        person.earliest = next_dose_from(t.now, person.dose_started, distance, rules_of(w).dose_window)
    person.n_doses_over += 1
    person.n_left -= 1
    _no_longer_due(w, p, person.n_left)
    person.n_done += 1
    if person.n_done < arm.n_doses:
        _await_dose(w, p)
    else:
        _doses_are_over(w, p)


@compiled
def _no_longer_due(w: Any, p: int, n_left: int) -> None:
    """Note that only `n_left` doses are still to come."""
    person = people(w, p)
    if person.n_doses_due > n_left:
        n = person.n_doses_due - n_left
        person.n_doses_due = n_left
        less_due(w, n * person.cells)


@compiled
def _doses_are_over(w: Any, p: int) -> None:
    """No more doses come; a participant whose follow-up has ended leaves."""
    person = people(w, p)
    _no_longer_due(w, p, 0)
    person.is_dosing, person.state = 0, DONE
    if person.has_left or not rules_of(w).has_follow_up:
        leave(w, p)


@compiled
def doses_interrupted(w: Any, p: int) -> None:
    """Follow-up has ended: what a dose holds is given back, and no more come."""
    person = people(w, p)
    if person.state >= CELLS:
        if person.claim == CLAIM_THAWED:
            _lost(w, p, events.LOST_LEFT)
        leave_bay(w, p)
        cancel(w, p)
    _doses_are_over(w, p)
