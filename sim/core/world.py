"""What every process of a replication has access to: clock, log, draws and design.

A rule of the model asks the `World` for each number that it needs: `number` and `probability` for what is one number in
a trial, `column` for a value of each patient, `table` for the n-th of something at a place, `varying` and `single` for
the rest. It names the path of the value in the scenario, so that an uncertain value is found, and a purpose for each
draw, so that no draw is used twice.

Attributes:
    Tell: tells a listener of an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.core.batch import Batch
from sim.core.columns import Column, column_at, constant_column
from sim.core.design import is_in_table
from sim.core.environment import TrialEnvironment
from sim.core.events import Log
from sim.core.intensity import Steps
from sim.core.people import DRAWS_A_ROW, Person
from sim.core.quantiles import Quantile
from sim.core.tables import Constant, Table
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]


class Record(Protocol):
    """Adds an event that happens now. `sim.core.events` defines what the numbers of each kind mean."""

    def __call__(
        self, kind: int, site: int = -1, person: int = -1, number: float = 0, code: int = 0, amount: float = 0.0
    ) -> None:
        """Add the event.

        Args:
            kind: kind of event, an index into `Design.kinds`.
            site: index of the site; -1 for none.
            person: number of the referral of the site; -1 for none.
            number: see the kind.
            code: see the kind.
            amount: see the kind.
        """


Tell = Callable[[tuple[float, ...]], None]  # tells a listener of an event


def recorder(env: TrialEnvironment, log: Log) -> Record:
    """Make the function that adds events to a log.

    A closure and not a method, for speed: it is called for every event.

    Args:
        env: gives the time of events.
        log: the log.

    Returns:
        The function.
    """
    append = log.rows.append

    def record(
        kind: int, site: int = -1, person: int = -1, number: float = 0, code: int = 0, amount: float = 0.0
    ) -> None:
        append((env.now, kind, site, person, number, code, amount))

    return record


def heard_recorder(env: TrialEnvironment, log: Log, heard: Mapping[int, Sequence[Tell]]) -> Record:
    """Make the function that adds events to a log and tells listeners.

    Listeners hear of an event at the same time, after its immediate consequences.

    Args:
        env: gives the time of events.
        log: the log.
        heard: listeners by kind of event.

    Returns:
        A function with the arguments of `Log` rows but for the time: kind, site, person, number, code, amount. -1
        stands for no site and no person.
    """
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
    """The surroundings of one replication. Processes add events to its log; nothing else leaves a replication.

    A probability that is written as `dist` is used by its mean: a coin whose probability is drawn again for every toss
    comes up as often as a coin with the mean probability.

    Args:
        batch: the replications that are drawn together.
        replication: number of the replication.

    Attributes:
        batch: the replications that are drawn together.
        replication: number of the replication, from 0.
        row: number of the replication in the batch, from 0.
        design: the scenario, made ready.
        scenario: the scenario.
        clock: days to dates.
        env: SimPy's environment.
        log: the event log.
        record: adds an event that happens now to the log; see `Record`.
        heard: listeners by kind of event; only used with extensions.
        unknowns: uncertain values in this replication.
        starts: day on which the trial starts; None for never.
        known_until: end of the data of a trial under way, before which events are as observed; minus infinity for a
            plan.
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
        self.known_until = -float("inf") if batch.observed is None else batch.observed.now

    def hand_over(self) -> Log:
        """Return the log at the end of the trial, and put an empty one in its place.

        Processes that are cleared away later, such as a dose in progress, then add nothing to the returned log.
        """
        log, self.log = self.log, Log()
        self.record = recorder(self.env, self.log)
        return log

    def number(self, path: str, value: object) -> float:
        """The value at a path that is one number in a replication.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there: a number, or a distribution with `uncertain`.

        Returns:
            The number, in the unit of the path.
        """
        number = self.unknowns.number(path, value)
        assert number is not None, path
        return number

    def probability(self, path: str, value: object) -> float:
        """The probability at a path; its mean if it is written as `dist`.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            The probability in this replication.
        """
        return self.unknowns.average(path, value)

    def column(self, purpose: str, path: str = "", value: object = 0.0) -> Column:
        """The value at a path for every patient, or standard draws for a purpose.

        Args:
            purpose: what the draws are for.
            path: dotted path in the scenario; empty for standard draws.
            value: what the scenario says there.

        Returns:
            A function from a patient's values (`Person.values`) to the value, or draw, of that patient.
        """
        if purpose in self.design.columns:
            return column_at(self.design.column_index[purpose])
        return constant_column(self.number(path, value))

    def table(self, path: str, value: object) -> Table | Constant:
        """The value at a path for every count at every place, such as the yield of the n-th lot.

        Args:
            path: dotted path in the scenario, which is also the purpose of the draws.
            value: what the scenario says there.

        Returns:
            The table; a constant if the value does not vary within a replication.
        """
        number = self.unknowns.number(path, value)
        if number is not None:
            return Constant(number)
        assert isinstance(value, Family)
        quantile = self.unknowns.quantile(path, value)
        return self._table(path, quantile, is_shared=self.unknowns.is_same_in_all(path))

    def uniform_table(self, purpose: str) -> Table:
        """A uniform number in [0, 1) for every count at every place.

        Args:
            purpose: what the numbers are for; a second table of a purpose has the same numbers.
        """
        return self._table(purpose, lambda u: u, is_shared=True)

    def _table(self, purpose: str, quantile: Quantile, is_shared: bool) -> Table:
        """A table with blocks from the batch if all replications share them, else from draws of the replication."""

        def block_of(group: str, n_sites: int, block: int) -> Array:
            if is_shared:
                return self.batch.table(purpose, quantile, group, n_sites, block)[:, self.row]
            return quantile(self.batch.streams.block(purpose, group, n_sites, block, self.replication, 1)[:, 0])

        return Table(block_of)

    def person_draws(self, purpose: str, group: str, row: int, n: int, size: int) -> Array:
        """Uniform numbers for one person, or for the n-th of something else at a place.

        Args:
            purpose: what the numbers are for.
            group: name of the site group; empty for the trial as a whole.
            row: number of the site in the group, from 0.
            n: number of the referral, or of the thing, from 0.
            size: how many numbers.

        Returns:
            (size,) numbers in [0, 1).
        """
        return self.batch.streams.person(purpose, group, row, n, self.replication, size)

    def participant_draws(self, person: Person) -> Array:
        """Uniform numbers of a participant for each of the design's weeks.

        A draw belongs to its week, so an additional visit or dose moves no other draw. Whole weeks of the first two
        years are rows of one table; any other week is a purpose of its own.

        Args:
            person: the participant.

        Returns:
            (weeks, DRAWS_A_ROW) numbers in [0, 1), in the order of `Design.row_of_week`.
        """
        weeks, whole = self.design.row_of_week, self.design.table_rows
        place = person.site.group, person.site.row, person.referral
        size = DRAWS_A_ROW * self.design.n_table_rows
        rows = self.batch.streams.person("participant", *place, self.replication, size)
        found: Array = rows.reshape(-1, DRAWS_A_ROW).take(whole, axis=0)
        if len(whole) == len(weeks):
            return found
        table = iter(found)
        return np.array(
            [
                next(table) if is_in_table(week) else self.person_draws(f"participant.{week!r}", *place, DRAWS_A_ROW)
                for week in weeks
            ]
        )

    def single(self, purpose: str, place: str = "") -> float:
        """One uniform number in [0, 1) for the whole replication.

        Args:
            purpose: what the number is for.
            place: what it belongs to within the trial.

        Returns:
            The number, the same at every call with the same arguments.
        """
        return self.batch.streams.trial(purpose, place, self.replication, 1).item()

    def varying(self, path: str, value: object) -> Callable[[float], float]:
        """The value at a path as a function of a uniform number in [0, 1).

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            The function, which ignores its argument if the value does not vary within a replication.
        """
        number = self.unknowns.number(path, value)
        if number is not None:
            return lambda _u: number
        assert isinstance(value, Family)
        return self.unknowns.scalar_quantile(path, value)

    def calendar(self, group: str) -> Steps:
        """The factor on a group's referral rates over time: calendar, closures by risks, and drift.

        Args:
            group: name of the site group.

        Returns:
            Steps over the days of the trial; in a trial under way with the drift that was observed.
        """
        steps = self.batch.risks.closing(self.design.calendar.steps(group, self.number), group, self.row)
        drift = self.batch.drift
        if drift is not None:
            steps = steps.multiplied(drift.edges, drift.factor(self.design.country_of(group))[self.row])
        observed = self.batch.observed
        return steps if observed is None else observed.drifting(steps, self.replication)
