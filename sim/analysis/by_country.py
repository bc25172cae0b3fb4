"""Measures by country (sites, people, first days, cost of its sites) and of the steps of start-up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design, GroupDesign
from sim.core.events import AMOUNT, CODE, NUMBER, SITE, TIME

Array = npt.NDArray[np.float64]
Row = dict[str, float]

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

    Returns:
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

    Returns:
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


def countries(row: Row, design: Design, index: EventIndex) -> None:
    """Add the measures of each country to a row.

    Args:
        row: measures by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    if not design.countries:
        return
    of_site = np.array(design.country_of_sites())
    n, at_once = len(design.countries), index.log.ended_at_once

    def by_country(sites: npt.NDArray[Any]) -> list[int]:
        found = of_site[sites.astype(np.int64)]
        counts: list[int] = np.bincount(found[found >= 0], minlength=n).tolist()
        return counts

    for name, kind in _KINDS.items():
        counts = by_country(index.of(kind)[:, SITE])
        if kind == events.REFERRED:
            counts = [a + b for a, b in zip(counts, by_country(at_once.site), strict=True)]
        row |= {f"country_{code}_{name}": k for code, k in zip(design.countries, counts, strict=True)}
    for name, (kind, _) in _DAYS.items():
        rows = index.of(kind)
        where = of_site[rows[:, SITE].astype(np.int64)]
        for i, code in enumerate(design.countries):
            days = rows[where == i, TIME]
            row[f"country_{code}_day_{name}"] = days[0] if len(days) else _NAN


def start_up(row: Row, design: Design, index: EventIndex) -> None:
    """Add the measures of the steps of start-up, over sites that were activated, to a row.

    Times are in days. Steps of sites that were open before the data end of a trial under way are not known and not
    counted.

    Args:
        row: measures by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    if not design.start_up:
        return
    done = {(int(r[CODE]), int(r[NUMBER]) or -1 - int(r[SITE])): r for r in index.of(events.STEP_DONE)}
    activated = set(index.of(events.SITE_ACTIVATED)[:, SITE].astype(int).tolist())
    took: list[list[float]] = [[] for _ in design.start_up]
    critical: list[list[float]] = [[] for _ in design.start_up]
    of_country = {code: [0] * (1 + len(design.start_up)) for code in design.countries}
    totals: list[float] = []
    for group in design.groups:
        for site in range(group.first_site, group.first_site + group.count):
            steps = _steps_of(group, site, done)
            if site not in activated or not steps:
                continue
            way = longest_way(group, steps)
            begins = min(end - days for end, days in steps.values())
            totals.append(max(end for end, _ in steps.values()) - begins)
            counts = of_country.get(group.settings.country or "", [0] * (1 + len(design.start_up)))
            counts[0] += 1
            for code, (_, days) in steps.items():
                took[code].append(days)
            for code in way:
                critical[code].append(steps[code][1])
                counts[1 + code] += 1
    _tell(row, design, totals, took, critical)
    for country, (n, *counts) in of_country.items():
        row[f"country_{country}_n_started_up"] = n
        row |= {f"country_{country}_n_critical_{step}": k for step, k in zip(design.start_up, counts, strict=True)}


def _tell(row: Row, design: Design, totals: list[float], took: list[list[float]], critical: list[list[float]]) -> None:
    """Add counts and mean days of the steps of start-up to a row."""
    n = len(totals)
    row["n_started_up"] = n
    row["start_up_days"] = math.fsum(totals) / n if n else _NAN
    for step, all_days, on_way in zip(design.start_up, took, critical, strict=True):
        row[f"n_critical_{step}"] = len(on_way)
        row[f"start_up_{step}_days"] = math.fsum(all_days) / len(all_days) if all_days else _NAN
        row[f"start_up_{step}_critical_days"] = math.fsum(on_way) / n if n else _NAN


def _steps_of(group: GroupDesign, site: int, done: dict[tuple[int, int], Array]) -> dict[int, tuple[float, float]]:
    """End and length of each step of a site, by code; empty if any of them is unknown or still to come."""
    found = {}
    for step in group.network:
        event = done.get((step.code, step.place_number or -1 - site))
        if event is None:
            return {}
        found[step.code] = float(event[TIME]), float(event[AMOUNT])
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
