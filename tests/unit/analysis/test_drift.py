"""Drift of one simulated trial: the factor that was told last, of all sites and of each country that drifts apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from conftest import scenario_of
from small_world import log_of

from sim.analysis.drift import drift, drift_measures, places_of_drift
from sim.analysis.index import EventIndex
from sim.core import events as e
from sim.core.design import Design

SITES = {code: {"country": code.upper(), "referrals_per_month": 1.0} for code in ("de", "fr")}


def measured(design: Design, *told: tuple[float, int, float]) -> dict[str, Any]:
    rows = ((day, e.RATES_DRIFTED, -1, -1, number, 0, factor) for day, number, factor in told)
    columns: dict[str, Any] = {}
    drift(columns, design, EventIndex(log_of(*rows)))
    assert list(columns) == [name for name, _, _ in drift_measures(design)]
    return {name: values.tolist() for name, values in columns.items()}


def test_the_last_factor_that_is_told_counts() -> None:
    """Of each place its own, and nothing where none is told."""
    design = Design(scenario_of(sites=SITES, drift={"common": 0.5, "by_country": 0.2}))
    found = measured(design, (182.0, 0, 1.5), (182.0, 1, 1.2), (364.0, 0, 0.8))
    assert found["drift_factor"] == [0.8]
    assert found["country_DE_drift_factor"] == [1.2]
    assert np.isnan(found["country_FR_drift_factor"][0])


def test_countries_have_one_only_where_they_drift_apart() -> None:
    assert places_of_drift(Design(scenario_of(sites=SITES, drift={"common": 0.5}))) == [""]
    assert measured(Design(scenario_of(sites=SITES))) == {}
