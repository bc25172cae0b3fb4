"""Special cases with closed forms, and published numbers. Each check is also shown to fail on a model that is off."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from conftest import Simulated, scenario_of
from scipy import stats
from statistics_of_runs import counts_as, distributed_as, mean_is, probability_is, quantile_is, sd_is

MONTH = 30.4375

SIZES = [
    pytest.param(400, id="small"),
    pytest.param(8_000, id="large", marks=pytest.mark.slow),
]


def site(per_month: Any, count: int = 1, **settings: Any) -> dict[str, Any]:
    return {"s": {"count": count, "referrals_per_month": per_month, **settings}}


@pytest.mark.parametrize("n", SIZES)
def test_constant_rate_gives_erlang_times(n: int) -> None:
    """With a constant rate and no losses, the time to the n-th randomisation is gamma with shape n."""
    run = Simulated(scenario_of(), n)
    for k, name in ((12, "day_randomised_25pct"), (45, "day_last_randomised")):
        law = stats.gamma(k, scale=MONTH / 3)
        mean_is(run[name], law.mean())
        sd_is(run[name], law.std())
        distributed_as(run[name], law.cdf)


@pytest.mark.parametrize("n", SIZES)
def test_gamma_site_effects_give_negative_binomial_counts(n: int) -> None:
    """With gamma site effects and all sites open at 0, the count by a day is negative binomial."""
    shape, mean, sites, months = 1.2, 0.5, 8, 12
    scenario = scenario_of(
        trial={"target": 5000, "horizon_months": months + 1},
        sites=site(mean, sites, between_site_cv=1 / math.sqrt(shape)),
    )
    run = Simulated(scenario, n)
    law = stats.nbinom(sites * shape, shape / (shape + mean * months))
    counts_as(run.n_by(months * MONTH), law)


@pytest.mark.parametrize("n", SIZES)
def test_gamma_site_effects_give_pearson_vi_times(n: int) -> None:
    """8 sites, gamma shape 1.2, mean 0.5 a month, target 45: the published mean, sd and quantiles (Pearson type VI)."""
    run = Simulated(scenario_of(sites=site(0.5, 8, between_site_cv=1 / math.sqrt(1.2))), n)
    months = run["day_last_randomised"] / MONTH
    law = stats.betaprime(45, 8 * 1.2, scale=1.2 / 0.5)
    distributed_as(months, law.cdf)
    mean_is(months, 12.56)
    sd_is(months, 4.97, z=6)  # the fourth moment of so long a tail is itself uncertain
    for q, published in ((0.05, 6.62), (0.5, 11.57), (0.95, 21.82)):
        quantile_is(months, q, published, slack=0.005)


@pytest.mark.parametrize("n", SIZES)
def test_thinning(n: int) -> None:
    """With pass probability p the randomisations are Poisson with p times the rate, whichever stage thins them."""
    scenario = scenario_of(
        trial={"target": 5000, "horizon_months": 13},
        sites=site(10.0),
        patients={"conditions": {"well": 0.5, "tested": 0.8}},
        screening={
            "criteria": {"c": {"stage": "chart", "any": ["well"]}, "t": {"stage": "tests", "any": ["tested"]}},
            "consent": 0.6,
        },
    )
    run = Simulated(scenario, n)
    counts_as(run.n_by(12 * MONTH), stats.poisson(10 * 12 * 0.5 * 0.8 * 0.6))
    counts_as(run["n_chart_failed"], stats.poisson(10 * 13 * 0.5))


@pytest.mark.parametrize("n", SIZES)
def test_piecewise_constant_intensity(n: int) -> None:
    """Counts in each period are Poisson with the integrated rate, and independent of one another."""
    scenario = scenario_of(
        trial={"target": 5000, "horizon_months": 13},
        sites=site(9.0),
        calendar={
            "periods": {"slump": {"from": "2020-03-01", "to": "2020-04-29", "factor": 0.3}},
            "by_month": {"7": 2.0},
        },
    )
    run = Simulated(scenario, n)
    edges = [0.0, 60.0, 120.0, 182.0, 213.0]  # 2020 is a leap year: 1 March is day 60, 1 July day 182
    factors = [1.0, 0.3, 1.0, 2.0]
    counts = [run.n_by(b) - run.n_by(a) for a, b in pairwise(edges)]
    for count, factor, (a, b) in zip(counts, factors, pairwise(edges), strict=True):
        counts_as(count, stats.poisson(9 / MONTH * factor * (b - a)))
    for first, second in pairwise(counts):
        assert abs(np.corrcoef(first, second)[0, 1]) < 4 / math.sqrt(n)


@pytest.mark.parametrize("n", SIZES)
def test_published_doubling_of_the_rate(n: int) -> None:
    """13 a month to day 200 and 26 after it, target 300: 5/50/95 % of the last are 418.5, 450.8 and 485.2 days."""
    # Day 0 is 1 January 2020; day 200 is 19 July.
    period = {"from": "2020-07-19", "to": "2030-12-31", "factor": 2.0}
    run = Simulated(scenario_of(trial={"target": 300}, sites=site(13.0), calendar={"periods": {"later": period}}), n)
    for q, published in ((0.05, 418.5), (0.5, 450.8), (0.95, 485.2)):
        quantile_is(run["day_last_randomised"], q, published, slack=0.05)


@pytest.mark.parametrize("n", SIZES)
def test_published_uniform_openings(n: int) -> None:
    """20 sites opening uniformly over 6 months, mean 0.5 and sd 0.4 a month: at month 12 mean 90, variance 373.8."""
    scenario = scenario_of(
        trial={"target": 20_000, "horizon_months": 13},
        sites=site(
            0.5,
            20,
            between_site_cv=0.8,
            activation_delay_days={"dist": "uniform", "low": 0.0, "high": 6 * MONTH},
        ),
    )
    counts = Simulated(scenario, n).n_by(12 * MONTH).astype(float)
    mean_is(counts, 90.0)
    sd_is(counts, math.sqrt(373.8))


@pytest.mark.parametrize("n", SIZES)
def test_published_carter_2005(n: int) -> None:
    """Carter 2005, table 1: 10 sites, rates uniform on 0 to 2 a month, opening over months 0 to 10, 360 participants.

    Printed of 500 simulated trials: mean 42.6 months, sd 8.0, range 28.0 to 84.0, 75th percentile 46.0.
    """
    scenario = scenario_of(
        trial={"target": 360},
        sites={
            f"s{i}": {
                "referrals_per_month": {"dist": "uniform", "low": 0.0, "high": 2.0},
                "activation_delay_days": (i + 0.5) * MONTH,
            }
            for i in range(10)
        },
    )
    months = Simulated(scenario, n)["day_last_randomised"] / MONTH
    both = math.sqrt(1 / 500 + 1 / n)  # theirs was a simulation too
    assert abs(months.mean() - 42.6) < 4 * months.std() * both + 0.05
    fourth = np.mean((months - months.mean()) ** 4)
    assert abs(months.std() - 8.0) < 4 * math.sqrt(fourth - months.var() ** 2) / (2 * months.std()) * both + 0.05
    assert abs(np.mean(months <= 46.0) - 0.75) < 4 * math.sqrt(0.75 * 0.25) * both + 0.01
    for beyond in (months < 28.0, months > 84.0):  # nobody of 500, and yet the next is not far
        assert np.mean(beyond) < 9.2 / 500 + 4 * math.sqrt(9.2 / 500 / n)
    assert np.quantile(months, 0.02) < 42.6 - 8.0
    assert np.quantile(months, 0.98) > 42.6 + 8.0


@pytest.mark.parametrize("n", SIZES)
def test_competing_ways_of_leaving(n: int) -> None:
    """The share that left each way by each week is what the scenario says, with all ways at work at once."""
    curves = {"death": {4: 0.20, 12: 0.37, 24: 0.44}, "transplant": {12: 0.15, 24: 0.25}, "lost": {24: 0.12}}
    scenario = scenario_of(
        trial={"target": 300},
        sites=site(300.0),
        follow_up={
            "visit_weeks": [24],
            "primary_endpoint_week": 24,
            "leaving": {way: {str(k): v for k, v in curve.items()} for way, curve in curves.items()},
        },
    )
    run = Simulated(scenario, max(n // 10, 40), keep=10**9)
    stays = _stays(run)
    for way, curve in curves.items():
        for week, share in curve.items():
            probability_is(np.array([w == way and d <= 7 * week for w, d in stays]), share)


@pytest.mark.parametrize("n", SIZES)
def test_exponential_hazards_with_a_hazard_ratio(n: int) -> None:
    """With one exponential hazard h and a ratio r, the share that left by week w is 1 - exp(-r h w), doses or not."""
    scenario = scenario_of(
        trial={"target": 300},
        sites=site(300.0),
        arms={"A": {"doses": {"weeks": [0, 1, 2, 3, 4, 5], "cells_per_kg": 1.0}}, "B": {}},
        patients={"attributes": {"weight_kg": {"dist": "normal", "mean": 66, "sd": 10, "low": 35}}},
        follow_up={
            "visit_weeks": [10],
            "primary_endpoint_week": 10,
            "leaving": {"death": {"A": {"10": 1 - math.exp(-1.0)}, "hazard_ratio": {"B": 0.5}}},
        },
    )
    run = Simulated(scenario, max(n // 10, 40), keep=10**9)
    by_arm = _stays(run, by_arm=True)
    for arm, ratio in (("A", 1.0), ("B", 0.5)):
        days = np.array([d for a, w, d in by_arm if a == arm])
        left = np.array([w is not None for a, w, d in by_arm if a == arm])
        for week in (2, 5, 10):
            probability_is(left & (days <= 7 * week), 1 - math.exp(-0.1 * ratio * week))


def _stays(run: Simulated, by_arm: bool = False) -> list[Any]:
    """How each participant left (None at the last visit) and how many days after randomisation."""
    from sim.analysis.tables import participant_table

    found = []
    for replication, rows in run.chunk.kept.items():
        for person in participant_table(run.design, replication, rows).to_pylist():
            way = None if person["way_out"] == "completed" else person["way_out"]
            days = person["out_day"] - person["randomised_day"]
            found.append((person["arm"], way, days) if by_arm else (way, days))
    return found


def _erlang_c(servers: int, load: float) -> float:
    """Probability of waiting in M/M/c, by Erlang's formula."""
    top = load**servers / math.factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)


@pytest.mark.parametrize("n", SIZES)
def test_coordinators_follow_erlang_c(n: int) -> None:
    """With exponential screening and unlimited patience, waiting for a coordinator follows Erlang C."""
    servers, mean_days, per_day = 2, 4.0, 0.35
    target = 20_000
    scenario = scenario_of(
        trial={"target": target, "horizon_months": 600},
        sites=site(per_day * MONTH, coordinators=servers),
        screening={"days": {"dist": "exponential", "mean": mean_days}},
    )
    waits = []
    for seed in range(max(n // 400, 4)):
        run = Simulated(scenario, 1, seed=seed, keep=1)
        waits.append(_waits(run.chunk.kept[0])[1000:])  # once it has settled
    load = per_day * mean_days
    c = _erlang_c(servers, load)
    shares = np.array([np.mean(w > 1e-9) for w in waits])
    means = np.array([np.mean(w) for w in waits])
    for found, expected in ((shares, c), (means, c * mean_days / (servers - load))):
        error = found.std(ddof=1) / math.sqrt(len(found))
        assert abs(found.mean() - expected) < 5 * error, (found.mean(), expected, error)


def _waits(rows: np.ndarray) -> np.ndarray:
    from sim.core.events import CONSENT_GIVEN, KIND, PERSON, SCREENING_STARTED, TIME

    consents, starts = rows[rows[:, KIND] == CONSENT_GIVEN], rows[rows[:, KIND] == SCREENING_STARTED]
    consented = dict(zip(consents[:, PERSON], consents[:, TIME], strict=True))
    return np.array([start[TIME] - consented[start[PERSON]] for start in starts])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(
    ("allocation", "blocks", "bound"),
    [((1, 1), [4, 8], 4.0), ((2, 1), [3, 6], 4 / 3), ((2, 1), [6, 12], 8 / 3), ((3, 2), [5, 10], 2.4)],
)
def test_permuted_blocks_bound_the_imbalance(
    n: int, allocation: tuple[int, int], blocks: list[int], bound: float
) -> None:
    """Distance from an arm's share never exceeds b r (1 - r), for the largest block b and the share r.

    At 1:1 the imbalance nA - nB is twice the distance, so that it never exceeds half the largest block.
    """
    scenario = scenario_of(
        arms={"A": {"allocation": allocation[0]}, "B": {"allocation": allocation[1]}},
        randomisation={"method": "permuted_blocks", "block_sizes": blocks},
        trial={"target": 101},
    )
    worst = Simulated(scenario, max(n // 5, 80))["max_imbalance"]
    half = bound / 2 if allocation == (1, 1) else bound
    assert worst.max() <= half + 1e-9
    assert worst.max() > half - 0.5  # and the bound is reached


def _share_with_meld_of_17_to_30(floors: bool) -> float:
    """Of patients with the record's bilirubin and INR, by another simulation of what the base scenario writes down."""
    random = np.random.default_rng(1)
    bilirubin, inr, creatinine, often, times = random.standard_normal((5, 2_000_000))
    inr = 0.25 * bilirubin + math.sqrt(1 - 0.25**2) * inr
    creatinine = (
        0.12 * bilirubin
        - 0.12 * 0.25 / math.sqrt(1 - 0.25**2) * ((inr - 0.25 * bilirubin) / math.sqrt(1 - 0.25**2))
        + math.sqrt(1 - 0.12**2 - (0.12 * 0.25) ** 2 / (1 - 0.25**2)) * creatinine
    )
    mg = 340 * np.exp(0.38 * bilirubin) / 17.1, 2.02 * np.exp(0.26 * inr), 80 * np.exp(0.27 * creatinine) / 88.4
    rise = np.where(stats.norm.cdf(often) < 0.08, 1.5 + 1.5 * stats.norm.cdf(times), 1.0)
    values = [mg[0], mg[1], mg[2] * rise]
    has_labs = (values[0] * 17.1 >= 171) & (values[1] >= 1.5)
    if floors:
        values = [np.maximum(value, 1) for value in values]
        values[2] = np.minimum(values[2], 4)
    score = 10 * (0.957 * np.log(values[2]) + 0.378 * np.log(values[0]) + 1.12 * np.log(values[1]) + 0.643)
    score = np.floor(score + 0.5)
    return float(np.mean(((score >= 17) & (score <= 30))[has_labs]))


@pytest.mark.parametrize(("score", "printed"), [("meld", 0.83), ("meld_with_floors", 0.80)])
def test_meld_pass_rate(base: Any, score: str, printed: float) -> None:
    """Of those with the record's bilirubin and INR, 0.83 have a MELD of 17 to 30, and 0.80 with the usual floors."""
    from sim.core.batch import Batch
    from sim.core.design import Design

    changed = base.model_copy(
        update={
            "patients": base.patients.model_copy(update={"derived": (score, "pta_percent")}),
            "screening": base.screening.model_copy(
                update={
                    "criteria": {
                        "labs": base.screening.criteria["bilirubin"],
                        "inr": base.screening.criteria["coagulopathy"],
                        "meld": base.screening.criteria["meld"].model_copy(update={"attribute": score}),
                    }
                }
            ),
        }
    )
    design = Design(changed)
    bits = {name: 1 << i for i, name in enumerate(design.criteria)}
    failed = np.concatenate(
        [Batch(design, 3, first, 40).first_block(design.groups[0]).chart_failed.ravel() for first in range(0, 800, 40)]
    )
    labs = failed & (bits["labs"] | bits["inr"]) == 0
    passed = failed[labs] & bits["meld"] == 0
    expected = _share_with_meld_of_17_to_30(score == "meld_with_floors")
    assert abs(passed.mean() - expected) < 4 * math.sqrt(0.8 * 0.2 * (1 / labs.sum() + 1 / 1_000_000))
    assert round(expected, 2) == printed


def _erlang(factor: float) -> None:
    mean_is(Simulated(scenario_of(sites=site(3.0 * factor)), 400)["day_last_randomised"], 45 / 3 * MONTH)


def _pearson(factor: float) -> None:
    run = Simulated(scenario_of(sites=site(0.5 * factor, 8, between_site_cv=1 / math.sqrt(1.2))), 400)
    distributed_as(run["day_last_randomised"] / MONTH, stats.betaprime(45, 9.6, scale=2.4).cdf)


def _negative_binomial(factor: float) -> None:
    sites = site(0.5 * factor, 8, between_site_cv=1 / math.sqrt(1.2))
    run = Simulated(scenario_of(trial={"target": 5000, "horizon_months": 13}, sites=sites), 400)
    counts_as(run.n_by(12 * MONTH), stats.nbinom(9.6, 1.2 / 7.2))


def _thinning(factor: float) -> None:
    trial = {"target": 5000, "horizon_months": 13}
    run = Simulated(scenario_of(trial=trial, sites=site(10.0), screening={"consent": 0.24 * factor}), 400)
    counts_as(run.n_by(12 * MONTH), stats.poisson(10 * 12 * 0.24))


def _doubling(factor: float) -> None:
    period = {"from": "2020-07-19", "to": "2030-12-31", "factor": 2.0 * factor}
    run = Simulated(scenario_of(trial={"target": 300}, sites=site(13.0), calendar={"periods": {"later": period}}), 400)
    quantile_is(run["day_last_randomised"], 0.5, 450.8)


@pytest.mark.parametrize(
    ("check", "off"),
    [(_erlang, 1.08), (_pearson, 1.25), (_negative_binomial, 1.25), (_thinning, 1.12), (_doubling, 1.06)],
)
def test_the_checks_notice_a_rate_that_is_off(check: Callable[[float], None], off: float) -> None:
    """A model whose rate is off by a little fails the checks above at their small size."""
    check(1.0)
    with pytest.raises(AssertionError):
        check(off)


def test_the_checks_notice_a_wrong_shape() -> None:
    """A model without between-site variation fails the Pearson VI check although its mean rate is right."""
    run = Simulated(scenario_of(sites=site(0.5, 8)), 400)
    with pytest.raises(AssertionError):
        distributed_as(run["day_last_randomised"] / MONTH, stats.betaprime(45, 9.6, scale=2.4).cdf)
