"""Shares of the variance of an outcome: of each uncertain value, and of chance, by Sobol's method.

The simulation is stochastic, so chance (which patients come, who consents, which lots fail: everything drawn from event
to event) is one more input beside the uncertain values: the number of the replication, which decides all of it. With N
rows of inputs A, N independent rows B, and for each input i the rows A in which that input comes from B,
N x (inputs + 2) simulated trials give

    first-order share  S_i = V(E(Y | x_i)) / V(Y):  the part of the variance that would vanish if only x_i were known
    total share        T_i = E(V(Y | all but x_i)) / V(Y):  the part that would remain if all but x_i were known

by the estimators of Saltelli et al. (2010), with bootstrap intervals, both from SALib. The total share of chance is
what would remain if every uncertain value were known. First-order shares sum to at most 1, total shares to at least 1;
the difference is the effect of inputs in combination.

The rows are ordinary simulated trials (plain Monte Carlo, not a low-discrepancy sequence), so that A and B are the
first 2N replications of an ordinary run, and the bootstrap is valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis.intervals import LEVEL, Estimate, Z

Array = npt.NDArray[np.float64]

CHANCE = "chance"
_RESAMPLES = 400
_BOOTSTRAP_SEED = 20100209  # any fixed number but 0, so that intervals are reproducible


@dataclass(frozen=True)
class Shares:
    """Shares of the variance of one outcome.

    Attributes:
        names: the inputs; chance is last.
        first: first-order share of each.
        total: total share of each.
        first_sum: sum of the first-order shares.
        total_sum: sum of the total shares.
        known: share that would vanish if every uncertain value were known: 1 minus the total share of chance.
    """

    names: tuple[str, ...]
    first: tuple[Estimate, ...]
    total: tuple[Estimate, ...]
    first_sum: Estimate
    total_sum: Estimate
    known: Estimate

    @property
    def chance(self) -> Estimate:
        """Share of the variance that would remain if every uncertain value were known."""
        return self.total[-1]


def ranked(rows: Sequence[Array]) -> list[Array]:
    """Values as mean ranks between 0 and 1 among the values of A and B; ties share their mean rank.

    Every input's effect is then bounded, whatever the tail of the outcome, and "never" is the highest rank.

    Args:
        rows: (N,) values of A, of each mixture, and of B; infinity is later than everything.

    Returns:
        (N,) ranks for each, in the same order.
    """
    reference = np.sort(np.concatenate((rows[0], rows[-1])))
    n = len(reference)
    return [(np.searchsorted(reference, y, "left") + np.searchsorted(reference, y, "right")) / (2 * n) for y in rows]


def variance_shares(names: Sequence[str], rows: Sequence[Array]) -> Shares | None:
    """First-order and total shares of the variance of an outcome, with their intervals.

    Args:
        names: the inputs; chance is last.
        rows: (N,) finite values of A, of A with each input from B in the order of the names, and of B.

    Returns:
        None if the outcome is the same in all trials.
    """
    from SALib.analyze import sobol  # heavy: a second

    if np.ptp(np.concatenate((rows[0], rows[-1]))) <= 1e-12 * max(1.0, float(np.abs(rows[0]).max())):
        return None
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    found = sobol.analyze(
        problem,
        np.column_stack(rows).ravel(),
        calc_second_order=False,
        num_resamples=_RESAMPLES,
        conf_level=LEVEL,
        keep_resamples=True,
        seed=_BOOTSTRAP_SEED,
    )

    def estimate(value: float, resamples: Array) -> Estimate:
        half = Z * float(resamples.std(ddof=1))
        return Estimate(value, value - half, value + half)

    first, total = found["S1"], found["ST"]
    first_all, total_all = found["S1_conf_all"], found["ST_conf_all"]
    chance = estimate(float(total[-1]), total_all[:, -1])
    assert chance.low is not None
    assert chance.high is not None
    return Shares(
        tuple(names),
        tuple(estimate(float(value), first_all[:, i]) for i, value in enumerate(first)),
        tuple(estimate(float(value), total_all[:, i]) for i, value in enumerate(total)),
        estimate(float(first.sum()), first_all.sum(axis=1)),
        estimate(float(total.sum()), total_all.sum(axis=1)),
        Estimate(1 - chance.value, 1 - chance.high, 1 - chance.low),
    )
