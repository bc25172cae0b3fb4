"""Drift of rates in the log: twice a year it records the rate relative to day 0.

The rates themselves drift in `sim.core.drift`; these events let reports explain them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.core import events
from sim.core.drift import HALF_YEAR_DAYS
from sim.core.roles import Recruiting
from sim.core.world import World


def drifts(world: World) -> Iterator[tuple[float, int, float]]:
    """What is to be told of drift.

    Args:
        world: the replication's surroundings.

    Yields:
        (day, 0 for all sites or the number of a country from 1, factor on referral rates relative to day 0), each half
        year up to the horizon; nothing if rates do not drift, or the trial never starts.
    """
    paths, rule = world.batch.drift, world.scenario.drift
    if paths is None or rule is None or world.starts is None:
        return
    countries: list[str | None] = [None]
    if rule.by_country != 0:
        countries += world.design.countries
    for number, country in enumerate(countries):
        factors = paths.factor(country)[world.row].tolist()
        for half_year in range(1, math.ceil(world.design.horizon_days / HALF_YEAR_DAYS)):
            day = half_year * HALF_YEAR_DAYS
            step = int(paths.edges.searchsorted(day, side="right")) - 1
            yield day, number, factors[step]


class DriftingRates:
    """Records drift while recruitment is open.

    Args:
        world: the replication's surroundings.
        enrolment: the gate before randomisation.
    """

    def __init__(self, world: World, enrolment: Recruiting) -> None:
        self._world, self._enrolment = world, enrolment
        for told in drifts(world):
            self._tell(*told)

    def _tell(self, day: float, number: int, factor: float) -> None:
        def record() -> None:
            if self._enrolment.recruiting:
                self._world.record(events.RATES_DRIFTED, number=number, amount=factor)

        self._world.env.call_at(day, record)
