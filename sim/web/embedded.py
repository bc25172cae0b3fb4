"""Jobs as processes of this server, their answers kept by diskcache: what a studio uses unless it is told otherwise."""

from __future__ import annotations

import os
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import dash
from flask import g

from sim.web.jobs import tab_of_request

if TYPE_CHECKING:
    from sim.web.jobs import Jobs
    from sim.web.settings import Settings

_LOOK_SECONDS = 1.0


class _Manager(dash.DiskcacheManager):
    """Dash's own, which also tells the jobs of a studio what was started and asked for."""

    def __init__(self, jobs: Jobs, settings: Settings) -> None:
        import diskcache

        folder = settings.kept / "answers"
        shutil.rmtree(folder, ignore_errors=True)  # answers to pages that the last server had
        super().__init__(diskcache.Cache(str(folder), size_limit=256 * 2**20))
        self._jobs = jobs

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> Any:
        """Start a job."""
        visitor = str(g.get("visitor", ""))
        self._jobs.check_room(visitor)
        job = super().call_job_fn(key, _ends_with_parent(job_fn, os.getpid()), args, context)
        self._jobs.add(job, key, visitor, tab_of_request())
        return job

    def get_progress(self, key: str) -> Any:
        """How far a job has come, for a page that asks."""
        self._jobs.asked(key)
        return super().get_progress(key)

    def get_result(self, key: str, job: Any) -> Any:
        """A job's answer, for a page that asks."""
        self._jobs.asked(key)
        result = super().get_result(key, job)
        if result is not self.UNDEFINED:
            self._jobs.done(int(job))
        return result

    def store(self, key: str, value: Any) -> None:
        """Answer in a job's place."""
        self.handle.set(key, value, expire=600)

    def build_cache_key(self, *args: Any, **kwargs: Any) -> str:
        """A key of its own for each job: two pages that ask the same at once would take away each other's answer."""
        return f"{super().build_cache_key(*args, **kwargs)}{os.urandom(8).hex()}"


class _ends_with_parent:  # noqa: N801 - a function with a memory
    """A job whose server was killed has nobody left to work for."""

    def __init__(self, job_fn: Any, parent: int) -> None:
        self._job_fn, self._parent = job_fn, parent

    def __call__(self, *args: Any) -> None:
        threading.Thread(target=self._watch, daemon=True).start()
        self._job_fn(*args)

    def _watch(self) -> None:
        while os.getppid() == self._parent:
            time.sleep(_LOOK_SECONDS)
        os._exit(1)


def diskcache_manager(jobs: Jobs, settings: Settings) -> _Manager:
    """What runs jobs in processes of this server."""
    settings.kept.mkdir(parents=True, exist_ok=True)
    return _Manager(jobs, settings)
