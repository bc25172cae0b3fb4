"""SimPy's environment and process, made faster for this simulation.

Three additions: appointments at an absolute time, processes that yield a day instead of an event, and no events for
what nobody waits for. Simulated events keep SimPy's order.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL, PENDING, URGENT, Event

Wait = Event | float  # what a process yields: an event that it waits for, or the day on which it goes on


class Appointment:
    """A call scheduled for a day. Nothing can wait for it, so it is cheaper than an event.

    Attributes:
        call: what to call; None once it is cancelled.
    """

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], object] | None) -> None:
        self.call = call


class TrialProcess(simpy.Process):
    """A SimPy process that starts at once, and whose end is an event only if something waits for it.

    SimPy schedules one event for the start and one for the end of every process; for short processes that is a third of
    all events. An exception in a process is raised at once, with its own traceback.

    It may yield an event, as in SimPy, or a day (a float) on which it continues; a day in the past means at once.

    Args:
        env: the environment.
        generator: the process.
    """

    env: TrialEnvironment
    _target: Any

    def __init__(self, env: TrialEnvironment, generator: Generator[Wait, None, None]) -> None:
        self.env = env
        self.callbacks = []
        self._generator = generator  # type: ignore[assignment]  # SimPy's yields events only
        self._send: Any = generator.send
        self._target = None
        self._appointment: Appointment | None = None  # reused, because a process has one at a time
        self._step()

    def _step(self, error: Any = None) -> None:
        """Run the process until it waits for something that has not happened, or ends."""
        try:
            wait: Any = self._send(None) if error is None else self._generator.throw(error)
            while wait.__class__ is not float:
                if wait.callbacks is not None:
                    wait.callbacks.append(self._resume)
                    self._target = wait
                    return
                wait = self._send(None)
        except StopIteration:
            self._ok, self._value, self._appointment = True, None, None
            if self.callbacks:
                self.env.schedule(self)
            return
        if self._appointment is None:
            self._appointment = Appointment(self._step)
        env = self.env
        now = env.now
        heappush(env._queue, (wait if wait > now else now, NORMAL, next(env._eid), self._appointment))

    def _resume(self, event: Event) -> None:
        self._target = None
        self._step(None if event._ok else event._value)

    def interrupt(self, cause: object = None) -> None:
        """Raise `simpy.Interrupt` in a process that waits, at the current time.

        Args:
            cause: passed on as `simpy.Interrupt.cause`.
        """
        event = self.env.event()
        event._ok, event._value, event._defused = False, simpy.Interrupt(cause), True
        event.callbacks.append(self._interrupted)
        self.env.schedule(event, URGENT)

    def _interrupted(self, event: Event) -> None:
        if self._value is not PENDING:
            return  # it has ended at the same time
        if self._target is not None:
            self._target.callbacks.remove(self._resume)
        elif self._appointment is not None:
            self._appointment.call = None
            self._appointment = None
        self._resume(event)


class TrialEnvironment(simpy.Environment):
    """A SimPy environment that schedules at absolute times, not only after delays.

    SimPy schedules after a delay, and `now + (day - now)` is not `day` in floating point. An appointment must happen at
    exactly the time that was computed for it, in this engine and in any other.
    """

    # In SimPy `now` is a property over `_now`. Nothing is read more often than the clock, so here it is an attribute.
    now: float = 0.0
    _queue: Any
    _is_finished = False

    @property
    def _now(self) -> float:
        """The name that SimPy's own methods use for the clock."""
        return self.now

    @_now.setter
    def _now(self, day: float) -> None:
        self.now = day

    def at(self, day: float) -> Event:
        """An event that happens at `day`, or at once if that has passed.

        Args:
            day: days since day 0.
        """
        event = Event.__new__(Event)  # SimPy's constructor, without the call
        event.env = self
        event.callbacks = []
        event._ok = True
        event._value = None
        now = self.now
        heappush(self._queue, (day if day > now else now, NORMAL, next(self._eid), event))
        return event

    def call_at(self, day: float, call: Callable[[], object]) -> None:
        """Call something at `day`, or at once if that has passed, but never before this method returns.

        Args:
            day: days since day 0.
            call: what to call; several calls for one instant keep the order in which they were scheduled.
        """
        now = self.now
        heappush(self._queue, (day if day > now else now, NORMAL, next(self._eid), Appointment(call)))

    def start(self, generator: Generator[Wait, None, None]) -> TrialProcess:
        """Start a process; it runs up to its first wait before this method returns.

        Args:
            generator: yields what it waits for: a day (a number), or an event.

        Returns:
            The process, which other processes can wait for or interrupt.
        """
        return TrialProcess(self, generator)

    def first(self, event: Event, day: float) -> Event:
        """Make an event happen at `day`, unless it happens before.

        Lighter than `event | env.at(day)`, but whoever waits must find out by other means which of the two happened.

        Args:
            event: the event.
            day: the latest time at which it happens.

        Returns:
            The same event.
        """

        def happen() -> None:
            if not event.triggered:
                event.succeed()

        self.call_at(day, happen)
        return event

    def begin(self, day: float) -> None:
        """Set the clock to `day`, which may be negative; only before anything has happened.

        Args:
            day: days since day 0; nothing may be scheduled before it.
        """
        self.now = day

    def finish(self) -> None:
        """End the simulation: nothing more happens, not even at the current time."""
        self._is_finished = True

    def run_to_end(self, most: int = sys.maxsize) -> bool:
        """Run until `finish` is called or nothing is left to happen.

        The same as SimPy's `step`, without a call for each event, and with appointments besides events.

        Args:
            most: maximum number of events.

        Returns:
            False if the maximum was reached first.

        Raises:
            Exception: whatever an event failed with, if no process handles it.
        """
        queue = self._queue
        item: Any
        for _ in range(most):
            if self._is_finished or not queue:
                return True
            self.now, _, _, item = heappop(queue)
            if item.__class__ is Appointment:
                if item.call is not None:
                    item.call()
                continue
            callbacks, item.callbacks = item.callbacks, None
            for callback in callbacks:
                callback(item)
            if not item._ok and not item.defused:
                raise item._value
        return self._is_finished or not queue
