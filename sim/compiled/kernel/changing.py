"""Sites whose referral rate an amendment may change. See `sim.processes.sites` and `ChangingIntensity`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.arrivals import begin_arrivals, day_reached, expected
from sim.compiled.kernel.calendar import schedule
from sim.compiled.layout import SITE_CHANGES, SITE_STEP
from sim.compiled.memory import changes, sites

_NEVER = float("inf")


@compiled
def day_of(w: Any, s: int, arrival: float) -> float:
    """The day of an arrival of a unit-rate process at a site, with the changes so far; infinity if never."""
    plain = arrival
    for k in range(sites(w, s).n_changes):
        change = changes(w, s * w.n_amendments + k)
        if arrival > change.reached:
            plain = _NEVER
            if change.factor > 0:
                plain = change.without + (arrival - change.reached) / change.factor
    return float(day_reached(w, sites(w, s), plain))


@compiled
def wait_at_changing_rate(w: Any, s: int, day: float, waits_for: int) -> None:
    """Wait for a day that a change of the rate moves."""
    site = sites(w, s)
    site.waits_for, site.awaits = waits_for, 1
    schedule(w, day, SITE_STEP, s, site.token, False)


@compiled
def multiply_rate(w: Any, s: int, factor: float) -> None:
    """Multiply a site's referral rate from now on; its next referral is due on another day."""
    site = sites(w, s)
    reached, start, before = 0.0, 0.0, 1.0
    if site.n_changes > 0:
        last = changes(w, s * w.n_amendments + site.n_changes - 1)
        reached, start, before = last.reached, last.without, last.factor
    without = 0.0
    if site.activates < _NEVER:
        if site.n_blocks == 0:
            begin_arrivals(w, site)
        without = expected(w, site, w.now)
    change = changes(w, s * w.n_amendments + site.n_changes)
    change.reached, change.without, change.factor = reached + (without - start) * before, without, before * factor
    site.n_changes += 1
    if site.awaits:
        site.awaits = 0
        site.token += 1  # what it waits for is not due on the day that was planned
        schedule(w, w.now, SITE_CHANGES, s, 0, True)
