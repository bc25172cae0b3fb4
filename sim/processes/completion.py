"""Primary completion of an event-driven trial: at the n-th event, with an optional earliest and latest date.

It is kept apart from follow-up because it stops recruitment and sets everybody's last visit, whenever it comes. Trials
with a fixed week of the primary endpoint do not have it: their date follows from the log.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.core import events
from sim.core.people import Person
from sim.core.world import World
from sim.scenario.schema.follow_up import EventDriven


class Completion:
    """Counts events up to primary completion.

    Args:
        world: the replication's surroundings.
        rule: which events count, how many are needed, and between which dates.
        on_completed: called at primary completion.

    Attributes:
        is_done: whether primary completion has come.
    """

    def __init__(self, world: World, rule: EventDriven, on_completed: Callable[[], None]) -> None:
        self._world = world
        self._rule = rule
        self._on_completed = on_completed
        ways = world.design.ways_out
        self._counted = {ways.index(name) for name in rule.of} if rule.of else set(range(len(ways)))
        self._n = 0
        self._not_before = -float("inf") if rule.not_before is None else world.clock.day_of(rule.not_before)
        self.is_done = False
        self._is_stopped = False
        if rule.at_the_latest is not None:
            latest = world.clock.day_of(rule.at_the_latest)
            world.env.call_at(latest, lambda: self._complete(events.COMPLETED_LATEST))

    def left(self, person: Person) -> None:
        """Count an event if a participant has left in one of the ways that count.

        Args:
            person: the participant; `way_out` is None after the last visit.
        """
        if person.way_out not in self._counted:
            return
        self._n += 1
        if self._n != self._rule.events:
            return
        if self._world.env.now >= self._not_before:
            self._complete(events.COMPLETED_EVENTS)
        else:
            self._world.env.call_at(self._not_before, lambda: self._complete(events.COMPLETED_NOT_BEFORE))

    def stop(self) -> None:
        """Stop counting: the trial was stopped, and primary completion never comes."""
        self._is_stopped = True

    def nobody_is_left(self) -> bool:
        """Handle that nobody can have an event any more; with a latest date set, this is primary completion.

        Returns:
            Whether primary completion is still to come, or came with this call.
        """
        if self.is_done or self._is_stopped or (self._n < self._rule.events and self._rule.at_the_latest is None):
            return False
        if self._n < self._rule.events:
            self._complete(events.COMPLETED_NOBODY_LEFT)
        return True

    def _complete(self, code: int) -> None:
        """Come to primary completion, once; `code` says why (vocabulary `primary_completed`)."""
        if not self.is_done and not self._is_stopped:
            self.is_done = True
            self._world.record(events.PRIMARY_COMPLETED, number=self._n, code=code)
            self._on_completed()

    def last_visit(self, person: Person) -> float:
        """Time of the last visit of a participant who is still followed at primary completion.

        Args:
            person: the participant.

        Returns:
            Days since day 0, after a drawn delay from now.
        """
        path = "follow_up.primary_completion.last_visits_days"
        site, world = person.site, self._world
        u = world.person_draws("follow_up.last_visit", site.group, site.row, person.referral, 1).item()
        return world.env.now + world.varying(path, self._rule.last_visits_days)(u)
