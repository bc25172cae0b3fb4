"""Amendments: when each is decided and comes into force, what it opens and closes. See `sim.processes.amendments`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.arms import arm_changes, look_at_arms
from sim.compiled.kernel.calendar import plan, record
from sim.compiled.kernel.ending import look_for_end, watch
from sim.compiled.kernel.openings import is_waiting, opens_site
from sim.compiled.layout import CLOSES_IN_DROUGHT, IN_FORCE, NEEDS_SIMPY, SITE_OPENS
from sim.compiled.memory import amendments, groups_opened, rules_of, sites
from sim.core import events


@compiled
def amendments_count(w: Any) -> None:
    """Decide amendments that wait for the number that is randomised now."""
    for code in range(w.n_amendments):
        if amendments(w, code).at_randomised == w.n_randomised:
            decide(w, code)


@compiled
def decide(w: Any, code: int) -> None:
    """Decide an amendment at its moment if its condition holds, and plan when it comes into force."""
    rule, n = amendments(w, code), w.n_randomised
    if rule.fewer_than >= 0 and not (w.recruiting and n < rule.fewer_than):
        record(w, events.AMENDMENT_NOT_NEEDED, -1, -1, float(n), code, 0.0)
        _opens_nothing(w, code)
    else:
        record(w, events.AMENDMENT_DECIDED, -1, -1, float(n), code, 0.0)
        plan(w, w.now + rule.after_days, IN_FORCE, code)


@compiled
def _opens_nothing(w: Any, code: int) -> None:
    """Close waiting sites for good that only this amendment could have opened."""
    amendments(w, code).is_over = 1
    for s in range(w.n_sites):
        site = sites(w, s)
        if is_waiting(w, s) and not site.is_closed and not _has_opener(w, s):
            site.is_closed, site.closed_on = 1, w.now
            look_for_end(w)
    if w.n_caps > 0 and amendments(w, code).opens_arms & w.closed_arms:
        look_at_arms(w)
        look_for_end(w)


@compiled
def _has_opener(w: Any, s: int) -> bool:
    code = 0
    while code < w.n_amendments and not opens_site(w, code, s):
        code += 1
    return bool(code < w.n_amendments)


@compiled
def in_force(w: Any, code: int) -> None:
    """Apply what an amendment changes: sites and arms."""
    rule = amendments(w, code)
    record(w, events.AMENDMENT_IN_FORCE, -1, -1, float(w.n_randomised), code, 0.0)
    for k in range(rule.first_group, rule.first_group + rule.n_groups):
        for s in range(groups_opened(w, k).first_site, groups_opened(w, k).end):
            if is_waiting(w, s) and not sites(w, s).is_closed:
                _open(w, s)
    rule.is_over = 1
    for arm in range(w.n_arms):
        if rule.opens_arms & w.closed_arms & 1 << arm:
            w.closed_arms ^= 1 << arm
            record(w, events.ARM_OPENED, -1, -1, 0.0, arm, 0.0)
            arm_changes(w)
    for arm in range(w.n_arms):
        if rule.closes_arms & ~w.closed_arms & 1 << arm:
            w.closed_arms ^= 1 << arm
            record(w, events.ARM_CLOSED, -1, -1, 0.0, arm, 0.0)
            arm_changes(w)


@compiled
def _open(w: Any, s: int) -> None:
    """Begin the start-up of a site; its arrivals can be drawn only now, which numpy cannot."""
    site = sites(w, s)
    if not w.draws_itself:
        w.status, w.is_finished = NEEDS_SIMPY, 1
    site.activates = site.last_randomised = w.now + site.days_to_open
    site.opens = max(site.activates, rules_of(w).starts)
    plan(w, w.now, SITE_OPENS, s)
    if site.closes == CLOSES_IN_DROUGHT:
        watch(w, s)
