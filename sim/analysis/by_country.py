"""Measures by country (sites, people, first days, cost of its sites) and of the steps of start-up.

Countries and steps differ from scenario to scenario, so these measures are declared from the design, as names, units
and meanings, before they are worked out from the events. Over all replications they are tables in
`sim.analysis.country_tables`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design, GroupDesign
from sim.core.events import SITE

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Row = dict[str, float]
Columns = dict[str, npt.NDArray[Any]]

_NAN = float("nan")
_COUNTS = {
    "n_sites_activated": "sites activated",
    "n_referred": "patients referred",
    "n_screened": "screenings started by a coordinator",
    "n_randomised": "participants",
}
_DAYS = {
    "first_site_active": (events.SITE_ACTIVATED, "the first of its sites is activated"),
    "first_randomised": (events.RANDOMISED, "the first participant is randomised there"),
}
_KINDS = {
    "n_sites_activated": events.SITE_ACTIVATED,
    "n_referred": events.REFERRED,
    "n_screened": events.SCREENING_STARTED,
    "n_randomised": events.RANDOMISED,
}


def country_measures(design: Design) -> Iterator[tuple[str, str, str]]:
    """Declare the measures of each country; none if no site group names one.

    Args:
        design: the scenario, made ready; its countries are in alphabetical order of their codes.

    Yields:
        (name, unit, meaning) of each.
    """
    for code in design.countries:
        for name, meaning in _COUNTS.items():
            yield f"country_{code}_{name}", "count", f"{code}: {meaning}"
        for name, (_, meaning) in _DAYS.items():
            yield f"country_{code}_day_{name}", "days", f"{code}: day on which {meaning}; null for never"
        if design.scenario.costs is not None:
            yield f"country_{code}_cost", design.scenario.costs.currency, f"{code}: cost of its sites and people there"


def start_up_measures(design: Design) -> Iterator[tuple[str, str, str]]:
    """Declare the measures of the steps of start-up; none without steps.

    Args:
        design: the scenario, made ready; steps are in the order of `Design.start_up`.

    Yields:
        (name, unit, meaning) of each.
    """
    if not design.start_up:
        return
    yield "n_started_up", "count", "Sites activated whose steps of start-up are known"
    yield "start_up_days", "days", "Their mean time from the start of start-up work to the end of its last step"
    for step in design.start_up:
        yield f"n_critical_{step}", "count", f"... of these, sites with {step} on the longest way"
        yield f"start_up_{step}_days", "days", f"Mean time that {step} took there, where it is a step"
        yield f"start_up_{step}_critical_days", "days", "Mean of it that was on the longest way, of all these sites"
    for code in design.countries:
        yield f"country_{code}_n_started_up", "count", f"{code}: sites activated whose steps of start-up are known"
        for step in design.start_up:
            yield f"country_{code}_n_critical_{step}", "count", f"{code}: of these, with {step} on the longest way"


def countries(columns: Columns, design: Design, index: EventIndex) -> None:
    """Add the measures of each country.

    Args:
        columns: (n,) measures by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    if not design.countries:
        return
    of_site = np.array(design.country_of_sites())
    n, at_once = len(design.countries), index.logs.ended_at_once

    def by_country(sites: Integers, replication: Integers) -> Integers:
        found = of_site[sites]
        return index.counted(replication[found >= 0], found[found >= 0], n)

    for name, kind in _KINDS.items():
        counts = by_country(_sites(index, kind), index.replications(kind))
        if kind == events.REFERRED:
            counts = counts + by_country(at_once.site, index.ended_of)
        columns |= {f"country_{code}_{name}": counts[:, i] for i, code in enumerate(design.countries)}
    for name, (kind, _) in _DAYS.items():
        days = index.first_of_codes(kind, of_site[_sites(index, kind)], n)
        columns |= {f"country_{code}_day_{name}": days[:, i] for i, code in enumerate(design.countries)}


def _sites(index: EventIndex, kind: int) -> Integers:
    return index.of(kind)[:, SITE].astype(np.int64)


def start_up(columns: Columns, design: Design, index: EventIndex) -> None:
    """Add the measures of the steps of start-up, over sites that were activated.

    Times are in days. Steps of sites that were open before the data end of a trial under way are not known and not
    counted, nor are those of sites that an amendment opens, which share steps that may have been over long before.

    Args:
        columns: (n,) measures by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    if not design.start_up:
        return
    starts, active = (index.starts(kind) for kind in (events.STEP_DONE, events.SITE_ACTIVATED))
    steps, activated = index.of(events.STEP_DONE), _sites(index, events.SITE_ACTIVATED).tolist()
    rows = [
        _started_up(design, steps[starts[i] : starts[i + 1]], set(activated[active[i] : active[i + 1]]))
        for i in range(index.n)
    ]
    columns |= {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _started_up(design: Design, steps: Array, activated: set[int]) -> Row:
    """Measures of the steps of start-up of one replication."""
    done = {
        (int(code), int(place) or -1 - int(site)): (day, days) for day, _, site, _, place, code, days in steps.tolist()
    }
    took: list[list[float]] = [[] for _ in design.start_up]
    critical: list[list[float]] = [[] for _ in design.start_up]
    of_country = {code: [0] * (1 + len(design.start_up)) for code in design.countries}
    totals: list[float] = []
    for group in design.groups:
        for site in range(group.first_site, group.first_site + group.count):
            ends = _steps_of(group, site, done) if site in activated and not group.waits else {}
            if not ends:
                continue
            way = longest_way(group, ends)
            begins = min(end - days for end, days in ends.values())
            totals.append(max(end for end, _ in ends.values()) - begins)
            counts = of_country.get(group.settings.country or "", [0] * (1 + len(design.start_up)))
            counts[0] += 1
            for code, (_, days) in ends.items():
                took[code].append(days)
            for code in way:
                critical[code].append(ends[code][1])
                counts[1 + code] += 1
    row = _told(design, totals, took, critical)
    for country, (n, *counts) in of_country.items():
        row[f"country_{country}_n_started_up"] = n
        row |= {f"country_{country}_n_critical_{step}": k for step, k in zip(design.start_up, counts, strict=True)}
    return row


def _told(design: Design, totals: list[float], took: list[list[float]], critical: list[list[float]]) -> Row:
    """Counts and mean days of the steps of start-up."""
    n = len(totals)
    row: Row = {"n_started_up": n, "start_up_days": math.fsum(totals) / n if n else _NAN}
    for step, all_days, on_way in zip(design.start_up, took, critical, strict=True):
        row[f"n_critical_{step}"] = len(on_way)
        row[f"start_up_{step}_days"] = math.fsum(all_days) / len(all_days) if all_days else _NAN
        row[f"start_up_{step}_critical_days"] = math.fsum(on_way) / n if n else _NAN
    return row


def _steps_of(
    group: GroupDesign, site: int, done: dict[tuple[int, int], tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    """End and length of each step of a site, by code; empty if any of them is unknown or still to come."""
    found = {}
    for step in group.network:
        ended = done.get((step.code, step.place_number or -1 - site))
        if ended is None:
            return {}
        found[step.code] = ended
    return found


def longest_way(group: GroupDesign, steps: dict[int, tuple[float, float]]) -> list[int]:
    """Steps on the critical path to a site's activation: back from the last step, each time to the one that ended last.

    Args:
        group: the group, whose network defines what each step waits for.
        steps: end and length in days, by code of the step.

    Returns:
        Codes of the steps, from the last to the first.
    """
    after = {step.code: step.after for step in group.network}
    way = [max(steps, key=lambda code: (steps[code][0], -code))]
    while after[way[-1]]:
        way.append(max(after[way[-1]], key=lambda code: (steps[code][0], -code)))
    return way
