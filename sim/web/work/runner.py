"""What runs Dash's background callbacks for a studio, whether in its own processes or in Celery workers."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from dash.background_callback.managers import BaseBackgroundCallbackManager
from flask import g

from sim.web.visitors import tab_of_request
from sim.web.work.jobs import Jobs

AT_FIRST = "at_first"  # of a job's function: what its page is told once it knows of the job


class Runner(BaseBackgroundCallbackManager):
    """What every runner of a studio does besides: it tells the studio's jobs what was started and is asked for, and
    loses no answer that comes between one question of Dash's and the next.

    Attributes:
        jobs: of the studio.
    """

    jobs: Jobs

    def open(self) -> None:
        """Make ready for the first job."""

    @abstractmethod
    def store(self, key: str, value: Any) -> None:
        """Answer in a job's place."""

    def started(self, start: Callable[[], Any], key: str, job_fn: Any) -> str:
        """Start a job for whoever asks.

        Args:
            start: starts it, and returns its name.
            key: under which its answer will be stored.
            job_fn: what works on it, as the registry of functions has it.

        Returns:
            The name.

        Raises:
            UsageError: the visitor has too many jobs already.
        """
        visitor = str(g.get("visitor", ""))
        self.jobs.check_room(visitor)
        job = str(start())
        self.jobs.add(job, key, visitor, tab_of_request(), told_at_first(self.name_of(job_fn)))
        return job

    def name_of(self, job_fn: Any) -> str:
        """Under which name a job's function is registered."""
        return next((name for name, known in self.func_registry.items() if known is job_fn), "")

    def get_progress(self, key: str) -> Any:
        """How far a job has come, for a page that asks."""
        self.jobs.asked(key)
        return super().get_progress(key)

    def get_result(self, key: str, job: Any) -> Any:
        """A job's answer, for a page that asks."""
        self.jobs.asked(key)
        result = super().get_result(key, job)
        if result is not self.UNDEFINED:
            self.jobs.done(job)
        return result

    def job_running(self, job: Any) -> bool:
        """Whether a job is under way, or has an answer that was not read. Dash asks this after it asked for the answer,
        and gives up a job that ended in between.
        """
        return bool(super().job_running(job)) or self.jobs.is_answered(job)

    def build_cache_key(self, *args: Any, **kwargs: Any) -> str:
        """A key of its own for each job: two pages that ask the same at once would take away each other's answer."""
        return f"{super().build_cache_key(*args, **kwargs)}{os.urandom(8).hex()}"


def told_at_first(name: str) -> dict[str, dict[str, Any]]:
    """What the page of a long callback is told once it knows of its job.

    Args:
        name: of the callback's function in a manager.
    """
    for known, function, _ in BaseBackgroundCallbackManager.functions:
        if known == name:
            return dict(getattr(function, AT_FIRST, {}))
    return {}
