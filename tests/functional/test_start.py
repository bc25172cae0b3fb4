"""The start of the trial as a whole: on day 0, late, or never."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, scenario_of, simplest_file

from sim.core import events
from sim.core.design import Design
from sim.core.events import KIND, TIME
from sim.experiment.replicate import replicate
from sim.scenario.load import load_scenario

LATE = 100.0
WITH_CELLS: dict[str, Any] = {
    "trial": {"target": 6},
    "arms": {"A": {"doses": {"weeks": [0, 1], "cells_per_kg": 1e6}}},
    "sites": {
        "s": {
            "count": 2,
            "referrals_per_month": 3.0,
            "lead_days": 60,
            "activation_delay_days": {"dist": "lognormal", "median": 70, "sigma": 0.5},
            "ramp_up": {"start_fraction": 0.3, "days": 50},
        }
    },
    "patients": {"attributes": {"weight_kg": 70}},
    "cells": {
        "source": "bank",
        "lots": {"culture_days": 20, "yield_cells": 1.5e8},
        "stock": {"start_cells": 1e8, "reorder_below_cells": 2e8},
    },
    "follow_up": {"visit_weeks": [4], "primary_endpoint_week": 4, "database_lock_days": 30},
}


def log_of(start: dict[str, Any]) -> np.ndarray:
    changes = WITH_CELLS | {"trial": {"target": 6, "start": start}}
    rows = replicate(Design(scenario_of(**changes)), 7, 0).table()
    return rows[rows[:, KIND] != events.TRIAL_STARTED]


def test_a_late_trial_is_the_punctual_one_later() -> None:
    """With no dates and no calendar, all that happens in a trial that is 100 days late happens 100 days later."""
    punctual, late = log_of({}), log_of({"late": 1.0, "late_days": LATE})
    assert np.allclose(late[:, TIME], punctual[:, TIME] + LATE, atol=1e-6)
    assert np.allclose(late[:, 1:], punctual[:, 1:])


def test_dates_stay_where_they_are() -> None:
    """A site that opens on a date opens on it, or when the trial starts if that is later."""
    for day, expected in (("2020-02-01", LATE), ("2020-06-01", 152.0), ("2019-12-01", LATE)):
        sites = {"s": {"referrals_per_month": 3.0, "opens": day}}
        found = Simulated(scenario_of(sites=sites, trial={"start": {"late": 1.0, "late_days": LATE}}), 3)
        assert np.all(found["day_first_site_active"] == expected)
        assert np.all(found["day_first_referral"] > expected)


def test_as_often_late_and_never_as_said() -> None:
    """Of many trials so many start late, and so many never, as the scenario says; how late, as it says."""
    start = {"late": 0.45, "late_days": {"dist": "uniform", "low": 50, "high": 150}, "never": 0.3}
    n = 600
    found = Simulated(scenario_of(trial={"target": 1, "start": start}), n)
    never = found["outcome"] == events.ENDED_NEVER_STARTED
    late = found["day_first_site_active"] >= 50
    for share, p in ((never.mean(), 0.3), (late.mean(), 0.45)):
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / n)
    days = found["day_first_site_active"][late]
    assert abs(days.mean() - 100) < 4 * (100 / np.sqrt(12)) / np.sqrt(len(days))
    assert np.all(found["n_sites_activated"][never] == 0)
    assert np.all(found["day_end"][never] == 0)


def test_a_trial_that_never_starts_is_told_by_every_command(tmp_path: Path) -> None:
    """Nothing of it happens, its share is in the answer, and no command stumbles over it."""
    file = simplest_file(tmp_path, "never", trial={"target": 2, "start": {"never": 1.0}})
    may = simplest_file(tmp_path, "may", trial={"target": 2, "start": {"never": 0.5}})
    out = call("run", file, "--replications", "8", "--workers", "1", "--out", tmp_path / "r")
    assert out.code == 0, out
    assert "Never started at all: 100 %" in out.out
    assert call("run", "--extend", tmp_path / "r", "--replications", "10").code == 0
    told = call("trace", file, "--replication", "0")
    assert told.code == 0
    assert "The trial never starts." in told.out
    assert call("play", file, "--replication", "0", "--out", tmp_path / "p.html").code == 0
    out = call("compare", may, file, "--replications", "8", "--workers", "1", "--out", tmp_path / "c")
    assert out.code == 0, out


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({"late": 0.8, "late_days": 10, "never": 0.3}, "late and never may come to more than 1 together: 1.1"),
        ({"late": 0.5}, "trial.start.late_days: is required"),
        ({"late_days": 50}, "trial.start.late: is never used"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, start: dict[str, Any], said: str) -> None:
    """One message, with the path and what is wrong."""
    outcome = call("validate", simplest_file(tmp_path, "wrong", trial={"start": start}))
    assert outcome.code == 2
    assert said in outcome.err


def test_base_says_what_the_record_and_the_facts_say() -> None:
    """Age limits, honest grades, reasons that outlast the window of 28 days, and New Years to the horizon."""
    base = load_scenario("base")
    age = base.screening.criteria["age"]
    assert (age.attribute, age.min, age.max) == ("age_years", 16, 60)
    assert base.sources["screening.criteria.age"].grade == "B"
    assert base.sources["site_defaults.never_enrols"].grade == "D"
    assert base.sources["arms.MSC.doses.cells_per_kg"].grade == "D"
    assert "17.1" in str(base.sources["screening.criteria.bilirubin"].note)
    assert not base.screening.criteria["no_serious_complication"].passing
    assert "renal_replacement_therapy" in (base.screening.criteria["no_severe_heart_or_lung_disease"].none or ())
    last = Design(base).clock.date_of(base.trial.horizon_months * 30.4375).year
    assert {f"new_year_{year}" for year in range(2020, last + 1)} <= set(base.calendar.periods)
    start = load_scenario("trial-that-may-never-start").trial.start
    assert (start.late, start.never) == (0.45, 0.30)
