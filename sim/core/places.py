"""Resources that one person at a time holds: coordinators, infusion bays, culture suites."""

from __future__ import annotations

import math
from collections import deque

import simpy
from simpy.events import Event


class Places:
    """A resource with a limited number of places, served in order of arrival.

    SimPy's `Resource` makes an event for every request and every release, even when nobody waits; those were a third of
    all events. Here only a wait makes an event.

    Args:
        env: the environment in which the events happen.
        capacity: number of places; None for no limit.

    Attributes:
        n_free: places that nobody holds; infinite without a limit.
    """

    __slots__ = ("_env", "_waiting", "n_free")

    def __init__(self, env: simpy.Environment, capacity: int | None) -> None:
        self._env = env
        self._waiting: deque[Event] = deque()
        self.n_free = math.inf if capacity is None else capacity

    def take(self) -> Event | None:
        """Take a place, or queue for one. Each call needs one call of `leave`.

        Returns:
            None if a place was free; otherwise the event of getting one.
        """
        if self.n_free:
            self.n_free -= 1
            return None
        turn = self._env.event()
        self._waiting.append(turn)
        return turn

    def leave(self, turn: Event | None) -> None:
        """Give a place back, or stop waiting for one.

        Args:
            turn: what `take` returned.
        """
        if turn is not None and not turn.triggered:
            self._waiting.remove(turn)
        elif self._waiting:
            self._waiting.popleft().succeed()
        else:
            self.n_free += 1


class HoldablePlaces(Places):
    """A resource that can be held: nobody takes a place until each hold is released. Those who have a place keep it.

    Args:
        env: the environment in which the events happen.
        capacity: number of places; None for no limit.
    """

    __slots__ = ("_holds",)

    def __init__(self, env: simpy.Environment, capacity: int | None) -> None:
        super().__init__(env, capacity)
        self._holds = 0

    def take(self) -> Event | None:
        """As for `Places`; during a hold, always the event of getting a place.

        Returns:
            None if a place was free; else the event of getting one, in the order of the calls.
        """
        if not self._holds:
            return super().take()
        turn = self._env.event()
        self._waiting.append(turn)
        return turn

    def leave(self, turn: Event | None) -> None:
        """As for `Places`; during a hold, a place that is given back stays free.

        Args:
            turn: what `take` returned.
        """
        if self._holds and (turn is None or turn.triggered):
            self.n_free += 1
        else:
            super().leave(turn)

    def hold(self) -> None:
        """Add a hold: nobody takes a place until it is released."""
        self._holds += 1

    def release(self) -> None:
        """Take back one hold; after the last one, those who wait get the free places in order of arrival."""
        self._holds = max(self._holds - 1, 0)
        while not self._holds and self._waiting and self.n_free:
            self.n_free -= 1
            self._waiting.popleft().succeed()
