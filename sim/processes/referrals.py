"""Referrals of each site: when they come, whom the chart excludes, who declines, and who becomes a person.

Most referrals end on the day, at the chart or by declining. There are too many of them to make a process of each: the
batch judges them as arrays, and their events are added when the trial is over (`ended_at_once`).

Attributes:
    Integers: an array of whole numbers.
    Intervals: (start, end) of each interval, in days.
    FIRST_STAND_IN: numbers of referrals from here on are observed people, beyond any that are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.events import EndedAtOnce, nobody_ended_at_once
from sim.core.people import Person, Site
from sim.core.quantiles import log1p
from sim.core.referred import DECLINES, HANDLED, Fates, Listed
from sim.core.roles import Amending, Capping, Recruiting
from sim.core.streams import BLOCK
from sim.core.world import World

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Intervals = list[tuple[float, float]]

_NEVER = float("inf")
FIRST_STAND_IN = 1 << 23  # numbers of referrals from here on are observed people, beyond any that are drawn
_STAND_IN_BLOCKS = 12


class Referrals:
    """Referrals of all sites, as drawn and judged by the batch.

    Args:
        world: the replication's surroundings.

    Attributes:
        are_too_many: whether there were more than the design allows; the simulation then ends.
    """

    def __init__(self, world: World) -> None:
        rules = world.scenario.screening
        self._world = world
        self._seen: dict[int, list[tuple[Array, Integers, Fates]]] = {}
        self._n_seen = 0
        self.are_too_many = False
        self._window = _NEVER
        if rules.window_days is not None:
            self._window = world.number("screening.window_days", rules.window_days)
        per_day = world.number("screening.deteriorates_per_day", rules.deteriorates_per_day)
        self._mean_to_deterioration = mean_days_to(per_day)
        self._deterioration = world.column("screening.deteriorates")

    def of(self, site: Site) -> Iterator[Person | None]:
        """Patients of a site who become persons, in order of time, up to the horizon.

        They are those who consent, those whom the chart excludes for reasons that may pass, and those whose fate an
        amendment may change. At a site whose rate may change, each has only an arrival time of a unit-rate process,
        from which the day is found later.

        Args:
            site: the site.

        Yields:
            The patients; None stands for no further arrivals at the current rate.
        """
        if site.design.is_changing:
            yield from self._at_changing_rate(site)
            return
        seen = self._seen.setdefault(site.index, [])
        world, reached = self._world, 0.0
        for block in count():
            drawn, row = world.batch.referred(site.design, site.row, world.row, block)
            arrivals = drawn.gaps[row].copy()
            arrivals[0] += reached
            arrivals = arrivals.cumsum()
            reached = arrivals.item(-1)
            times = site.arrivals.times(arrivals)
            n = int(times.searchsorted(np.inf))
            self._n_seen += n
            if self._n_seen > world.design.most_events:
                self.are_too_many = True
                world.env.finish()
                return
            seen.append((times[:n], drawn.chart_failed[row, :n], drawn.fate[row, :n]))
            people = drawn.people.listed
            for j in range(people.starts[row], people.starts[row + 1]):
                position = people.position[j]
                if position >= n:
                    return
                yield self._person(site, block * BLOCK + position, times.item(position), people, j)
            if n < BLOCK:
                return

    def _at_changing_rate(self, site: Site) -> Iterator[Person | None]:
        """`of` at a site whose rate may change: persons with arrival times of a unit-rate process."""
        seen = self._seen.setdefault(site.index, [])
        world, reached = self._world, 0.0
        for block in count():
            while block and site.arrivals.times(np.array([reached])).item() == _NEVER:
                yield None
            drawn, row = world.batch.referred(site.design, site.row, world.row, block)
            arrivals = drawn.gaps[row].copy()
            arrivals[0] += reached
            arrivals = arrivals.cumsum()
            reached = arrivals.item(-1)
            self._n_seen += BLOCK
            if self._n_seen > world.design.most_events + BLOCK * len(world.design.groups):
                self.are_too_many = True
                world.env.finish()
                return
            seen.append((arrivals, drawn.chart_failed[row], drawn.fate[row]))
            people = drawn.people.listed
            for j in range(people.starts[row], people.starts[row + 1]):
                person = self._person(site, block * BLOCK + people.position[j], 0.0, people, j)
                person.arrival = arrivals.item(people.position[j])
                yield person

    def stand_ins(self, site: Site, is_eligible: bool) -> Iterator[Person]:
        """Patients of a site who consent, to stand in for observed people.

        If almost nobody qualifies, patients with the same draws but no failed criteria are used.

        Args:
            site: the site.
            is_eligible: whether they must pass all tests, as randomised participants did.

        Yields:
            Patients without end, numbered from `FIRST_STAND_IN`; they have no day of referral yet.
        """
        drawn_before: list[Person] = []
        referral = FIRST_STAND_IN if is_eligible else FIRST_STAND_IN + FIRST_STAND_IN // 2
        for block in range(_STAND_IN_BLOCKS):
            drawn, row = self._world.batch.stand_ins(site.design, site.row, self._world.row, block)
            people = drawn.people.listed
            for j in range(people.starts[row], people.starts[row + 1]):
                person = self._person(site, referral, 0.0, people, j)
                drawn_before.append(person)
                if person.consents and not person.chart_failed and not (is_eligible and person.tests_failed):
                    referral += 1
                    yield person
        for k in count():
            like = drawn_before[k % len(drawn_before)] if drawn_before else None
            values = like.values if like else [1.0] * len(self._world.design.columns)
            weight = like.weight_kg if like else 1.0
            strata = like.strata if like else (0,) * len(self._world.design.population.strata)
            yield Person(site, referral + k, 0.0, values, 0, 0, weight, _NEVER, True, strata)

    def _person(self, site: Site, referral: int, referred: float, people: Listed, j: int) -> Person:
        """Make the j-th of the people drawn a person, with the end of their window and their deterioration."""
        person = Person(
            site,
            referral,
            referred,
            people.values[j],
            people.chart_failed[j],
            people.tests_failed[j],
            people.weight_kg[j],
            referred - people.days_since_decompensation[j] + self._window,
            people.consents[j],
            people.strata[j],
        )
        if self._mean_to_deterioration != _NEVER:
            person.deteriorates = referred + self._mean_to_deterioration * self._deterioration(person.values)
        return person

    def ended_at_once(
        self,
        sites: list[Site],
        enrolment: Recruiting,
        caps: Capping | None = None,
        amending: Amending | None = None,
    ) -> EndedAtOnce:
        """Referrals so far that ended on the day, while their site looked at referrals.

        Args:
            sites: all sites.
            enrolment: the gate before randomisation, which has the intervals of recruitment and of pauses.
            caps: the caps, which have the intervals in which a site asked nobody for consent; None without caps.
            amending: the amendments, which have the criteria dropped at each site; None without amendments.

        Returns:
            The referrals in order of sites, and in order of time at each.
        """
        now = self._world.env.now
        parts = [
            (site.arrivals.times(part[0]), *part[1:]) if site.design.is_changing else part
            for site in sites
            for part in self._seen.get(site.index, ())
        ]
        if not parts:
            return nobody_ended_at_once()
        times, failed, fate = (np.concatenate([part[i] for part in parts]) for i in range(3))
        n_of_site = np.array([sum(len(part[0]) for part in self._seen.get(site.index, ())) for site in sites])
        last = np.repeat([now if site.closed_on is None else site.closed_on for site in sites], n_of_site)
        looking = _within(times, [(start, now if end is None else end) for start, end in enrolment.intervals])
        chosen = np.flatnonzero(looking & (times < last) & (fate != HANDLED))
        first_of_site = np.repeat(np.cumsum(n_of_site) - n_of_site, n_of_site)
        index_of_site = np.repeat(np.array([site.index for site in sites], dtype=np.int64), n_of_site)
        times, bits, declines = times[chosen], failed[chosen], fate[chosen] == DECLINES
        if amending is not None:
            for site in sites:
                here = index_of_site[chosen] == site.index
                for since, dropped in amending.spans(site):
                    bits = np.where(here & (times >= since), bits & ~np.int64(dropped), bits)
        first = np.frexp((bits & -bits).astype(np.float64))[1].astype(np.int64) - 1
        kind = np.where(declines, events.CONSENT_REFUSED, events.CHART_FAILED)
        code = np.where(declines, 0, first)
        turned_away = declines & _within(times, enrolment.pauses)
        kind[turned_away], code[turned_away] = events.TURNED_AWAY, events.AWAY_PAUSED
        if caps is not None:
            still_asked = declines & ~turned_away
            for site in sites:
                here = still_asked & (index_of_site[chosen] == site.index)
                for start, end, away in caps.spans(site):
                    barred = here & (kind != events.TURNED_AWAY) & _within(times, [(start, end)])
                    kind[barred], code[barred] = events.TURNED_AWAY, away
        return EndedAtOnce(index_of_site[chosen], times, chosen - first_of_site[chosen], kind, bits, code)


def _within(times: Array, intervals: Intervals) -> npt.NDArray[np.bool_]:
    """Which times are in any of the intervals, ends excluded."""
    inside = np.zeros(len(times), dtype=bool)
    for start, end in intervals:
        inside |= (times >= start) & (times < end)
    return inside


def mean_days_to(per_day: float) -> float:
    """Mean, in days, of the exponential time to something with a given probability per day.

    Args:
        per_day: probability that it happens within a day, from 0 to 1.

    Returns:
        -1 / ln(1 - p); infinity for 0, and 0 for 1.
    """
    if per_day <= 0:
        return _NEVER
    return -1 / log1p(-per_day) if per_day < 1 else 0.0
