"""The gate before randomisation: who may be randomised, and who waits.

The target, pauses and the stock of cells can each hold up randomisation. Eligible people wait in one queue, in order of
arrival, until the gate opens, their window ends, or they worsen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass

import simpy
from simpy.events import Event

from sim.core import events
from sim.core.environment import Wait
from sim.core.people import Person
from sim.core.world import World

_FOR_GOOD = {events.RECRUITMENT_STOPPED, events.RECRUITMENT_COMPLETED}
_TURNS_AWAY = {events.PAUSE_BOARD, events.PAUSE_HOLD, events.PAUSE_INTERIM}


@dataclass(slots=True, eq=False)
class Awaited:
    """A place for which an eligible person waits.

    Attributes:
        person: the person.
        event: happens when the place is granted.
        is_granted: whether it is granted.
    """

    person: Person
    event: Event
    is_granted: bool = False


class Enrolment:
    """The gate before randomisation.

    Args:
        world: the replication's surroundings.
        has_cells: whether stock covers what must be there before a person is randomised.
        on_closed: called with the reason when recruitment has closed, or when a trial is stopped after that.
        on_wait: called when a person has begun to wait.

    Attributes:
        recruiting: whether sites look at referrals.
        is_over: whether recruitment has closed for good: the trial was stopped, or no site is left.
        reopened: happens when recruitment reopens; replaced by a new event each time.
        n_randomised: participants so far.
        n_needed: participants needed: the target, its enlargements, and replacements.
        intervals: (start, end) of each interval of recruitment; the end is None for the current one.
        pauses: (start, end) of each interval in which new patients were turned away.
    """

    def __init__(
        self,
        world: World,
        has_cells: Callable[[Person], bool],
        on_closed: Callable[[int], None],
        on_wait: Callable[[], None],
    ) -> None:
        self._world = world
        self._has_cells = has_cells
        self._on_closed = on_closed
        self._on_wait = on_wait
        self._paused_until: dict[int, float] = {}
        self._n_holding: dict[int, int] = {}
        self._open_pause: dict[int, int] = {}  # position in `pauses` of a pause without an end
        self._waiting: deque[Awaited] = deque()
        self._admitting = False
        self.recruiting = True
        self.is_over = False
        self.reopened: Event = world.env.event()
        self.n_randomised = 0
        self.n_needed = world.scenario.trial.target
        self.pauses: list[tuple[float, float]] = []
        self.intervals: list[tuple[float, float | None]] = [(0.0, None)]

    # --- pauses

    @property
    def is_paused_for_new(self) -> bool:
        """Whether new patients are turned away: in a review, a hold or an interim look; not for spacing or cells."""
        return not _TURNS_AWAY.isdisjoint(self._paused_until)

    def pause(self, reason: int, days: float) -> None:
        """Randomise nobody for some days. Overlapping pauses for one reason last until the later end.

        In a review, a hold or an interim look, sites turn new patients away too; see `is_paused_for_new`.

        Args:
            reason: code of the vocabulary `pause`.
            days: length of the pause, from now.
        """
        env = self._world.env
        until = env.now + days
        if reason not in self._paused_until:
            self._world.record(events.PAUSED, code=reason)
        self._paused_until[reason] = max(until, self._paused_until.get(reason, until))
        if reason in _TURNS_AWAY:
            self.pauses.append((env.now, until))
        env.call_at(until, lambda: self._resume(reason))

    def pause_until_told(self, reason: int) -> None:
        """Randomise nobody until each call of this method is matched by a call of `go_on`.

        Args:
            reason: code of the vocabulary `pause`.
        """
        self._n_holding[reason] = self._n_holding.get(reason, 0) + 1
        if self._n_holding[reason] == 1:
            self._world.record(events.PAUSED, code=reason)
            self._paused_until[reason] = float("inf")
            self._open_pause[reason] = len(self.pauses)
            self.pauses.append((self._world.env.now, float("inf")))

    def go_on(self, reason: int) -> None:
        """Take back one call of `pause_until_told`; the last one ends the pause.

        Args:
            reason: the same code.
        """
        self._n_holding[reason] -= 1
        if not self._n_holding[reason]:
            place = self._open_pause.pop(reason)
            self.pauses[place] = self.pauses[place][0], self._world.env.now
            self._paused_until[reason] = self._world.env.now
            self._resume(reason)

    def _resume(self, reason: int) -> None:
        """End a pause for a reason if its last end has come, and admit who waits."""
        until = self._paused_until.get(reason)
        if until is not None and until <= self._world.env.now:
            del self._paused_until[reason]
            self._world.record(events.RESUMED, code=reason)
            self.admit_next()

    # --- the queue of eligible people

    def _holds_up(self, person: Person) -> int | None:
        """Code of what holds up this person's randomisation now; None if nothing does."""
        if self._paused_until:
            return min(self._paused_until)
        return None if self._has_cells(person) else events.PAUSE_CELLS

    def first_in_line(self) -> Person | None:
        """The person at the head of the queue, or None."""
        return self._waiting[0].person if self._waiting else None

    def admits_at_once(self, person: Person) -> bool:
        """Admit an eligible person if nothing holds them up and the queue is empty.

        Args:
            person: the person.

        Returns:
            Whether they are admitted; their randomisation must follow at once.
        """
        if self._waiting or self._admitting or self._holds_up(person) is not None:
            return False
        self._admitting = True
        return True

    def wait_for_place(self, person: Person) -> Generator[Wait, None, bool]:
        """Process of a person who waits for randomisation.

        Args:
            person: an eligible person whom `admits_at_once` did not admit.

        Returns:
            True once they are admitted; False if their window ends or they worsen first.

        Raises:
            simpy.Interrupt: they are turned away meanwhile.
        """
        env, reason = self._world.env, self._holds_up(person)
        self._world.record(
            events.PLACE_AWAITED,
            person.site.index,
            person.referral,
            code=events.PAUSE_CELLS if reason is None else reason,
        )
        place = Awaited(person, env.event())
        self._waiting.append(place)
        self._on_wait()
        try:
            while True:
                yield env.first(place.event, min(person.window_ends, person.deteriorates))
                if not place.is_granted or self._holds_up(person) is None:
                    break
                self._wait_again(place)  # a pause began at the same time
        except simpy.Interrupt:
            self._gives_up(place)
            raise
        if not place.is_granted:
            self._gives_up(place)
        return place.is_granted

    def _wait_again(self, place: Awaited) -> None:
        """Put a person who was admitted back at the head of the queue."""
        self._admitting, place.is_granted, place.event = False, False, self._world.env.event()
        self._waiting.appendleft(place)

    def _gives_up(self, place: Awaited) -> None:
        """Take a person out of the queue, even if they were admitted at the same time."""
        if place.is_granted:
            self._admitting = False
        else:
            self._waiting.remove(place)
        self.admit_next()

    def admit_next(self) -> None:
        """Admit the first in the queue if nothing holds them up; called whenever something may have changed."""
        if self._waiting and not self._admitting and self._holds_up(self._waiting[0].person) is None:
            self._admitting = True
            place = self._waiting.popleft()
            place.is_granted = True
            if not place.event.triggered:
                place.event.succeed()

    def count(self) -> None:
        """Count a randomisation; close recruitment if the target is met. `admit_next` admits the next person."""
        self._admitting = False
        self.n_randomised += 1
        if self.recruiting and self.n_randomised >= self.n_needed:
            self.close(events.RECRUITED)

    # --- opening and closing

    def close(self, reason: int) -> None:
        """Stop recruiting: the target is met, the trial is stopped, or no site is left.

        A trial that already has its participants is still over if it is stopped or has its events: nobody else is
        admitted, and nobody is replaced.

        Args:
            reason: code of the vocabulary `recruitment_closed`.
        """
        if self.is_over or not (self.recruiting or reason in _FOR_GOOD):
            return
        self.is_over = reason != events.RECRUITED
        if self.recruiting:
            self.recruiting = False
            self.intervals[-1] = (self.intervals[-1][0], self._world.env.now)
            self._world.record(events.RECRUITMENT_CLOSED, code=reason)
        self._on_closed(reason)

    def need_more(self, n: int) -> bool:
        """Raise the number of participants needed; people admitted beyond the target count first.

        Args:
            n: how many more.

        Returns:
            Whether recruitment, which had closed on the target, reopens.
        """
        self.n_needed += n
        if self.recruiting or self.n_randomised >= self.n_needed:
            return False
        self.recruiting = True
        self.intervals.append((self._world.env.now, None))
        self._world.record(events.RECRUITMENT_REOPENED)
        reopened, self.reopened = self.reopened, self._world.env.event()
        reopened.succeed()
        return True
