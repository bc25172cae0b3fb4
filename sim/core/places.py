"""Places that people hold one at a time: coordinators, infusion bays, culture suites."""

from __future__ import annotations

import math
from collections import deque

import simpy
from simpy.events import Event


class Places:
    """Places that are taken first come, first served.

    SimPy's `Resource` makes an event for every request and every release, even when nobody waits, and those were a
    third of all events. Here there is an event only where somebody waits.

    Args:
        env: where the events happen.
        capacity: how many places there are; None for no limit.
    """

    __slots__ = ("_env", "_waiting", "n_free")

    def __init__(self, env: simpy.Environment, capacity: int | None) -> None:
        self._env = env
        self._waiting: deque[Event] = deque()
        self.n_free = math.inf if capacity is None else capacity

    def take(self) -> Event | None:
        """A place at once (None), or the event of getting one. Whoever takes or awaits one must `leave` it."""
        if self.n_free:
            self.n_free -= 1
            return None
        turn = self._env.event()
        self._waiting.append(turn)
        return turn

    def leave(self, turn: Event | None) -> None:
        """Give a place back, or stop waiting for one; `turn` is what `take` returned."""
        if turn is not None and not turn.triggered:
            self._waiting.remove(turn)
        elif self._waiting:
            self._waiting.popleft().succeed()
        else:
            self.n_free += 1


class HoldablePlaces(Places):
    """Places that can be held: nobody takes one until they are released as often, and those who have one keep it.

    Args:
        env: where the events happen.
        capacity: how many places there are; None for no limit.
    """

    __slots__ = ("_holds",)

    def __init__(self, env: simpy.Environment, capacity: int | None) -> None:
        super().__init__(env, capacity)
        self._holds = 0

    def take(self) -> Event | None:
        """As for `Places`; while they are held, the event of getting one."""
        if not self._holds:
            return super().take()
        turn = self._env.event()
        self._waiting.append(turn)
        return turn

    def leave(self, turn: Event | None) -> None:
        """As for `Places`; while they are held, nobody who waits gets the place."""
        if self._holds and (turn is None or turn.triggered):
            self.n_free += 1
        else:
            super().leave(turn)

    def hold(self) -> None:
        """Let nobody take a place until this is released."""
        self._holds += 1

    def release(self) -> None:
        """Take back one hold; without any, those who wait get the places that are free, first come first served."""
        self._holds = max(self._holds - 1, 0)
        while not self._holds and self._waiting and self.n_free:
            self.n_free -= 1
            self._waiting.popleft().succeed()
