"""Two forecasts are the same where data, question and program are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.exchange.observed import SiteRecord
from sim.forecast.identity import data_hash, forecast_fingerprint, forecast_identity
from sim.forecast.rate.settings import SETTINGS

TRIAL = trial_with(EVERY_TWO, sites=2)


def with_people(**columns: Any) -> Any:
    return replace(TRIAL, people=replace(TRIAL.people, **columns))


@pytest.mark.parametrize(
    "other",
    [
        replace(TRIAL, last=TRIAL.last + timedelta(days=1)),
        replace(TRIAL, has_calendar=False),
        replace(TRIAL, ends=200.0),
        replace(TRIAL, sites_a_month=1.0),
        replace(TRIAL, closed_periods=((1.0, 2.0),)),
        replace(TRIAL, sites=(SiteRecord("other"), TRIAL.sites[1])),
        with_people(randomised=EVERY_TWO + 1e-9),
        with_people(ended=np.full(50, 99.0)),
        with_people(arm=np.array(["A", *[""] * 49], dtype=object)),
        with_people(way_out=np.array(["died", *[""] * 49], dtype=object)),
        with_people(site=np.zeros(50, dtype=np.int64)),
    ],
)
def test_whatever_differs_in_the_data_differs_in_their_hash(other: Any) -> None:
    assert data_hash(other) != data_hash(TRIAL)


def test_names_of_files_are_no_data() -> None:
    assert data_hash(replace(TRIAL, name="x", source="other.csv")) == data_hash(TRIAL)


def test_text_does_not_run_together() -> None:
    """Two columns of text that read the same in a row are two."""
    assert data_hash(with_people(arm=np.array(["ab", "c", *[""] * 48], dtype=object))) != data_hash(
        with_people(arm=np.array(["a", "bc", *[""] * 48], dtype=object))
    )


def test_the_identity_has_all_that_decides() -> None:
    found = forecast_identity("forecast", data="x", target=5)
    assert found == {
        "kind": "forecast",
        "program": forecast_fingerprint(),
        "seed": SETTINGS.seed,
        "data": "x",
        "target": 5,
    }
    assert len(forecast_fingerprint()) == 16
