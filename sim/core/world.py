"""What every process of a replication is given: the clock, the log, draws, and the design."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.core.batch import Batch
from sim.core.columns import Column, column_at, constant_column
from sim.core.environment import TrialEnvironment
from sim.core.events import Log
from sim.core.intensity import Steps
from sim.core.people import DRAWS_A_ROW, Person
from sim.core.quantiles import Quantile
from sim.core.tables import Constant, Table
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]

_TABLE_WEEKS = 104


def _is_in_table(week: float) -> bool:
    return week <= _TABLE_WEEKS and week == int(week)


class Record(Protocol):
    """Adds an event that happens now. `sim.core.events` says what the numbers of each kind mean."""

    def __call__(
        self, kind: int, site: int = -1, person: int = -1, number: float = 0, code: int = 0, amount: float = 0.0
    ) -> None:
        """Add it."""


Tell = Callable[[tuple[float, ...]], None]  # lets somebody hear of an event


def recorder(env: TrialEnvironment, log: Log) -> Record:
    """A function, and not a method: it is called for every event, and finds what it needs at once."""
    append = log.rows.append

    def record(
        kind: int, site: int = -1, person: int = -1, number: float = 0, code: int = 0, amount: float = 0.0
    ) -> None:
        append((env.now, kind, site, person, number, code, amount))

    return record


def heard_recorder(env: TrialEnvironment, log: Log, heard: Mapping[int, Sequence[Tell]]) -> Record:
    """The same where somebody listens: they hear of an event in its instant, after all that it led to at once."""
    append = log.rows.append

    def record(
        kind: int, site: int = -1, person: int = -1, number: float = 0, code: int = 0, amount: float = 0.0
    ) -> None:
        event = (env.now, kind, site, person, number, code, amount)
        append(event)
        for tell in heard.get(kind, ()):
            env.call_at(env.now, partial(tell, event))

    return record


class World:
    """One replication's surroundings. Processes add events to its log, and nothing else leaves a replication.

    A probability that is written as `dist` is used by its mean: a coin whose probability is drawn afresh at every toss
    comes up as often as one with the mean probability, toss by toss.

    Args:
        batch: the replications that are drawn together.
        replication: number of the replication.

    Attributes:
        env: SimPy's environment.
        log: the event log.
        record: adds an event that happens now to it; see `Record`.
        heard: who hears of events of a kind; only where extensions take part.
        unknowns: uncertain values in this replication.
        starts: day on which the trial starts; None for never.
        known_until: the end of the data of a trial under way; before it, what was observed happens.
    """

    def __init__(self, batch: Batch, replication: int) -> None:
        self.batch = batch
        self.replication = replication
        self.row = replication - batch.first
        self.design = design = batch.design
        self.scenario = design.scenario
        self.clock = design.clock
        self.unknowns = batch.unknowns(replication)
        days, never = batch.starts
        self.starts: float | None = None if never[self.row] else days.item(self.row)
        self.env = TrialEnvironment()
        self.log = Log()
        self.heard: dict[int, list[Tell]] = {}
        self.record = (
            heard_recorder(self.env, self.log, self.heard) if design.extensions else recorder(self.env, self.log)
        )
        weeks = list(design.row_of_week)
        whole = np.array([int(week) for week in weeks if _is_in_table(week)], dtype=np.intp)
        self._weeks = weeks, whole, int(whole.max(initial=0)) + 1
        self.known_until = -float("inf") if batch.observed is None else batch.observed.now

    def hand_over(self) -> Log:
        """The log, once the trial is over: whoever is cleared away later, amid a dose, adds nothing to it."""
        log, self.log = self.log, Log()
        self.record = recorder(self.env, self.log)
        return log

    def number(self, path: str, value: object) -> float:
        """The value at a path of the scenario that is one number in a replication."""
        number = self.unknowns.number(path, value)
        assert number is not None, path
        return number

    def probability(self, path: str, value: object) -> float:
        """The probability at a path of the scenario; its mean, where it is written as `dist`."""
        return self.unknowns.average(path, value)

    def column(self, purpose: str, path: str = "", value: object = 0.0) -> Column:
        """The value at a path of the scenario, or standard draws for a purpose, for every patient."""
        if purpose in self.design.columns:
            return column_at(self.design.column_index[purpose])
        return constant_column(self.number(path, value))

    def table(self, path: str, value: object) -> Table | Constant:
        """The value at a path of the scenario, for every count at every place."""
        number = self.unknowns.number(path, value)
        if number is not None:
            return Constant(number)
        assert isinstance(value, Family)
        quantile = self.unknowns.quantile(path, value)
        return self._table(path, quantile, is_shared=self.unknowns.is_same_in_all(path))

    def uniform_table(self, purpose: str) -> Table:
        """A uniform number for every count at every place."""
        return self._table(purpose, lambda u: u, is_shared=True)

    def _table(self, purpose: str, quantile: Quantile, is_shared: bool) -> Table:
        def block_of(group: str, n_sites: int, block: int) -> Array:
            if is_shared:
                return self.batch.table(purpose, quantile, group, n_sites, block)[:, self.row]
            return quantile(self.batch.streams.block(purpose, group, n_sites, block, self.replication, 1)[:, 0])

        return Table(block_of)

    def person_draws(self, purpose: str, group: str, row: int, n: int, size: int) -> Array:
        """`size` uniform numbers for one person, or for the n-th of something else at a place."""
        return self.batch.streams.person(purpose, group, row, n, self.replication, size)

    def participant_draws(self, person: Person) -> Array:
        """(weeks, DRAWS_A_ROW) uniform numbers of a participant, for each of the design's weeks.

        A draw belongs to its week, so that a visit or a dose in between moves no other. Whole weeks of the first years
        are rows of one table; any other week is a purpose of its own.
        """
        weeks, whole, n_rows = self._weeks
        place = person.site.group, person.site.row, person.referral
        rows = self.person_draws("participant", *place, DRAWS_A_ROW * n_rows)
        found: Array = rows.reshape(-1, DRAWS_A_ROW)[whole]
        if len(whole) == len(weeks):
            return found
        table = iter(found)
        return np.array(
            [
                next(table) if _is_in_table(week) else self.person_draws(f"participant.{week!r}", *place, DRAWS_A_ROW)
                for week in weeks
            ]
        )

    def single(self, purpose: str, place: str = "") -> float:
        """One uniform number for the whole replication."""
        return self.batch.streams.trial(purpose, place, self.replication, 1).item()

    def varying(self, path: str, value: object) -> Callable[[float], float]:
        """A function from a uniform number to the value at a path of the scenario."""
        number = self.unknowns.number(path, value)
        if number is not None:
            return lambda _u: number
        assert isinstance(value, Family)
        return self.unknowns.scalar_quantile(path, value)

    def calendar(self, group: str) -> Steps:
        """The calendar's factor for a site group."""
        steps = self.batch.risks.closing(self.design.calendar.steps(group, self.number), group, self.row)
        drift = self.batch.drift
        if drift is not None:
            steps = steps.multiplied(drift.edges, drift.factor(self.design.country_of(group))[self.row])
        observed = self.batch.observed
        return steps if observed is None else observed.drifting(steps, self.replication)
