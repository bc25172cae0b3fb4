"""Which plan is the cheapest that meets the date, how sure that is, and which plans can be dropped.

Plans share their random numbers: replication k of one is paired with replication k of every other, and plans are always
compared on the same replications. Their probabilities and mean costs are therefore uncertain jointly, and are drawn
jointly: the Bayesian bootstrap (Rubin 1981) gives each replication a random weight that all plans share. For the
probabilities, half a success and half a failure with weights of their own are added. Each probability alone then has
the posterior of Jeffreys' prior, Beta(k + 1/2, n - k + 1/2), and a plan that has always met the date may still fail.

In each draw one plan is the cheapest that keeps the rule, or none does. The choice is the plan that is best in most
draws; a plan that is best in hardly any is dropped. This follows the sequential elimination of Kim and Nelson (2001),
on common random numbers with an indifference zone. They do not treat our case, an optimum under a chance constraint.

Attributes:
    DRAWS: draws from the posterior of costs and probabilities, by which plans are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

DRAWS = 1000
SLACK_COST = 0.01  # a choice at most this much more expensive than the cheapest (relatively) is as good
SLACK_PROBABILITY = 0.01  # and so is one at most this far below the asked probability
_SAME = 1e-9
_INFEASIBLE = 1e18  # above any cost


@dataclass(frozen=True)
class Rule:
    """What a plan must keep.

    Attributes:
        probability: lowest probability of meeting the date.
        budget: highest mean cost; infinity for no limit.
    """

    probability: float
    budget: float = float("inf")


@dataclass(frozen=True)
class Evidence:
    """The replications of each plan, from number 0 on. Plans may have different numbers of them.

    Attributes:
        met: for each plan, (n,) whether each replication met the date.
        cost: for each plan, (n,) cost of each replication.
    """

    met: Sequence[Booleans]
    cost: Sequence[Array]

    @property
    def n_plans(self) -> int:
        """Number of plans."""
        return len(self.met)


@dataclass(frozen=True)
class Draws:
    """Joint draws from the posterior.

    Attributes:
        p: (draws, plans) probability of meeting the date.
        cost: (draws, plans) mean cost.
    """

    p: Array
    cost: Array

    def value(self, rule: Rule) -> Array:
        """Rank plans in each draw by one number; the lowest is best.

        Args:
            rule: what a plan must keep.

        Returns:
            (draws, plans) the cost of a plan that keeps the rule; for others a number above any cost, which grows with
            the distance from the rule.
        """
        kept = (self.p >= rule.probability - _SAME) & (self.cost <= rule.budget * (1 + _SAME))
        missed = np.maximum(rule.probability - self.p, 0.0)
        if np.isfinite(rule.budget) and rule.budget > 0:
            missed = missed + np.maximum(self.cost / rule.budget - 1, 0.0)
        return np.where(kept, self.cost, _INFEASIBLE * (1 + missed))


def posterior(evidence: Evidence, rng: np.random.Generator, n_draws: int = DRAWS) -> Draws:
    """Draw all plans' probabilities and mean costs jointly, by the Bayesian bootstrap.

    Args:
        evidence: the replications.
        rng: random numbers of the draws.
        n_draws: number of draws.

    Returns:
        The draws.
    """
    longest = max(len(met) for met in evidence.met)
    weights = rng.exponential(size=(n_draws, longest))
    success, failure = rng.gamma(0.5, size=(2, n_draws))
    p, cost = np.empty((n_draws, evidence.n_plans)), np.empty((n_draws, evidence.n_plans))
    for i, (met, spent) in enumerate(zip(evidence.met, evidence.cost, strict=True)):
        w = weights[:, : len(met)]
        total = w.sum(axis=1)
        p[:, i] = (w @ met.astype(np.float64) + success) / (total + success + failure)
        cost[:, i] = (w @ spent) / total
    return Draws(p, cost)


@dataclass(frozen=True)
class Verdict:
    """The choice, and how sure it is.

    Attributes:
        choice: index of the chosen plan; None where most likely no plan keeps the rule.
        p_right: posterior probability that it is the cheapest that keeps the rule (or that none does).
        p_good: posterior probability that it is that or as good within the slacks.
        p_best: for each plan, the probability that it is the cheapest that keeps the rule.
        p_top: the same, but where no plan keeps it, that it is the one that misses it least.
        p_none: the probability that no plan keeps it.
    """

    choice: int | None
    p_right: float
    p_good: float
    p_best: Array
    p_top: Array
    p_none: float

    @property
    def around(self) -> int:
        """The choice, or where there is none the plan that most likely misses the rule least."""
        return int(np.argmax(self.p_top)) if self.choice is None else self.choice


def judge(draws: Draws, rule: Rule) -> Verdict:
    """Choose the plan that is best in most draws; of plans that are exactly alike, the first.

    A plan that ties with the cheapest counts as right, so that a lever without effect raises no doubt.

    Args:
        draws: joint draws of the plans.
        rule: what a plan must keep.

    Returns:
        The choice, and how sure it is.
    """
    value = draws.value(rule)
    n_draws = len(value)
    best = _first_least(value)
    least = value[np.arange(n_draws), best]
    any_feasible = least < _INFEASIBLE
    p_best = np.bincount(best[any_feasible], minlength=value.shape[1]) / n_draws
    p_top = np.bincount(best, minlength=value.shape[1]) / n_draws
    p_none = float(1 - any_feasible.mean())
    if p_none > 0.5:
        return Verdict(None, p_none, p_none, p_best, p_top, p_none)
    choice = int(np.argmax(p_best))
    right = any_feasible & (value[:, choice] <= least * (1 + _SAME))
    loose = Rule(rule.probability - SLACK_PROBABILITY, rule.budget * (1 + SLACK_COST))
    near = Draws(draws.p[:, [choice]], draws.cost[:, [choice]]).value(loose)[:, 0]
    good = right | ((near < _INFEASIBLE) & (near <= least * (1 + SLACK_COST)))
    return Verdict(choice, float(right.mean()), float(good.mean()), p_best, p_top, p_none)


def _first_least(value: Array) -> Integers:
    """For each draw, the first plan with the lowest value, up to rounding."""
    least = value.min(axis=1, keepdims=True)
    found: Integers = np.argmax(value <= least * (1 + _SAME), axis=1)
    return found


def weed(verdict: Verdict, limit: float) -> tuple[Booleans, float]:
    """Choose the plans to drop: the least likely ones, which together are best in at most a given share of the draws.

    Args:
        verdict: the verdict on the plans; its choice is never dropped.
        limit: the share.

    Returns:
        (plans,) which to drop, and the share of the draws in which one of them is best.
    """
    order = np.argsort(verdict.p_top, kind="stable")
    order = order[order != verdict.around]
    lost = np.cumsum(verdict.p_top[order])
    n = int(np.searchsorted(lost, limit + _SAME, side="right"))
    dropped = np.zeros(len(verdict.p_top), dtype=bool)
    dropped[order[:n]] = True
    return dropped, float(lost[n - 1]) if n else 0.0
