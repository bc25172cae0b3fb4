"""A trial under way: observed events happen when they did, and from the end of the data on the trial is simulated.

It is the same trial with the same rules, so that a forecast can never differ from a plan in what is simulated. What the
data do not say (doses, visits, attributes) is drawn as for anybody else. The state comes from
`sim.forecast.continued`; how observed rates enter is a matter of the batch.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import simpy

from sim.core import events
from sim.core.batch import Batch
from sim.core.environment import Wait
from sim.core.events import Log
from sim.core.observed import UNKNOWN, KnownPerson, ObservedState, SiteKey
from sim.core.people import Person, Site
from sim.processes.screening import lowest_bit
from sim.trial import Trial


class ContinuedTrial(Trial):
    """One replication of a trial under way.

    Each observed person has a stand-in, a patient drawn like any other, for everything that the data do not have. Those
    randomised receive doses from randomisation on as drawn, and leave when they did; those still in the trial are known
    to have stayed until the end of the data. Those in screening get their results after it.

    Args:
        batch: the replications that are drawn with it, with the observed state.
        replication: its number, from 0.
    """

    def __init__(self, batch: Batch, replication: int) -> None:
        super().__init__(batch, replication)
        assert batch.observed is not None
        self._observed: ObservedState = batch.observed
        self._known_ways: dict[Person, simpy.Process] = {}

    def run(self) -> Log:
        """Replay what was observed, then run the trial to its end.

        Returns:
            Its events, those observed included, with days since day 0 of the plan.
        """
        env, observed = self.world.env, self._observed
        sites = {(site.group, site.row): site for site in self.sites}
        for place, known in observed.sites.items():
            closes = known.closing if known.closed is None else known.closed
            if closes is not None and place in sites:
                self._close_at(closes, sites[place])
        stand_ins: dict[tuple[SiteKey, bool], Iterator[Person]] = {}
        for someone in observed.people:
            was_randomised = someone.randomised is not None
            key = (someone.site, was_randomised)
            if key not in stand_ins:
                stand_ins[key] = self.referrals.stand_ins(sites[someone.site], was_randomised)
            person = next(stand_ins[key])
            person.known = someone
            way = self._as_it_was if was_randomised else self._in_screening
            self._known_ways[person] = env.start(way(person, someone))
        env.call_at(observed.now, self._look_for_end)
        return super().run()

    def _close_at(self, day: float, site: Site) -> None:
        """Close a site on a day; the log says that it closes by date."""
        self.world.env.call_at(day, lambda: self.recruitment.close(site, events.CLOSED_DATE))

    def _record_screening(self, person: Person) -> None:
        """Record referral, consent and the start of screening, all on the day that the data have."""
        world, site = self.world, person.site.index
        world.record(events.REFERRED, site, person.referral)
        world.record(events.CONSENT_GIVEN, site, person.referral, 1)
        world.record(events.SCREENING_STARTED, site, person.referral, 1)

    def _as_it_was(self, person: Person, known: KnownPerson) -> Generator[Wait, None, None]:
        """Process of a person who was randomised in the data."""
        assert known.randomised is not None
        yield known.screened
        person.referred = known.screened
        self._record_screening(person)
        yield known.randomised
        self.world.record(events.SCREENING_PASSED, person.site.index, person.referral, 1)
        arm = self.allocation.assign(person) if known.arm == UNKNOWN else self.world.design.arms[known.arm]
        yield from self._treat(person, self._enter(person, arm), self._known_ways.pop(person))

    def _in_screening(self, person: Person, known: KnownPerson) -> Generator[Wait, None, None]:
        """Process of a person in screening at the end of the data, whose results come later."""
        now = self._observed.now
        yield known.screened
        person.referred = known.screened
        self._record_screening(person)
        if self.amendments is not None:
            self.amendments.excuse(person)
        process = self._inside[person] = self._known_ways.pop(person)
        if self.caps is not None:
            self.caps.enters(person)
        is_admitted = False
        try:
            yield now + self._days_left(person, now - known.screened)
            is_admitted = yield from self._gets_results(person)
        except simpy.Interrupt as interrupt:
            self._turn_away(person, int(interrupt.cause or 0))
        self._comes_out(person)
        if is_admitted:
            person.known = None  # nothing is observed from here on
            yield from self._treat(person, self._randomise(person), process)
        else:
            self._look_for_end()

    def _gets_results(self, person: Person) -> Generator[Wait, None, bool]:
        """Handle the results: a place for those who pass."""
        world, site, failed = self.world, person.site.index, person.tests_failed
        if failed:
            code = events.FAIL_CRITERION + lowest_bit(failed)
            world.record(events.SCREENING_FAILED, site, person.referral, failed, code)
            return False
        world.record(events.SCREENING_PASSED, site, person.referral, 1)
        person.window_ends = max(person.window_ends, world.env.now)
        person.deteriorates = max(person.deteriorates, world.env.now)
        return (yield from self._gets_a_place(person))

    def _days_left(self, person: Person, so_far: float) -> float:
        """Remaining days of screening: from the first of two draws that is long enough; overdue screening ends soon."""
        first, second = self.screening.first_days(person)
        for days in (first, second):
            if days > so_far:
                return days - so_far
        return first / 2

    def _take(self, person: Person) -> None:
        """Handle a referral; one before the end of the data counts only if screening is still going on then."""
        if person.referred < self._observed.now:
            first, _ = self.screening.first_days(person)
            if person.chart_failed or person.referred + first <= self._observed.now:
                return
        super()._take(person)

    def _look_for_end(self) -> None:
        """Look for the end of the trial, but not before the end of the data."""
        if self.world.env.now >= self._observed.now:
            super()._look_for_end()
