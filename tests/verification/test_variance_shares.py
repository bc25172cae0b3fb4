"""Variance shares against closed forms, and what shares must always satisfy.

Two sites refer at rates that are uncertain, each gamma, and every referral counts. Over a time t the count of a site is
N(L), the number of points of a unit Poisson process up to L = rate x t. With m and v the mean and variance of L, L' an
independent copy of it, and E|L - L'| = 2 m G (G the Gini coefficient of a gamma with shape k, Gamma(k + 1/2) /
(sqrt(pi) Gamma(k + 1))), the variance of the count of both sites is V = sum of (v + m), and

    of each rate:  first-order v / V,                  total (v + m G) / V
    of chance:     first-order sum of m (1 - G) / V,   total sum of m / V
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import ROOT, scenario_of

from sim.analysis.intervals import Estimate
from sim.analysis.variance_shares import CHANCE, ranked, variance_shares
from sim.experiment.execution import Execution
from sim.experiment.explanation.study import Explanation, Study, explain
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

MONTHS = 12
RATES = {"near": (3.0, 0.35), "far": (2.0, 0.6)}  # mean a month, coefficient of variation
SIZES = [
    pytest.param(480, id="small"),
    pytest.param(6000, id="large", marks=pytest.mark.slow),
]


def counting() -> Scenario:
    """Every referral costs 1 and nobody is lost, so that the cost is the count of referrals in a year."""
    return scenario_of(
        trial={"target": 20_000, "horizon_months": MONTHS},
        sites={
            name: {"referrals_per_month": {"uncertain": "gamma", "mean": mean, "cv": cv}}
            for name, (mean, cv) in RATES.items()
        },
        costs={"currency": "USD", "screening": 1.0},
    )


def closed_form() -> dict[str, tuple[float, float]]:
    """First-order and total share by input."""
    m = {name: mean * MONTHS for name, (mean, _) in RATES.items()}
    v = {name: (m[name] * cv) ** 2 for name, (_, cv) in RATES.items()}
    shape = {name: cv**-2 for name, (_, cv) in RATES.items()}
    gini = {name: math.gamma(k + 0.5) / (math.sqrt(math.pi) * math.gamma(k + 1)) for name, k in shape.items()}
    total = sum(v.values()) + sum(m.values())
    found = {
        f"sites.{name}.referrals_per_month": (v[name] / total, (v[name] + m[name] * gini[name]) / total)
        for name in RATES
    }
    found[CHANCE] = (sum(m[name] * (1 - gini[name]) for name in RATES) / total, sum(m.values()) / total)
    return found


def covers(estimate: Estimate, expected: float, errors: float = 4.0) -> None:
    """The estimate is what it should be, within so many standard errors of its own interval."""
    assert estimate.low is not None
    assert estimate.high is not None
    error = (estimate.high - estimate.low) / (2 * 1.96)
    assert 0 < error < 0.15
    assert abs(estimate.value - expected) <= errors * error, f"{estimate}, not {expected:.3f}"


@pytest.mark.parametrize("n", SIZES)
def test_shares_agree_with_the_closed_form(n: int) -> None:
    """First-order and total shares of two gamma unknowns and of Poisson chance are those of the formula."""
    explained = explain(Study(counting(), n, seed=5, scale="days"))
    rows = explained.shares[explained.shares["outcome"] == "cost"].set_index("input")
    expected = closed_form()
    assert set(rows.index) == set(expected)
    for name, (first, total) in expected.items():
        row = rows.loc[name]
        covers(Estimate(row["first"], row["first_low"], row["first_high"]), first)
        covers(Estimate(row["total"], row["total_low"], row["total_high"]), total)
    totals = explained.totals[explained.totals["outcome"] == "cost"].iloc[0]
    covers(Estimate(totals["chance"], totals["chance_low"], totals["chance_high"]), expected[CHANCE][1])
    assert totals["known"] == pytest.approx(1 - totals["chance"])
    covers(
        Estimate(totals["first_sum"], totals["first_sum_low"], totals["first_sum_high"]),
        sum(first for first, _ in expected.values()),
    )


def test_intervals_cover_the_closed_form_as_often_as_they_say() -> None:
    """Of many small experiments on the same formula, about 95 % of the intervals cover."""
    rng = np.random.default_rng(3)
    weights, n, repeats = np.array([2.0, 1.0, 1.0]), 128, 150
    true = weights**2 / (weights**2).sum()
    hits = np.zeros((2, 3))
    for _ in range(repeats):
        a, b = rng.normal(size=(2, n, 3))
        mixed = [np.where(np.arange(3) == i, b, a) for i in range(3)]
        found = variance_shares(["x", "y", CHANCE], [x @ weights for x in (a, *mixed, b)])
        assert found is not None
        for k, estimates in enumerate((found.first, found.total)):
            hits[k] += [estimate.low <= t <= estimate.high for estimate, t in zip(estimates, true, strict=True)]
    assert np.all(hits / repeats > 0.95 - 4 * np.sqrt(0.95 * 0.05 / repeats)), hits / repeats


def test_an_outcome_that_never_varies_has_no_shares() -> None:
    """Where all trials are alike there is nothing to share out."""
    same = np.full(64, 7.0)
    assert variance_shares([CHANCE], [same, same, same]) is None


def test_ranks_let_never_be_the_latest() -> None:
    """Ranks lie between 0 and 1, keep the order, and give all that never came the same, latest one."""
    a, b = np.array([3.0, np.inf, 1.0]), np.array([2.0, np.inf, 4.0])
    ranks = ranked([a, b, b])
    assert ranks[0].tolist() == pytest.approx([2.5 / 6, 5 / 6, 0.5 / 6])
    assert ranks[2].tolist() == pytest.approx([1.5 / 6, 5 / 6, 3.5 / 6])


def sums_as_they_must(explained: Explanation) -> None:
    """First-order shares sum to at most 1 and total shares to at least 1; no input has more alone than in all."""
    assert set(explained.totals["outcome"]) <= set(explained.outcomes)
    for _, row in explained.totals.iterrows():
        assert row["first_sum_low"] < 1.0
        assert row["total_sum_high"] > 1.0
        assert row["chance_high"] > -0.05
        assert row["chance_low"] < 1.05
    for _, row in explained.shares.iterrows():
        spread = (row["first_high"] - row["first_low"] + row["total_high"] - row["total_low"]) / 2
        assert row["first"] <= row["total"] + 1.5 * spread, row


@pytest.mark.slow
def test_shares_of_the_base_scenario_sum_as_they_must() -> None:
    """On the registry plan, for every milestone and the cost."""
    explained = explain(
        Study(load_scenario(ROOT / "scenarios" / "base.yaml"), 192, seed=11), execution=Execution(workers=2)
    )
    assert len(explained.totals) == 13
    sums_as_they_must(explained)


def test_shares_of_a_small_scenario_sum_as_they_must() -> None:
    """With sites that differ, ramp-up, and consent that is uncertain."""
    scenario = scenario_of(
        trial={"target": 8},
        sites={
            "a": {"count": 2, "referrals_per_month": {"uncertain": "lognormal", "median": 4.0, "sigma": 0.5}},
            "b": {"referrals_per_month": 2.0, "never_enrols": 0.2},
        },
        site_defaults={"between_site_cv": 0.7, "activation_delay_days": {"dist": "uniform", "low": 0, "high": 90}},
        screening={"consent": {"uncertain": "beta", "mean": 0.6, "n": 8}},
    )
    explained = explain(Study(scenario, 192, seed=2))
    sums_as_they_must(explained)
    last = explained.shares[explained.shares["outcome"] == "last_randomised"]
    assert set(last["kind"]) == {"uncertain", "sites", CHANCE}
    totals = explained.totals.set_index("outcome").loc["last_randomised"]
    by_kind = last.set_index("input")["total"]
    assert totals["chance"] >= max(by_kind["sites"], by_kind[CHANCE]) - 0.1, "sites and patients are both chance"
