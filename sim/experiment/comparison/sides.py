"""Scenarios compared, replication by replication: replication k of each has the same random numbers in the same places.

The first scenario is the reference. Days are the reference's days since its day 0, so that scenarios that open on
different dates are compared by date; a day beyond the nearest horizon of the two is never, in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.modelled import has_milestone
from sim.analysis.pairing import never_as_infinity
from sim.analysis.tables import ERROR
from sim.experiment.comparison.sources import Side, Source, agreed_seed
from sim.experiment.identity import program_fingerprint
from sim.scenario.provenance import differences

Array = npt.NDArray[np.float64]


class Pair:
    """The reference and one other scenario, replication by replication.

    Args:
        reference: the scenario compared with.
        other: the scenario compared.
        n: replications that both have.

    Attributes:
        reference: the scenario compared with.
        other: the scenario compared.
    """

    def __init__(self, reference: Side, other: Side, n: int) -> None:
        self.reference = reference
        self.other = other
        self._n = n

    @cached_property
    def offset_days(self) -> float:
        """Days by which the other opens later than the reference."""
        return self.reference.clock.day_of(self.other.clock.opens)

    @cached_property
    def horizon_days(self) -> float:
        """The earlier of the two horizons, in the reference's days."""
        theirs = self.other.results.design.horizon_days + self.offset_days
        return min(self.reference.results.design.horizon_days, theirs)

    @cached_property
    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Rows of the replications that raised no exception in either, reference first, in the same order."""
        frames = [
            side.results.replications.sort_values("replication", kind="stable").iloc[: self._n].reset_index(drop=True)
            for side in (self.reference, self.other)
        ]
        fine = (frames[0]["outcome"] != ERROR) & (frames[1]["outcome"] != ERROR)
        return frames[0][fine], frames[1][fine]

    @property
    def n(self) -> int:
        """Number of pairs of replications."""
        return len(self.frames[0])

    def days(self, milestone: str) -> tuple[Array, Array]:
        """Return the days of a milestone in both scenarios, in the reference's days: (n,) each; infinity is never.

        Args:
            milestone: one of `sim.analysis.measures.MILESTONES`.
        """
        column, offset = f"day_{milestone}", self.offset_days
        ours, theirs = (frame[column].to_numpy(dtype=np.float64) for frame in self.frames)
        both = never_as_infinity(ours), never_as_infinity(theirs) + offset
        if self.reference.results.design.horizon_days == self.other.results.design.horizon_days and not offset:
            return both
        return (
            np.where(both[0] > self.horizon_days, np.inf, both[0]),
            np.where(both[1] > self.horizon_days, np.inf, both[1]),
        )

    def is_identical(self) -> bool:
        """Return whether all milestones and measures are equal in all replications."""
        return self.frames[0].equals(self.frames[1])

    def inputs(self) -> list[tuple[str, str, str]]:
        """Return the values in which the scenarios differ: path, the reference's value, the other's value.

        Returns:
            Both values as texts, in the order of the paths; values that are equal are left out.
        """
        return differences(self.reference.loaded, self.other.loaded)


class Comparison:
    """Two or more scenarios with results. The first is the reference.

    Args:
        sides: the scenarios.

    Attributes:
        sides: the scenarios.

    Raises:
        ResultsError: their seeds differ.
        ReplicationFailed: a replication of one of them failed.
    """

    def __init__(self, sides: Sequence[Side]) -> None:
        self.sides = tuple(sides)
        for side in self.sides:
            side.results.refuse_failed()
        agreed_seed([Source(s.label, s.loaded, s.loaded.file, s.results) for s in self.sides], None)

    @property
    def reference(self) -> Side:
        """The scenario that the others are compared with."""
        return self.sides[0]

    @property
    def seed(self) -> int:
        """Seed of the random numbers in all scenarios."""
        return self.reference.results.seed

    @property
    def n_replications(self) -> int:
        """Number of replications that all scenarios have."""
        return min(side.results.n_replications for side in self.sides)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The reference with each of the others."""
        return tuple(Pair(self.reference, other, self.n_replications) for other in self.sides[1:])

    def caveats(self) -> list[str]:
        """Return what a reader must know before the figures, one sentence each.

        Returns:
            Sentences without full stops: runs of unequal size, runs by other versions of the program, and calendars
            that do not fit; empty if there is nothing to say.
        """
        return [*self._sizes(), *self._programs(), *self._calendars()]

    def _sizes(self) -> list[str]:
        """The caveat that the runs have different numbers of replications, if so."""
        sizes = {side.label: side.results.n_replications for side in self.sides}
        if len(set(sizes.values())) == 1:
            return []
        shown = ", ".join(f"{label} {n:,}" for label, n in sizes.items())
        n = f"the first {self.n_replications:,} of each are compared"
        return [f"the runs have different numbers of replications ({shown}); {n}"]

    def _programs(self) -> list[str]:
        """The caveat that the runs come from other versions of the program, if so."""
        made = {str(side.results.identity.get("program")) for side in self.sides}
        if len(made) > 1:
            return ["the runs were made by different versions of the program; some differences may come from that"]
        if made != {program_fingerprint()}:
            return ["the runs were made by another version of the program than this one"]
        return []

    def _calendars(self) -> list[str]:
        """The caveats that a scenario opens, or its simulated time ends, on another date than the reference's."""
        found = []
        for pair in self.pairs:
            if pair.offset_days:
                found.append(
                    f"{pair.other.label} opens on {pair.other.clock.opens}, {self.reference.label} on "
                    f"{self.reference.clock.opens}; they are compared by date"
                )
            ends = {side.clock.date_of(side.results.design.horizon_days) for side in (pair.reference, pair.other)}
            if len(ends) > 1:
                when = pair.reference.clock.date_of(pair.horizon_days)
                found.append(
                    f"the simulated time of {pair.other.label} and {self.reference.label} does not end on the same "
                    f"date; in both, what happens after {when} counts as never"
                )
        return found


def milestone_is_absent(side: Side, milestone: str) -> bool:
    """Return whether a scenario can never have a milestone, such as a last dose where no arm has doses.

    Args:
        side: the scenario with its results.
        milestone: one of `sim.analysis.measures.MILESTONES`.
    """
    return not has_milestone(milestone, side.results.scenario)
