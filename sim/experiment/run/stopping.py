"""Decides when a run has enough replications for the precision asked with `--until`.

A rule is looked at after whole chunks and at few looks, whose number of replications follows from the width so far; so
the same rule stops at the same replication on any machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.analysis.measures import measures
from sim.analysis.precision import FIRST_LOOK, Precision, next_look, precision, width_of
from sim.core.design import Design
from sim.experiment.identity import Identity
from sim.experiment.replicate import CHUNK
from sim.experiment.run.folder import RunFolder


class Look(NamedTuple):
    """What was seen at one look.

    Attributes:
        replications: number of replications.
        width: width of the interval, in the unit of the rule.
        is_met: whether it is narrow enough.
    """

    replications: int
    width: float
    is_met: bool


class Looks:
    """Decides after how many replications a run ends. The decision depends on the replications alone.

    Args:
        identity: the run, with its rule.
    """

    def __init__(self, identity: Identity) -> None:
        self.rule: Precision = precision(identity.until, identity.scenario)
        self.seen: list[Look] = []
        self._most = identity.most
        names = [measure.name for measure in measures(Design(identity.scenario))]
        self._columns = [names.index("outcome"), names.index(self.rule.measure)]

    @property
    def next(self) -> int | None:
        """Number of replications needed for the next look; None when there are enough."""
        if not self.seen:
            return min(FIRST_LOOK, self._most)
        n, width, is_met = self.seen[-1]
        if is_met or n >= self._most:
            return None
        return min(next_look(n, width, self.rule.width, CHUNK), self._most)

    def look(self, folder: RunFolder, replications: int) -> None:
        """Measure the width of the interval and record the look.

        Args:
            folder: the run's folder.
            replications: number of replications to use, all of them finished.
        """
        outcome, values = np.ascontiguousarray(folder.values(self._columns, replications).T)
        width = width_of(self.rule.estimate(outcome, values))
        self.seen.append(Look(replications, width, width < self.rule.width))

    def record(self) -> dict[str, Any]:
        """Return what the manifest says of the rule: its text, whether it was met, and every look.

        Returns:
            Values for JSON; a width is null if an end of the interval is open.
        """
        last = self.seen[-1]
        return {
            "rule": self.rule.text,
            "met": last.is_met,
            "looks": [{"replications": n, "width": width if np.isfinite(width) else None} for n, width, _ in self.seen],
        }
