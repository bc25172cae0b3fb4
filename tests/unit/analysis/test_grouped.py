"""Sums and extremes of many groups: what each group alone would give, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.analysis.grouped import exact_sums, group_of, largest, lengths_of_unions, starts_of, sums

COUNTS = np.array([0, 3, 1, 7, 8, 9, 40, 0, 129, 1000])
STARTS = starts_of(COUNTS)
VALUES = np.random.default_rng(5).lognormal(0.0, 3.0, COUNTS.sum())
GROUPS = np.split(VALUES, STARTS[1:-1])


def test_groups_have_their_places() -> None:
    assert STARTS[:5].tolist() == [0, 0, 3, 4, 11]
    assert np.bincount(group_of(STARTS), minlength=len(COUNTS)).tolist() == COUNTS.tolist()


def test_sums_are_those_of_each_group_alone() -> None:
    assert sums(VALUES, STARTS).tolist() == [float(group.sum()) for group in GROUPS]
    assert exact_sums(VALUES, STARTS).tolist() == [math.fsum(group) for group in GROUPS]


def test_sums_of_rows_are_those_of_columns_in_a_table() -> None:
    """A column of a table lies apart in memory; its sum is the same."""
    table = np.column_stack([VALUES, VALUES])
    assert sums(table[:, 0], STARTS).tolist() == sums(VALUES, STARTS).tolist()


def test_the_largest_of_each_group() -> None:
    assert largest(VALUES, STARTS, -1.0).tolist() == [group.max(initial=-1.0) for group in GROUPS]
    assert np.isnan(largest(VALUES, STARTS, np.nan)[[0, 7]]).all()
    assert largest(np.zeros(0), starts_of(np.zeros(2, dtype=int)), 4.0).tolist() == [4.0, 4.0]


@pytest.mark.parametrize("n", [0, 1, 60])
def test_days_in_any_interval_are_those_of_each_group_alone(n: int) -> None:
    """Against intervals taken one after the other."""
    rng = np.random.default_rng(n)
    start = rng.uniform(0, 100, n).round()
    spans, group = np.column_stack([start, start + rng.exponential(4.0, n)]), rng.integers(0, 5, n)
    expected = np.zeros(6)
    for i in range(6):
        reached = -math.inf
        for first, last in sorted(spans[group == i].tolist(), key=lambda span: span[0]):
            expected[i] += max(last - max(first, reached), 0.0)
            reached = max(reached, last)
    assert lengths_of_unions(spans, group, 6).tolist() == expected.tolist()
