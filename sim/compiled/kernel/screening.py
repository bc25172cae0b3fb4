"""From referral to eligibility, and the wait for a place. See `sim.processes.screening` and `sim.trial`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import record, wait_for, wait_until
from sim.compiled.kernel.caps import (
    AFTER_TESTS,
    BEFORE_CONSENT,
    FROM_SCREENING,
    barred,
    enters_screening,
    leaves_screening,
)
from sim.compiled.kernel.ending import look_for_end
from sim.compiled.kernel.entry import admitted
from sim.compiled.kernel.gate import admits_at_once, gives_up, holds_up, turns_away, wait_in_line
from sim.compiled.kernel.places import leave_coordinator, take_coordinator
from sim.compiled.kernel.supply import look
from sim.compiled.layout import AWAITING, DONE, NOBODY, QUEUEING, RETURNING, TESTS, TESTS_CUT
from sim.compiled.memory import lines, people, rules_of, sites, values
from sim.core import events


@compiled
def lowest_bit(bits: int) -> int:
    """Position of the lowest bit that is set: the first failed criterion."""
    position = 0
    while not bits & 1:
        bits >>= 1
        position += 1
    return position


@compiled
def _value(w: Any, p: int, column: int, constant: float) -> float:
    """A value of a patient's own, or the same for all."""
    return constant if column < 0 else float(values(w, people(w, p).drawn * w.n_columns + column).x)


@compiled
def take(w: Any, p: int) -> None:
    """Handle a patient whom the chart does not exclude, or not for good."""
    t, person = w, people(w, p)
    record(w, events.REFERRED, person.site, person.referral, 0.0, 0, 0.0)
    if w.n_amendments > 0 and not _gets_past_chart(w, p):
        return
    failed = person.chart_failed
    if failed:
        record(w, events.RESCREEN_PLANNED, person.site, person.referral, float(failed), lowest_bit(failed), 0.0)
        _return_later(w, p)
    elif _agrees(w, p):
        _screen(w, p)
    else:
        return
    lines(w, t.n_inside).inside = p
    t.n_inside += 1


@compiled
def _gets_past_chart(w: Any, p: int) -> bool:
    """Judge a patient by the criteria of the chart that are still in force; the log gets an exclusion for good."""
    rules, person = rules_of(w), people(w, p)
    dropped = sites(w, person.site).dropped
    person.chart_failed &= ~dropped
    person.tests_failed &= ~dropped
    failed = person.chart_failed
    if not failed:
        return True
    if not failed & rules.lasting_on_chart and _value(w, p, rules.column_chart_return, 0.0) < rules.p_return:
        return True
    record(w, events.CHART_FAILED, person.site, person.referral, float(failed), lowest_bit(failed), 0.0)
    return False


@compiled
def _consents(w: Any, p: int) -> bool:
    """Whether a patient consents if asked now."""
    person = people(w, p)
    site = sites(w, person.site)
    if site.has_consent:
        return _value(w, p, rules_of(w).column_consent, 0.0) < site.consent
    return bool(person.consents)


@compiled
def _agrees(w: Any, p: int) -> bool:
    """Ask for consent, unless the trial turns patients away now."""
    person = people(w, p)
    person.has_agreed = 1
    if turns_away(w):
        turn_away(w, p, events.AWAY_PAUSED)
        return False
    if _is_barred(w, p, BEFORE_CONSENT):
        return False
    if not _consents(w, p):
        record(w, events.CONSENT_REFUSED, person.site, person.referral, 0.0, 0, 0.0)
        return False
    return _enters(w, p)


@compiled
def _enters(w: Any, p: int) -> bool:
    """Count a person as in screening, unless a cap excludes them."""
    if w.n_counters == 0:
        return True
    if _is_barred(w, p, FROM_SCREENING):
        return False
    enters_screening(w, p)
    return True


@compiled
def _is_barred(w: Any, p: int, when: int) -> bool:
    """Turn a person away if a full cap excludes them; whether one does."""
    if w.n_counters == 0:
        return False
    reason = barred(w, p, when)
    if reason != NOBODY:
        turn_away(w, p, reason)
    return reason != NOBODY


@compiled
def turn_away(w: Any, p: int, reason: int) -> None:
    """The trial takes nobody now."""
    person = people(w, p)
    record(w, events.TURNED_AWAY, person.site, person.referral, 0.0, reason, 0.0)


@compiled
def _return_later(w: Any, p: int) -> None:
    """Wait for rescreening."""
    rules, person = rules_of(w), people(w, p)
    person.returns = w.now + _value(w, p, rules.column_return_after, rules.return_after)
    person.is_returning = 1
    wait_until(w, p, min(person.returns, person.window_ends, person.deteriorates), RETURNING)


@compiled
def returns(w: Any, p: int) -> None:
    """A patient comes back, or their time has run out."""
    person = people(w, p)
    person.is_returning = 0
    if person.returns >= min(person.window_ends, person.deteriorates):
        _out_of_time(w, p)
        _is_out(w, p)
        return
    if not person.chart_failed:
        person.tests_failed = 0
    person.attempt = 2
    if _enters(w, p) if person.has_agreed else _agrees(w, p):
        _screen(w, p)
    else:
        _is_out(w, p)


@compiled
def _screen(w: Any, p: int) -> None:
    """From consent to a coordinator."""
    t, rules, person = w, rules_of(w), people(w, p)
    record(w, events.CONSENT_GIVEN, person.site, person.referral, float(person.attempt), 0, 0.0)
    person.last_moment = min(person.window_ends, person.deteriorates)
    if take_coordinator(w, p):
        _test(w, p)
        return
    person.gives_up = t.now + _value(w, p, rules.column_patience, rules.patience)
    person.is_queueing = 1
    wait_for(w, p, min(person.gives_up, person.last_moment), QUEUEING)


@compiled
def has_waited(w: Any, p: int) -> None:
    """A coordinator is there, or the patient is lost."""
    person = people(w, p)
    person.is_queueing = 0
    if person.has_coordinator:
        _test(w, p)
        return
    if person.gives_up <= person.last_moment:
        record(w, events.PATIENT_LOST, person.site, person.referral, 0.0, 0, 0.0)
    else:
        _out_of_time(w, p)
    leave_coordinator(w, p)
    _is_out(w, p)


@compiled
def _test(w: Any, p: int) -> None:
    """A coordinator starts screening."""
    rules, person = rules_of(w), people(w, p)
    record(w, events.SCREENING_STARTED, person.site, person.referral, float(person.attempt), 0, 0.0)
    if person.attempt == 1:
        days = _value(w, p, rules.column_days, rules.days)
    else:
        days = _value(w, p, rules.column_days_again, rules.days_again)
    results = w.now + days
    if results >= person.last_moment:
        wait_until(w, p, person.last_moment, TESTS_CUT)
    else:
        wait_until(w, p, results, TESTS)


@compiled
def cut_short(w: Any, p: int) -> None:
    """A patient's time has run out before the results."""
    _out_of_time(w, p)
    leave_coordinator(w, p)
    _is_out(w, p)


@compiled
def _out_of_time(w: Any, p: int) -> None:
    person = people(w, p)
    code = events.FAIL_DETERIORATED if person.deteriorates <= person.window_ends else events.FAIL_WINDOW
    record(w, events.SCREENING_FAILED, person.site, person.referral, 0.0, code, 0.0)


@compiled
def _may_return(w: Any, p: int) -> bool:
    rules, person = rules_of(w), people(w, p)
    return (
        person.attempt == 1
        and not person.tests_failed & rules.lasting
        and _value(w, p, rules.column_return, 0.0) < rules.p_return
    )


@compiled
def tested(w: Any, p: int) -> None:
    """The results of the tests are there."""
    person = people(w, p)
    failed = person.tests_failed
    if not failed:
        record(w, events.SCREENING_PASSED, person.site, person.referral, float(person.attempt), 0, 0.0)
        leave_coordinator(w, p)
        _wants_place(w, p)
    elif _may_return(w, p):
        record(w, events.RESCREEN_PLANNED, person.site, person.referral, float(failed), lowest_bit(failed), 0.0)
        leave_coordinator(w, p)
        leaves_screening(w, p)
        _return_later(w, p)
    else:
        code = events.FAIL_CRITERION + lowest_bit(failed)
        record(w, events.SCREENING_FAILED, person.site, person.referral, float(failed), code, 0.0)
        leave_coordinator(w, p)
        _is_out(w, p)


@compiled
def _wants_place(w: Any, p: int) -> None:
    """An eligible person is randomised at once, or waits."""
    person = people(w, p)
    person.is_known = 1
    if _is_barred(w, p, AFTER_TESTS):
        _is_out(w, p)
        return
    if admits_at_once(w, p):
        _comes_out(w, p)
        admitted(w, p)
        return
    reason = holds_up(w, p)
    code = events.PAUSE_CELLS if reason < 0 else reason
    record(w, events.PLACE_AWAITED, person.site, person.referral, 0.0, code, 0.0)
    wait_in_line(w, p, False)
    look(w)
    wait_for(w, p, min(person.window_ends, person.deteriorates), AWAITING)


@compiled
def place_is_there(w: Any, p: int) -> None:
    """A place is there, or a person's time has run out."""
    person = people(w, p)
    if not person.has_place:
        gives_up(w, p)
        _out_of_time(w, p)
        _is_out(w, p)
    elif holds_up(w, p) >= 0:  # a pause began at the same time
        w.admitting = 0
        wait_in_line(w, p, True)
        wait_for(w, p, min(person.window_ends, person.deteriorates), AWAITING)
    else:
        _comes_out(w, p)
        admitted(w, p)


@compiled
def _comes_out(w: Any, p: int) -> None:
    """Take a person out of screening."""
    leaves_screening(w, p)
    k = 0
    while lines(w, k).inside != p:
        k += 1
    w.n_inside -= 1
    for i in range(k, w.n_inside):
        lines(w, i).inside = lines(w, i + 1).inside
    people(w, p).state = DONE


@compiled
def _is_out(w: Any, p: int) -> None:
    """A person is out of the trial before randomisation."""
    _comes_out(w, p)
    look_for_end(w)


@compiled
def screening_interrupted(w: Any, p: int, reason: int) -> None:
    """Turn away a person in screening."""
    state = people(w, p).state
    if state in (QUEUEING, TESTS, TESTS_CUT):
        leave_coordinator(w, p)
    elif state == AWAITING:
        gives_up(w, p)
    turn_away(w, p, reason)
    _is_out(w, p)
