"""Caps: limits on participants, or on people in screening, by site, group, country, stratum or arm.

A cap is one counter, or one for each site, group or country. It is checked whenever someone arrives to whom it applies,
and when it is reached. Nobody waits for a cap to open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

import simpy

from sim.core import events
from sim.core.design import ArmDesign
from sim.core.people import Person, Site
from sim.core.world import World
from sim.scenario.amendment_checks import waiting_arms
from sim.scenario.cap_checks import levels
from sim.scenario.schema.caps import Cap, within

Levels = tuple[tuple[int, int], ...]  # place among a person's strata, and level there


@dataclass(slots=True, eq=False)
class Counter:
    """One counter of a cap.

    Attributes:
        code: code of its cap in the log.
        cap: its rule.
        stratum: the levels of the strata to which it applies.
        site: index of its site; -1 if it is not a counter of one site.
        n: people counted.
        since: when it became full; None while there is room.
        spans: (start, end) of earlier intervals in which it was full.
    """

    code: int
    cap: Cap
    stratum: Levels
    site: int
    n: int = 0
    since: float | None = None
    spans: list[tuple[float, float]] = field(default_factory=list)

    @property
    def is_of_screening(self) -> bool:
        """Whether it counts people in screening rather than participants."""
        return self.cap.in_screening is not None

    def holds_for(self, strata: tuple[int, ...]) -> bool:
        """Whether it applies to a person of its sites with these levels.

        Args:
            strata: level of each stratum or factor, without the site.
        """
        return all(strata[place] == level for place, level in self.stratum)


class Caps:
    """The caps of a trial.

    Args:
        world: the replication's surroundings.
        sites: all sites.
        inside: everyone between consent and randomisation, or waiting for rescreening, with their processes.
        arm_is_full: called when an arm fills up (True), or has room again (False).
    """

    def __init__(
        self,
        world: World,
        sites: list[Site],
        inside: Mapping[Person, simpy.Process],
        arm_is_full: Callable[[ArmDesign, bool], None],
    ) -> None:
        self._world = world
        self._inside = inside
        self._arm_is_full = arm_is_full
        self._sites = sites
        self._of_site: list[list[Counter]] = [[] for _ in sites]
        self._of_arm: list[list[Counter]] = [[] for _ in world.design.arms]
        self._no_arm: int | None = None  # if all open arms are full, code of the cap that filled the last one
        waiting = waiting_arms(world.scenario)
        self._closed_arms = {arm.index for arm in world.design.arms if arm.name in waiting}
        self._in_screening: set[Person] = set()
        self._is_known: set[Person] = set()  # eligible people, whose stratum the tests have shown
        known = levels(world.scenario)
        self._n_levels = [len(known[name]) for name in world.design.population.strata]
        for code, name in enumerate(world.design.caps):
            self._count(code, world.scenario.caps[name])

    def _count(self, code: int, cap: Cap) -> None:
        """Create the counters of one cap."""
        design = self._world.design
        if cap.arm is not None:
            (arm,) = (arm for arm in design.arms if arm.name == cap.arm)
            self._of_arm[arm.index].append(Counter(code, cap, (), -1))
            return
        known = levels(self._world.scenario)
        stratum = tuple(
            (design.population.strata.index(name), known[name].index(level)) for name, level in cap.stratum.items()
        )
        counters: dict[object, Counter] = {}
        for site in self._sites:
            country = site.design.settings.country
            if within(cap, site.group, country):
                place = {None: None, "site": site.index, "group": site.group, "country": country}[cap.each]
                of_site = site.index if cap.each == "site" else -1
                counter = counters.setdefault(place, Counter(code, cap, stratum, of_site))
                self._of_site[site.index].append(counter)

    def _holding_for(self, person: Person) -> Iterator[Counter]:
        """Counters that count a person now or later, except those of arms."""
        return (counter for counter in self._of_site[person.site.index] if counter.holds_for(person.strata))

    # --- who is turned away

    def barred_before_consent(self, person: Person) -> int | None:
        """Whether a full cap without a stratum keeps a patient from being asked for consent.

        Args:
            person: a patient whom the chart does not exclude.

        Returns:
            Code of turning away (vocabulary `turned_away`, then the caps), or None.
        """
        return self._barred(person, lambda counter: not counter.stratum)

    def barred_from_screening(self, person: Person) -> int | None:
        """Whether a full cap on a stratum that the chart shows keeps a patient from screening.

        Args:
            person: a patient who consents.

        Returns:
            Code of turning away (vocabulary `turned_away`, then the caps), or None.
        """
        return self._barred(person, lambda counter: counter.cap.known == "chart")

    def barred_after_tests(self, person: Person) -> int | None:
        """Whether a full cap on a stratum that the tests have shown keeps a person from randomisation.

        Args:
            person: an eligible person.

        Returns:
            Code of turning away (vocabulary `turned_away`, then the caps), or None.
        """
        self._is_known.add(person)
        return self._barred(person, lambda counter: counter.cap.known == "tests" and not _lets_in(counter, person))

    def _barred(self, person: Person, is_asked: Callable[[Counter], bool]) -> int | None:
        """Code of turning a person away by the first full counter that satisfies `is_asked`; None without one."""
        if self._no_arm is not None:
            return events.AWAY_CAP + self._no_arm
        for counter in self._holding_for(person):
            if counter.since is not None and is_asked(counter):
                return events.AWAY_CAP + counter.code
        return None

    def spans(self, site: Site) -> Iterator[tuple[float, float, int]]:
        """Intervals in which a full cap kept a site from asking anyone for consent; see `sim.core.roles.Capping`.

        Args:
            site: the site.

        Yields:
            (start, end, code of turning away) of each; the end of a current one is now. Caps of a stratum are left out,
            because they do not keep everybody from being asked.
        """
        for counter in self._of_site[site.index]:
            if not counter.stratum:
                running = [] if counter.since is None else [(counter.since, self._world.env.now)]
                yield from ((*span, events.AWAY_CAP + counter.code) for span in (*counter.spans, *running))

    # --- who is counted

    def enters(self, person: Person) -> None:
        """Count a person who enters screening; no effect if they are counted already.

        Args:
            person: the person, whose strata are known.
        """
        if person not in self._in_screening:
            self._in_screening.add(person)
            for counter in self._holding_for(person):
                if counter.is_of_screening:
                    self._add(counter, 1)

    def leaves(self, person: Person) -> None:
        """Stop counting a person in screening who is randomised, out, or waiting for rescreening.

        Args:
            person: the person; no effect if they are not counted.
        """
        self._is_known.discard(person)
        if person in self._in_screening:
            self._in_screening.remove(person)
            for counter in self._holding_for(person):
                if counter.is_of_screening:
                    self._add(counter, -1)

    def randomised(self, person: Person) -> None:
        """Count a participant; if that fills a cap, turn away people in screening whom it now excludes.

        Args:
            person: the participant, who has an arm.
        """
        assert person.arm is not None
        for counter in self._of_arm[person.arm.index]:
            if self._add(counter, 1):
                self._arm_is_full(person.arm, True)
                self._look_at_arms()
        for counter in self._holding_for(person):
            if not counter.is_of_screening and self._add(counter, 1):
                self._turn_away(counter)

    def replaced(self, person: Person) -> None:
        """Stop counting a participant who will be replaced; their arm may have room again.

        Args:
            person: the participant, who has an arm.
        """
        assert person.arm is not None
        for counter in self._of_arm[person.arm.index]:
            self._add(counter, -1)
            self._look_at_arms()
        self._arm_is_full(person.arm, _is_full(self._of_arm[person.arm.index]))
        for counter in self._holding_for(person):
            if not counter.is_of_screening:
                self._add(counter, -1)

    def _add(self, counter: Counter, more: int) -> bool:
        """Add to a counter, or subtract; returns whether the cap is reached by this."""
        world, now = self._world, self._world.env.now
        counter.n += more
        is_full = counter.n >= counter.cap.limit
        if is_full == (counter.since is not None):
            return False
        world.record(
            events.CAP_REACHED if is_full else events.CAP_OPENED, counter.site, number=counter.n, code=counter.code
        )
        if is_full:
            counter.since = now
        else:
            assert counter.since is not None
            counter.spans.append((counter.since, now))
            counter.since = None
        return is_full

    def arm_opens(self, arm: ArmDesign, opens: bool) -> None:
        """Handle an arm that opens or closes, or that will never open.

        Args:
            arm: the arm.
            opens: whether participants are allocated to it from now on.
        """
        (self._closed_arms.discard if opens else self._closed_arms.add)(arm.index)
        self._look_at_arms()

    def _look_at_arms(self) -> None:
        """Turn everyone away once every open arm is full."""
        open_arms = [counters for index, counters in enumerate(self._of_arm) if index not in self._closed_arms]
        code = None
        if all(_is_full(counters) for counters in open_arms):
            every = [counter for counters in open_arms for counter in counters]
            code = max((full.since, full.code) for full in every if full.since is not None)[1]
        if code is not None and self._no_arm is None:
            for process in self._inside.values():
                process.interrupt(events.AWAY_CAP + code)
        self._no_arm = code

    def _turn_away(self, counter: Counter) -> None:
        """Turn away people in screening to whom a cap applies that was just reached."""
        for person, process in self._inside.items():
            if counter not in self._of_site[person.site.index] or not counter.holds_for(person.strata):
                continue
            if counter.cap.known == "tests" and person not in self._is_known:
                continue  # their stratum is not known yet
            if counter.cap.overrun == "turn_away" or person.is_returning or person.is_queueing:
                process.interrupt(events.AWAY_CAP + counter.code)

    # --- whether anybody may still come

    def has_room(self) -> bool:
        """Whether a patient of any stratum could still be randomised at an open site."""
        return self._no_arm is None and any(site.closed_on is None and self._has_room_at(site) for site in self._sites)

    def _has_room_at(self, site: Site) -> bool:
        """Whether some combination of strata levels is outside every full cap of a site."""
        full = [
            counter
            for counter in self._of_site[site.index]
            if counter.since is not None and not counter.is_of_screening
        ]
        if not full:
            return True
        places = sorted({place for counter in full for place, _ in counter.stratum})
        strata = [0] * len(self._n_levels)
        for combination in product(*(range(self._n_levels[place]) for place in places)):
            for place, level in zip(places, combination, strict=True):
                strata[place] = level
            if not any(counter.holds_for(tuple(strata)) for counter in full):
                return True
        return False


def _is_full(counters: list[Counter]) -> bool:
    return any(counter.since is not None for counter in counters)


def _lets_in(counter: Counter, person: Person) -> bool:
    """Whether someone may still be randomised because they were referred before the cap was reached."""
    return counter.cap.overrun == "randomise" and counter.since is not None and person.referred < counter.since
