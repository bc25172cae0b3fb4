"""Intervals are honest: a 95 % interval covers a known answer in 95 % of independent experiments.

One site with a constant rate and nobody excluded: the first randomisation is exponential, so its median is known. Each
experiment is a run with a seed of its own.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import scenario_of
from scipy import stats

from sim.analysis import intervals
from sim.analysis.reduce import MilestoneReducer
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.experiment.execution import ALONE
from sim.experiment.replicate import replicate_chunk
from sim.experiment.run.start import run_in_folder
from sim.scenario.schema import Scenario

PER_MONTH = 3.0
MEDIAN_DAYS = math.log(2) * MONTH_DAYS / PER_MONTH
PLANNED_DAY = 13
P_BY_PLANNED = 1 - math.exp(-PLANNED_DAY * PER_MONTH / MONTH_DAYS)


def first_patient() -> Scenario:
    trial = {"target": 1, "planned": {"primary_completion": f"2020-01-{PLANNED_DAY:02d}"}}
    return scenario_of(trial=trial, sites={"s": {"count": 1, "referrals_per_month": PER_MONTH}})


def honest(covered: int, n: int, low: float, high: float) -> bool:
    """Whether so many covered are what a coverage from `low` to `high` gives, but for one time in a thousand."""
    return bool(stats.binom.ppf(0.0005, n, low) <= covered <= stats.binom.ppf(0.9995, n, high))


@pytest.mark.parametrize(
    ("n_experiments", "low", "high"),
    [
        (60, 0.95, 0.97),
        pytest.param(500, None, None, marks=pytest.mark.slow),
    ],
)
def test_intervals_cover_a_known_median_and_probability(n_experiments: int, low: float, high: float) -> None:
    """500 experiments: 93 to 97 % cover. 60: as many as that allows."""
    reducer = MilestoneReducer(Design(first_patient()))
    column = reducer.names.index("day_first_randomised")
    medians = probabilities = 0
    n = 96
    for seed in range(n_experiments):
        days = replicate_chunk(reducer, seed, 0, n).values[:, column]
        median = intervals.quantile(days, 0.5)
        chance = intervals.probability(int(np.count_nonzero(days < PLANNED_DAY)), n)
        assert median.low is not None
        assert median.high is not None
        assert chance.low is not None
        assert chance.high is not None
        medians += median.low <= MEDIAN_DAYS <= median.high
        probabilities += chance.low <= P_BY_PLANNED <= chance.high
    for covered in (medians, probabilities):
        if low is None:
            assert 0.93 <= covered / n_experiments <= 0.97
        else:
            assert honest(covered, n_experiments, low, high)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["first_randomised.p50<2.2d", "by_primary_completion<7%"])
def test_runs_that_stop_by_a_rule_cover_as_often(rule: str, tmp_path: Path) -> None:
    """500 runs that stop where the interval is narrow enough, whole runs with their folders."""
    n_experiments = 500
    covered = 0
    n_used = set()
    for seed in range(n_experiments):
        results = run_in_folder(first_patient(), until=rule, seed=seed, out=tmp_path / str(seed), execution=ALONE)
        assert results.manifest["until"]["met"]
        n_used.add(results.n_replications)
        if "p50" in rule:
            row, truth = results.milestones().loc["first_randomised"], MEDIAN_DAYS
            low, high = row["p50_low"], row["p50_high"]
            assert high - low < 2.2
        else:
            row, truth = results.odds().loc["primary_completion"], P_BY_PLANNED
            low, high = row["probability_low"], row["probability_high"]
            assert high - low < 0.07
        covered += low <= truth <= high
    assert len(n_used) > 2
    assert 0.93 <= covered / n_experiments <= 0.97
