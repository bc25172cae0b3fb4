"""The state of a replication before anything has happened."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.arms import forget_balance
from sim.compiled.kernel.drawing import begin_drawing
from sim.compiled.layout import ACTIVATION, N_PAUSES, NOBODY, READY
from sim.compiled.memory import (
    amendments,
    counters,
    interims,
    lists,
    risks,
    rules_of,
    shared_ends,
    shared_known,
    sites,
    spans,
)
from sim.core import events

_NEVER = float("inf")


@compiled
def reset(w: Any) -> None:
    """Set everything that changes in a replication to what it is before its beginning."""
    _reset_trial(w)
    for s in range(w.n_sites):
        site = sites(w, s)
        if site.waits:
            site.activates = site.opens = _NEVER
        site.coordinators, site.bays, site.last_randomised = site.n_coordinators, site.n_bays, site.opens
        site.first_for_coordinator = site.last_for_coordinator = site.first_for_bay = site.last_for_bay = NOBODY
        site.n_randomised = site.is_closed = site.n_blocks = site.next = site.end = 0
        site.block = site.first_block = NOBODY
        site.waits_for, site.closed_on = ACTIVATION, _NEVER
        site.awaits = site.token = site.n_changes = site.dropped = site.has_consent = 0
    for k in range(w.n_lists):
        lists(w, k).used = lists(w, k).left = 0
    forget_balance(w)
    if w.draws_itself:
        begin_drawing(w)
    spans(w, 0).recruits_from, spans(w, 0).recruits_to = 0.0, _NEVER


@compiled
def _reset_trial(w: Any) -> None:
    t, rules = w, rules_of(w)
    t.now, t.reopened_on, t.held_until = rules.begins, -_NEVER, -_NEVER
    t.stock_cells = t.stock_claimed = t.promised = 0.0
    t.n_scheduled = t.n_heap = t.n_popped = t.is_finished = t.is_locking = t.is_over = t.admitting = 0
    t.n_randomised = t.n_people = t.n_rows = t.n_inside = t.n_following = t.n_waiting = t.n_reopening = 0
    t.n_later = t.n_reopened = t.n_seen = t.n_in_culture = t.n_on_the_way = t.n_lots = t.n_shelf = 0
    t.n_sentinels = t.n_treated = t.n_severe_early = t.n_holds = t.ended_dosing = t.n_pauses = t.last_token = 0
    t.n_events = t.is_completed = t.is_stopped = t.n_pending = t.n_holding = t.full_arms = 0
    t.closed_arms, t.no_arm = rules.waiting_arms, NOBODY
    for code in range(w.n_amendments):
        amendments(w, code).is_over = 0
        amendments(w, code).since = _NEVER
    for code in range(w.n_interims):
        interims(w, code).next_look = interims(w, code).n_events = 0
    for code in range(w.n_risks):
        risks(w, code).is_struck = 0
    for k in range(w.n_shared):
        shared_ends(w, k).x = shared_known(w, k).x
    for k in range(w.n_counters):
        counters(w, k).n = counters(w, k).is_full = 0
        counters(w, k).first_span = NOBODY
    w.n_cap_spans = 0
    t.recruiting = t.n_intervals = 1
    t.n_needed, t.reason_closed, t.status = rules.target, events.RECRUITED, READY
    t.first_claim = t.last_claim = t.free_part = t.first_lot = t.last_lot = NOBODY
    t.n_parts = 0
    for reason in range(N_PAUSES):
        t.is_paused[reason], t.paused_until[reason] = 0, 0.0
