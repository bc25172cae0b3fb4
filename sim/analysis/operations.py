"""Measures of operations: waits, how busy coordinators and bays are, and the rate of randomisation.

They answer where people wait and what stands idle. Only time counts in which a site was open for patients; see
`looking`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.grouped import exact_sums, group_of, starts_of, sums
from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import SITE, TIME

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]


def operations(columns: Columns, design: Design, index: EventIndex) -> None:
    """Add waits, the use of coordinators and bays, and the rate of randomisation.

    Args:
        columns: (n,) measures so far, by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    columns["wait_coordinator_days"] = _mean_stay(index, events.CONSENT_GIVEN, events.SCREENING_STARTED)
    columns["wait_place_days"] = _mean_stay(index, events.SCREENING_PASSED, events.RANDOMISED)
    end = columns["day_end"]
    columns["share_coordinators_busy"] = _coordinators_busy(_at_each_site(design, "coordinators"), index, end)
    columns["share_bays_busy"] = _bays_busy(_at_each_site(design, "infusion_bays"), index)
    randomised, first_active = index.last(events.RANDOMISED), index.first(events.SITE_ACTIVATED)
    months = (randomised - first_active) / MONTH_DAYS
    known = months > 0
    rate = index.count(events.RANDOMISED) / np.where(known, months, 1.0)
    columns["rate_per_month"] = np.where(known, rate, 0.0)


def _at_each_site(design: Design, of: str) -> Array | None:
    """(sites,) places at each site; None without limits."""
    places = [getattr(group.settings, of) for group in design.groups for _ in range(group.count)]
    return None if None in places else np.array(places, dtype=np.float64)


def _lengths(stays: Array) -> Array:
    return stays[:, 1] - stays[:, 0]


def _mean_stay(index: EventIndex, start: int, end: int) -> Array:
    """Mean length of stays in days; 0 without any."""
    stays, where = index.stays_of(start, end)
    counts = np.bincount(index.replications(start)[where], minlength=index.n)
    return sums(_lengths(stays), starts_of(counts)) / np.maximum(counts, 1)


def looking(index: EventIndex, end: Array, from_day: float) -> tuple[Array, Integers]:
    """Intervals in which sites were open for patients: from activation to closing, while recruitment was open.

    Args:
        index: the events.
        end: (n,) end of each trial, in days.
        from_day: sites that were activated before this day count from it; minus infinity for all from activation.

    Returns:
        (k, 2) intervals, those of one activated site after those of another, in order of replication and activation;
        and (k,) the activation that each belongs to, as its place in `index.of(SITE_ACTIVATED)`.
    """
    recruiting, starts = index.recruiting(end)
    activated, of = index.of(events.SITE_ACTIVATED), index.replications(events.SITE_ACTIVATED)
    opens = np.maximum(activated[:, TIME], from_day)
    closes = np.maximum(_closed(index, end, activated[:, SITE].astype(np.int64), of), opens)
    n_spans = np.diff(starts)[of]
    each = group_of(starts_of(n_spans))
    nth = np.arange(len(each)) - starts_of(n_spans)[each]
    spans = recruiting[starts[of][each] + nth]
    return np.clip(spans, opens[each, None], closes[each, None]), each


def _closed(index: EventIndex, end: Array, site: Integers, of: Integers) -> Array:
    """(k,) day on which each of some sites closed in a replication, or else the end of that trial."""
    rows, n_sites = index.of(events.SITE_CLOSED), int(site.max(initial=-1)) + 1
    closed = np.repeat(end[:, None], n_sites, axis=1)
    at = rows[:, SITE].astype(np.int64)
    known = at < n_sites
    closed[index.replications(events.SITE_CLOSED)[known], at[known]] = rows[known, TIME]
    return closed[of, site]


def _coordinators_busy(places: Array | None, index: EventIndex, end: Array) -> Array:
    """Time of screening over time of coordinators, at sites that look at referrals; 0 without limits."""
    if places is None:
        return np.zeros(index.n)
    spans, activation = looking(index, end, 0.0)
    activated, of = index.of(events.SITE_ACTIVATED), index.replications(events.SITE_ACTIVATED)
    per_site = sums(_lengths(spans), starts_of(np.bincount(activation, minlength=len(activated))))
    available = np.bincount(of, places[activated[:, SITE].astype(np.int64)] * per_site, index.n)
    screened, sites = index.screenings(end), index.site_keys(events.SCREENING_STARTED)
    order = np.argsort(sites, kind="stable")
    here = index.site_keys(events.SITE_ACTIVATED)
    first, after = (np.searchsorted(sites[order], here, side) for side in ("left", "right"))
    starts = starts_of((after - first)[activation])
    span = group_of(starts)
    which = order[first[activation][span] + np.arange(len(span)) - starts[span]]
    during = np.clip(screened[which], spans[span, 0, None], spans[span, 1, None])
    busy = np.bincount(of[activation], sums(_lengths(during), starts), index.n)
    return np.where(available > 0, busy / np.where(available > 0, available, 1.0), 0.0)


def _bays_busy(places: Array | None, index: EventIndex) -> Array:
    """Time of stays over time of bays, from each site's activation to the last infusion's end; 0 without limits."""
    if places is None:
        return np.zeros(index.n)
    stays, where = index.stays_of(events.DOSE_STARTED, events.DOSE_GIVEN, events.DOSE_LOST)
    starts = starts_of(np.bincount(index.replications(events.DOSE_STARTED)[where], minlength=index.n))
    has_any = np.diff(starts) > 0
    until = np.zeros(index.n)
    until[has_any] = stays[starts[1:][has_any] - 1, 1]
    activated, of = index.of(events.SITE_ACTIVATED), index.replications(events.SITE_ACTIVATED)
    open_days = np.maximum(until[of] - np.maximum(activated[:, TIME], 0.0), 0.0)
    bays = places[activated[:, SITE].astype(np.int64)]
    available = exact_sums(bays * open_days, index.starts(events.SITE_ACTIVATED))
    return np.where(available > 0, sums(_lengths(stays), starts) / np.where(available > 0, available, 1.0), 0.0)
