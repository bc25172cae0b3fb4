"""Supervision of long work, which Dash runs as background callbacks.

A job is a process of this server (with its answer in diskcache), or a task of a Celery worker if there is Redis. Its
place is always freed: a job ends when it is cancelled, when its page is left (the browser says so; a browser that
vanishes is noticed after a minute), when its time is up, and with the server. A job that died or took too long answers
with a message.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from sim.errors import UsageError
from sim.web.settings import Limits

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 0.25
_MISSED_SECONDS = 75.0  # browsers ask once a minute for a tab that nobody looks at


@dataclass
class _Job:
    """A running job.

    Attributes:
        job: process id, or name of the task.
        key: key of its answer in the store.
        visitor: the visitor who asked.
        tab: the tab that asked.
        at_first: first update of its page, in the form of `set_props`.
        started: time of its start.
        asked: time at which its page last asked for it.
    """

    job: Any
    key: str
    visitor: str
    tab: str
    at_first: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    asked: float = field(default_factory=time.monotonic)


class Runs(Protocol):
    """The interface of a runner of jobs: processes of this machine, or Celery workers; see `sim.web.work.runner`."""

    def open(self) -> None:
        """Prepare for the first job."""

    def job_running(self, job: Any) -> bool:
        """Whether a job is running, or has an answer that was not read."""

    def result_ready(self, key: str) -> bool:
        """Whether a job has left its answer.

        Args:
            key: key of the job's answer.
        """

    def terminate_job(self, job: Any) -> None:
        """End a job."""

    def store(self, key: str, value: Any) -> None:
        """Store an answer in place of a job's.

        Args:
            key: key of the job's answer.
            value: an answer in the form that Dash reads.
        """


class Jobs:
    """The jobs of a studio.

    Args:
        limits: maximum number and time of jobs.
        waited: seconds for which a job has waited for its turn; default: jobs do not wait.

    Attributes:
        runner: the runner of the jobs.
    """

    runner: Runs

    def __init__(self, limits: Limits, waited: Callable[[Any], float] = lambda _: 0.0) -> None:
        self._limits, self._waited = limits, waited
        self._jobs: dict[Any, _Job] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watching: threading.Thread | None = None

    def open(self) -> None:
        """Prepare for the first job."""
        self.runner.open()

    def check_room(self, visitor: str) -> None:
        """Check that a visitor may start another job.

        Args:
            visitor: the visitor's cookie.

        Raises:
            UsageError: the visitor has too many already.
        """
        with self._lock:
            n = sum(job.visitor == visitor for job in self._jobs.values())
        if n >= self._limits.jobs_each:
            raise UsageError(
                f"{n} of your jobs are under way already, and the studio runs at most {self._limits.jobs_each} for one "
                "visitor; cancel one, or wait until one is done"
            )

    def add(
        self, job: Any, key: str, visitor: str, tab: str, at_first: dict[str, dict[str, Any]] | None = None
    ) -> None:
        """Supervise a job that was started.

        Args:
            job: process id, or name of the task.
            key: key of its answer in the store.
            visitor: the visitor who asked.
            tab: the tab that asked; empty if unknown.
            at_first: first update of its page: properties by component.
        """
        with self._lock:
            self._jobs[job] = _Job(job, key, visitor, tab, dict(at_first or {}))
            if self._watching is None:
                self._watching = threading.Thread(target=self._watch, name="jobs", daemon=True)
                self._watching.start()

    def asked(self, key: str) -> None:
        """Record that a page still waits for a job's answer.

        Args:
            key: key of the job's answer; jobs that nobody asks for any more are ended.
        """
        with self._lock:
            for job in self._jobs.values():
                if job.key == key:
                    job.asked = time.monotonic()

    def told_at_first(self, key: str) -> dict[str, dict[str, Any]]:
        """The first update for the page of a job: properties by component; empty the second time.

        Args:
            key: key of the job's answer.
        """
        with self._lock:
            for job in self._jobs.values():
                if job.key == key:
                    told, job.at_first = job.at_first, {}
                    return told
        return {}

    def is_answered(self, job: Any) -> bool:
        """Whether a job has left an answer that nobody has read.

        Args:
            job: the runner's name of the job.
        """
        with self._lock:
            found = self._jobs.get(job)
        return found is not None and bool(self.runner.result_ready(found.key))

    def done(self, job: Any) -> None:
        """Stop supervising a job.

        Args:
            job: the runner's name of the job; the job itself goes on.
        """
        with self._lock:
            self._jobs.pop(job, None)

    def end_of_tab(self, tab: str) -> None:
        """End the jobs of a tab whose page was left.

        Args:
            tab: name of the tab; other tabs of the same visitor keep theirs.
        """
        with self._lock:
            gone = [job for job in self._jobs.values() if job.tab == tab]
        for job in gone:
            self._end(job)

    @property
    def n(self) -> int:
        """Number of running jobs."""
        with self._lock:
            return len(self._jobs)

    def close(self) -> None:
        """End all jobs."""
        self._over.set()
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            self._end(job)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            with self._lock:
                jobs = list(self._jobs.values())
            for job in jobs:
                try:
                    self._look_at(job)
                except Exception:  # the watch goes on, whatever is wrong with one job
                    _LOG.exception("a job cannot be looked at")

    def _look_at(self, job: _Job) -> None:
        now = time.monotonic()
        if now - job.asked > _MISSED_SECONDS:
            self._end(job)
        elif self._seconds(job, now) > self._limits.job_seconds:
            self._end(job, f"This took longer than the {self._limits.job_seconds:,.0f} seconds that one job may take.")
        elif not self.runner.job_running(job.job):
            self.done(job.job)
            if not self.runner.result_ready(job.key) and now - job.asked < _MISSED_SECONDS:
                self._answer(job, "The process that worked on this was lost, perhaps for want of memory. Try again.")

    def _seconds(self, job: _Job, now: float) -> float:
        """Seconds for which a job has worked; waiting for a turn does not count."""
        lasted = now - job.started
        return lasted if lasted <= self._limits.job_seconds else lasted - self._waited(job.job)

    def _end(self, job: _Job, message: str = "") -> None:
        self.done(job.job)
        self.runner.terminate_job(job.job)
        if message:
            self._answer(job, message)

    def _answer(self, job: _Job, message: str) -> None:
        """Store a message in place of a job's answer."""
        store_error(self.runner, job.key, message)


def store_error(runner: Runs, key: str, message: str) -> None:
    """Store a message where the page of a job looks for its answer; it is shown as a notice.

    Args:
        runner: the runner of the job.
        key: key of its answer.
        message: what is told, as one or two sentences.
    """
    error = {"background_callback_error": {"msg": f"{MESSAGE}{message}", "tb": ""}}
    runner.store(key, error)


MESSAGE = "message: "  # begins what an error says that is meant for people
