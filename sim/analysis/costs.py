"""What a simulated trial cost, from its events and the scenario's unit costs."""

from __future__ import annotations

import math
from operator import attrgetter

import numpy as np

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import KIND, SITE, TIME


def site_days(index: EventIndex, end: float) -> list[float]:
    """Days for which each activated site was open or followed participants, from activation.

    A site is done when it has closed, or recruitment has, and its last participant is out.
    """
    closed = index.of(events.RECRUITMENT_CLOSED)
    recruitment_ends = closed[-1, TIME] if len(closed) else end
    site_closed = {int(event[SITE]): float(event[TIME]) for event in index.of(events.SITE_CLOSED)}
    out = np.concatenate((index.of(events.LEFT), index.of(events.COMPLETED)))
    randomised = index.of(events.RANDOMISED)
    days = []
    for event in index.of(events.SITE_ACTIVATED):
        site = int(event[SITE])
        done = site_closed.get(site, float(recruitment_ends))
        leaving = out[out[:, SITE] == site, TIME]
        n_here = np.count_nonzero(randomised[:, SITE] == site)
        done = end if len(leaving) < n_here else max(done, float(leaving.max(initial=-np.inf)))
        days.append(max(done - float(event[TIME]), 0.0))
    return days


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
        + sum(open_days) / MONTH_DAYS * price("site_month"),
        "monitoring": 0.0,
        "screening": index.count(events.SCREENING_STARTED) * price("screening"),
        "visits": np.count_nonzero(index.log.visits[:, KIND] == events.VISIT_DONE) * price("participant_visit"),
        "cells": row["n_lots_started"] * price("lot") + index.count(events.DOSE_STARTED) * price("dose"),
        "central": row["day_end"] / MONTH_DAYS * price("central_month"),
    }
    if unit.monitoring_visit is not None:
        every, each = price("monitoring_visit.every_days"), price("monitoring_visit.cost")
        parts["monitoring"] = sum(math.floor(days / every) for days in open_days) * each
    return {"cost": sum(parts.values())} | {f"cost_{name}": float(value) for name, value in parts.items()}
