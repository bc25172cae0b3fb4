"""Referrals of each site: when they come, whom the chart excludes, who declines, and whom someone must deal with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.events import EndedAtOnce
from sim.core.people import Person, Site
from sim.core.population import PatientBlock
from sim.core.quantiles import Quantile, log, unit_exponential
from sim.core.streams import BLOCK
from sim.core.world import World

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Intervals = list[tuple[float, float]]

_NEVER = float("inf")
_EXCLUDED, _DECLINES, _HANDLED = range(3)


class Referrals:
    """Referrals of all sites, drawn and judged in blocks of all the sites of a group at once.

    Args:
        world: the replication's surroundings.
    """

    def __init__(self, world: World) -> None:
        rules = world.scenario.screening
        self._world = world
        self._patients: dict[tuple[str, int], PatientBlock] = {}
        self._seen: dict[int, list[tuple[Array, Integers, Integers]]] = {}
        self._p_consent = world.probability("screening.consent", rules.consent)
        self._p_return = 0.0
        if rules.rescreen is not None:
            self._p_return = world.probability("screening.rescreen.probability", rules.rescreen.probability)
        self._window = _NEVER
        if rules.window_days is not None:
            self._window = world.number("screening.window_days", rules.window_days)
        per_day = world.number("screening.deteriorates_per_day", rules.deteriorates_per_day)
        self._deteriorates = world.columns.add("screening.deteriorates", _time_to_deterioration(per_day))

    def of(self, site: Site) -> Iterator[Person]:
        """Patients of a site whom someone must deal with, in order of time, up to the horizon.

        They are those who consent, and those whom the chart excludes for reasons that may pass.
        """
        seen = self._seen.setdefault(site.index, [])
        reached = 0.0
        for block in count():
            expected = unit_exponential(self._world.columns.uniform("referral.gap", site, block))
            expected[0] += reached
            np.cumsum(expected, out=expected)
            reached = expected.item(-1)
            times = site.arrivals.times(expected)
            n = int(np.searchsorted(times, np.inf))
            patients = self._block(site, block)
            fate = self._fates(site, block, patients)
            seen.append((times[:n], patients.chart_failed[site.row, :n], fate[:n]))
            yield from self._people(site, block, patients, times, np.flatnonzero(fate[:n] == _HANDLED))
            if n < BLOCK:
                return

    def _block(self, site: Site, block: int) -> PatientBlock:
        key = (site.group, block)
        if key not in self._patients:
            world, population = self._world, self._world.design.population
            self._patients[key] = population.block(world.unknowns, world.streams, site.group, site.n_sites, block)
        return self._patients[key]

    def _fates(self, site: Site, block: int, patients: PatientBlock) -> Integers:
        """What becomes of each patient of a block on the day of referral."""
        uniform = self._world.columns.uniform
        passes = patients.chart_failed[site.row] == 0
        fate: Integers = passes * (1 + (uniform("screening.consent", site, block) < self._p_consent))
        if self._p_return > 0:
            returns = uniform("rescreen.after_chart", site, block) < self._p_return
            fate[patients.may_return[site.row] & returns] = _HANDLED
        return fate

    def _people(
        self, site: Site, block: int, patients: PatientBlock, times: Array, chosen: Integers
    ) -> Iterator[Person]:
        row, columns = site.row, self._world.columns
        consents = columns.uniform("screening.consent", site, block)[chosen] < self._p_consent
        day = times[chosen]
        strata = [levels[row, chosen].tolist() for levels in patients.strata.values()]
        parts = (
            (block * BLOCK + chosen).tolist(),
            day.tolist(),
            columns.values(site, block, chosen),
            patients.chart_failed[row, chosen].tolist(),
            patients.tests_failed[row, chosen].tolist(),
            patients.weight_kg[row, chosen].tolist(),
            (day - patients.days_since_decompensation[row, chosen] + self._window).tolist(),
            consents.tolist(),
            zip(*strata, strict=True) if strata else [()] * len(chosen),
        )
        for n, referred, values, chart, tests, weight, window_ends, agrees, levels in zip(*parts, strict=True):
            person = Person(site, n, referred, values, chart, tests, weight, window_ends, 0.0, agrees, levels)
            person.deteriorates = referred + self._deteriorates.of(person)
            yield person

    def ended_at_once(self, site: Site, looking: Intervals, paused: Intervals) -> EndedAtOnce:
        """Referrals of a site that ended on the day, while the site was looking at referrals.

        Args:
            site: the site.
            looking: when it was looking, as (start, end).
            paused: when nobody was asked for consent.
        """
        seen = self._seen.get(site.index, [])
        if not seen:
            none = np.zeros(0, dtype=np.int64)
            return EndedAtOnce(site.index, np.zeros(0), none, none, none, none)
        times, failed, fate = (np.concatenate([part[i] for part in seen]) for i in range(3))
        person = np.flatnonzero(_within(times, looking) & (fate != _HANDLED))
        times, bits, declines = times[person], failed[person], fate[person] == _DECLINES
        first = np.frexp((bits & -bits).astype(np.float64))[1] - 1
        kind = np.where(declines, events.CONSENT_REFUSED, events.CHART_FAILED)
        code = np.where(declines, 0, first)
        turned_away = declines & _within(times, paused)
        kind[turned_away], code[turned_away] = events.TURNED_AWAY, events.AWAY_PAUSED
        return EndedAtOnce(site.index, times, person, kind, bits, code)


def _within(times: Array, intervals: Intervals) -> npt.NDArray[np.bool_]:
    """Which of increasing times lie in any of the intervals, their ends not among them."""
    inside = np.zeros(len(times), dtype=bool)
    for start, end in intervals:
        inside[np.searchsorted(times, start) : np.searchsorted(times, end)] = True
    return inside


def _time_to_deterioration(per_day: float) -> Quantile:
    if per_day <= 0:
        return lambda u: np.full_like(u, _NEVER)
    if per_day >= 1:
        return np.zeros_like
    mean = -1 / log(1 - per_day)
    return lambda u: mean * unit_exponential(u)
