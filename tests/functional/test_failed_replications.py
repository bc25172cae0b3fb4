"""A simulated trial that raises is a defect: it is said in one message, there is no answer, and the rest is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from command_line import Outcome, call
from conftest import scenario_of, simplest_file

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.errors import ReplicationFailed
from sim.experiment import replicate
from sim.experiment.run.catalogue import FAILED, named
from sim.experiment.run.results import Results

SMALL: dict[str, Any] = {
    "trial": {"target": 3, "planned": {"study_completion": "2020-12-31"}},
    "costs": {"currency": "USD"},
}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Replications 4 and 100 raise, of whatever is simulated."""
    broken = {4, 100}
    simulated = replicate._simulated

    def breaks(batch: Any, replication: int) -> Any:
        if replication in broken:
            raise ArithmeticError(f"no luck in {replication}")
        return simulated(batch, replication)

    monkeypatch.setattr(replicate, "_simulated", breaks)
    return broken


def _has_no_answer(outcome: Outcome) -> None:
    assert outcome.code == 1, outcome
    assert outcome.out == ""
    *account, line = outcome.err.strip().splitlines()
    assert all(said.startswith(("Data: ", "  ")) for said in account), account  # a forecast says first what it read
    assert "so there is no answer; this is a defect of trialclock" in line
    assert "replication 4, ArithmeticError: no luck in 4" in line


def test_a_run_keeps_what_happened_and_gives_no_answer(tmp_path: Path, failing: set[int]) -> None:
    """Number, seed and traceback are in the folder, and no report is; `results` says that it failed."""
    file, out = simplest_file(tmp_path, "f", **SMALL), tmp_path / "runs" / "r"
    command = ("run", file, "-n", 120, "-w", 1, "--out", out)
    for arguments in (command, (*command, "--json"), ("run", "--extend", out, "-n", 130, "-w", 1)):
        outcome = call(*arguments)
        _has_no_answer(outcome)
        assert outcome.message.startswith("2 simulated trials failed")
        assert "failures.json" in outcome.message
    results = Results(out)
    assert [failure["replication"] for failure in results.failures] == [4, 100]
    assert {failure["seed"] for failure in results.failures} == {results.seed}
    assert all("Traceback" in failure["trace"] for failure in results.failures)
    assert set(results.replications.loc[results.replications["outcome"] == "error", "replication"]) == failing
    assert results.outcomes().loc["error", "n"] == 2
    assert not (out / "report.html").exists()
    with pytest.raises(ReplicationFailed):
        results.milestones()
    assert named(tmp_path / "runs", "r").status == FAILED
    assert "2 of 130 simulated trials failed" in " ".join(call("results", "--in", tmp_path / "runs").out.split())


def test_no_command_answers_without_them(tmp_path: Path, failing: set[int]) -> None:
    """Comparisons, sweeps, searches, explanations and forecasts neither."""
    file = simplest_file(tmp_path, "f", **SMALL)
    other = simplest_file(tmp_path, "g", **SMALL, sites={"s": {"count": 1, "referrals_per_month": 4.0}})
    lever = {"label": "Sites", "path": "sites.s.count", "values": [1, 2]}
    options = tmp_path / "options.yaml"
    options.write_text(yaml.safe_dump({"name": "o", "currency": "USD", "levers": {"sites": lever}}))
    data = tmp_path / "log.csv"
    data.write_text("date,site\n" + "".join(f"2020-0{month}-10,s\n" for month in range(1, 7)))
    plan = simplest_file(tmp_path, "p", trial={"target": 20})
    for arguments in (
        ("compare", file, other, "-n", 20),
        ("sweep", file, "--vary", "trial.target=2,3", "-n", 20),
        ("explain", file, "-n", 96),
        ("plan", file, "--options", options, "--by", "2020-12-31", "-n", 400),
        ("forecast", plan, "--observed", data, "-n", 20),
    ):
        _has_no_answer(call(*arguments, "-w", 1, "--out", tmp_path / str(arguments[0])))


def test_a_measure_that_raises_fails_only_where_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replications are measured together; those beside the one that cannot be have the values that they have alone."""
    reducer = Reducer(Design(scenario_of(**SMALL)))
    whole = replicate.replicate_chunk(reducer, 1, 0, 9, keep=9)
    ends, columns = whole.values[:, reducer.names.index("day_end")], Reducer._columns

    def breaks(self: Reducer, index: Any, uncertain: Any) -> Any:
        found = columns(self, index, uncertain)
        if ends[4] in found["day_end"]:
            raise ArithmeticError("no luck")
        return found

    monkeypatch.setattr(Reducer, "_columns", breaks)
    chunk = replicate.replicate_chunk(reducer, 1, 0, 9, keep=9)
    assert [(failure.replication, failure.error) for failure in chunk.failures] == [(4, "ArithmeticError: no luck")]
    others = [i for i in range(9) if i != 4]
    assert np.array_equal(chunk.values[others], whole.values[others], equal_nan=True)
    assert np.isnan(chunk.values[4]).all()
    assert list(chunk.kept) == others


def test_replay_of_a_replication_that_raised_raises_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its traceback: here it is what was asked for."""

    def breaks(trial: replicate.Trial) -> None:
        raise ArithmeticError(f"no luck in {trial.world.replication}")

    monkeypatch.setattr(replicate.Trial, "run", breaks)
    out = tmp_path / "r"
    call("run", simplest_file(tmp_path, "f"), "-n", 8, "-w", 1, "--out", out)
    outcome = call("replay", out, "-k", 4)
    assert outcome.code == 1
    assert "replication 4 raises ArithmeticError: no luck in 4" in outcome.err
    assert "in breaks" in outcome.err
