"""Amendments: when each is decided and comes into force, what it opens and closes. See `sim.processes.amendments`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.arms import arm_changes, look_at_arms
from sim.compiled.kernel.calendar import plan, record
from sim.compiled.kernel.changing import multiply_rate
from sim.compiled.kernel.ending import look_for_end, watch
from sim.compiled.kernel.openings import is_waiting, opens_site
from sim.compiled.kernel.start_up import begin_start_up, risks_hear_of
from sim.compiled.layout import CLOSES_IN_DROUGHT, IN_FORCE, SITE_OPENS
from sim.compiled.memory import amendments, concerns, groups_opened, lines, people, rules_of, sites
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
    if w.n_counters > 0 and amendments(w, code).opens_arms & w.closed_arms:
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
    """Apply what an amendment changes: sites, arms, criteria, consent, rates, and people in screening."""
    rule = amendments(w, code)
    record(w, events.AMENDMENT_IN_FORCE, -1, -1, float(w.n_randomised), code, 0.0)
    for k in range(rule.first_group, rule.first_group + rule.n_groups):
        _open_group(w, groups_opened(w, k).first_site, groups_opened(w, k).end)
    rule.is_over = 1
    rule.since = w.now
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
    _change_people(w, code)


@compiled
def _change_people(w: Any, code: int) -> None:
    """Change criteria, consent and rates at the sites that an amendment concerns."""
    rule = amendments(w, code)
    for s in range(w.n_sites):
        site = sites(w, s)
        if not concerns(w, code * w.n_sites + s).x:
            continue
        site.dropped |= rule.drops
        if rule.has_consent:
            site.has_consent, site.consent = 1, rule.consent
        if rule.referrals_times != 1.0:
            multiply_rate(w, s, rule.referrals_times)
    if rule.in_screening:
        for k in range(w.n_inside):
            person = people(w, lines(w, k).inside)
            if concerns(w, code * w.n_sites + person.site).x:
                person.tests_failed &= ~rule.drops


@compiled
def _open_group(w: Any, first: int, end: int) -> None:
    """Begin the start-up of sites that wait."""
    for s in range(first, end):
        if is_waiting(w, s) and not sites(w, s).is_closed:
            sites(w, s).opens = begin_start_up(w, s)
    for s in range(first, end):
        if is_waiting(w, s) and not sites(w, s).is_closed:
            risks_hear_of(w, s, -1, sites(w, s).opens)
    for s in range(first, end):
        if is_waiting(w, s) and not sites(w, s).is_closed:
            _open(w, s)


@compiled
def _open(w: Any, s: int) -> None:
    """Plan the activation of a site."""
    site = sites(w, s)
    site.activates = site.last_randomised = site.opens
    site.opens = max(site.activates, rules_of(w).starts)
    plan(w, w.now, SITE_OPENS, s)
    if site.closes == CLOSES_IN_DROUGHT:
        watch(w, s)
