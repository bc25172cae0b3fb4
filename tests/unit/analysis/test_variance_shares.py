"""Shares of the variance, of functions whose shares are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from SALib.analyze import sobol

from sim.analysis.intervals import Z
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


def test_it_varies_where_values_of_a_and_b_differ_by_more_than_rounding() -> None:
    """Mixtures of the two are the same question again, and decide nothing."""
    one, other = np.array([1.0, 1.0, 1.0, 1.0]), np.array([1.0, 2.0, 1.0, 1.0])
    names = ["x", CHANCE]
    assert variance_shares(names, [one, other, other, one]) is None
    assert variance_shares(names, [other, one, one, one]) is not None
    assert variance_shares(names, [one, one, one, other]) is not None
    assert variance_shares(names, [one * 1e13, one, one, (one * 1e13) + 5.0]) is None
    assert variance_shares(names, [one * 1e13, one, one, (one * 1e13) + 20.0]) is not None
    assert variance_shares(names, [one * 1e-9, one, one, one * 1e-9 + 5e-13]) is None


def test_ranks_are_among_those_of_a_and_b() -> None:
    """Ties share their middle rank, and never is last."""
    first, mixed, last = ranked([np.array([1.0, 3.0]), np.array([2.0, np.inf]), np.array([3.0, np.inf])])
    assert first.tolist() == [0.125, 0.5]
    assert mixed.tolist() == [0.25, 0.875]
    assert last.tolist() == [0.5, 0.875]


def test_shares_and_intervals_are_those_of_salib_to_the_last_bit() -> None:
    """For values that vary, and where A and B differ in one trial alone, which half of the resamples miss."""
    once = np.zeros(200)
    once[7] = 1.0
    for made in (rows(lambda u: u[:, 0] * u[:, 1] + u[:, 2], 3), [once, once, np.zeros(200), once, np.zeros(200)]):
        problem = {"num_vars": 3, "names": ["x", "y", CHANCE], "bounds": [[0.0, 1.0]] * 3}
        settings = {"calc_second_order": False, "num_resamples": 400, "keep_resamples": True, "seed": 20100209}
        theirs = sobol.analyze(problem, np.column_stack(made).ravel(), **settings)
        ours = variance_shares(["x", "y", CHANCE], made)
        assert ours is not None
        for found, name in ((ours.first, "S1"), (ours.total, "ST")):
            assert [one.value for one in found] == theirs[name].tolist()
            halves = [Z * float(resamples.std(ddof=1)) for resamples in theirs[f"{name}_conf_all"].T]
            assert [one.low for one in found] == [x - half for x, half in zip(theirs[name], halves, strict=True)]
        assert ours.first_sum.value == float(theirs["S1"].sum())
