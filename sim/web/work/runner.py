"""What all runners of Dash's background callbacks share, whether they use processes or Celery workers.

Dash's managers are used as they are where that suffices; what is changed in them is here, once.
"""

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
    """Shared by all runners of a studio: tells its jobs what was started and asked for, and loses no answer that
    arrives between two requests of Dash.

    Attributes:
        jobs: the jobs of the studio.
    """

    jobs: Jobs

    def open(self) -> None:
        """Prepare for the first job."""

    @abstractmethod
    def store(self, key: str, value: Any) -> None:
        """Store an answer in place of a job's."""

    def started(self, start: Callable[[], Any], key: str, job_fn: Any) -> str:
        """Start a job for the current visitor.

        Args:
            start: starts it, and returns its name.
            key: key of its answer in the store.
            job_fn: its function, as in the registry.

        Returns:
            The name of the job.

        Raises:
            UsageError: the visitor has too many jobs already.
        """
        visitor = str(g.get("visitor", ""))
        self.jobs.check_room(visitor)
        job = str(start())
        self.jobs.add(job, key, visitor, tab_of_request(), told_at_first(self.name_of(job_fn)))
        return job

    def name_of(self, job_fn: Any) -> str:
        """The name under which the function of a job is registered."""
        return next((name for name, known in self.func_registry.items() if known is job_fn), "")

    def get_progress(self, key: str) -> Any:
        """Progress of a job, for a page that asks."""
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
        """Whether a job is running, or has an answer that was not read. Dash asks this after asking for the answer, and
        would otherwise give up a job that ended in between.
        """
        return bool(super().job_running(job)) or self.jobs.is_answered(job)

    def build_cache_key(self, *args: Any, **kwargs: Any) -> str:
        """A key of its own for each job; with a shared key, two pages with the same question would take each other's
        answers.
        """
        return f"{super().build_cache_key(*args, **kwargs)}{os.urandom(8).hex()}"


def told_at_first(name: str) -> dict[str, dict[str, Any]]:
    """The first update for the page of a long callback.

    Args:
        name: name of the callback's function in a manager.

    Returns:
        Properties by component; empty for none.
    """
    for known, function, _ in BaseBackgroundCallbackManager.functions:
        if known == name:
            return dict(getattr(function, AT_FIRST, {}))
    return {}
