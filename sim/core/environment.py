"""SimPy's environment and process, with appointments at an absolute time and without what nobody waits for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL, Event


class TrialProcess(simpy.Process):
    """A SimPy process that starts at once, and whose end is an event only where somebody waits for it.

    SimPy schedules an event for the start and one for the end of every process; for short processes that is a third of
    all events. An exception in a process is raised at once, with its own traceback.
    """

    def __init__(self, env: TrialEnvironment, generator: Generator[Event, None, None]) -> None:
        self.env = env
        self.callbacks = []
        self._generator = generator
        self._advance(generator.send, None)

    def _advance(self, step: Callable[[Any], Event], value: object) -> None:
        """Let the process go on until it waits for something that has not happened, or ends."""
        try:
            event = step(value)
            while event.callbacks is None:
                event = self._generator.send(None)
        except StopIteration:
            self._ok, self._value = True, None
            if self.callbacks:
                self.env.schedule(self)
            return
        event.callbacks.append(self._resume)
        self._target = event

    def _resume(self, event: Event) -> None:
        if event._ok:
            self._advance(self._generator.send, None)
        else:
            self._advance(self._generator.throw, event._value)


class TrialEnvironment(simpy.Environment):
    """A SimPy environment in which something can be put at a day, not only after a delay.

    SimPy schedules after a delay, and `now + (day - now)` is not `day` in floating point. An appointment must come at
    the very instant that was computed for it, in this engine and in any other.
    """

    _is_finished = False

    def at(self, day: float) -> Event:
        """An event that happens at `day` (at once, if that has passed)."""
        event = Event.__new__(Event)  # SimPy's constructor, without the call
        event.env = self
        event.callbacks = []
        event._ok = True
        event._value = None
        now = self._now
        heappush(self._queue, (day if day > now else now, NORMAL, next(self._eid), event))
        return event

    def start(self, generator: Generator[Event, None, None]) -> TrialProcess:
        """Start a process; its first steps are taken before this returns."""
        return TrialProcess(self, generator)

    def first(self, event: Event, day: float) -> Event:
        """The event itself, made to happen at `day` if it has not by then.

        Lighter than `event | env.at(day)`; whoever waits must tell by other means which of the two it was.
        """

        def happen(_event: Event) -> None:
            if not event.triggered:
                event.succeed()

        self.at(day).callbacks.append(happen)
        return event

    def begin(self, day: float) -> None:
        """Set the clock, before anything has happened."""
        self._now = day

    def finish(self) -> None:
        """Let nothing more happen, not even in this instant."""
        self._is_finished = True

    def run_to_end(self) -> None:
        """Run until `finish` is called, or nothing is left to happen.

        SimPy's own `step`, without a call for each event.
        """
        queue = self._queue
        while queue and not self._is_finished:
            self._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not event.defused:
                raise event._value
