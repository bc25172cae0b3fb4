"""Which risks strike, when, and how many days they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from scipy import stats

from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.intensity import Steps
from sim.core.observed import ObservedState
from sim.core.risk_draws import without

MANY = 2000
CLOSED = {"probability": 0.4, "days": 9.0, "delays": "recruitment", "from": "2020-01-11", "to": "2020-01-30"}


def batch_of(risk: dict[str, Any], now: float | None = None, n: int = MANY) -> Batch:
    sites = {name: {"referrals_per_month": 1.0} for name in ("a", "b")}
    observed = None if now is None else ObservedState(now=now)
    return Batch(Design(scenario_of(sites=sites, risks={"r": risk})), 4, 0, n, observed=observed)


def test_it_strikes_with_its_probability_on_a_day_as_likely_as_any() -> None:
    risks = batch_of(CLOSED).risks
    assert stats.binomtest(int(risks.struck.sum()), MANY, 0.4).pvalue > 1e-4
    assert stats.kstest(risks.starts[0], stats.uniform(10, 20).cdf).pvalue > 1e-4
    assert set(risks.days[0]) == {9.0}


def test_its_days_may_vary() -> None:
    risks = batch_of({**CLOSED, "days": {"dist": "uniform", "low": 5.0, "high": 15.0}}).risks
    assert stats.kstest(risks.days[0], stats.uniform(5, 10).cdf).pvalue > 1e-4


@pytest.mark.parametrize(("now", "p", "first"), [(5.0, 0.4, 10.0), (20.0, 0.2 / 0.8, 20.0), (30.0, 0.0, 10.0)])
def test_in_a_trial_under_way_it_has_not_struck_yet(now: float, p: float, first: float) -> None:
    """Half way through its days, half of its probability is left, given that it has not struck."""
    risks = batch_of(CLOSED, now).risks
    assert stats.binomtest(int(risks.struck.sum()), MANY, p).pvalue > 1e-4
    assert risks.starts[0].min() >= first


def test_activation_is_delayed_where_it_says() -> None:
    """Days add up over risks; another group is not touched, nor a step that it does not name."""
    always = {"probability": 1.0, "days": 9.0, "groups": "a"}
    risks = batch_of(always, n=3).risks
    assert np.asarray(risks.activation_days("a")).tolist() == [9.0] * 3
    assert risks.activation_days("b") == 0.0


def test_while_it_keeps_recruitment_closed_nobody_comes() -> None:
    always = {**CLOSED, "probability": 1.0, "to": "2020-01-11"}
    risks = batch_of(always, n=2).risks
    calendar = Steps(np.array([0.0]), np.array([2.0]), 100.0)
    start = risks.starts[0, 1]
    closed = risks.closing(calendar, "a", 1)
    assert 10.0 <= start < 11.0
    assert closed.integral_to(100.0) == pytest.approx(2.0 * 91.0)
    assert closed.integral_to(start) == pytest.approx(closed.integral_to(start + 9.0))
    never = batch_of({**CLOSED, "probability": 0.0}, n=2).risks
    assert never.closing(calendar, "a", 1) is calendar


def test_stretches_may_overlap_and_reach_beyond_the_end() -> None:
    calendar = Steps(np.array([0.0, 50.0]), np.array([1.0, 3.0]), 100.0)
    found = without(calendar, [(10.0, 20.0), (15.0, 60.0), (90.0, 500.0)])
    assert found.edges.tolist() == [0.0, 10.0, 15.0, 20.0, 50.0, 60.0, 90.0, 100.0]
    assert found.values.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0]
