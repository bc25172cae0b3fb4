"""Near questions, answered from simulated trials that a test makes up."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.core.clock import MONTH_DAYS
from sim.core.observed import KnownSite, ObservedState
from sim.forecast.backtest.near import BY_COUNTRY, BY_SITE, in_next, when_next
from sim.forecast.soon import soon


class Futures:
    """A hundred trials in which 10 to 109 more are randomised at once on day 110, and no more."""

    def __init__(self) -> None:
        self.randomised_days = [np.concatenate([EVERY_TWO, np.full(10 + i, 110.0 + i)]) for i in range(100)]

    def counts(self, days: np.ndarray) -> np.ndarray:
        return np.array([np.searchsorted(found, days, side="right") for found in self.randomised_days], dtype=float)


def start(target: int = 100, **state: Any) -> Any:
    trial = trial_with(EVERY_TWO, sites=2)
    group = SimpleNamespace(country=None, model_fields_set={"country"})
    scenario = SimpleNamespace(trial=SimpleNamespace(target=target), sites={"a": group})
    keys = {0: ("a", 0), 1: ("a", 1)}
    return SimpleNamespace(trial=trial, scenario=scenario, state=ObservedState(99.0, **state), open_sites=keys)


def test_how_many_soon_and_when_the_next() -> None:
    """By day 129 twenty trials have theirs; by day 189 eighty; the 60th comes with the first of them."""
    found = {item.question: item for item in soon(start(), Futures())}  # type: ignore[arg-type]
    assert [estimate.value for estimate in found[in_next(30.0)].quantiles] == [0.0, 0.0, 19.0]
    assert found[in_next(90.0)].quantiles[1].value == 39.0
    assert [estimate.value for estimate in found[when_next(0.1)].quantiles] == [119.0, 159.0, 199.0]
    assert found[when_next(0.5)].quantiles[1].value == 199.0
    assert found[when_next(0.1)].is_date
    assert not found[in_next(30.0)].is_date
    assert soon(start(target=50), Futures()) == ()  # type: ignore[arg-type]


def test_each_open_site_at_its_own_rate_and_drift() -> None:
    """Two and six a month, that halve: in ninety days 3 and 9 on average, the larger first."""
    rates = np.tile([2.0, 6.0], (4000, 1))
    sites = {("a", 0): KnownSite(activated=0.0, rate=0), ("a", 1): KnownSite(activated=0.0, rate=1)}
    edges, drift = np.array([99.0, 129.0, 500.0]), np.full((10, 2), 0.5)
    made = start(sites=sites, rates=rates, edges=edges, drift=drift)
    found = [item for item in soon(made, Futures()) if item.question == BY_SITE]  # type: ignore[arg-type]
    assert [item.subject for item in found] == ["site 1", "site 0"]
    mean = 0.5 * 6.0 * 90 / MONTH_DAYS
    assert found[0].quantiles[1].value == pytest.approx(mean, abs=1.0)
    assert soon(start(), Futures())[-1].question != BY_SITE, "without rates nothing is said by site"  # type: ignore[arg-type]


def test_countries_are_the_sums_of_their_sites() -> None:
    """Three sites in two countries: each country's median is near the sum of its sites' means."""
    rates = np.tile([2.0, 6.0], (4000, 1))
    sites = {("a", 0): KnownSite(activated=0.0, rate=0), ("a", 1): KnownSite(activated=0.0, rate=1)}
    made = start(sites=sites, rates=rates)
    one, two = made.trial.sites
    made.trial = replace(made.trial, sites=(replace(one, country="X"), replace(two, country="Y")))
    found = [item for item in soon(made, Futures()) if item.question == BY_COUNTRY]  # type: ignore[arg-type]
    assert [item.subject for item in found] == ["Y", "X"]
    assert found[0].quantiles[1].value == pytest.approx(6.0 * 90 / MONTH_DAYS, abs=2.5)  # the median is below the mean
