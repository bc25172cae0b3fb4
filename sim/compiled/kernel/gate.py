"""The gate before randomisation: pauses, the queue of eligible people, and cells in stock.

See `sim.processes.enrolment`. What other parts ask of the bank of cells before they let anyone in is here too;
`sim.compiled.kernel.supply` has the rest.
"""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import happens, plan, record
from sim.compiled.layout import N_PAUSES, RESUME
from sim.compiled.memory import lines, people, rules_of, spans
from sim.core import events
from sim.core.decisions import nearly as _nearly

nearly = compiled(_nearly)
_NO_PAUSE = -1
_NEVER = float("inf")


@compiled
def turns_away(w: Any) -> bool:
    """Whether new patients are turned away: in a review, a hold or an interim look."""
    t = w
    n = t.is_paused[events.PAUSE_BOARD] + t.is_paused[events.PAUSE_HOLD] + t.is_paused[events.PAUSE_INTERIM]
    return bool(n > 0)


@compiled
def pause(w: Any, reason: int, days: float) -> None:
    """Randomise nobody for some days."""
    t = w
    until = t.now + days
    if not t.is_paused[reason]:
        record(w, events.PAUSED, -1, -1, 0.0, reason, 0.0)
        t.paused_until[reason] = until
    t.is_paused[reason] = 1
    t.paused_until[reason] = max(until, t.paused_until[reason])
    if reason in (events.PAUSE_BOARD, events.PAUSE_HOLD):
        spans(w, t.n_pauses).paused_from, spans(w, t.n_pauses).paused_to = t.now, until
        t.n_pauses += 1
    plan(w, until, RESUME, reason)


@compiled
def pause_until_told(w: Any, reason: int) -> None:
    """Randomise nobody until each call of this function is matched by a call of `go_on`."""
    w.n_holding += 1
    if w.n_holding == 1:
        record(w, events.PAUSED, -1, -1, 0.0, reason, 0.0)
        w.is_paused[reason], w.paused_until[reason] = 1, _NEVER
        spans(w, w.n_pauses).paused_from, spans(w, w.n_pauses).paused_to = w.now, _NEVER
        w.open_pause = w.n_pauses
        w.n_pauses += 1


@compiled
def go_on(w: Any, reason: int) -> None:
    """Take back one call of `pause_until_told`; the last one ends the pause."""
    w.n_holding -= 1
    if w.n_holding == 0:
        spans(w, w.open_pause).paused_to = w.now
        w.paused_until[reason] = w.now
        resume(w, reason)


@compiled
def free_cells(w: Any) -> float:
    """Released cells that no participant is due."""
    t = w
    return t.stock_cells + t.stock_claimed - t.promised


@compiled
def covers(w: Any, cells_a_dose: float) -> bool:
    """Whether free cells cover the doses that must be in stock before anyone is randomised."""
    rules = rules_of(w)
    needed = rules.doses_needed * cells_a_dose
    return needed <= 0 or free_cells(w) >= nearly(needed)


@compiled
def holds_up(w: Any, p: int) -> int:
    """Code of what holds up a person's randomisation now; -1 if nothing does."""
    t, rules = w, rules_of(w)
    for reason in range(N_PAUSES):
        if t.is_paused[reason]:
            return reason
    if not rules.has_cells or covers(w, rules.most_cells_per_kg * people(w, p).weight):
        return _NO_PAUSE
    return events.PAUSE_CELLS


@compiled
def admit_next(w: Any) -> None:
    """Admit the first in the queue if nothing holds them up."""
    t = w
    if t.n_waiting == 0 or t.admitting:
        return
    p = lines(w, 0).waiting
    if holds_up(w, p) >= 0:
        return
    t.admitting = 1
    leave_line(w, p)
    people(w, p).has_place = 1
    happens(w, p)


@compiled
def leave_line(w: Any, p: int) -> None:
    """Take a person out of the queue."""
    i = 0
    while lines(w, i).waiting != p:
        i += 1
    w.n_waiting -= 1
    for k in range(i, w.n_waiting):
        lines(w, k).waiting = lines(w, k + 1).waiting


@compiled
def wait_in_line(w: Any, p: int, at_its_head: bool) -> None:
    """Put a person into the queue, at its end or again at its head."""
    place = w.n_waiting
    if at_its_head:
        for k in range(w.n_waiting, 0, -1):
            lines(w, k).waiting = lines(w, k - 1).waiting
        place = 0
    lines(w, place).waiting = p
    w.n_waiting += 1
    people(w, p).has_place = 0


@compiled
def admits_at_once(w: Any, p: int) -> bool:
    """Admit an eligible person if nothing holds them up and the queue is empty."""
    t = w
    if t.n_waiting > 0 or t.admitting or holds_up(w, p) >= 0:
        return False
    t.admitting = 1
    return True


@compiled
def gives_up(w: Any, p: int) -> None:
    """Take a person out of the queue, even if they were admitted at the same time."""
    if people(w, p).has_place:
        w.admitting = 0
    else:
        leave_line(w, p)
    admit_next(w)


@compiled
def resume(w: Any, reason: int) -> None:
    """A pause may be over."""
    t = w
    if t.is_paused[reason] and t.paused_until[reason] <= t.now:
        t.is_paused[reason] = 0
        record(w, events.RESUMED, -1, -1, 0.0, reason, 0.0)
        admit_next(w)


@compiled
def expects_more(w: Any) -> bool:
    """Whether more participants may come, including people in screening when the target was met."""
    t = w
    if t.recruiting:
        return True
    if not (rules_of(w).lets_in and t.reason_closed == events.RECRUITED):
        return False
    for k in range(t.n_inside):
        person = people(w, lines(w, k).inside)
        if not (person.is_returning or person.is_queueing):
            return True
    return False


@compiled
def awaited(w: Any) -> float:
    """Cells of a dose for the next to be randomised; 0 if nobody waits."""
    if w.n_waiting == 0:
        return 0.0
    return rules_of(w).most_cells_per_kg * people(w, lines(w, 0).waiting).weight
