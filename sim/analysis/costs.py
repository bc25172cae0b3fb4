"""What a simulated trial cost, from its events and the scenario's unit costs."""

from __future__ import annotations

import math
from collections.abc import Callable
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

    at_sites = _at_sites(row, design, index, price)
    parts = {name: math.fsum(by_site) for name, by_site in at_sites.items()}
    parts["cells"] = row["n_lots_started"] * price("lot") + index.count(events.DOSE_STARTED) * price("dose")
    parts["central"] = row["day_end"] / MONTH_DAYS * price("central_month")
    found = {"cost": math.fsum(parts.values())} | {f"cost_{name}": float(value) for name, value in parts.items()}
    of_site = design.country_of_sites()
    for i, code in enumerate(design.countries):
        here = [j for j, country in enumerate(of_site) if country == i]
        found[f"country_{code}_cost"] = math.fsum(by_site[j] for by_site in at_sites.values() for j in here)
    return found


def _at_sites(
    row: dict[str, float], design: Design, index: EventIndex, price: Callable[[str], float]
) -> dict[str, list[float]]:
    """Cost of each site and of the people there, by part; at the prices of its country where those differ."""
    unit, n = design.scenario.costs, design.n_sites
    assert unit is not None
    countries = [design.countries[i] if i >= 0 else "" for i in design.country_of_sites()]

    def prices(name: str, in_country: str) -> list[float]:
        of_all, own = price(name), {}
        for code in design.countries:
            settings = design.scenario.countries.get(code)
            value = getattr(settings.costs, in_country) if settings and settings.costs else None
            if value is not None:
                own[code] = row.get(f"value_countries.{code}.costs.{in_country}", value)
        return [float(own.get(country, of_all)) for country in countries]

    def each(sites: Array, name: str) -> list[float]:
        counts = np.bincount(sites.astype(np.int64), minlength=n).tolist()
        return [k * one for k, one in zip(counts, prices(name, name), strict=True)]

    activated = index.of(events.SITE_ACTIVATED)[:, SITE]
    open_days = dict(zip(activated.astype(int).tolist(), site_days(index, row["day_end"]), strict=True))
    months = prices("site_month", "site_month")
    activations = each(activated, "site_activation")
    done = index.log.visits[index.log.visits[:, KIND] == events.VISIT_DONE, SITE]
    parts = {
        "sites": [activations[i] + open_days.get(i, 0.0) / MONTH_DAYS * months[i] for i in range(n)],
        "monitoring": [0.0] * n,
        "screening": each(index.of(events.SCREENING_STARTED)[:, SITE], "screening"),
        "visits": each(done, "participant_visit"),
    }
    if unit.monitoring_visit is not None:
        every, costs_of = price("monitoring_visit.every_days"), prices("monitoring_visit.cost", "monitoring_visit")
        parts["monitoring"] = [math.floor(open_days.get(i, 0.0) / every) * costs_of[i] for i in range(n)]
    return parts
