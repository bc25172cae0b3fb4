"""The choice of a plan, on numbers alone: what is drawn for each plan, and how sure the choice is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.experiment.plan.choice import Draws, Evidence, Rule, judge, posterior, weed
from sim.experiment.plan.search import undominated


def test_each_probability_has_jeffreys_posterior() -> None:
    """Alone, a plan's probability is drawn from Beta(k + 1/2, n - k + 1/2)."""
    met = np.arange(40) < 37
    draws = posterior(Evidence([met], [np.ones(40)]), np.random.default_rng(1), 4000)
    assert stats.kstest(draws.p[:, 0], stats.beta(37.5, 3.5).cdf).pvalue > 1e-3
    assert np.allclose(draws.cost, 1.0)


def test_pairing_makes_a_small_difference_sure() -> None:
    """Costs that differ by 1 % in every replication are told apart at once, however much they vary together."""
    rng = np.random.default_rng(2)
    cost = rng.lognormal(10, 1, size=48)
    met = np.ones(48, dtype=bool)
    draws = posterior(Evidence([met, met], [cost, 1.02 * cost]), rng)
    verdict = judge(draws, Rule(0.5))
    assert verdict.choice == 0
    assert verdict.p_right == 1.0


def test_plans_that_are_alike_are_no_doubt() -> None:
    """Two plans with the same trials: the first is chosen, and it is right."""
    rng = np.random.default_rng(2)
    cost, met = rng.lognormal(10, 1, size=96), np.ones(96, dtype=bool)
    verdict = judge(posterior(Evidence([met, met], [cost, cost]), rng), Rule(0.5))
    assert (verdict.choice, verdict.p_right) == (0, 1.0)


def test_no_plan_is_chosen_where_none_keeps_the_rule() -> None:
    """The probability of that is stated, and the nearest plan is the one around which to look."""
    draws = Draws(np.array([[0.2, 0.4, 0.3]] * 10), np.array([[1.0, 2.0, 3.0]] * 10))
    verdict = judge(draws, Rule(0.8))
    assert verdict.choice is None
    assert verdict.p_none == 1.0
    assert verdict.around == 1
    within = judge(draws, Rule(0.1, budget=0.5))
    assert within.choice is None
    assert within.around == 0, "the one that is least over the budget"


def test_only_plans_that_are_next_to_never_best_are_dropped() -> None:
    """As many as together are best in at most the given share of the draws, and never the choice."""
    p = np.repeat([[0.9, 0.9, 0.9, 0.9]], 1000, axis=0)
    cost = np.tile([[1.0, 2.0, 3.0, 4.0]], (1000, 1))
    cost[:3, 1], cost[3:20, 2] = 0.5, 0.5
    verdict = judge(Draws(p, cost), Rule(0.8))
    dropped, mass = weed(verdict, 0.005)
    assert dropped.tolist() == [False, True, False, True]
    assert mass == pytest.approx(0.003)


def test_the_stated_probability_is_honest() -> None:
    """Over many random problems the choice is right about as often as is said (never much less often)."""
    rng = np.random.default_rng(11)
    said, right = [], []
    for _ in range(300):
        mean, p = rng.uniform(1.0, 1.6, size=4), rng.uniform(0.6, 1.0, size=4)
        common, own = rng.normal(size=(48, 1)), rng.normal(size=(48, 4))
        cost = mean + 0.3 * common + 0.15 * own
        met = rng.uniform(size=(48, 4)) < p
        verdict = judge(posterior(Evidence(list(met.T), list(cost.T)), rng, 400), Rule(0.75))
        best = int(np.argmin(np.where(p >= 0.75, mean, np.inf))) if (p >= 0.75).any() else None
        said.append(verdict.p_right)
        right.append(verdict.choice == best)
    error = np.sqrt(np.mean(right) * (1 - np.mean(right)) / 300)
    assert abs(np.mean(said) - np.mean(right)) < 4 * error + 0.02
    sure = np.array(said) > 0.9
    assert sure.sum() > 50
    assert np.mean(np.array(right)[sure]) > 0.88


def test_the_frontier_leaves_out_what_another_beats() -> None:
    """A point stays where no other is as good in both and better in one."""
    cost, day = np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([9.0, 5.0, 6.0, 5.0, np.inf])
    assert undominated(cost, day).tolist() == [True, True, False, False, False]
