"""Shares of the variance, of functions whose shares are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.variance_shares import CHANCE, ranked, variance_shares

N = 3000


def rows(function: object, n_inputs: int) -> list[np.ndarray]:
    """A function of independent uniform inputs, on A, on A with each input of B, and on B."""
    a, b = np.random.default_rng(4).random((2, N, n_inputs))
    found = [function(a)]  # type: ignore[operator]
    for i in range(n_inputs):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        found.append(function(mixed))  # type: ignore[operator]
    return [*found, function(b)]  # type: ignore[operator]


def test_a_sum_has_shares_that_are_its_squared_weights() -> None:
    """3 x + 1 y: nine tenths and one tenth, first-order and in total, which add up to 1."""
    shares = variance_shares(["x", CHANCE], rows(lambda u: 3 * u[:, 0] + u[:, 1], 2))
    assert shares is not None
    for estimates in (shares.first, shares.total):
        for estimate, share in zip(estimates, (0.9, 0.1), strict=True):
            assert estimate.low is not None
            assert estimate.high is not None
            assert abs(estimate.value - share) < 2 * (estimate.high - estimate.low)
            assert estimate.high - estimate.low < 0.2
    assert shares.first_sum.value == pytest.approx(sum(one.value for one in shares.first))
    assert shares.total_sum.value == pytest.approx(sum(one.value for one in shares.total))
    assert shares.chance == shares.total[-1]
    assert shares.known.value == pytest.approx(1 - shares.chance.value)
    assert shares.known.low == pytest.approx(1 - shares.chance.high)  # type: ignore[operator]
    assert shares.known.high == pytest.approx(1 - shares.chance.low)  # type: ignore[operator]
    assert shares.names == ("x", CHANCE)


def test_a_product_has_shares_that_its_inputs_have_together() -> None:
    """(x - 1/2) (y - 1/2): nothing alone, everything together."""
    shares = variance_shares(["x", CHANCE], rows(lambda u: (u[:, 0] - 0.5) * (u[:, 1] - 0.5), 2))
    assert shares is not None
    assert [abs(one.value) < 0.15 for one in shares.first] == [True, True]
    assert [abs(one.value - 1) < 0.15 for one in shares.total] == [True, True]


def test_intervals_are_the_same_each_time() -> None:
    made = rows(lambda u: u[:, 0] + u[:, 1], 2)
    assert variance_shares(["x", CHANCE], made) == variance_shares(["x", CHANCE], made)


def test_what_does_not_vary_has_no_shares() -> None:
    assert variance_shares(["x", CHANCE], [np.full(10, 5.0)] * 4) is None


def test_ranks_are_among_those_of_a_and_b() -> None:
    """Ties share their middle rank, and never is last."""
    first, mixed, last = ranked([np.array([1.0, 3.0]), np.array([2.0, np.inf]), np.array([3.0, np.inf])])
    assert first.tolist() == [0.125, 0.5]
    assert mixed.tolist() == [0.25, 0.875]
    assert last.tolist() == [0.5, 0.875]
