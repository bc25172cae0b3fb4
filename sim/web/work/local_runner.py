"""Jobs as processes of this machine, with their answers in diskcache: the default of a studio.

A job has a process of its own, because it may be cancelled at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dash
import psutil

from sim.web.work.fork_server import prepare_forks, start_process
from sim.web.work.runner import Runner

if TYPE_CHECKING:
    from sim.web.settings import Settings
    from sim.web.work.jobs import Jobs


Work = Callable[["Settings", str, tuple[Any, ...]], None]


class LocalRunner(Runner, dash.DiskcacheManager):
    """Dash's own diskcache manager, with jobs forked from a process without threads and identified by name.

    Args:
        jobs: the jobs that it runs.
        settings: settings of the studio.
        work: the function that a job's process calls, with the settings, the job's name, and its arguments.
    """

    def __init__(self, jobs: Jobs, settings: Settings, work: Work) -> None:
        import diskcache

        settings.kept.mkdir(parents=True, exist_ok=True)
        self.jobs, self._settings, self._work = jobs, replace(settings, token=""), work
        super().__init__(diskcache.Cache(str(settings.kept / "answers"), size_limit=256 * 2**20))

    def open(self) -> None:
        """Drop answers meant for pages of an earlier server, and start the process from which jobs are forked."""
        self.handle.clear()
        prepare_forks(self._settings)

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> str:
        """Start a job."""
        name = self.name_of(job_fn)
        asked = (key, self._make_progress_key(key), args, context)
        return self.started(lambda: start_process(self._work, self._settings, name, asked), key, job_fn)

    def terminate_job(self, job: Any) -> None:
        """End a job. A job that ends by itself while Dash checks it would lose the answer that was just read."""
        with suppress(psutil.NoSuchProcess):
            super().terminate_job(job)

    def job_running(self, job: Any) -> bool:
        """Whether a job is running, or has an answer that was not read."""
        try:
            return super().job_running(job)
        except psutil.NoSuchProcess:
            return self.jobs.is_answered(job)

    def get_progress(self, key: str) -> Any:
        """Progress of a job. Dash's own version would read it, and then drop what may be newer."""
        self.jobs.asked(key)
        return self._taken(self._make_progress_key(key), None)

    def get_updated_props(self, key: str) -> Any:
        """Updates that a job shows while it runs, without dropping those that arrive in between."""
        shown = self._taken(self._make_set_props_key(key), {})
        return {**self.jobs.told_at_first(key), **shown} if key else {}

    def result_ready(self, key: str) -> bool:
        """Whether a job has left its answer; does not read it."""
        return key in self.handle

    def _taken(self, name: str, without: Any) -> Any:
        return self.handle.pop(name, default=without) if name in self.handle else without

    def store(self, key: str, value: Any) -> None:
        """Store an answer in place of a job's."""
        self.handle.set(key, value, expire=600)
