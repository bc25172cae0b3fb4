"""Jobs as tasks of Celery workers, by way of Redis: for a group that outgrows one process; see `sim.web.group`.

A studio on one machine needs neither; see `local_runner`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dash
from celery import Celery

from sim.web.work.runner import Runner

if TYPE_CHECKING:
    from sim.web.settings import Settings
    from sim.web.work.jobs import Jobs

_EXPIRES_SECONDS = 3600


def celery_app(url: str, seconds: float) -> Celery:
    """A Celery app that takes its tasks from Redis and leaves its answers there.

    Args:
        url: address of the Redis server.
        seconds: maximum time of a task.
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


class CeleryRunner(Runner, dash.CeleryManager):
    """Dash's own Celery manager, with supervised jobs.

    Args:
        jobs: the jobs that it runs.
        settings: settings of the studio, with the address of a Redis server.
    """

    def __init__(self, jobs: Jobs, settings: Settings) -> None:
        self.jobs = jobs
        super().__init__(celery_app(settings.redis, settings.limits.job_seconds))

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> str:
        """Start a job."""
        return self.started(lambda: super(CeleryRunner, self).call_job_fn(key, job_fn, args, context), key, job_fn)

    def get_updated_props(self, key: str) -> Any:
        """Updates that a job shows while it runs. Dash's own version would repeat them, and drop the job's answer."""
        shown = self.handle.backend.client.getdel(self._make_set_props_key(key))
        return self.jobs.told_at_first(key) | ({} if shown is None else json.loads(shown))

    def store(self, key: str, value: Any) -> None:
        """Store an answer in place of a job's."""
        self.handle.backend.set(key, json.dumps(value))
