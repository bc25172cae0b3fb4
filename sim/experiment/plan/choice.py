"""Which plan is cheapest among those that make the date, how sure that is, and which plans are out of the question.

Plans share their random numbers: replication k of one is paired with replication k of every other, and plans are always
compared on the same replications. What is known about their probabilities and mean costs is therefore joint, and is
drawn jointly: the Bayesian bootstrap (Rubin 1981) gives each replication a random weight that all plans share. Half a
success and half a failure with weights of their own are added for the probabilities, so that each alone has Jeffreys'
posterior, Beta(k + 1/2, n - k + 1/2), and a plan that has always made the date may still fail.

In each draw one plan is the cheapest that keeps to what is asked, or none does. The choice is the plan that is best in
most draws; a plan that is best in next to none is dropped. That is Kim and Nelson's (2001) sequential elimination on
common random numbers with an indifference zone, for an optimum under a chance constraint, which they do not treat.
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
SLACK_COST = 0.01  # a choice this little dearer than the cheapest (relatively) is as good
SLACK_PROBABILITY = 0.01  # and so is one this little below the asked probability
_SAME = 1e-9
_INFEASIBLE = 1e18  # more than any cost


@dataclass(frozen=True)
class Rule:
    """What is asked.

    Attributes:
        probability: with which the date must be made.
        budget: most that a plan may cost in the mean; infinity for any.
    """

    probability: float
    budget: float = float("inf")


@dataclass(frozen=True)
class Evidence:
    """What has been seen of each plan, replications from 0 on.

    Attributes:
        met: for each plan, whether each replication made the date.
        cost: for each plan, what each replication cost.
    """

    met: Sequence[Booleans]
    cost: Sequence[Array]

    @property
    def n_plans(self) -> int:
        """How many plans."""
        return len(self.met)


@dataclass(frozen=True)
class Draws:
    """What may be true, jointly.

    Attributes:
        p: (draws, plans) probability of making the date.
        cost: (draws, plans) mean cost.
    """

    p: Array
    cost: Array

    def value(self, rule: Rule) -> Array:
        """(draws, plans) the cost where the rule is kept, else more than any cost, by how far it is missed."""
        kept = (self.p >= rule.probability - _SAME) & (self.cost <= rule.budget * (1 + _SAME))
        missed = np.maximum(rule.probability - self.p, 0.0)
        if np.isfinite(rule.budget) and rule.budget > 0:
            missed = missed + np.maximum(self.cost / rule.budget - 1, 0.0)
        return np.where(kept, self.cost, _INFEASIBLE * (1 + missed))


def posterior(evidence: Evidence, rng: np.random.Generator, n_draws: int = DRAWS) -> Draws:
    """Joint draws of all plans' probabilities and mean costs."""
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
    """For each draw the first plan whose value is, but for rounding, the least."""
    least = value.min(axis=1, keepdims=True)
    found: Integers = np.argmax(value <= least * (1 + _SAME), axis=1)
    return found


def weed(verdict: Verdict, limit: float) -> tuple[Booleans, float]:
    """Which plans to drop: the least likely ones, as many as together are at the top in at most a share of the draws.

    Args:
        verdict: of which plans; the choice stays in any case.
        limit: the share.

    Returns:
        Which to drop, and the share of the draws in which one of them is at the top.
    """
    order = np.argsort(verdict.p_top, kind="stable")
    order = order[order != verdict.around]
    lost = np.cumsum(verdict.p_top[order])
    n = int(np.searchsorted(lost, limit + _SAME, side="right"))
    dropped = np.zeros(len(verdict.p_top), dtype=bool)
    dropped[order[:n]] = True
    return dropped, float(lost[n - 1]) if n else 0.0
