"""Simulated trials of a case, and what is read off them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import scenario_of

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import replicate_chunk
from sim.forecast.continued import futures as futures_of_cases
from sim.forecast.continued.futures import PLAN, Case, Futures, plan_case, plan_in_short, simulate_cases, simulators

SCENARIO = scenario_of(trial={"target": 5})


def futures(*days: list[float]) -> Futures:
    return Futures(Case("x", SCENARIO, None, len(days)), np.zeros((len(days), 1)), [np.array(d) for d in days])


def test_counts_and_their_quantiles_by_day() -> None:
    """A randomisation on a day counts by that day."""
    made = futures([1.0, 2.0], [2.0, 9.0], [])
    assert made.counts(np.array([1.0, 2.0, 8.9])).tolist() == [[1, 2, 2], [0, 1, 1], [0, 0, 0]]
    days, fan = made.fan(0.0, 10.0, (0.5, 1.0))
    assert days.tolist() == [0.0, 7.0, 10.0]
    assert fan.tolist() == [[0.0, 1.0, 2.0], [0.0, 2.0, 2.0]]


def test_cases_are_simulated_on_the_same_random_numbers() -> None:
    """As by replication, each case in order; progress tells how many there are."""
    seen: list[tuple[int, int]] = []
    cases = [Case("a", SCENARIO, None, 3), Case("b", SCENARIO, None, 2, milestones_only=True)]
    first, second = simulate_cases(cases, 4, None, lambda done, total: seen.append((done, total)))
    alone = replicate_chunk(Reducer(Design(SCENARIO)), 4, 0, 3)
    assert np.array_equal(first.values, alone.values, equal_nan=True)
    assert second.days("last_randomised").tolist() == first.days("last_randomised")[:2].tolist()
    assert np.isnan(second.measure("n_referred")).all()
    assert seen == [(3, 5), (5, 5)]
    assert len(first.frame) == 3
    assert first.counts(np.array([1e9])).tolist() == [[5.0]] * 3


@pytest.mark.parametrize(("target", "n"), [(5, 96), (10_000, 40), (100_000, 8)])
def test_a_plan_has_fewer_trials_the_larger_it_is(target: int, n: int) -> None:
    case = plan_case(scenario_of(trial={"target": target}))
    assert (case.name, case.replications, case.state) == (PLAN, n, None)


def test_a_large_plan_is_simulated_in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares are those of fewer participants; a small one is as it is."""
    assert set(plan_in_short(SCENARIO, 3).measure("n_randomised")) == {5.0}
    monkeypatch.setattr(futures_of_cases, "_SHORT", 4)
    assert set(plan_in_short(SCENARIO, 3).measure("n_randomised")) == {4.0}


def test_one_process_needs_no_others() -> None:
    with simulators(1) as workers:
        assert workers is None
    assert replace(Case("a", SCENARIO, None, 3), name="b").replications == 3
