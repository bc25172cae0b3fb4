"""Shares of the variance of an outcome: of each uncertain value, and of chance, by Sobol's method.

The simulation is stochastic, so chance (which patients come, who consents, which lots fail: everything drawn from event
to event) is one more input beside the uncertain values: the number of the replication, which decides all of it. With N
rows of inputs A, N independent rows B, and for each input i the rows A in which that input comes from B, N x (inputs +
2) simulated trials give

    first-order share  S_i = V(E(Y | x_i)) / V(Y):  the part of the variance that would vanish if only x_i were known
    total share        T_i = E(V(Y | all but x_i)) / V(Y):  the part that would remain if all but x_i were known

by the estimators of Saltelli et al. (2010), with bootstrap intervals. The total share of chance is what would remain if
every uncertain value were known. First-order shares sum to at most 1, total shares to at least 1; the difference is the
effect of inputs in combination.

Results are those of SALib to the last bit, which takes a second to import, and five times as long for several inputs.

The rows are ordinary simulated trials (plain Monte Carlo, not a low-discrepancy sequence), so that A and B are the
first 2N replications of an ordinary run, and the bootstrap is valid.

Attributes:
    CHANCE: name of the part of the variance that no uncertain value explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis.intervals import Estimate, Z

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
    if np.ptp(np.concatenate((rows[0], rows[-1]))) <= 1e-12 * max(1.0, float(np.abs(rows[0]).max())):
        return None
    every = np.column_stack(rows).ravel()
    columns = ((every - every.mean()) / every.std()).reshape(-1, len(rows))
    n = len(columns)
    drawn = np.random.default_rng(_BOOTSTRAP_SEED).integers(n, size=(n, _RESAMPLES))
    first, total = _estimates(columns.T)
    first_all, total_all = _estimates([column[drawn] for column in columns.T])

    def estimate(value: float, resamples: Array) -> Estimate:
        half = Z * float(resamples.std(ddof=1))
        return Estimate(value, value - half, value + half)

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


def _estimates(rows: Sequence[Array]) -> tuple[Array, Array]:
    """Shares of each input, by the estimators b and f of Saltelli et al. (2010), table 2.

    Args:
        rows: (N,) or (N, resamples) values of A, of A with each input from B, and of B.

    Returns:
        (inputs,) or (resamples, inputs) first-order shares, and total shares; 0 where nothing varies.
    """
    a, *mixed, b = rows
    variance = np.var(np.concatenate((a, b)), axis=0)
    varies = variance > np.finfo(float).eps

    def share(of: Array) -> Array:
        found: Array = np.divide(of, variance, out=np.zeros_like(variance), where=varies)
        return found

    first = [share(np.mean(b * (each - a), axis=0)) for each in mixed]
    total = [share(0.5 * np.mean((a - each) ** 2, axis=0)) for each in mixed]
    return np.stack(first, axis=-1), np.stack(total, axis=-1)
