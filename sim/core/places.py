"""A SimPy resource that costs nothing while it is free."""

from __future__ import annotations

import simpy
from simpy.events import Event
from simpy.resources.resource import Request


class Place(Request):
    """A place that was free: held at once, without an event."""

    def __init__(self, resource: simpy.Resource) -> None:
        Event.__init__(self, resource._env)
        self.resource = resource
        self._ok = True
        self._value = None
        self.callbacks = None  # type: ignore[assignment]  # it has happened


class Places(simpy.Resource):
    """Places that are taken first come, first served.

    SimPy schedules two events for every request and release, even when nobody waits. Here a free place is taken and
    left without any; where all are taken, SimPy's own queue is used.
    """

    def take(self) -> Request:
        """A place, held at once where one is free and nobody waits, else a request to wait for."""
        if len(self.users) < self._capacity and not self.put_queue:
            place = Place(self)
            self.users.append(place)
            return place
        return self.request()

    def leave(self, place: Request) -> None:
        """Give a place back, or stop waiting for one."""
        if place in self.users:
            self.users.remove(place)
            self._trigger_put(None)
        elif not place.triggered:
            place.cancel()
