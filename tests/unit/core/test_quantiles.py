"""Every family has the quantiles, mean and bounds that scipy gives it, to 26 significant bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.core.quantiles import (
    expected,
    from_normal,
    gamma_of_mean_one,
    quantile,
    scalar_quantile,
    settle,
    standard_normal,
)
from sim.scenario.distributions import FAMILIES, Family

U = np.concatenate([[1e-9, 1e-4], np.linspace(0.01, 0.99, 99), [1 - 1e-4, 1 - 1e-9]])
PRECISION = 2.0**-25


def family(keyword: str, **parameters: Any) -> Family:
    return FAMILIES[keyword].model_validate({"dist": keyword, **parameters})


def _truncated_lognormal(u: np.ndarray) -> np.ndarray:
    law = stats.lognorm(0.6, scale=20.0)
    low, high = law.cdf(10.0), law.cdf(50.0)
    return law.ppf(low + u * (high - low))


def _truncated_normal(u: np.ndarray) -> np.ndarray:
    return stats.truncnorm((18 - 45) / 11.5, (85 - 45) / 11.5, loc=45, scale=11.5).ppf(u)


CASES = [
    (family("uniform", low=2.0, high=5.0), stats.uniform(2, 3).ppf),
    (family("triangular", low=1.0, mode=3.0, high=7.0), stats.triang(2 / 6, loc=1, scale=6).ppf),
    (family("triangular", low=1.0, mode=1.0, high=4.0), stats.triang(0, loc=1, scale=3).ppf),
    (family("triangular", low=1.0, mode=4.0, high=4.0), stats.triang(1, loc=1, scale=3).ppf),
    (family("normal", mean=45.0, sd=11.5), stats.norm(45, 11.5).ppf),
    (family("normal", mean=45.0, sd=11.5, low=18.0, high=85.0), _truncated_normal),
    (family("lognormal", median=170.0, sigma=0.35), stats.lognorm(0.35, scale=170).ppf),
    (family("lognormal", median=20.0, sigma=0.6, low=10.0, high=50.0), _truncated_lognormal),
    (family("exponential", mean=4.0), stats.expon(scale=4).ppf),
    (family("gamma", mean=3.0, cv=0.8), stats.gamma(1 / 0.64, scale=3 * 0.64).ppf),
    (family("gamma", mean=3.0, cv=2.0), stats.gamma(0.25, scale=12).ppf),
    (family("beta", mean=0.65, n=20.0), stats.beta(13, 7).ppf),
    (family("weibull", scale=9.0, shape=1.7), stats.weibull_min(1.7, scale=9).ppf),
    (family("weibull", scale=9.0, shape=0.6), stats.weibull_min(0.6, scale=9).ppf),
]
IDS = [f"{case.keyword}-{i}" for i, (case, _) in enumerate(CASES)]


@pytest.mark.parametrize(("law", "ppf"), CASES, ids=IDS)
def test_quantiles_are_scipys(law: Family, ppf: Any) -> None:
    """One uniform number gives the value that scipy gives."""
    assert quantile(law)(U) == pytest.approx(ppf(U), rel=4 * PRECISION, abs=1e-9)


def test_every_family_is_checked() -> None:
    """No family is left out above; the empirical one has a test of its own."""
    assert {law.keyword for law, _ in CASES} | {"empirical"} == set(FAMILIES)


@pytest.mark.parametrize("law", [law for law, _ in CASES], ids=IDS)
def test_one_value_at_a_time_is_the_same_value(law: Family) -> None:
    """A quantile worked out in Python for one probability has the very bits that the array has."""
    u = np.concatenate([[0.0, 2.0**-53, 1 - 2.0**-53], U, np.random.default_rng(1).random(2000)])
    value = scalar_quantile(law)
    assert [value(each) for each in u.tolist()] == quantile(law)(u).tolist()


def test_the_empirical_family_gives_each_value_equally_often() -> None:
    """Observed values, in order of their size, each over its share of (0, 1)."""
    law = family("empirical", values=(3.0, 1.0, 2.0, 2.0))
    assert quantile(law)(np.array([0.0, 0.24, 0.26, 0.74, 0.76, 1 - 1e-12])).tolist() == [1, 1, 2, 2, 3, 3]
    assert quantile(law)(np.array([1.0])).tolist() == [3], "a normal value far out has the probability 1"


@pytest.mark.parametrize(("law", "ppf"), CASES, ids=IDS)
def test_means_are_near(law: Family, ppf: Any) -> None:
    """The mean that the reorder rule uses is good to half a per cent; heavy tails a little less."""
    u = (np.arange(100_000) + 0.5) / 100_000
    assert expected(law) == pytest.approx(
        float(np.mean(ppf(u))), rel=0.01 if law.keyword in ("gamma", "weibull") else 5e-3
    )


@pytest.mark.parametrize(("law", "ppf"), CASES, ids=IDS)
def test_values_stay_within_their_bounds(law: Family, ppf: Any) -> None:
    """No rounding carries a value past what the schema was promised."""
    low, high = law.bounds()
    values = quantile(law)(np.array([0.0, 2.0**-53, 0.5, 1 - 2.0**-53]))
    assert np.all(np.isfinite(values))
    assert np.all((values >= low * (1 - PRECISION)) & (values <= high * (1 + PRECISION)))


@pytest.mark.parametrize(
    "law",
    [
        family("normal", mean=0.0, sd=1.0, low=4.7),
        family("normal", mean=45.0, sd=1.0, high=40.25),
        family("lognormal", median=1.0, sigma=0.1, low=1.5625, high=5.0),
        family("lognormal", median=100.0, sigma=0.1, low=10.0, high=62.5),
    ],
    ids=["normal above", "normal below", "lognormal above", "lognormal below"],
)
def test_bounds_hold_where_the_probability_between_them_is_lost_to_rounding(law: Family) -> None:
    """Bounds so far out that their probabilities round to 0 or 1 still bound every value."""
    low, high = law.bounds()
    values = quantile(law)(U)
    assert np.all((values >= low) & (values <= high))


@pytest.mark.parametrize("side", ["low", "high"])
def test_one_bound_alone_holds_where_an_uncertain_parameter_is_drawn_far_beyond_it(side: str) -> None:
    """Ten standard deviations off, where the probability within the bound rounds to nothing."""
    middle = {"uncertain": "uniform", "low": 20.0, "high": 60.0}
    drawn = 30.0 if side == "low" else 50.0
    normal = family("normal", mean=middle, sd=1.0, **{side: 40.0})
    assert quantile(normal, {"mean": drawn})(U).tolist() == [40.0] * len(U)
    lognormal = family("lognormal", median=middle, sigma=0.02, **{side: 40.0})
    assert quantile(lognormal, {"median": drawn})(U).tolist() == [40.0] * len(U)


def test_an_uncertain_parameter_takes_its_value() -> None:
    """A parameter that is itself uncertain is replaced by what was drawn for it."""
    law = family("lognormal", median={"uncertain": "normal", "mean": 7.0, "sd": 1.0, "low": 1.0}, sigma=0.4)
    plain = family("lognormal", median=8.5, sigma=0.4)
    assert np.array_equal(quantile(law, {"median": 8.5})(U), quantile(plain)(U))


def test_settling_keeps_26_bits() -> None:
    """Settled values differ from exact ones by at most 2^-26 of their size, and settling twice changes nothing."""
    exact = np.random.default_rng(3).lognormal(0, 20, 10_000)
    settled = settle(exact)
    assert np.max(np.abs(settled / exact - 1)) <= 2.0**-26
    assert np.array_equal(settle(settled), settled)
    mantissas = np.frexp(settled)[0] * 2.0**26
    assert np.array_equal(mantissas, np.rint(mantissas))


def test_settling_absorbs_the_last_bits() -> None:
    """Two libraries that disagree in the last bits give the same settled value, but for one pair in 10^8 or so."""
    exact = np.random.default_rng(4).lognormal(0, 2, 100_000)
    other = np.nextafter(exact, np.inf)
    assert np.count_nonzero(settle(exact) != settle(other)) <= 1
    assert np.all(exact != other)


def test_the_normal_way_and_the_direct_way_agree() -> None:
    """A correlated value that comes from a normal one is the quantile of the same probability."""
    for law in (CASES[4][0], CASES[6][0]):
        direct = from_normal(law)
        assert direct is not None
        assert direct(standard_normal(U)) == pytest.approx(quantile(law)(U), rel=1e-6)
    assert from_normal(CASES[5][0]) is None  # truncated: no direct way


def test_site_effects_have_mean_one() -> None:
    """Gamma with mean 1 and the coefficient of variation asked for; none where it is 0."""
    u = np.linspace(0.001, 0.999, 999)
    cv = np.array([[0.8], [0.0]])
    values = gamma_of_mean_one(u, cv)
    assert values[0] == pytest.approx(stats.gamma(1 / 0.64, scale=0.64).ppf(u), rel=1e-7)
    assert np.all(values[1] == 1.0)
    assert math.isfinite(gamma_of_mean_one(np.array([0.0]), np.array([2.0]))[0])


@pytest.mark.parametrize(("keyword", "middle", "spread"), [("normal", "mean", "sd"), ("lognormal", "median", "sigma")])
def test_a_spread_that_is_drawn_as_0_leaves_only_the_middle(keyword: str, middle: str, spread: str) -> None:
    """Between bounds, too, whose probabilities are then 0 and 1."""
    uncertain = {"uncertain": "gamma", "mean": 1.0, "cv": 9.0}
    law = family(keyword, **{middle: 20.0, spread: uncertain, "low": 10.0, "high": 50.0})
    assert quantile(law, {spread: 0.0})(U) == pytest.approx(20.0)
