"""A fair queue for jobs of all visitors, of which a few run at once.

A lane is a file that the processes of its jobs read and change in turn. The next turn goes to the visitor with the
fewest running jobs, and among these to the one served longest ago, so that one visitor's long jobs delay nobody else. A
process that has ended loses its place.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from sim.experiment.files import write_whole
from sim.plurals import counted

_LOOK_SECONDS = 0.25
_REMEMBERED = 20  # jobs whose time says how long the next will take
_ORDINALS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True)
class Place:
    """A job's place in a lane. Times are in seconds since 1970.

    Attributes:
        pid: process id.
        created: start time of that process, because process ids are used again.
        visitor: the visitor who asked.
        asked: time of arrival.
        begun: time at which its turn came; 0 while it waits.
    """

    pid: int
    created: float
    visitor: str
    asked: float
    begun: float = 0.0


@dataclass
class Lane:
    """Running jobs, waiting jobs, and recent durations.

    Attributes:
        places: places of all jobs.
        served: time of each visitor's last turn.
        lasted: durations of the last jobs, in seconds.
    """

    places: list[Place] = field(default_factory=list)
    served: dict[str, float] = field(default_factory=dict)
    lasted: list[float] = field(default_factory=list)

    def waiting(self) -> list[Place]:
        """Waiting jobs, in the order of their turns."""
        return in_turn(self.places, self.served)

    def next(self, n: int, each: int) -> list[Place]:
        """Jobs whose turn it is now.

        Args:
            n: maximum number of running jobs.
            each: maximum number of running jobs of one visitor.
        """
        at_work = [place.visitor for place in self.places if place.begun]
        found = []
        for place in self.waiting():
            if len(at_work) < n and at_work.count(place.visitor) < each:
                found.append(place)
                at_work.append(place.visitor)
        return found

    def seconds_until(self, rank: int, n: int) -> float:
        """Estimated wait of a job, in seconds: the mean of the last durations, for each round of jobs before it.

        Args:
            rank: its rank among waiting jobs, from 1.
            n: jobs that run at once.

        Returns:
            0 if nothing has run yet.
        """
        return sum(self.lasted) / len(self.lasted) * -(-rank // n) if self.lasted else 0.0


def in_turn(places: Sequence[Place], served: Mapping[str, float]) -> list[Place]:
    """Waiting jobs, one of each visitor in turn.

    Args:
        places: all jobs of a lane.
        served: time of each visitor's last turn.

    Returns:
        Waiting jobs in the order in which their turns come, as if each of them began at its turn.
    """
    n_of: dict[str, int] = {}
    for place in places:
        n_of[place.visitor] = n_of.get(place.visitor, 0) + bool(place.begun)
    left = sorted((place for place in places if not place.begun), key=lambda place: place.asked)
    found = []
    while left:
        first = min(left, key=lambda place: (n_of[place.visitor], served.get(place.visitor, 0.0)))
        left.remove(first)
        n_of[first.visitor] += 1
        found.append(first)
    return found


def told(rank: int, seconds: float) -> str:
    """`Third in the queue, about 2 minutes`.

    Args:
        rank: from 1.
        seconds: estimated wait; 0 if unknown.
    """
    name = _ORDINALS[rank - 1] if rank <= len(_ORDINALS) else f"number {rank}"
    about = ""
    if seconds:
        minutes = round(seconds / 60)
        about = ", less than a minute" if minutes < 1 else f", about {counted(minutes, 'minute')}"
    return f"{name.capitalize()} in the queue{about}"


class Turns:
    """A lane of jobs on this machine.

    Args:
        folder: folder of the lane's file.
        name: name of the lane.
        n: maximum number of running jobs.
    """

    def __init__(self, folder: Path, name: str, n: int) -> None:
        from filelock import FileLock

        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{name}.json"
        self._lock = FileLock(folder / f"{name}.lock")
        self._n = n
        self._each = max(1, n - 1)  # one visitor never takes all places

    @contextmanager
    def turn(self, visitor: str, tell: Callable[[str], None]) -> Iterator[None]:
        """Wait for a turn, and give it back at the end.

        Args:
            visitor: the visitor whose job this process runs.
            tell: called with a text whenever the place in the queue changes.

        Yields:
            Once the turn has come.
        """
        pid = os.getpid()
        mine = Place(pid, psutil.Process(pid).create_time(), visitor, time.time())
        with self._changed() as lane:
            lane.places.append(mine)
        before = ""
        try:
            while not self._has_begun(mine):
                text, rank = self._said(mine)
                if text != before:
                    tell(text)
                    before = text
                time.sleep(_LOOK_SECONDS * min(rank, 4))
            yield
        finally:
            with self._changed() as lane:
                lane.lasted += [time.time() - place.begun for place in lane.places if place.pid == pid and place.begun]
                lane.lasted = lane.lasted[-_REMEMBERED:]
                lane.places = [place for place in lane.places if place.pid != pid]

    def waited_seconds(self, pid: int) -> float:
        """Seconds for which a job has waited, or waited before its turn came; 0 for one that is not in the lane.

        Args:
            pid: its process id.
        """
        found = [place for place in self._read().places if place.pid == pid]
        return sum((place.begun or time.time()) - place.asked for place in found)

    def _has_begun(self, mine: Place) -> bool:
        with self._changed() as lane:
            now = time.time()
            for place in lane.next(self._n, self._each):
                lane.places[lane.places.index(place)] = replace(place, begun=now)
                lane.served[place.visitor] = now
            return any(place.pid == mine.pid and place.begun for place in lane.places)

    def _said(self, mine: Place) -> tuple[str, int]:
        lane = self._read()
        rank = next((i for i, place in enumerate(lane.waiting(), 1) if place.pid == mine.pid), 1)
        return told(rank, lane.seconds_until(rank, self._n)), rank

    @contextmanager
    def _changed(self) -> Iterator[Lane]:
        """The lane, without jobs whose processes have ended, to be changed."""
        with self._lock:
            lane = self._read()
            lane.places = [place for place in lane.places if _is_there(place)]
            here = {place.visitor for place in lane.places}
            recent = sorted(lane.served, key=lane.served.__getitem__)[-100:]
            lane.served = {name: lane.served[name] for name in lane.served if name in here or name in recent}
            yield lane
            write_whole(self._file, json.dumps(asdict(lane)).encode())

    def _read(self) -> Lane:
        try:
            found: dict[str, Any] = json.loads(self._file.read_bytes())
            return Lane([Place(**place) for place in found["places"]], found["served"], found["lasted"])
        except (OSError, ValueError, TypeError, KeyError):  # there is none yet, or of another version
            return Lane()


def _is_there(place: Place) -> bool:
    try:
        return abs(psutil.Process(place.pid).create_time() - place.created) < 1.0
    except psutil.Error:
        return False
