"""The studio that all pages share: settings, visitors, jobs and first answers.

One is made for each process that needs it: the server, and each process that works on its jobs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from sim.scenario.load import Loaded
from sim.web.keeping import Tidying, take_away
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.visitors import Visitor, Visitors
from sim.web.work.data_reader import forget_readings
from sim.web.work.first_answers import FirstAnswers
from sim.web.work.fork_server import start_warm_worker
from sim.web.work.jobs import Jobs
from sim.web.work.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_READY = 64  # scenarios that are kept read and checked: half a megabyte each, read again in 50 ms


class Studio:
    """One studio. It starts no process before `open` or the first question.

    Args:
        settings: its settings.
        jobs: its long work.
        prepare: work for a process of its own at the start, given the settings.

    Attributes:
        settings: its settings.
        visitors: visitors and their files.
        jobs: long work, supervised.
        answering: warm processes for first answers.
    """

    def __init__(self, settings: Settings, jobs: Jobs, prepare: Callable[[Settings], None]) -> None:
        self.settings = settings
        self.visitors = Visitors(settings.kept)
        self.jobs = jobs
        self._prepare = prepare
        self.answering = FirstAnswers(settings.workers, settings.limits.job_bytes)
        self._aside: tuple[BaseProcess, Connection] | None = None
        self._tidying = Tidying(settings.kept, settings.limits)
        self._loaded = lru_cache(maxsize=_READY)(self._load)

    @property
    def visitor(self) -> Visitor:
        """The current visitor, in a callback or in a job that it started."""
        return self.visitors.current()

    @property
    def manager(self) -> Runner:
        """The runner of Dash's background callbacks."""
        return cast(Runner, self.jobs.runner)

    def loaded(self, state: State) -> Loaded:
        """The scenario of a state, read and checked against the limits; the last ones are kept.

        Args:
            state: the scenario with its changes.

        Raises:
            InputError: it is wrong, exceeds a limit, or is not kept here.
        """
        return self._loaded(replace(state, seed=None, until="", name=""))  # which decide nothing here

    def _load(self, state: State) -> Loaded:
        return state.loaded(self.visitors, self.settings.limits)

    def take_away(self, digests: Collection[str]) -> None:
        """Delete data that the current visitor uploaded, and everything made from them; see `keeping.take_away`.

        Args:
            digests: hashes of the uploaded files.
        """
        take_away(self.visitors, self.visitor, digests)
        self._loaded.cache_clear()
        forget_readings()

    def open(self) -> None:
        """Start processes that must be ready before the first question, and drop answers meant for pages of an
        earlier server.
        """
        self.jobs.open()
        self.answering.open()
        self._tidying.open()

    def prepare(self) -> None:
        """Start the preparation in a process of its own; it ends when done, or with the studio."""
        self._aside = start_warm_worker()
        self._aside[1].send((self._prepare, (replace(self.settings, token=""),)))
        self._aside[1].send(None)

    def close(self) -> None:
        """End all work."""
        self._tidying.close()
        self.jobs.close()
        self.answering.close()
        if self._aside is not None:
            self._aside[0].kill()
