"""Nothing runs for ever: a trial in which too much happens is ended, counted as never finished, and said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Simulated, scenario_of

from sim.core import design as design_module
from sim.core import events as e
from sim.core.environment import TrialEnvironment
from sim.report.run.headline import warnings

LOT = {"culture_days": 1e-9, "yield_cells": 10}
DOSED: dict[str, Any] = {
    "arms": {"A": {"doses": {"weeks": [0], "cells_per_kg": 1e6}}},
    "patients": {"attributes": {"weight_kg": 60.0}},
}
ENDLESS = {
    "lots of ten cells in no time": {
        **DOSED,
        "cells": {"source": "bank", "lots": LOT, "stock": {"reorder_below_cells": 1e5}},
    },
    "lots in no time at all, none of which is of use": {
        **DOSED,
        "cells": {"source": "made_to_order", "lots": LOT | {"culture_days": 0}, "failure": 1.0},
    },
    "patients without end, none of whom consents": {
        "sites": {"s": {"referrals_per_month": 10_000}},
        "screening": {"consent": 0.0},
    },
    "patients without end, all of whom are asked": {
        "trial": {"target": 200_000},
        "sites": {"s": {"count": 10, "referrals_per_month": 10_000}},
        "screening": {"days": 1e5},
    },
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_trial_that_would_never_end_is_ended(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the stated number of events or referrals a replication ends, and is one that was never finished."""
    monkeypatch.setattr(design_module, "MOST_EVENTS", 3_000)
    monkeypatch.setattr(design_module, "MOST_EVENTS_EACH", 0)
    run = Simulated(scenario_of(**ENDLESS[what]), 2, keep=1)
    assert run.design.most_events == 3_000
    assert run["outcome"].tolist() == [e.ENDED_TOO_MUCH] * 2
    assert np.all(run["reached"] == 0)
    assert np.all(np.isnan(run["day_database_lock"]))
    assert len(run.chunk.kept[0]) < 20_000


def test_the_bound_grows_with_the_trial() -> None:
    """A large trial may have more events than a small one."""
    few, many = (design_module.Design(scenario_of(trial={"target": n})).most_events for n in (45, 3000))
    assert few == 200_000 + 46_000
    assert many == 200_000 + 3_001_000


@pytest.mark.parametrize(("most", "is_done"), [(4, True), (3, True), (2, False)])
def test_an_environment_counts_what_happens(most: int, is_done: bool) -> None:
    """All that is to happen happens where it is no more than the bound, and is left where it is."""
    env, done = TrialEnvironment(), []
    for day in (1.0, 2.0, 3.0):
        env.call_at(day, lambda: done.append(env.now))
    assert env.run_to_end(most) is is_done
    assert len(done) == min(most, 3)


def test_trials_that_were_ended_are_said() -> None:
    """Of a run in which replications were ended, the reader is told how many, and after how much."""
    scenario = scenario_of()
    frame = pd.DataFrame({"outcome": ["complete", "too_much", "too_much"]})
    results: Any = SimpleNamespace(
        n_replications=3, scenario=scenario, design=design_module.Design(scenario), columns=lambda *_names: frame
    )
    (found,) = [text for text in warnings(results, []) if "never finished" in text]
    assert found.startswith("2 of 3 replications were stopped after 246,000 events or referrals")


def test_a_group_of_more_sites_than_are_drawn_together() -> None:
    """A group of 601 sites is simulated like any other: its participants come at the rate of all."""
    sites = {"s": {"count": 601, "referrals_per_month": 1.0}}
    run = Simulated(scenario_of(trial={"target": 100}, sites=sites), 4)
    mean = 100 * 30.4375 / 601
    assert abs(run["day_last_randomised"].mean() - mean) < 4 * mean / np.sqrt(100 * 4)
