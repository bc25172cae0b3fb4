"""How recruitment closes and reopens, sites close, and the trial ends. See `sim.trial` and `sim.processes.sites`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import plan, record, schedule
from sim.compiled.kernel.openings import may_open, may_open_an_arm
from sim.compiled.kernel.room import has_room
from sim.compiled.layout import (
    INTERRUPT,
    LOCK,
    REOPENED,
    THEN_WATCH,
    WATCH,
)
from sim.compiled.memory import lines, people, rules_of, sites, spans
from sim.core import events

_NEVER = float("inf")


@compiled
def away_by(reason: int) -> int:
    """Why people in screening are turned away, by why recruitment closed; as `events.AWAY_BY`."""
    if reason == events.RECRUITED:
        return events.AWAY_TARGET
    if reason == events.RECRUITMENT_COMPLETED:
        return events.AWAY_COMPLETED
    if reason == events.RECRUITMENT_CAPS:
        return events.AWAY_CAP
    return events.AWAY_STOPPED if reason == events.RECRUITMENT_STOPPED else events.AWAY_SITE


@compiled
def ended_by(reason: int) -> int:
    """How the trial ends, by why recruitment closed; as `events.ENDED_BY`."""
    if reason in (events.RECRUITED, events.RECRUITMENT_COMPLETED):
        return events.ENDED_COMPLETE
    if reason == events.RECRUITMENT_CAPS:
        return events.ENDED_CAPS
    return events.ENDED_STOPPED if reason == events.RECRUITMENT_STOPPED else events.ENDED_NO_SITES


@compiled
def end(w: Any, reason: int) -> None:
    """End the trial: nothing more happens."""
    record(w, events.TRIAL_ENDED, -1, -1, 0.0, reason, 0.0)
    w.is_finished = 1


@compiled
def lock(w: Any) -> None:
    """Lock the database, which ends the trial."""
    record(w, events.DATABASE_LOCKED, -1, -1, 0.0, 0, 0.0)
    is_complete = w.is_completed or not rules_of(w).is_event_driven
    if not is_complete and w.reason_closed == events.RECRUITED:
        end(w, events.ENDED_TOO_FEW_EVENTS)
    else:
        end(w, ended_by(w.reason_closed))


@compiled
def look_for_lock(w: Any) -> None:
    """Lock the database when recruitment is closed and nobody is left."""
    t = w
    if t.n_inside > 0 or t.is_locking or t.n_following > 0 or t.n_pending > 0:
        return
    if not _awaits_completion(w):
        t.is_locking = 1
        plan(w, t.now + rules_of(w).lock_days, LOCK, 0)


@compiled
def _awaits_completion(w: Any) -> bool:
    """Whether primary completion is still to come, on a date; with nobody left and a latest date set, it comes now."""
    t, rules = w, rules_of(w)
    if not rules.is_event_driven or t.is_completed or t.is_stopped:
        return False
    if t.n_events >= rules.n_events_needed:
        return True
    if rules.has_latest:
        t.is_completed = 1
        record(w, events.PRIMARY_COMPLETED, -1, -1, float(t.n_events), events.COMPLETED_NOBODY_LEFT, 0.0)
        if not t.is_over:
            t.is_over, t.reason_closed = 1, events.RECRUITMENT_COMPLETED
    return False


@compiled
def interrupt(w: Any, p: int, reason: int) -> None:
    """Turn away a person in screening, before anything else happens now."""
    schedule(w, w.now, INTERRUPT, p, reason, True)


@compiled
def close(w: Any, reason: int) -> None:
    """Stop recruiting: the target is met, the trial is stopped or has its events, or no site is left."""
    t = w
    is_for_good = reason in (events.RECRUITMENT_STOPPED, events.RECRUITMENT_COMPLETED)
    if t.is_over or not (t.recruiting or is_for_good):
        return
    t.is_over = 1 if reason != events.RECRUITED else 0
    if t.recruiting:
        t.recruiting = 0
        spans(w, t.n_intervals - 1).recruits_to = t.now
        record(w, events.RECRUITMENT_CLOSED, -1, -1, 0.0, reason, 0.0)
    t.reason_closed = reason
    lets_in = rules_of(w).lets_in and reason == events.RECRUITED
    for k in range(t.n_inside):
        p = lines(w, k).inside
        person = people(w, p)
        if not (lets_in and not (person.is_returning or person.is_queueing)):
            interrupt(w, p, away_by(reason))
    look_for_lock(w)


@compiled
def look_for_end(w: Any) -> None:
    """Close recruitment when no site, or no room under caps, is left; lock the database when nobody is left."""
    t = w
    if t.n_inside > 0 or t.is_locking:
        return
    if not t.recruiting:
        look_for_lock(w)
        return
    for s in range(w.n_sites):
        if not sites(w, s).is_closed and may_open(w, s):
            if w.n_counters > 0 and not (has_room(w) or may_open_an_arm(w)):
                close(w, events.RECRUITMENT_CAPS)
            return
    close(w, events.RECRUITMENT_NO_SITES)


@compiled
def later(w: Any, site: int, reason: int) -> None:
    """Note what is to be done with a site when recruitment reopens."""
    t = w
    lines(w, t.n_later).later_site, lines(w, t.n_later).later_reason = site, reason
    t.n_later += 1


@compiled
def close_site(w: Any, s: int, reason: int) -> None:
    """Close a site for good; one that is due to close while recruitment is closed does so when it reopens."""
    t, site = w, sites(w, s)
    if site.is_closed:
        return
    if not (t.recruiting or reason == events.CLOSED_FULL):
        later(w, s, reason)
        return
    site.is_closed, site.closed_on = 1, t.now
    record(w, events.SITE_CLOSED, s, -1, 0.0, reason, 0.0)
    if site.n_randomised == site.most:
        for k in range(t.n_inside):
            if people(w, lines(w, k).inside).site == s:
                interrupt(w, lines(w, k).inside, events.AWAY_SITE)
    look_for_end(w)


@compiled
def watch(w: Any, s: int) -> None:
    """Look at a site again after the days without a randomisation that close it."""
    site = sites(w, s)
    plan(w, max(site.last_randomised, w.reopened_on) + site.drought_days, WATCH, s)


@compiled
def look_at(w: Any, s: int) -> None:
    """Close a site after days without a randomisation while recruitment was open."""
    t, site = w, sites(w, s)
    if site.is_closed:
        return
    if not t.recruiting:
        later(w, s, THEN_WATCH)
    elif max(site.last_randomised, t.reopened_on) + site.drought_days > t.now:
        watch(w, s)
    else:
        close_site(w, s, events.CLOSED_DROUGHT)


@compiled
def need_more(w: Any, n: int) -> bool:
    """Raise the number of participants needed; whether recruitment, which had closed on the target, reopens."""
    t = w
    t.n_needed += n
    if t.recruiting or t.n_randomised >= t.n_needed:
        return False
    t.recruiting = 1
    spans(w, t.n_intervals).recruits_from, spans(w, t.n_intervals).recruits_to = t.now, _NEVER
    t.n_intervals += 1
    record(w, events.RECRUITMENT_REOPENED, -1, -1, 0.0, 0, 0.0)
    plan(w, t.now, REOPENED, t.n_reopened)
    t.n_reopened += 1
    return True


@compiled
def sites_reopen(w: Any) -> None:
    """Sites that were due to close do so; days without a randomisation count from now."""
    t = w
    t.reopened_on = t.now
    n, t.n_later = t.n_later, 0
    for k in range(n):
        # What is put off again goes to places that this loop has left behind.
        s, reason = lines(w, k).later_site, lines(w, k).later_reason
        if reason == THEN_WATCH:
            watch(w, s)
        else:
            close_site(w, s, reason)
