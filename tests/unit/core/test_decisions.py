"""Decisions that both engines take."""

from __future__ import annotations

import math

import pytest

from sim.core.decisions import nearly, next_dose_from, settled, triangular, uniform
from sim.core.quantiles import settle


def test_nearly_forgives_rounding_and_no_more() -> None:
    """Three tenths added up are enough for 0.3 less rounding; a millionth less is not."""
    assert nearly(0.1 + 0.1 + 0.1) <= 0.3
    assert nearly(0.3) > 0.3 * (1 - 1e-6)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param(2.0, 103.0, id="a window shorter than a week: weeks count from the first dose"),
        pytest.param(7.0, 109.5, id="a window of a week: the next dose keeps its week from this one"),
    ],
)
def test_the_next_dose_keeps_its_distance_where_a_dose_may_be_that_late(window: float, expected: float) -> None:
    assert next_dose_from(now=103.0, started=102.5, weeks=1.0, window=window) == expected


def test_settled_is_settle_for_one_number() -> None:
    for value in (math.pi, -1e-9, 123456.789, 0.0):
        assert settled(value) == settle(value).item()


def test_quantiles_of_simple_shapes() -> None:
    """Closed forms: the middle of a uniform, and of a symmetric triangle; a triangle has half its mass to its mode."""
    assert uniform(0.25, 2.0, 6.0) == 3.0
    assert triangular(0.5, 0.0, 1.0, 2.0) == 1.0
    assert triangular(0.125, 0.0, 1.0, 2.0) == pytest.approx(0.5)
    assert triangular(0.875, 0.0, 1.0, 2.0) == pytest.approx(1.5)
    assert triangular(0.3, 4.0, 4.0, 4.0) == 4.0
