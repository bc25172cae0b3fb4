"""When referrals of a site arrive. See `sim.core.intensity`, of which this is the arithmetic, one arrival at a time."""

from __future__ import annotations

import math
from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.memory import edges, rules_of
from sim.core.clock import MONTH_DAYS

_NEVER = float("inf")


@compiled
def begin_arrivals(w: Any, site: Any) -> None:
    """Work out the rate of a site, before its first arrival."""
    rules = rules_of(w)
    site.reached, site.in_ramp, site.piece = 0.0, 0.0, 0
    site.full_from = min(max(site.activates + site.ramp_days, site.opens), rules.horizon)
    site.before = _integral_to(w, site, site.full_from)
    site.has_ramp = site.per_month / MONTH_DAYS > 0 and site.opens < site.full_from
    if site.has_ramp:
        _to_first_piece(w, site)
        while True:
            site.in_ramp = _reached_after(w, site)
            if _right_edge(w, site) >= site.full_from:
                break
            _to_next_piece(w, site)
        _to_first_piece(w, site)


@compiled
def _integral_to(w: Any, site: Any, day: float) -> float:
    piece = _piece_at(w, site, day)
    before = edges(w, site.first_edge + piece)
    if piece == site.n_edges - 1 or day < before.day:
        return float(before.integral)
    after = edges(w, site.first_edge + piece + 1)
    return float((after.integral - before.integral) / (after.day - before.day) * (day - before.day) + before.integral)


@compiled
def _piece_at(w: Any, site: Any, day: float) -> int:
    """The last edge of the calendar that is not after a day; the first if all are."""
    low, high = 0, site.n_edges
    while low < high:
        middle = (low + high) // 2
        if edges(w, site.first_edge + middle).day <= day:
            low = middle + 1
        else:
            high = middle
    return max(low - 1, 0)


@compiled
def _to_first_piece(w: Any, site: Any) -> None:
    site.ramp_piece = _piece_at(w, site, site.opens)
    site.ramp_edge, site.ramp_cumulative = site.opens, 0.0


@compiled
def _right_edge(w: Any, site: Any) -> float:
    return float(min(edges(w, site.first_edge + site.ramp_piece + 1).day, site.full_from))


@compiled
def _rate(w: Any, site: Any, day: float) -> float:
    """The rate in the current piece of ramp-up on one of its edges."""
    share = site.start_fraction + (1 - site.start_fraction) * ((day - site.activates) / site.ramp_days)
    return float(site.per_month / MONTH_DAYS * edges(w, site.first_edge + site.ramp_piece).factor * share)


@compiled
def _reached_after(w: Any, site: Any) -> float:
    """Expected arrivals up to the end of the current piece of ramp-up."""
    edge = _right_edge(w, site)
    left, right = _rate(w, site, site.ramp_edge), _rate(w, site, edge)
    return float(site.ramp_cumulative + (edge - site.ramp_edge) * (left + right) * 0.5)


@compiled
def _to_next_piece(w: Any, site: Any) -> None:
    site.ramp_cumulative, site.ramp_edge = _reached_after(w, site), _right_edge(w, site)
    site.ramp_piece += 1


@compiled
def expected(w: Any, site: Any, day: float) -> float:
    """Expected arrivals from the opening of a site up to a day; see `Intensity.expected`."""
    if day < site.full_from:
        return float(_expected_in_ramp(w, site, day)) if site.has_ramp else 0.0
    per_day = site.per_month / MONTH_DAYS
    return float(site.in_ramp + per_day * (_integral_to(w, site, min(day, rules_of(w).horizon)) - site.before))


@compiled
def _expected_in_ramp(w: Any, site: Any, day: float) -> float:
    if day < site.opens:
        return 0.0
    _to_first_piece(w, site)
    while _right_edge(w, site) <= day:
        _to_next_piece(w, site)
    edge = _right_edge(w, site)
    left = _rate(w, site, site.ramp_edge)
    slope = (_rate(w, site, edge) - left) / (edge - site.ramp_edge)
    since = day - site.ramp_edge
    return float(site.ramp_cumulative + since * (left + slope * since * 0.5))


@compiled
def day_reached(w: Any, site: Any, reached: float) -> float:
    """The day on which the expected number of arrivals reaches a value; infinity if never.

    Values that increase are found fast.
    """
    per_day, horizon = site.per_month / MONTH_DAYS, rules_of(w).horizon
    if per_day <= 0 or (site.full_from >= horizon and not site.has_ramp):
        return _NEVER
    if site.has_ramp and reached < site.in_ramp:
        day = _in_ramp(w, site, reached)
    else:
        day = _in_calendar(w, site, (reached - site.in_ramp) / per_day + site.before)
    return _NEVER if day >= horizon else day


@compiled
def _in_ramp(w: Any, site: Any, reached: float) -> float:
    if reached < site.ramp_cumulative:
        _to_first_piece(w, site)
    while _right_edge(w, site) < site.full_from and _reached_after(w, site) <= reached:
        _to_next_piece(w, site)
    edge = _right_edge(w, site)
    a = _rate(w, site, site.ramp_edge)
    b = (_rate(w, site, edge) - a) / (edge - site.ramp_edge)
    rest = reached - site.ramp_cumulative
    root = math.sqrt(max(a * a + 2 * b * rest, 0.0))
    return float(min(site.ramp_edge + 2 * rest / (a + root), edge))


@compiled
def _in_calendar(w: Any, site: Any, integral: float) -> float:
    """The day on which the calendar's integral reaches a value."""
    last = site.first_edge + site.n_edges - 1
    if integral >= edges(w, last).integral:
        return float(edges(w, last).day) if integral == edges(w, last).integral else _NEVER
    while site.piece > 0 and edges(w, site.first_edge + site.piece).integral > integral:
        site.piece -= 1
    while edges(w, site.first_edge + site.piece + 1).integral <= integral:
        site.piece += 1
    before, after = edges(w, site.first_edge + site.piece), edges(w, site.first_edge + site.piece + 1)
    days_each = (after.day - before.day) / (after.integral - before.integral)
    return float(days_each * (integral - before.integral) + before.day)
