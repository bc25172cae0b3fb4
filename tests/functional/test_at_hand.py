"""A first answer from a few replications, and a run that grows step by step, are the run itself."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.execution import ALONE, Execution
from sim.experiment.identity import Identity
from sim.experiment.replicate import replicate_chunk
from sim.experiment.run.execute import Outputs
from sim.experiment.run.folder import CAUSES, MANIFEST
from sim.experiment.run.growing import ResultsAtHand, grow
from sim.experiment.run.results import Results
from sim.experiment.run.start import run_in_folder
from sim.report.run.answers import Answers
from sim.report.run.figures import exhibit
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("base", ["trial.target=3", "experiment.keep=5"])


@pytest.fixture(scope="module")
def at_once(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run_in_folder(scenario, replications=200, out=tmp_path_factory.mktemp("at") / "once", execution=ALONE)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


def test_results_at_hand_say_what_the_same_replications_in_a_folder_say(
    scenario: Scenario, at_once: Results, tmp_path: Path
) -> None:
    reducer = Reducer(Design(scenario))
    seed = scenario.experiment.seed
    chunks = [replicate_chunk(reducer, seed, 0, 13), replicate_chunk(reducer, seed, 13, 17)]
    at_hand = ResultsAtHand(Identity(scenario, seed, 30), chunks)
    in_folder = run_in_folder(scenario, replications=30, out=tmp_path / "run", execution=ALONE)
    for table in ("milestones", "odds", "funnel", "losses", "paths", "costs", "criteria", "outcomes"):
        pd.testing.assert_frame_equal(getattr(at_hand, table)(), getattr(in_folder, table)())
    pd.testing.assert_frame_equal(at_hand.curves, in_folder.curves)
    for name in ("fan", "funnel"):
        assert exhibit(name, Answers(at_hand)).summary == exhibit(name, Answers(in_folder)).summary


def test_a_run_that_grows_is_the_run_made_at_once(scenario: Scenario, at_once: Results, tmp_path: Path) -> None:
    identity = Identity(scenario, scenario.experiment.seed, 200)
    seen = [
        found.n_replications for found in grow(tmp_path / "run", identity, (96, 150, 200), ALONE, Outputs(causes=True))
    ]
    assert seen == [96, 150, 200]
    causes = run_in_folder(
        scenario, replications=200, out=tmp_path / "with", execution=ALONE, outputs=Outputs(causes=True)
    )
    assert files(tmp_path / "run") == files(causes.path)
    assert {name: data for name, data in files(causes.path).items() if name != CAUSES} == files(at_once.path)


def test_what_has_been_simulated_is_not_simulated_again(scenario: Scenario, at_once: Results) -> None:
    before = {path: path.stat().st_mtime_ns for path in at_once.path.iterdir()}
    identity = Identity(scenario, scenario.experiment.seed, 200)
    found = list(grow(at_once.path, identity, (96, 200), ALONE))
    assert [results.n_replications for results in found] == [200]
    assert {path: path.stat().st_mtime_ns for path in at_once.path.iterdir()} == before


def test_a_run_that_was_stopped_grows_on(scenario: Scenario, at_once: Results, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 96:
            raise Stop

    identity = Identity(scenario, scenario.experiment.seed, 200)
    with pytest.raises(Stop):
        list(grow(tmp_path / "run", identity, (150, 200), Execution(workers=1, progress=stop)))
    seen = [found.n_replications for found in grow(tmp_path / "run", identity, (150, 200), ALONE)]
    assert seen == [150, 200]
    assert files(tmp_path / "run") == files(at_once.path)
