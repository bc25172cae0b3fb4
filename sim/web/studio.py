"""What all pages of one studio share."""

from __future__ import annotations

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
    from pathlib import Path

_READY = 128  # scenarios that are kept read and checked


class Studio:
    """One studio. It starts nothing before it is opened, or asked.

    Args:
        settings: how it is set up.
        jobs: its long work.
        prepare: what a process of its own does while nobody waits for it, given the folder of what visitors keep.

    Attributes:
        settings: how it is set up.
        visitors: who asks, and what they keep.
        jobs: long work, watched over.
        answering: warm processes for first answers.
    """

    def __init__(self, settings: Settings, jobs: Jobs, prepare: Callable[[Path], None]) -> None:
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
        """Who is asking, in a callback or in a job that one started."""
        return self.visitors.current()

    @property
    def manager(self) -> Runner:
        """What runs Dash's background callbacks."""
        return cast(Runner, self.jobs.runner)

    def loaded(self, state: State) -> Loaded:
        """The scenario of a state, read and checked against the limits.

        Raises:
            InputError: it is wrong, asks for too much, or is not kept here.
        """
        return self._loaded(state)

    def _load(self, state: State) -> Loaded:
        return state.loaded(self.visitors, self.settings.limits)

    def take_away(self, digests: Collection[str]) -> None:
        """Delete data that who asks brought, and what was made of them; see `keeping.take_away`."""
        take_away(self.visitors, self.visitor, digests)
        self._loaded.cache_clear()
        forget_readings()

    def open(self) -> None:
        """Start what must not be waited for later, and drop answers to pages that the last server had."""
        self.jobs.open()
        self.answering.open()
        self._tidying.open()

    def prepare(self) -> None:
        """Let a process of its own do what nobody waits for yet; it ends when that is done, or with the studio."""
        self._aside = start_warm_worker()
        self._aside[1].send((self._prepare, (self.settings.kept,)))
        self._aside[1].send(None)

    def close(self) -> None:
        """End all work."""
        self._tidying.close()
        self.jobs.close()
        self.answering.close()
        if self._aside is not None:
            self._aside[0].kill()
