"""Steps in which a rate drifts, and whose drift is whose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import scenario_of

from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.drift import DriftPaths, elapsed, steps_of_drift
from sim.scenario.schema.drift import EARLY_DAYS

SITES = {code: {"country": code.upper(), "referrals_per_month": 1.0} for code in ("de", "fr")}


def paths_of(first: int = 0, n: int = 4, **drift: float) -> DriftPaths:
    found = Batch(Design(scenario_of(sites=SITES, drift=drift)), 5, first, n).drift
    assert found is not None
    return found


@pytest.mark.parametrize(("horizon", "n_half_years"), [(100.0, 0), (2198.0, 0), (2199.0, 1), (2381.0, 2)])
def test_steps_are_weeks_then_four_weeks_then_half_years(horizon: float, n_half_years: int) -> None:
    """As in forecasts, to the horizon or past it."""
    widths = np.diff(steps_of_drift(horizon)).tolist()
    assert widths == [7.0] * 26 + [28.0] * 72 + [182.0] * n_half_years


def test_time_grows_by_its_logarithm() -> None:
    assert elapsed(np.array([0.0, 28.0, 84.0])) == pytest.approx([math.log(2), math.log(2)])
    assert EARLY_DAYS == 28.0


def test_countries_share_what_is_common_and_drift_for_themselves_besides() -> None:
    """With no drift of their own they are alike; with nothing in common, they are not, and one has no other's."""
    common = paths_of(common=0.5)
    assert np.array_equal(common.factor("DE"), common.factor("FR"))
    assert np.array_equal(common.factor("DE"), common.factor(None))
    own = paths_of(by_country=0.5)
    assert np.all(own.factor(None) == 1.0)
    assert not np.any(own.factor("DE") == own.factor("FR"))
    both = paths_of(common=0.5, by_country=0.5)
    assert both.factor("DE") == pytest.approx(common.factor(None) * own.factor("DE"), rel=1e-6)


def test_a_replication_drifts_the_same_in_any_batch() -> None:
    assert np.array_equal(paths_of(0, 6, common=0.5).factor("DE")[4:], paths_of(4, 2, common=0.5).factor("DE"))
