"""How far rates have drifted, over the replications that recruit for so long."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from conftest import scenario_of

from sim.analysis.drift_table import drift_table
from sim.core.design import Design

DESIGN = Design(scenario_of(drift={"common": 0.5}))


def test_quantiles_are_of_the_trials_that_recruit_for_half_a_year() -> None:
    """A replication that raised is in none of them, and one that was never told counts for the share alone."""
    factors = [*np.arange(1, 100) / 50, math.nan, 7.0]
    frame = pd.DataFrame({"outcome": ["complete"] * 100 + ["error"], "drift_factor": factors})
    row = drift_table(DESIGN, frame).loc[""]
    assert row["share"] == pytest.approx(0.99)
    assert row["p50"] == pytest.approx(1.0)
    assert row["p10"] == pytest.approx(0.2)
    assert row["p90"] == pytest.approx(1.8)
    assert row["p50_low"] < 1 < row["p50_high"]


def test_where_it_is_never_told_nothing_is_known() -> None:
    row = drift_table(DESIGN, pd.DataFrame({"outcome": ["complete"] * 3, "drift_factor": [math.nan] * 3})).loc[""]
    assert (row["share"], math.isnan(row["p50"])) == (0.0, True)


def test_rates_that_do_not_drift_have_no_rows() -> None:
    assert drift_table(Design(scenario_of()), pd.DataFrame({"outcome": ["complete"]})).empty
