"""The Celery workers of a studio for a group; they take its jobs from Redis.

Start the server with `serve --production --redis URL`, and on each machine that works for it, in the same results
folder, `celery --app sim.web.group:worker worker` with the same URL in `TRIALCLOCK_REDIS`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sim.web.app import create_app
from sim.web.settings import Settings


def __getattr__(name: str) -> Any:
    """`worker`: the Celery app with the tasks of all pages, made when Celery asks for it."""
    if name != "worker":
        raise AttributeError(name)
    results = Path(os.environ.get("TRIALCLOCK_RESULTS", "results"))
    _, studio = create_app(Settings(results, redis=os.environ["TRIALCLOCK_REDIS"]))
    manager: Any = studio.manager
    return manager.handle
