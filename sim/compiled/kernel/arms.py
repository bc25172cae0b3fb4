"""Arms that are open, closed or full. See `sim.processes.caps` and `sim.processes.randomisation`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.ending import interrupt, look_for_end
from sim.compiled.layout import NOBODY
from sim.compiled.memory import arms, counters, counts, lines, lists
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
    forget_balance(w)
    if w.n_counters > 0:
        look_at_arms(w)
        look_for_end(w)


@compiled
def forget_balance(w: Any) -> None:
    """Let balance between arms count from now on."""
    for k in range(w.n_counts):
        counts(w, k).x = 0
    for arm in range(w.n_arms):
        arms(w, arm).balls = arms(w, arm).balls_at_start


@compiled
def look_at_arms(w: Any) -> None:
    """Turn everyone away once every open arm is full."""
    full, last = 0, NOBODY
    for k in range(w.n_counters):
        cap = counters(w, k)
        if cap.arm != NOBODY and cap.is_full and not w.closed_arms >> cap.arm & 1:
            full |= 1 << cap.arm
            if last == NOBODY or cap.since >= counters(w, last).since:
                last = k
    if full | w.closed_arms != (1 << w.n_arms) - 1:
        last = NOBODY
    last = NOBODY if last == NOBODY else counters(w, last).code
    if last != NOBODY and w.no_arm == NOBODY:
        for k in range(w.n_inside):
            interrupt(w, lines(w, k).inside, events.AWAY_CAP + last)
    w.no_arm = last
