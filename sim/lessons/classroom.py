"""Simulation for lessons: a few hundred replications of a small scenario, in this process, within seconds.

Runs of users go through `sim.experiment`, with workers and a folder; a class must not wait, and a lesson stores
nothing.

Attributes:
    Changes: changed values of a scenario, nested as in a file.
    Progress: is called with the number of replications done and in all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.reduce import Reducer
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.experiment.replicate import Chunk, refuse_failed, replicate_chunk
from sim.scenario.load import Loaded, extended, load, scenario_hash
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Changes = Mapping[str, Any]
Progress = Callable[[int, int], None]

_PART = 48  # replications between two looks at the progress; no result depends on it


@dataclass(frozen=True, eq=False)
class Simulated:
    """Replications of one scenario.

    Attributes:
        design: the prepared scenario.
        names: names of the measures, in the order of the columns of the values.
        chunk: results of the replications.
    """

    design: Design
    names: list[str]
    chunk: Chunk

    def __getitem__(self, measure: str) -> Array:
        """(n,) values of a measure, one per replication; NaN is never.

        Raises:
            ValueError: there is no such measure.
        """
        return self.chunk.values[:, self.names.index(measure)]

    @property
    def n(self) -> int:
        """Number of replications."""
        return self.chunk.n

    @cached_property
    def months_to_last(self) -> Array:
        """(n,) months from day 0 to the last randomisation; NaN for never."""
        return self["day_last_randomised"] / MONTH_DAYS

    @property
    def never(self) -> tuple[str, ...]:
        """A sentence about trials without a last participant, which no mean includes; empty if all have one."""
        n = int(np.count_nonzero(np.isnan(self.months_to_last)))
        if not n:
            return ()
        months = self.design.scenario.trial.horizon_months
        return (
            f"In {n} of {self.n} trials the last participant had not come after {months:g} months: they count as later "
            "than everything, and are in no mean.",
        )

    def counts(self, days: npt.NDArray[np.floating[Any]]) -> Array:
        """(replications, days) participants randomised by each day.

        Args:
            days: (days,) days since day 0; those of that day itself count.
        """
        found = [np.searchsorted(when, days, side="right") for when in self.chunk.randomised_days]
        return np.array(found, dtype=np.float64)


@lru_cache(maxsize=8)
def library_scenario(name: str) -> Loaded:
    """A scenario that comes with the program, read once.

    Args:
        name: name of a scenario that comes with the program.
    """
    return load(name)


def base_scenario() -> Scenario:
    """The base scenario, which provides everything that a lesson does not vary."""
    return library_scenario("base").scenario


def scenario_of(base: str, changes: Changes) -> Scenario:
    """A scenario of the library with changes, as a file that extends it would make them.

    Args:
        base: name of the scenario.
        changes: the changed values, nested as in a file.

    Returns:
        The validated scenario.

    Raises:
        ScenarioError: the changes make it invalid, as values outside a lesson's limits may.
    """
    return extended(library_scenario(base), dict(changes), "lesson").scenario


class Classroom:
    """Simulates what a lesson asks for; each scenario is simulated only once.

    Args:
        seed: seed of the random numbers.
        replications: number of simulated trials of the lesson's main scenario.
        progress: called with the number of replications done and in all, as far as it is known.
        expected: number of replications of the whole lesson, if known, so that `progress` can say how many are left; 0
            if not.

    Attributes:
        seed: the seed.
        replications: the number of simulated trials.
    """

    def __init__(
        self, seed: int, replications: int, progress: Progress = lambda _done, _total: None, expected: int = 0
    ) -> None:
        self.seed = seed
        self.replications = replications
        self._progress = progress
        self._expected = expected
        self._done = 0
        self._known: dict[tuple[str, int, int, bool], Simulated] = {}

    def run(
        self, base: str, changes: Changes, *, share: float = 1.0, other_luck: int = 0, keep: bool = False
    ) -> Simulated:
        """Simulate a scenario.

        Runs of one classroom share their random numbers, so that two plans meet the same patients.

        Args:
            base: name of the scenario to start from.
            changes: the changed values, nested as in a file.
            share: share of the lesson's replications to simulate; at least two are simulated.
            other_luck: another number gives other random numbers.
            keep: whether to keep all events.

        Returns:
            The replications.

        Raises:
            ReplicationFailed: a replication raised, which is a defect.
        """
        scenario = scenario_of(base, changes)
        n = max(round(self.replications * share), 2)
        key = (scenario_hash(scenario), n, other_luck, keep)
        if key not in self._known:
            self._known[key] = self._simulate(scenario, n, self.seed + other_luck, keep)
        return self._known[key]

    def _simulate(self, scenario: Scenario, n: int, seed: int, keep: bool) -> Simulated:
        """Simulate replications in small parts, with a look at the progress after each.

        Raises:
            ReplicationFailed: a replication raised.
        """
        reducer = Reducer(Design(scenario))
        whole = Chunk(0, np.zeros((0, len(reducer.names))), [])
        for first in range(0, n, _PART):
            part = replicate_chunk(reducer, seed, first, min(_PART, n - first), first + _PART if keep else 0)
            refuse_failed(part.failures)
            values = np.concatenate((whole.values, part.values))
            whole = Chunk(0, values, whole.randomised_days + part.randomised_days, whole.kept | part.kept)
            self._done += part.n
            self._progress(self._done, max(self._expected, self._done))
        return Simulated(reducer.design, reducer.names, whole)
