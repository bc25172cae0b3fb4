"""Laplace's approximation against what it approximates, by brute force in one dimension, and in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from sim.forecast.rate.laplace import cholesky, mode

POISSON = 1e7  # a negative binomial of this size is as good as Poisson


def one(count: float, exposure: float, size: float, prior_sd: float = 1.0) -> tuple[float, float, float]:
    """Mode, standard deviation and log evidence of one log rate with prior N(0.3, sd^2)."""
    found = mode(np.array([count]), np.array([exposure]), np.array([size]), np.array([0.3]), np.array([[prior_sd**2]]))
    whole = np.array([[prior_sd**2]])
    variance = found.covariance_of(whole, whole)[0, 0]
    assert found.f[0] == pytest.approx(0.3 + found.mean_of(whole)[0])
    return float(found.f[0]), float(np.sqrt(variance)), found.log_evidence


@pytest.mark.parametrize(("count", "exposure", "size"), [(40.0, 10.0, 5.0), (200.0, 30.0, POISSON), (0.0, 2.0, 3.0)])
def test_the_mode_is_where_the_posterior_is_highest(count: float, exposure: float, size: float) -> None:
    grid = np.linspace(-4, 4, 400_001)
    law = stats.nbinom(size, size / (size + exposure * np.exp(grid)))
    height = law.logpmf(count) + stats.norm.logpdf(grid, 0.3, 1.0)
    found, spread, _ = one(count, exposure, size)
    assert found == pytest.approx(grid[np.argmax(height)], abs=5e-5)
    step = 1e-3
    around = np.interp([found - step, found, found + step], grid, height)
    assert spread == pytest.approx(1 / np.sqrt(-np.diff(around, 2)[0] / step**2), rel=0.02)


def test_the_evidence_is_the_probability_of_the_counts() -> None:
    """With forty counts it is near the integral over the prior."""

    def integrand(f: float) -> float:
        law = stats.nbinom(5.0, 5.0 / (5.0 + 10.0 * np.exp(f)))
        return float(law.pmf(40) * stats.norm.pdf(f, 0.3, 1.0))

    assert one(40.0, 10.0, 5.0)[2] == pytest.approx(np.log(integrate.quad(integrand, -5, 5)[0]), abs=0.02)


def test_counts_that_are_many_decide_and_none_leave_the_prior() -> None:
    """A thousand in a hundred: log 10, to one in a thousandth; no exposure says nothing."""
    found, spread, _ = one(1000.0, 100.0, POISSON)
    assert found == pytest.approx(np.log(10.0), abs=0.005)
    assert spread == pytest.approx(1 / np.sqrt(1000.0), rel=0.01)
    found, spread, evidence = one(0.0, 1e-12, POISSON)
    assert (found, spread, evidence) == (pytest.approx(0.3), pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


def test_several_rates_learn_from_each_other() -> None:
    """Two rates that are nearly one: together they know as much as one with both counts."""
    covariance = np.array([[1.0, 1.0 - 1e-9], [1.0 - 1e-9, 1.0]])
    both = mode(np.array([30.0, 50.0]), np.array([5.0, 5.0]), np.full(2, POISSON), np.full(2, 0.3), covariance)
    alone, spread, _ = one(80.0, 10.0, POISSON)
    assert both.f == pytest.approx([alone, alone], abs=1e-4)
    assert np.sqrt(both.covariance_of(covariance, covariance)[0, 0]) == pytest.approx(spread, rel=1e-3)
    unrelated = mode(np.array([30.0, 50.0]), np.array([5.0, 5.0]), np.full(2, POISSON), np.full(2, 0.3), np.eye(2))
    assert unrelated.f[0] == pytest.approx(one(30.0, 5.0, POISSON)[0])
    assert unrelated.mean_of(np.array([[0.5, 0.0]]))[0] == pytest.approx((unrelated.f[0] - 0.3) / 2)


def test_a_far_start_is_no_hindrance() -> None:
    """A prior mean that is far off: Newton's steps are shortened until they climb."""
    found = mode(np.array([5.0]), np.array([1e-3]), np.array([POISSON]), np.array([-9.0]), np.array([[100.0]]))
    assert found.f[0] == pytest.approx(np.log(5000.0), abs=0.1)


def test_the_factor_is_the_lower_one() -> None:
    matrix = np.array([[4.0, 2.0], [2.0, 3.0]])
    assert cholesky(matrix)[0, 1] == 0.0
    assert cholesky(matrix) @ cholesky(matrix).T == pytest.approx(matrix)
