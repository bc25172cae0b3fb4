"""What changed since the plan: parts that add up to the whole, of trials that a test makes up."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import scenario_of

from sim.analysis.measures import measures
from sim.core.design import Design
from sim.forecast.changes import CHANGED, FORECAST, PARTS, changes_since
from sim.forecast.continued.futures import PLAN, Case, Futures

SCENARIO = scenario_of(trial={"horizon_months": 30})
NAMES = [measure.name for measure in measures(Design(SCENARIO))]
_, SITES, SCREENING, STAYING, _ = PARTS


def made(name: str, days: np.ndarray) -> Futures:
    """Trials of which every milestone comes on these days."""
    values = np.full((len(days), len(NAMES)), np.nan)
    for milestone in CHANGED:
        values[:, NAMES.index(f"day_{milestone}")] = days
    return Futures(Case(name, SCENARIO, None, len(days)), values, [np.zeros(0)] * len(days))


PLANNED = np.random.default_rng(1).gamma(9, 20, 96)


def test_shifts_are_found_and_add_up() -> None:
    """Sites 10 days, screening 5 back, the rate 20, leaving 3: each on the pairs that its neighbours have."""
    shifts = {PLAN: 0.0, SITES: 10.0, SCREENING: 5.0, STAYING: 25.0, FORECAST: 28.0}
    found = {name: made(name, PLANNED[:64] + shift) for name, shift in shifts.items() if name not in (PLAN, FORECAST)}
    found[FORECAST] = made(FORECAST, PLANNED + 28.0)
    changes = {change.cause: change.days["last_randomised"] for change in changes_since(made(PLAN, PLANNED), found)}
    expected = {"sites": 10.0, "screening": -5.0, "rate": 20.0, "dropout": 3.0, "in all": 28.0}
    assert {cause: estimate.value for cause, estimate in changes.items()} == pytest.approx(expected)
    for estimate in changes.values():
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value + 1e-9
        assert estimate.value - 1e-9 <= estimate.high


def test_where_screening_is_not_told_apart_it_is_in_the_rate() -> None:
    found = {name: made(name, PLANNED[:64] + 1) for name in (SITES, STAYING)} | {FORECAST: made(FORECAST, PLANNED + 1)}
    changes = changes_since(made(PLAN, PLANNED), found)
    assert [change.cause for change in changes] == ["sites", "rate", "dropout", "in all"]
    assert "screening" in next(change.note for change in changes if change.cause == "rate")


def test_never_is_the_end_of_the_simulated_time() -> None:
    """All of the forecast never come: the horizon less the plan's median."""
    never = np.full(96, np.nan)
    found = {SITES: made(SITES, PLANNED[:64]), STAYING: made(STAYING, never[:64]), FORECAST: made(FORECAST, never)}
    whole = changes_since(made(PLAN, PLANNED), found)[-1].days["database_lock"]
    median = np.sort(PLANNED)[47]
    assert whole.value == pytest.approx(Design(SCENARIO).horizon_days - median)
