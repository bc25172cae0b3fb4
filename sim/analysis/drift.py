"""Measures of drift: how far referral rates of one simulated trial have moved, as told while recruitment is open.

Rates drift in half-yearly steps that the log tells; see `sim.processes.drift`. Over all replications they are the table
of `sim.analysis.drift_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design
from sim.core.events import AMOUNT, NUMBER


def places_of_drift(design: Design) -> list[str]:
    """Whose drift is told: that of all sites (empty), then of each country where countries drift apart; in order.

    The number of a `rates.drifted` event is a place in this list.

    Args:
        design: the scenario, made ready.
    """
    rule = design.scenario.drift
    if rule is None:
        return []
    return ["", *(design.countries if rule.by_country != 0 else ())]


def measure_of_drift(place: str) -> str:
    """Name of the measure of a place: a country, or all sites if empty.

    Args:
        place: code of a country, as in `places_of_drift`.
    """
    return f"country_{place}_drift_factor" if place else "drift_factor"


def drift_measures(design: Design) -> Iterator[tuple[str, str, str]]:
    """Declare the measures of drift; none if rates do not drift.

    Args:
        design: the scenario, made ready.

    Yields:
        (name, unit, meaning) of each.
    """
    for place in places_of_drift(design):
        whose = f"{place}: rates" if place else "Rates of all sites"
        meaning = f"{whose} relative to day 0, by drift, at the last half year of recruitment; null before the first"
        yield measure_of_drift(place), "times", meaning


def drift(columns: dict[str, npt.NDArray[Any]], design: Design, index: EventIndex) -> None:
    """Add the measures of drift.

    Args:
        columns: (n,) measures by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    places = places_of_drift(design)
    if not places:
        return
    told = index.of(events.RATES_DRIFTED)
    factors = np.full((index.n, len(places)), np.nan)
    factors[index.replications(events.RATES_DRIFTED), told[:, NUMBER].astype(np.int64)] = told[:, AMOUNT]  # the last
    columns |= {measure_of_drift(place): factors[:, i] for i, place in enumerate(places)}
