"""The frozen configuration on real trials: intervals keep what they promise, and scores beat simpler forecasts.

The figures are those that the track record page shows. With fifteen trials, twelve of them parts of one, they can
shift by as much as that page says; the settings were chosen with these trials, so other ones are the real test.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.exchange.folder import read_trials
from sim.forecast.backtest import METHOD, backtest_cut, cuts_at
from sim.forecast.settings import SETTINGS
from sim.forecast.track_record import MOST, by_trial, cut_table, of_method

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real trials are not here")


@pytest.fixture(scope="module")
def cuts() -> pd.DataFrame:
    settings = replace(SETTINGS, draws=1500)
    trials = read_trials([DATA])
    return cut_table([backtest_cut(trial, cut, None, settings) for trial in trials for cut in cuts_at(trial, SHARES)])


def test_all_trials_and_cuts_are_there(cuts: pd.DataFrame) -> None:
    assert cuts["trial"].nunique() == 15
    assert len(cuts[(cuts["method"] == METHOD) & (cuts["goal"] != MOST)]) >= 100


@pytest.mark.parametrize(("level", "low", "high"), [(50, 0.42, 0.58), (80, 0.75, 0.85), (95, 0.90, 1.0)])
def test_intervals_keep_what_they_promise(cuts: pd.DataFrame, level: int, low: float, high: float) -> None:
    assert low <= of_method(cuts)[f"covers_{level}"] <= high


def test_scores_beat_the_homogeneous_poisson_process(cuts: pd.DataFrame) -> None:
    assert of_method(cuts)["relative_log_crps"] <= 0.65
    assert of_method(cuts)["relative_count_crps"] <= 0.68
    assert of_method(cuts, goal=MOST)["relative_log_crps"] <= 0.65


def test_no_trial_is_forecast_much_worse_than_by_a_constant_rate(cuts: pd.DataFrame) -> None:
    assert by_trial(cuts)["relative_log_crps"].max() <= 1.3


def test_no_truth_is_outside_the_99_interval_without_a_warning(cuts: pd.DataFrame) -> None:
    assert by_trial(cuts)["missed_99_without_warning"].sum() == 0


def test_a_constant_rate_promises_far_too_much(cuts: pd.DataFrame) -> None:
    """What the facts say of the homogeneous Poisson process: the comparison is with the forecast that they mean."""
    assert of_method(cuts, "homogeneous_poisson")["covers_80"] < 0.30
