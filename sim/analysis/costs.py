"""What a simulated trial cost, from its events and the scenario's unit costs."""

from __future__ import annotations

import math
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import KIND, SITE, TIME

Array = npt.NDArray[np.float64]


def site_days(index: EventIndex, end: float) -> list[float]:
    """Days for which each activated site was open for patients or followed participants.

    A site is open from its activation until it closes, while recruitment is: not from the target met to a reopening.
    """
    recruiting = index.recruiting(end)
    closed = {int(event[SITE]): float(event[TIME]) for event in index.of(events.SITE_CLOSED)}
    followed = index.stays(events.RANDOMISED, events.LEFT, events.COMPLETED, unended=end)
    sites = index.of(events.RANDOMISED)[:, SITE]
    days = []
    for event in index.of(events.SITE_ACTIVATED):
        site, activated = int(event[SITE]), float(event[TIME])
        looking = np.clip(recruiting, activated, max(closed.get(site, end), activated))
        days.append(length_of_union(np.concatenate((looking, followed[sites == site]))))
    return days


def length_of_union(stretches: Array) -> float:
    """Days that are in any of (n, 2) stretches."""
    total, reached = 0.0, -math.inf
    for start, end in stretches[np.argsort(stretches[:, 0], kind="stable")].tolist():
        total += max(end - max(start, reached), 0.0)
        reached = max(reached, end)
    return total


def costs(row: dict[str, float], design: Design, index: EventIndex) -> dict[str, float]:
    """Cost in all and by part.

    Args:
        row: the measures so far.
        design: the scenario, made ready; it has costs.
        index: the events.
    """
    unit = design.scenario.costs
    assert unit is not None

    def price(name: str) -> float:
        uncertain = row.get(f"value_costs.{name}")
        return float(attrgetter(name)(unit)) if uncertain is None else uncertain

    open_days = site_days(index, row["day_end"])
    parts = {
        "sites": row["n_sites_activated"] * price("site_activation")
        + math.fsum(open_days) / MONTH_DAYS * price("site_month"),
        "monitoring": 0.0,
        "screening": index.count(events.SCREENING_STARTED) * price("screening"),
        "visits": np.count_nonzero(index.log.visits[:, KIND] == events.VISIT_DONE) * price("participant_visit"),
        "cells": row["n_lots_started"] * price("lot") + index.count(events.DOSE_STARTED) * price("dose"),
        "central": row["day_end"] / MONTH_DAYS * price("central_month"),
    }
    if unit.monitoring_visit is not None:
        every, each = price("monitoring_visit.every_days"), price("monitoring_visit.cost")
        parts["monitoring"] = sum(math.floor(days / every) for days in open_days) * each
    return {"cost": math.fsum(parts.values())} | {f"cost_{name}": float(value) for name, value in parts.items()}
