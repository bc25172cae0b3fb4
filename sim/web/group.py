"""Jobs as tasks of Celery workers, by way of Redis: for a group that outgrows one process.

The server is started with `serve --production --redis URL`, and on each machine that works for it, in the same folder
of results, `celery --app sim.web.group:worker worker` with the same URL in `TRIALCLOCK_REDIS`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import dash
from celery import Celery
from flask import g

from sim.web.jobs import tab_of_request

if TYPE_CHECKING:
    from sim.web.jobs import Jobs
    from sim.web.settings import Settings

_EXPIRES_SECONDS = 3600


def celery_app(url: str, seconds: float) -> Celery:
    """A Celery app that takes its tasks from Redis, and leaves its answers there.

    Args:
        url: of the Redis server.
        seconds: that a task may take.
    """
    app = Celery("trialclock", broker=url, backend=url)
    app.conf.update(
        task_time_limit=seconds,
        task_track_started=True,
        worker_prefetch_multiplier=1,
        worker_max_memory_per_child=2_000_000,  # kB
        result_expires=_EXPIRES_SECONDS,
        broker_connection_retry_on_startup=True,
    )
    return app


class _Manager(dash.CeleryManager):
    """Dash's own, which also tells the jobs of a studio what was started and asked for."""

    def __init__(self, jobs: Jobs, app: Celery) -> None:
        super().__init__(app)
        self._jobs = jobs

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> Any:
        """Start a job."""
        visitor = str(g.get("visitor", ""))
        self._jobs.check_room(visitor)
        job = super().call_job_fn(key, job_fn, args, context)
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
            self._jobs.done(job)
        return result

    def job_running(self, job: Any) -> bool:
        """Whether a job is under way; a task that was revoked is not."""
        return bool(super().job_running(job))

    def store(self, key: str, value: Any) -> None:
        """Answer in a job's place."""
        import json

        self.handle.backend.set(key, json.dumps(value))

    def build_cache_key(self, *args: Any, **kwargs: Any) -> str:
        """A key of its own for each job: two pages that ask the same at once would take away each other's answer."""
        return f"{super().build_cache_key(*args, **kwargs)}{os.urandom(8).hex()}"


def celery_manager(jobs: Jobs, settings: Settings) -> _Manager:
    """What runs jobs in Celery workers."""
    return _Manager(jobs, celery_app(settings.redis, settings.limits.job_seconds))


def __getattr__(name: str) -> Any:
    """`worker`: the Celery app of a worker, with the tasks of all pages; made when Celery asks for it."""
    if name != "worker":
        raise AttributeError(name)
    from pathlib import Path

    from sim.web.app import create_app
    from sim.web.settings import Settings

    results = Path(os.environ.get("TRIALCLOCK_RESULTS", "results"))
    _, studio = create_app(Settings(results, redis=os.environ["TRIALCLOCK_REDIS"], workers=0))
    manager: Any = studio.manager
    return manager.handle
