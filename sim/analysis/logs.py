"""The logs of several replications as columns: what an engine hands over, and what measures are computed from.

Measures of many replications cost little more than those of one when they are computed together, so that a chunk of
replications is kept as a few long arrays and not as a list of logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from sim.core.events import WIDTH, EndedAtOnce, Log, in_order_of_time, nobody_ended_at_once

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Logs:
    """Events of consecutive replications; see `sim.core.events.Log` for the three kinds of storage.

    In each of the three, replication i has the places `starts[i]` to `starts[i + 1]`, and they are in its order.

    Attributes:
        happened: (events, WIDTH) events in the order in which they happened.
        starts: (n + 1,) where each replication begins in `happened`, and where the last one ends.
        visits: (visits, WIDTH) visits done and missed.
        visit_starts: (n + 1,) the same for `visits`.
        ended_at_once: referrals that ended on the day.
        ended_starts: (n + 1,) the same for `ended_at_once`.
    """

    happened: Array
    starts: Integers
    visits: Array
    visit_starts: Integers
    ended_at_once: EndedAtOnce
    ended_starts: Integers

    @staticmethod
    def of(log: Log) -> Logs:
        """The log of one replication.

        Args:
            log: the log of a trial that is over, as `sim.trial.Trial.run` returns it.
        """
        return Logs.of_events(log.happened(), log.visits, log.ended_at_once)

    @staticmethod
    def of_events(happened: Array, visits: Array, ended_at_once: EndedAtOnce | None = None) -> Logs:
        """The log of one replication, from its events; None where no referral is stored as ended on the day.

        Args:
            happened: (events, WIDTH) events in order of time.
            visits: (visits, WIDTH) visits in order of time.
            ended_at_once: referrals that ended on the day.
        """
        ended = nobody_ended_at_once() if ended_at_once is None else ended_at_once
        return Logs(happened, _to(len(happened)), visits, _to(len(visits)), ended, _to(len(ended.time)))

    @staticmethod
    def joined(parts: Sequence[Logs]) -> Logs:
        """Join the logs of replications that follow one another; none give logs of no replication.

        Args:
            parts: in the order of their replications.
        """
        if len(parts) == 1:
            return parts[0]
        ended = [part.ended_at_once for part in parts] or [nobody_ended_at_once()]
        together = (np.concatenate([getattr(each, field.name) for each in ended]) for field in fields(EndedAtOnce))
        nothing = np.zeros((0, WIDTH))
        return Logs(
            np.concatenate([part.happened for part in parts] or [nothing]),
            _chained([part.starts for part in parts]),
            np.concatenate([part.visits for part in parts] or [nothing]),
            _chained([part.visit_starts for part in parts]),
            EndedAtOnce(*together),
            _chained([part.ended_starts for part in parts]),
        )

    @property
    def n(self) -> int:
        """Number of replications."""
        return len(self.starts) - 1

    @property
    def n_rows(self) -> int:
        """Number of rows of all three kinds, as a measure of the memory that they take."""
        return len(self.happened) + len(self.visits) + len(self.ended_at_once.time)

    def one(self, i: int) -> Logs:
        """The logs of replication i alone, from 0.

        Args:
            i: position among these replications, not the number in the experiment.
        """
        happened, visits, ended = (
            slice(starts[i], starts[i + 1]) for starts in (self.starts, self.visit_starts, self.ended_starts)
        )
        at_once = EndedAtOnce(*(getattr(self.ended_at_once, field.name)[ended] for field in fields(EndedAtOnce)))
        return Logs.of_events(self.happened[happened], self.visits[visits], at_once)

    def each(self) -> Iterator[Logs]:
        """The logs of each replication alone."""
        return (self.one(i) for i in range(self.n))

    def table(self, i: int) -> Array:
        """All events of replication i, from 0, in order of time; see `sim.core.events`.

        Args:
            i: position among these replications, not the number in the experiment.

        Returns:
            (events, WIDTH) events.
        """
        one = self.one(i)
        return in_order_of_time(one.ended_at_once, one.visits, one.happened)


def _to(n: int) -> Integers:
    return np.array([0, n])


def _chained(starts: Sequence[Integers]) -> Integers:
    """Places in what was joined, from places in its parts."""
    lengths = [np.diff(each) for each in starts]
    return np.concatenate(([0], np.cumsum(np.concatenate(lengths)))) if lengths else np.zeros(1, dtype=np.int64)
