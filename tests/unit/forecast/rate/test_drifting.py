"""What randomisations say of a rate: a steady trial's is its own, and kinds keep their shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.forecast.rate.drifting import fit_rate, log_time, slow_end
from sim.forecast.rate.history import history
from sim.forecast.rate.settings import KINDS, SETTINGS, NormalPrior
from sim.forecast.rate.terms import terms

STEADY = replace(SETTINGS, kinds=(replace(KINDS[0], share=1.0),))


def test_the_end_slows_from_0_to_its_floor() -> None:
    """0 at the start, log(floor / (1 + floor)) at the target and beyond."""
    found = slow_end(np.array([0.0, 0.5, 1.0, 2.0]), 0.05)
    assert found.tolist() == pytest.approx([0.0, np.log(0.55 / 1.05), np.log(0.05 / 1.05), np.log(0.05 / 1.05)])


def test_time_for_drift_is_logarithmic_with_some_days_before() -> None:
    assert log_time(0.0, SETTINGS) == pytest.approx(np.log(28.0))
    assert log_time(72.0, SETTINGS) == pytest.approx(np.log(100.0))


def test_a_steady_trial_has_its_own_rate() -> None:
    """One every two days, 3.5 a week: the level is its logarithm, known to about one in the root of fifty."""
    trial = trial_with(EVERY_TWO, has_calendar=False)
    found = fit_rate(history(trial), 100, [], STEADY)
    assert found.mean[0, 0] == pytest.approx(np.log(3.5), abs=0.05)
    assert found.root[0, 0, 0] == pytest.approx(1 / np.sqrt(50), rel=0.15)
    assert found.fitted == pytest.approx(np.full(len(found.fitted), np.log(3.5)), abs=0.06)
    assert found.drift_per_doubling == pytest.approx(np.expm1(0.01 * np.sqrt(np.log(2.0))))


def test_a_plan_weighs_where_there_are_few_data() -> None:
    """A prior that is sure of 7 a week is believed; a vague one is not."""
    trial = trial_with(EVERY_TWO, has_calendar=False)
    sure = fit_rate(history(trial), 100, [], STEADY, NormalPrior(float(np.log(7.0)), 0.01))
    vague = fit_rate(history(trial), 100, [], STEADY, NormalPrior(float(np.log(7.0)), 10.0))
    assert sure.mean[0, 0] == pytest.approx(np.log(7.0), abs=0.05)
    assert vague.mean[0, 0] == pytest.approx(np.log(3.5), abs=0.05)


def test_kinds_keep_their_shares_whatever_the_data_say() -> None:
    """Within a kind the sizes are weighed by the evidence; the kinds themselves are not."""
    trial = trial_with(EVERY_TWO)
    found = fit_rate(history(trial), 100, terms(trial, SETTINGS), SETTINGS)
    shares = np.bincount(found.kind, weights=found.weight)
    assert shares.tolist() == pytest.approx([kind.share for kind in KINDS])
    within = found.weight[found.kind == 1]
    evidence = np.exp(found.log_evidence[found.kind == 1])
    assert within / within.sum() == pytest.approx(evidence / evidence.sum())


def test_draws_have_the_means_and_shares_of_the_posterior() -> None:
    """By systematic sampling: each pair as often as its weight, to one."""
    trial = trial_with(EVERY_TWO)
    found = fit_rate(history(trial), 100, terms(trial, SETTINGS), SETTINGS)
    draws = found.draw(4000, np.random.default_rng(6))
    for drift in set(found.drift):
        assert np.count_nonzero(draws.drift == drift) == pytest.approx(
            4000 * found.weight[found.drift == drift].sum(), abs=4
        )
    mean = float(found.weight @ found.mean[:, 0])
    assert abs(draws.level.mean() - mean) < 5 * draws.level.std() / np.sqrt(4000)
    assert draws.coefficients.shape == (4000, len(found.terms) + 2)
