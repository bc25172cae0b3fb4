"""Jobs as tasks of Celery workers, by way of Redis: for a group that outgrows one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.web.jobs import Jobs
    from sim.web.settings import Settings


def celery_manager(jobs: Jobs, settings: Settings) -> Any:
    """What runs jobs in Celery workers."""
    raise NotImplementedError
