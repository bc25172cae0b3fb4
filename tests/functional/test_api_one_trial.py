"""`sim.validate` and `sim.trace`: one scenario looked at, and one trial of it, as the commands do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import call
from conftest import POISSON, scenario_of, simplest_file

import sim
from sim.core.design import Design
from sim.core.events import KINDS, WIDTH
from sim.report.one_trial.story import Teller
from sim.scenario.load import load


def test_validate_says_what_the_command_says(tmp_path: Path) -> None:
    """The first line and the notes are the command's, whether a name, a file, a dict or an object is given."""
    file = simplest_file(tmp_path, "capped", caps={"few": {"in_screening": 3}})
    told = call("validate", file)
    first, limit, *_ = told.out.splitlines()
    for given in (file, Path(file), sim.load_scenario(file), load(file)):
        lines = repr(sim.validate(given)).splitlines()
        assert lines[0].partition(" is valid")[2] == first.partition(" is valid")[2]
        assert limit in lines
    checked = sim.validate(POISSON)
    assert checked.values.loc["sites.s.referrals_per_month", "value"] == "3"
    assert checked.values.loc["trial.target", "origin"] != "default"
    assert checked.values.loc["trial.overrun", "origin"] == "default"


def test_validate_refuses_what_the_command_refuses() -> None:
    """All problems at once, each with its path."""
    with pytest.raises(sim.ScenarioError) as caught:
        sim.validate(POISSON | {"trial": {"target": 0, "enrolment_opens": "2020-01-01", "horizon": 3}})
    assert {problem.path for problem in caught.value.problems} == {"trial.target", "trial.horizon"}


def test_trace_is_the_trial_that_the_command_tells() -> None:
    """The same events as `trace --format csv`, the same sentences as its story; another seed is another trial."""
    found = sim.trace("base", 2)
    assert len(found.events) == len(call("trace", "base", "-k", 2, "--format", "csv").out.splitlines()) - 1
    assert "\n".join(found.story()) + "\n" == call("trace", "base", "-k", 2).out
    assert repr(found).startswith(f"Simulated trial 2 of {found.design.scenario.name}: seed {found.seed}\n")
    assert f"{len(found.participants)} participants; {found.events['detail'].iloc[-1]} on " in repr(found)
    assert not sim.trace("base", 2, seed=1).events.equals(found.events)


def test_every_kind_of_event_has_a_sentence() -> None:
    assert set(Teller(Design(scenario_of()), np.empty((0, WIDTH)))._tell) == set(range(len(KINDS)))
