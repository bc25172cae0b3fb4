"""Jobs as processes of this machine, their answers kept by diskcache: what a studio uses if it is told nothing else."""

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
    """Dash's own, with jobs that are forked from a process without threads, by what they are called there.

    Args:
        jobs: which it runs.
        settings: of the studio.
        work: what a job's process calls, with the settings, the job's name, and what Dash asks of it.
    """

    def __init__(self, jobs: Jobs, settings: Settings, work: Work) -> None:
        import diskcache

        settings.kept.mkdir(parents=True, exist_ok=True)
        self.jobs, self._settings, self._work = jobs, replace(settings, token=""), work
        super().__init__(diskcache.Cache(str(settings.kept / "answers"), size_limit=256 * 2**20))

    def open(self) -> None:
        """Drop answers to pages that the last server had, and have the process made that jobs are forked from."""
        self.handle.clear()
        prepare_forks(self._settings)

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> str:
        """Start a job."""
        name = self.name_of(job_fn)
        asked = (key, self._make_progress_key(key), args, context)
        return self.started(lambda: start_process(self._work, self._settings, name, asked), key, job_fn)

    def terminate_job(self, job: Any) -> None:
        """End a job. One that ends by itself while Dash looks at it would cost the answer that was just read."""
        with suppress(psutil.NoSuchProcess):
            super().terminate_job(job)

    def job_running(self, job: Any) -> bool:
        """Whether a job is under way, or has an answer that was not read."""
        try:
            return super().job_running(job)
        except psutil.NoSuchProcess:
            return self.jobs.is_answered(job)

    def get_progress(self, key: str) -> Any:
        """How far a job has come. Dash's own would read, and then drop what may be newer than what it read."""
        self.jobs.asked(key)
        return self._taken(self._make_progress_key(key), None)

    def get_updated_props(self, key: str) -> Any:
        """What a job shows while it runs; also without dropping what came in between."""
        shown = self._taken(self._make_set_props_key(key), {})
        return {**self.jobs.told_at_first(key), **shown} if key else {}

    def result_ready(self, key: str) -> bool:
        """Whether a job has left its answer, which is not read for that."""
        return key in self.handle

    def _taken(self, name: str, without: Any) -> Any:
        return self.handle.pop(name, default=without) if name in self.handle else without

    def store(self, key: str, value: Any) -> None:
        """Answer in a job's place."""
        self.handle.set(key, value, expire=600)
