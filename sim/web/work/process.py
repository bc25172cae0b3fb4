"""The process of a job: its priority, its memory, and its turn among the jobs of a studio."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from sim.web.settings import Settings

_LOOK_SECONDS = 0.25
_NICE = 10  # jobs give way to the answers that levers wait for


class as_job:  # noqa: N801 - used as a with statement
    """A process that works on a job: nice to others, bounded, one of a few at a time, and gone with the server.

    Args:
        settings: of the studio.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slot: Any = None

    def __enter__(self) -> None:
        if self._settings.redis:
            return  # Celery has so many workers, and limits of its own
        os.nice(_NICE)
        bound_memory(self._settings.limits.job_bytes)
        self._slot = _slot(self._settings.kept / "slots", self._settings.limits.jobs)

    def __exit__(self, *exc: object) -> None:
        if self._slot is not None:
            self._slot.release()


def bound_memory(n_bytes: int) -> None:
    """Let this process take so much memory, and no more; where the system knows of no such bound, any."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, hard))


def _slot(folder: Path, n: int) -> Any:
    """One of the places for jobs, waited for. It is a file lock, which the system lets go when its process ends."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    while True:
        for i in range(n):
            lock = FileLock(folder / f"{i}.lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                continue
            return lock
        time.sleep(_LOOK_SECONDS)
