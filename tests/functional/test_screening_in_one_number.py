"""`screening: {failure: 0.3}`: screening without criteria by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, scenario_of, simplest_file

from sim.core import events as e
from sim.core.design import Design
from sim.core.events import KIND, TIME
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.scenario.load import load_scenario


def test_so_many_fail_and_recruitment_takes_so_much_longer() -> None:
    """Of those screened 0.3 fail, after the days of screening; the last of 45 comes as at 0.7 of the rate."""
    n = 200
    found = Simulated(scenario_of(screening={"failure": 0.3, "days": 10}), n)
    screened, failed = found["n_screened"].sum(), found["n_failed_first_reason_not_stated"].sum()
    assert np.array_equal(found["n_failed_first_reason_not_stated"], found["n_screening_failed"])
    assert abs(failed / screened - 0.3) < 4 * np.sqrt(0.21 / screened)
    mean = 45 * 30.4375 / (3.0 * 0.7) + 10
    days = found["day_last_randomised"]
    assert abs(days.mean() - mean) < 4 * days.std() / np.sqrt(n)


def test_who_fails_a_criterion_too_fails_on_that_one() -> None:
    """Besides criteria: independent of them, and the last reason of all."""
    made = scenario_of(
        trial={"target": 400},
        sites={"s": {"referrals_per_month": 100.0}},
        patients={"conditions": {"ill": 0.5}},
        screening={
            "failure": {"uncertain": "beta", "mean": 0.4, "n": 1e9},
            "criteria": {"well": {"stage": "tests", "none": ["ill"]}},
        },
    )
    found = Simulated(made, 10)
    n = found["n_screened"].sum()
    for name, p in (("first_well", 0.5), ("first_reason_not_stated", 0.2), ("only_well", 0.3)):
        assert abs(found[f"n_failed_{name}"].sum() / n - p) < 4 * np.sqrt(p * (1 - p) / n)


def test_it_moves_no_other_draw() -> None:
    """In base, those who are not failed by it come on the days on which they came."""
    plain, failing = (
        replicate(Design(load_scenario("base", more)), 1, 0).table() for more in ([], ["screening.failure=0.1"])
    )
    first = [rows[rows[:, KIND] == e.REFERRED, TIME][:50] for rows in (plain, failing)]
    assert np.array_equal(*first)


def test_it_is_told_explained_and_named(tmp_path: Path) -> None:
    """The funnel has no chart that nobody reads; the story says what there is to say; it is a cause of delay."""
    made = scenario_of(screening={"failure": 0.3, "days": 10})
    rows = replicate(Design(made), 7, 0).table()
    assert "fails screening: reason not stated." in "\n".join(story(Design(made), rows))
    (cause,) = [cause for cause in causes_of_delay(made) if cause.name == "failure"]
    assert cause.scenario.screening.failure == 0
    file = simplest_file(tmp_path, "short", screening={"failure": 0.3, "days": 10}, trial={"target": 9})
    out = call("run", file, "-n", 24, "-w", 1, "--out", tmp_path / "r")
    assert out.code == 0, out
    assert "consent" not in out.out  # nobody can refuse it
    assert "chart" not in out.out
    assert "coordinator" not in out.out.partition("Critical path")[0].partition("Most days")[0]


def test_its_name_is_its_own() -> None:
    """A criterion of that name would not be told from it."""
    criteria = {"reason_not_stated": {"stage": "tests", "none": ["ill"]}}
    with pytest.raises(ScenarioError, match="give the criterion another name"):
        scenario_of(patients={"conditions": {"ill": 0.5}}, screening={"criteria": criteria})
