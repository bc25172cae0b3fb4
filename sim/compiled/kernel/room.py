"""Whether caps leave room for anybody, and when they were full. See `sim.processes.caps`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.layout import NOBODY
from sim.compiled.memory import cap_holds, cap_spans, counters, counters_of_site, sites


@compiled
def holds_for(w: Any, counter: Any, levels: int) -> bool:
    """Whether a cap applies to people of its sites with these levels of strata."""
    return bool(cap_holds(w, counter.code * w.n_levels + levels).x)


@compiled
def has_room(w: Any) -> bool:
    """Whether a patient of any stratum could still be randomised at an open site."""
    if w.no_arm != NOBODY:
        return False
    s = 0
    while s < w.n_sites and (sites(w, s).is_closed or not _has_room_at(w, s)):
        s += 1
    return bool(s < w.n_sites)


@compiled
def _has_room_at(w: Any, s: int) -> bool:
    """Whether some combination of levels is outside every full cap of a site."""
    levels = 0
    while levels < w.n_levels and _is_full(w, s, levels):
        levels += 1
    return bool(levels < w.n_levels)


@compiled
def _is_full(w: Any, s: int, levels: int) -> bool:
    """Whether a cap on participants keeps people with these levels out of a site."""
    site = sites(w, s)
    for i in range(site.first_counter, site.first_counter + site.n_counters):
        counter = counters(w, counters_of_site(w, i).x)
        if counter.is_full and not counter.of_screening and holds_for(w, counter, levels):
            return True
    return False


@compiled
def full_on(w: Any, s: int, day: float) -> int:
    """Code of the first cap that kept a site from asking anybody for consent on a day; -1 without one."""
    site = sites(w, s)
    for i in range(site.first_counter, site.first_counter + site.n_counters):
        counter = counters(w, counters_of_site(w, i).x)
        if counter.has_stratum:
            continue
        if counter.is_full and counter.since <= day < w.now:
            return int(counter.code)
        k = counter.first_span
        while k != NOBODY:
            if cap_spans(w, k).start <= day < cap_spans(w, k).end:
                return int(counter.code)
            k = cap_spans(w, k).next
    return NOBODY
