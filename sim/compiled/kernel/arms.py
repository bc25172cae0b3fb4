"""Arms that are open, closed or full. See `sim.processes.caps` and `sim.processes.randomisation`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import record
from sim.compiled.kernel.ending import interrupt, look_for_end
from sim.compiled.layout import NOBODY
from sim.compiled.memory import caps, lines, lists, people
from sim.core import events


@compiled
def arms_out(w: Any) -> int:
    """Arms that take nobody, as bits: those that are closed or full, but only closed ones if no other is left."""
    out = w.closed_arms | w.full_arms
    return int(w.closed_arms if out == (1 << w.n_arms) - 1 else out)


@compiled
def arm_changes(w: Any) -> None:
    """An arm has opened or closed: blocks begin again, and everyone is turned away if no open arm has room."""
    for k in range(w.n_lists):
        lists(w, k).left = 0
    if w.n_caps > 0:
        look_at_arms(w)
        look_for_end(w)


@compiled
def count_in_arm(w: Any, p: int) -> None:
    """Count a participant under the caps on their arm."""
    for k in range(w.n_caps):
        if caps(w, k).arm == people(w, p).arm and _add(w, k, 1):
            w.full_arms |= 1 << caps(w, k).arm
            look_at_arms(w)


@compiled
def no_longer_in_arm(w: Any, p: int) -> None:
    """Stop counting a participant who will be replaced; their arm may have room again."""
    arm = people(w, p).arm
    w.full_arms &= ~(1 << arm)
    for k in range(w.n_caps):
        if caps(w, k).arm == arm:
            _add(w, k, -1)
            look_at_arms(w)
            if caps(w, k).is_full:
                w.full_arms |= 1 << arm


@compiled
def _add(w: Any, k: int, more: int) -> bool:
    """Add to the number under a cap; whether the cap is reached by this."""
    cap = caps(w, k)
    cap.n += more
    is_full = cap.n >= cap.limit
    if is_full == (cap.is_full == 1):
        return False
    kind = events.CAP_REACHED if is_full else events.CAP_OPENED
    record(w, kind, -1, -1, float(cap.n), k, 0.0)
    cap.is_full, cap.since = int(is_full), w.now
    return bool(is_full)


@compiled
def look_at_arms(w: Any) -> None:
    """Turn everyone away once every open arm is full."""
    full, last = 0, NOBODY
    for k in range(w.n_caps):
        cap = caps(w, k)
        if cap.is_full and not w.closed_arms >> cap.arm & 1:
            full |= 1 << cap.arm
            if last == NOBODY or cap.since >= caps(w, last).since:
                last = k
    if full | w.closed_arms != (1 << w.n_arms) - 1:
        last = NOBODY
    if last != NOBODY and w.no_arm == NOBODY:
        for k in range(w.n_inside):
            interrupt(w, lines(w, k).inside, events.AWAY_CAP + last)
    w.no_arm = last
