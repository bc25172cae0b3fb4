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
