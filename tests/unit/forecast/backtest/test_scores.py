"""Scores by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.forecast.backtest.scores import LEAST_DAYS, MOST_DAYS, Score, crps, log_days, score


def test_crps_of_few_draws() -> None:
    """Mean distance from the truth, less half the mean distance between draws: of 0 and 2 around 1, 1 - 1/2."""
    assert crps(np.array([0.0, 2.0]), 1.0) == pytest.approx(0.5)
    assert crps(np.array([3.0]), 1.0) == pytest.approx(2.0)
    assert crps(np.full(10, 4.0), 4.0) == pytest.approx(0.0)
    draws = np.random.default_rng(1).gamma(2.0, size=200)
    apart = np.abs(draws[:, None] - draws).mean()
    for truth in (-1.0, draws[7], 1.5, 20.0):
        assert crps(draws, truth) == pytest.approx(np.abs(draws - truth).mean() - apart / 2, rel=1e-12)


def test_logarithms_of_days_are_bounded() -> None:
    """Half a day at least, and never is a hundred years."""
    assert np.exp(log_days(np.array([0.0, 0.5, 7.0, np.inf]))).tolist() == pytest.approx(
        [LEAST_DAYS, 0.5, 7.0, MOST_DAYS]
    )


def test_a_forecast_is_scored_on_days_and_counts() -> None:
    """Draws of 1 to 10 days and of 1 to 10 people, against 3 days and 8 people."""
    draws = np.arange(1.0, 11.0)
    found = score(draws, 3.0, draws, 8.0)
    assert (found.low80, found.median_days, found.high80) == (1.0, 5.0, 9.0)
    assert (found.error_days, found.position) == (2.0, 0.2)
    assert (found.count_median, found.count_error) == (5.0, -3.0)
    assert (found.count_below, found.count_above) == (0.7, 0.2)
    assert found.count_crps == pytest.approx(crps(draws, 8.0))
    assert found.log_crps == pytest.approx(crps(np.log(draws), np.log(3.0)))


@pytest.mark.parametrize(("position", "covered"), [(0.1, True), (0.0999, False), (0.9, True), (0.9001, False)])
def test_an_interval_of_80_percent_has_what_lies_between_10_and_90(position: float, covered: bool) -> None:
    found = Score(1, 1, 1, 0, 0, position, 0, 0, 0, 0, 0)
    assert found.covers(0.8) == covered


@pytest.mark.parametrize(("below", "above", "covered"), [(0.9, 0.0, True), (0.91, 0.0, False), (0.0, 0.95, False)])
def test_an_interval_of_counts_has_its_ends(below: float, above: float, covered: bool) -> None:
    assert Score(1, 1, 1, 0, 0, 0, 0, 0, 0, below, above).covers_count(0.8) == covered
