"""Chooses a simulated trial to look at: typical, early or late by the day of its last randomisation.

A single trial is an example and no answer; which one is looked at must not depend on who looks, so it is chosen by its
place among all of them.

Attributes:
    PICKS: what a trial may stand for, and the quantile of its last randomisation.
"""

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
AMONG = 192  # default number of simulated trials to pick from


@dataclass(frozen=True)
class Picked:
    """One simulated trial, and what it stands for.

    Attributes:
        name: `typical`, `early` or `late`.
        replication: its number.
        day: day of its last randomisation since day 0; infinity where the target is never met.
        estimate: the quantile of that day over all trials, with its Monte Carlo error.
        among: number of simulated trials from which it was picked.
    """

    name: str
    replication: int
    day: float
    estimate: Estimate
    among: int


def last_randomised_days(design: Design, seed: int, among: int = AMONG) -> Array:
    """Simulate replications 0, 1, ... and return the day of the last randomisation of each.

    Args:
        design: the scenario, made ready.
        seed: seed of the random numbers.
        among: number of replications.

    Returns:
        (among,) days since day 0; infinity where the target is never met, NaN for a replication that raised an
        exception.
    """
    reducer = Reducer(design)
    day, outcome = reducer.names.index("day_last_randomised"), reducer.names.index("outcome")
    values = np.concatenate([replicate_chunk(reducer, seed, first, n).values for first, n in tasks(among)])
    return np.where(np.isnan(values[:, outcome]), np.nan, np.where(np.isnan(values[:, day]), np.inf, values[:, day]))


def pick(days: Array, name: str) -> Picked:
    """Pick the simulated trial at the quantile that a name stands for; of equals, the first.

    Args:
        days: (n,) day of the last randomisation of each replication; infinity for never, NaN for one that raised an
            exception.
        name: a key of `PICKS`.

    Returns:
        The trial.

    Raises:
        ValueError: there is no simulated trial to pick from.
    """
    known = days[~np.isnan(days)]
    if not len(known):
        raise ValueError("no simulated trial to pick from")
    estimate = quantile(known, PICKS[name])
    replication = int(np.flatnonzero(days == estimate.value)[0])
    return Picked(name, replication, float(days[replication]), estimate, len(known))
