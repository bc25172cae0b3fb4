"""Which simulated trial to look at: a typical one, an early one or a late one, by the day of its last randomisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis.intervals import Estimate, quantile
from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import replicate_chunk, tasks

Array = npt.NDArray[np.float64]

PICKS: dict[str, float] = {"typical": 0.5, "early": 0.1, "late": 0.9}
AMONG = 192  # simulated trials among which one is typical, unless a person says otherwise


@dataclass(frozen=True)
class Picked:
    """One simulated trial, and what it stands for.

    Attributes:
        name: `typical`, `early` or `late`.
        replication: its number.
        day: of its last randomisation; infinity where the target is never met.
        estimate: the quantile of that day over all, with its Monte Carlo error.
        among: how many simulated trials it was picked among.
    """

    name: str
    replication: int
    day: float
    estimate: Estimate
    among: int


def last_randomised_days(design: Design, seed: int, among: int = AMONG) -> Array:
    """(among,) day of the last randomisation of each simulated trial; infinity where the target is never met.

    A replication that raises is NaN.
    """
    reducer = Reducer(design)
    day, outcome = reducer.names.index("day_last_randomised"), reducer.names.index("outcome")
    values = np.concatenate([replicate_chunk(reducer, seed, first, n).values for first, n in tasks(among)])
    return np.where(np.isnan(values[:, outcome]), np.nan, np.where(np.isnan(values[:, day]), np.inf, values[:, day]))


def pick(days: Array, name: str) -> Picked:
    """The simulated trial that stands at the quantile that a name means; of equals, the first.

    Args:
        days: day of the last randomisation of replication 0, 1, ...; infinity for never, NaN for those that raised.
        name: a key of `PICKS`.

    Raises:
        ValueError: there is no simulated trial to pick from.
    """
    known = days[~np.isnan(days)]
    if not len(known):
        raise ValueError("no simulated trial to pick from")
    estimate = quantile(known, PICKS[name])
    replication = int(np.flatnonzero(days == estimate.value)[0])
    return Picked(name, replication, float(days[replication]), estimate, len(known))
