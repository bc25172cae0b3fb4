"""What all pages of one studio share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.load import Loaded
from sim.web.jobs import Jobs, make_jobs
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.visitors import Visitor, Visitors

if TYPE_CHECKING:
    from dash.background_callback.managers import BaseBackgroundCallbackManager


class Studio:
    """One studio.

    Args:
        settings: how it is set up.

    Attributes:
        settings: how it is set up.
        visitors: who asks, and what they keep.
        jobs: long work, watched over.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.visitors = Visitors(settings.kept)
        self.jobs: Jobs = make_jobs(settings)

    @property
    def visitor(self) -> Visitor:
        """Who is asking, in a callback or in a job that one started."""
        return self.visitors.current()

    @property
    def manager(self) -> BaseBackgroundCallbackManager:
        """What runs Dash's background callbacks."""
        return self.jobs.manager

    def loaded(self, state: State) -> Loaded:
        """The scenario of a state, read and checked against the limits.

        Raises:
            InputError: it is wrong, asks for too much, or is not kept here.
        """
        return state.loaded(self.visitors, self.settings.limits)

    def close(self) -> None:
        """End all work."""
        self.jobs.close()
