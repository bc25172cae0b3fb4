"""Long work: Dash's background callbacks, watched over.

A job is a process of this server (its answer kept by diskcache), or a task of a Celery worker where there is Redis.
Whatever becomes of it, its place is free again: a job ends when it is cancelled, when the page that started it is left
(the browser says so; one that has gone without a word is missed after a minute), when it has taken its time, and with
the server. A job that died, or was ended for taking too long, answers with a message instead of with nothing.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import InputError, TrialclockError, UsageError
from sim.web.settings import Limits, Settings

if TYPE_CHECKING:
    from dash import Dash

    from sim.web.studio import Studio
    from sim.web.work.runner import Watched

TAB_HEADER = "X-Tab"  # which tab of a browser asks, as assets/studio.js says

_LOG = logging.getLogger(__name__)
_TAB = re.compile(r"[0-9a-z-]{8,64}")
_LOOK_SECONDS = 0.25
_MISSED_SECONDS = 75.0  # browsers ask once a minute for a tab that nobody looks at
_POLL_MS = 300
_NICE = 10  # jobs give way to the answers that levers wait for


@dataclass
class _Job:
    """A job under way.

    Attributes:
        job: process id, or name of the task.
        key: under which its answer is stored.
        visitor: who asked.
        tab: the tab that asked.
        at_first: what its page is told once it knows of the job, as `set_props` has it.
        started: when.
        asked: when its page last asked for it.
    """

    job: Any
    key: str
    visitor: str
    tab: str
    at_first: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    asked: float = field(default_factory=time.monotonic)


class Jobs:
    """The jobs of a studio.

    Args:
        limits: how many, and how long each may take.

    Attributes:
        manager: what runs Dash's background callbacks.
    """

    manager: Watched

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._jobs: dict[Any, _Job] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watching: threading.Thread | None = None

    def open(self) -> None:
        """Make ready for the first job."""
        self.manager.open()

    def check_room(self, visitor: str) -> None:
        """See that a visitor may start another job.

        Raises:
            UsageError: there are too many already.
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
        """Watch over a job that was started."""
        with self._lock:
            self._jobs[job] = _Job(job, key, visitor, tab, dict(at_first or {}))
            if self._watching is None:
                self._watching = threading.Thread(target=self._watch, name="jobs", daemon=True)
                self._watching.start()

    def asked(self, key: str) -> None:
        """Note that somebody still waits for a job's answer."""
        with self._lock:
            for job in self._jobs.values():
                if job.key == key:
                    job.asked = time.monotonic()

    def told_at_first(self, key: str) -> dict[str, dict[str, Any]]:
        """What the page of a job is told once it knows of the job; the second time nothing."""
        with self._lock:
            for job in self._jobs.values():
                if job.key == key:
                    told, job.at_first = job.at_first, {}
                    return told
        return {}

    def is_answered(self, job: Any) -> bool:
        """Whether a job has left an answer that nobody has read."""
        with self._lock:
            found = self._jobs.get(job)
        return found is not None and bool(self.manager.result_ready(found.key))

    def done(self, job: Any) -> None:
        """Watch no longer over a job."""
        with self._lock:
            self._jobs.pop(job, None)

    def end_of_tab(self, tab: str) -> None:
        """End what a tab was waiting for: its page was left."""
        with self._lock:
            gone = [job for job in self._jobs.values() if job.tab == tab]
        for job in gone:
            self._end(job)

    @property
    def n(self) -> int:
        """Jobs under way."""
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
        elif now - job.started > self._limits.job_seconds:
            self._end(job, f"This took longer than the {self._limits.job_seconds:,.0f} seconds that one job may take.")
        elif not self.manager.job_running(job.job):
            self.done(job.job)
            if not self.manager.result_ready(job.key) and now - job.asked < _MISSED_SECONDS:
                self._answer(job, "The process that worked on this was lost, perhaps for want of memory. Try again.")

    def _end(self, job: _Job, message: str = "") -> None:
        self.done(job.job)
        self.manager.terminate_job(job.job)
        if message:
            self._answer(job, message)

    def _answer(self, job: _Job, message: str) -> None:
        """Answer in a job's place."""
        store_error(self.manager, job.key, message)


def store_error(manager: Watched, key: str, message: str) -> None:
    """Store a message where a job's page looks for its answer."""
    error = {"background_callback_error": {"msg": f"{MESSAGE}{message}", "tb": ""}}
    manager.store(key, error)


MESSAGE = "message: "  # begins what an error says that is meant for people


def make_jobs(settings: Settings) -> Jobs:
    """What runs the jobs of a studio: its own processes, or Celery workers where there is Redis."""
    jobs = Jobs(settings.limits)
    if settings.redis:
        from sim.web.group import celery_manager

        jobs.manager = celery_manager(jobs, settings)
    else:
        from sim.web.work.local_runner import diskcache_manager

        jobs.manager = diskcache_manager(jobs, settings)
    return jobs


def tab_of_request() -> str:
    """The tab that asks, or nothing."""
    from flask import request

    tab = request.headers.get(TAB_HEADER, "")
    return tab if _TAB.fullmatch(tab) else ""


def long_callback(
    app: Dash,
    studio: Studio,
    *dependencies: Any,
    progress: Sequence[Any] | Any = None,
    progress_default: Any = None,
    running: Sequence[Any] | None = None,
    cancel: Sequence[Any] | None = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for callbacks that take longer than a moment; as `app.callback`, and then in a job.

    The function runs in another process, at a lower priority. It may raise `InputError`, whose problems are then shown
    as a notice; better that it catches those and shows them at the control that caused them.

    Args:
        app: the app.
        studio: the studio.
        dependencies: outputs, inputs and states, as for `app.callback`.
        progress: outputs that the function may set while it runs, by its first argument `set_progress`.
        progress_default: their values while it does not run.
        running: as for `app.callback`: outputs with their values while it runs and afterwards.
        cancel: inputs that end the job.
        options: what else `app.callback` takes.
    """
    running, at_first = _cancel_once_known(running or (), cancel or ())
    given = {"progress": progress, "progress_default": progress_default, "running": running, "cancel": cancel}
    given = {name: value for name, value in given.items() if value}
    options.setdefault("prevent_initial_call", True)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def in_job(*args: Any, **kwargs: Any) -> Any:
            with _as_job(studio.settings):
                return _answered(function, args, kwargs)

        vars(in_job)[_AT_FIRST] = at_first

        # what a job's key is made from must differ from function to function
        decorated: Callable[..., Any] = app.callback(
            *dependencies, background=True, manager=studio.manager, interval=_POLL_MS, **given, **options
        )(in_job)
        return decorated

    return decorate


_AT_FIRST = "at_first"


def _cancel_once_known(
    running: Sequence[Any], cancel: Sequence[Any]
) -> tuple[list[tuple[Any, Any, Any]], dict[str, dict[str, Any]]]:
    """Cancel buttons come alive when the page knows the job's name: pressed before, Dash ends nothing.

    Returns:
        What is set while the job runs and afterwards, and what the page is told as soon as it knows the job.
    """
    buttons = {found.component_id for found in cancel}
    meanwhile, at_first = [], {}
    for output, on, off in running:
        if output.component_id in buttons:
            at_first[str(output.component_id)] = {output.component_property: on}
            on = off
        meanwhile.append((output, on, off))
    return meanwhile, at_first


def told_at_first(name: str) -> dict[str, dict[str, Any]]:
    """What the page of a long callback is told once it knows of its job.

    Args:
        name: of the callback's function in a manager.
    """
    from dash.background_callback.managers import BaseBackgroundCallbackManager

    for known, function, _ in BaseBackgroundCallbackManager.functions:
        if known == name:
            return dict(getattr(function, _AT_FIRST, {}))
    return {}


def _answered(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return function(*args, **kwargs)
    except InputError as error:
        raise RuntimeError(f"{MESSAGE}{error}") from None
    except TrialclockError as error:
        raise RuntimeError(f"{MESSAGE}{error}") from error


class _as_job:  # noqa: N801 - used as a with statement
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
