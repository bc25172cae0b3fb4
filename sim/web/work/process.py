"""The process of a job: its priority, its memory, and its turn among the jobs of a studio.

Limits are set by the job itself, in its own process, and so they hold for both runners.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from sim.web.settings import Settings
from sim.web.work.turns import Turns

QUICK, LONG = "quick", "long"  # lanes: first answers and lessons are never behind long work

_NICE = {QUICK: 5, LONG: 10}  # jobs yield to first answers, and long jobs to quick ones
_now: as_job | None = None


def lanes(settings: Settings) -> dict[str, Turns]:
    """The lanes of a studio's jobs, by name; each runs as many jobs as the limits allow."""
    return {name: Turns(settings.kept / "turns", name, settings.limits.jobs) for name in (QUICK, LONG)}


class as_job:  # noqa: N801 - used as a with statement
    """The process of a job: low priority, limited memory, one of a few at a time, and ended with the server.

    Args:
        settings: settings of the studio.
        visitor: the visitor who asked.
        lane: the lane in which it starts.
        tell: shows on its page that it waits.
    """

    def __init__(self, settings: Settings, visitor: str, lane: str, tell: Callable[[str], None]) -> None:
        self._settings, self._visitor, self._lane, self._tell = settings, visitor, lane, tell
        self._turn = ExitStack()

    def __enter__(self) -> None:
        global _now
        if self._settings.redis:
            return  # Celery has a fixed number of workers, and limits of its own
        bound_memory(self._settings.limits.job_bytes)
        lower_priority(_NICE[self._lane])
        self._wait()
        _now = self

    def __exit__(self, *exc: object) -> None:
        global _now
        _now = None
        self._turn.close()

    def _wait(self) -> None:
        self._turn.enter_context(lanes(self._settings)[self._lane].turn(self._visitor, self._tell))

    def goes_on_as_long(self) -> None:
        """Leave the quick lane, and wait for a turn in the long one."""
        if self._lane == LONG:
            return
        self._turn.close()
        lower_priority(_NICE[LONG] - _NICE[QUICK])
        self._lane = LONG
        self._wait()


def go_on_as_long() -> None:
    """Declare that the rest takes long: in a job, wait for a turn among long ones."""
    if _now is not None:
        _now.goes_on_as_long()


def lower_priority(by: int) -> None:
    """Let this process yield to others; without effect on systems that have no such priorities, as Windows.

    Args:
        by: how far its niceness rises, from 0 (a usual process) to at most 19.
    """
    if hasattr(os, "nice"):
        os.nice(by)


def bound_memory(n_bytes: int) -> None:
    """Limit the memory of this process; without effect on systems that have no such limit.

    Args:
        n_bytes: address space; beyond it, Python raises `MemoryError`.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, hard))


def queue_told(progress: Any) -> Callable[[Any], Callable[[str], None]]:
    """A function that shows a page its place in the queue, in the text beside its bar.

    Args:
        progress: outputs of the progress of a long callback.

    Returns:
        A function that takes `set_progress` and returns the one that shows the text.
    """
    outputs = progress if isinstance(progress, (list, tuple)) else [progress]
    empty = {"value": 0, "max": 1}

    def teller(set_progress: Any) -> Callable[[str], None]:
        def tell(text: str) -> None:
            set_progress([empty.get(output.component_property, text) for output in outputs])

        return tell

    return teller
