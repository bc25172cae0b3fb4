"""What every process of a replication is given: the clock, the log, draws, and the design."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from sim.core.columns import Column, Columns
from sim.core.design import Design
from sim.core.environment import TrialEnvironment
from sim.core.events import Log
from sim.core.intensity import Steps
from sim.core.quantiles import Quantile
from sim.core.streams import Streams
from sim.core.tables import Constant, Table
from sim.core.unknowns import Unknowns
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]


class World:
    """One replication's surroundings. Processes add events to its log, and nothing else leaves a replication.

    A probability that is written as `dist` is used by its mean: a coin whose probability is drawn afresh at every toss
    comes up as often as one with the mean probability, toss by toss.

    Args:
        design: the scenario, made ready.
        seed: the experiment's seed.
        replication: number of the replication, from 0.
        quantiles: for sensitivity analysis: probabilities of uncertain values, instead of random ones, by path.

    Attributes:
        env: SimPy's environment.
        log: the event log.
        streams: random numbers by place.
        columns: what is drawn for every patient.
        unknowns: uncertain values in this replication.
    """

    def __init__(
        self, design: Design, seed: int, replication: int, quantiles: Mapping[str, float] | None = None
    ) -> None:
        self.design = design
        self.scenario = design.scenario
        self.clock = design.clock
        self.streams = Streams(seed, replication)
        self.columns = Columns(self.streams)
        self.unknowns = Unknowns(design.uncertain, design.quantiles, self.streams, quantiles)
        self.env = TrialEnvironment()
        self.log = Log()
        self._append = self.log.buffer.extend
        self._steps: dict[str, Steps] = {}

    def record(
        self, kind: int, site: int = -1, person: int = -1, number: float = 0, code: int = 0, amount: float = 0.0
    ) -> None:
        """Add an event that happens now. `sim.core.events` says what the numbers of each kind mean."""
        self._append((self.env._now, kind, site, person, number, code, amount))

    def number(self, path: str, value: object) -> float:
        """The value at a path of the scenario that is one number in a replication."""
        number = self.unknowns.number(path, value)
        assert number is not None, path
        return number

    def probability(self, path: str, value: object) -> float:
        """The probability at a path of the scenario; its mean, where it is written as `dist`."""
        return self.unknowns.average(path, value)

    def column(self, path: str, value: object, purpose: str | None = None) -> Column:
        """The value at a path of the scenario, for every patient."""
        number = self.unknowns.number(path, value)
        if number is not None:
            return Column(-1, number)
        return self.columns.add(purpose or path, self._quantile(path, value))

    def table(self, path: str, value: object) -> Table | Constant:
        """The value at a path of the scenario, for every count at every place."""
        number = self.unknowns.number(path, value)
        return Table(self.streams, path, self._quantile(path, value)) if number is None else Constant(number)

    def varying(self, path: str, value: object) -> Callable[[float], float]:
        """A function from a uniform number to the value at a path of the scenario."""
        number = self.unknowns.number(path, value)
        if number is not None:
            return lambda _u: number
        quantile = self._quantile(path, value)
        return lambda u: quantile(np.array([u])).item()

    def for_sites(self, path: str, value: object, u: Array) -> list[float]:
        """The value at a path of the scenario, for each of several sites with a uniform number each."""
        number = self.unknowns.number(path, value)
        values: list[float] = [number] * len(u) if number is not None else self._quantile(path, value)(u).tolist()
        return values

    def _quantile(self, path: str, value: object) -> Quantile:
        assert isinstance(value, Family)
        return self.unknowns.quantile(path, value)

    def calendar(self, group: str) -> Steps:
        """The calendar's factor for a site group."""
        if group not in self._steps:
            self._steps[group] = self.design.calendar.steps(group, self.number)
        return self._steps[group]
