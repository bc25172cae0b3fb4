"""Runs that are given more replications: until an answer is precise enough, in a finished run, after a stop."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from conftest import scenario_of

from sim.errors import ResultsError, RunInterrupted, UsageError
from sim.experiment import identity, replicate
from sim.experiment.execution import ALONE, Execution
from sim.experiment.replicate import CHUNK
from sim.experiment.run.folder import CHUNKS, MANIFEST, RUN
from sim.experiment.run.results import Results
from sim.experiment.run.start import extend, resume, run_in_folder
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

FIRST, MORE = 250, 490  # neither a whole number of chunks; together they end in one chunk after another


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Everything that a run may leave: doses, cells, ways out, costs, and events of replications kept whole."""
    return load_scenario("base", ["trial.target=6", "experiment.keep=300"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


@pytest.fixture(scope="module")
def small(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_in_folder(
        scenario, replications=FIRST, out=tmp_path_factory.mktemp("more") / "small", execution=ALONE
    ).path


@pytest.fixture(scope="module")
def large(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_in_folder(
        scenario, replications=MORE, out=tmp_path_factory.mktemp("more") / "large", execution=ALONE
    ).path


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "copy"))


class Simulated(list[int]):
    """Which replications were simulated."""


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Simulated:
    found = Simulated()
    run_trial = replicate.Trial.run

    def noted(trial: replicate.Trial) -> Any:
        found.append(trial.world.replication)
        return run_trial(trial)

    monkeypatch.setattr(replicate.Trial, "run", noted)
    return found


# --- extend


def test_an_extended_run_has_the_bytes_of_one_that_had_all_from_the_start(
    copy: Path, large: Path, simulated: Simulated
) -> None:
    """Those that it had are not simulated again, also where they fill a part of a chunk, and those kept whole are."""
    extend(copy, MORE, ALONE)
    assert contents(copy) == contents(large)
    assert sorted(simulated) == list(range(FIRST, MORE))
    assert Results(copy).n_replications == MORE
    assert Results(copy).changed_files() == []


def test_extending_twice_is_extending_once(copy: Path, large: Path, simulated: Simulated) -> None:
    for n in (FIRST + 3, CHUNK * 3, MORE):
        extend(copy, n, ALONE)
    assert contents(copy) == contents(large)
    assert sorted(simulated) == list(range(FIRST, MORE))


def test_an_extension_that_is_stopped_goes_on(copy: Path, large: Path, simulated: Simulated) -> None:
    """By the same command or by --resume, and simulates nothing twice."""

    def stop(done: int, _total: int) -> None:
        if done >= CHUNK * 4:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted, match=f"of {MORE} replications"):
        extend(copy, MORE, Execution(workers=1, progress=stop))
    with pytest.raises(ResultsError, match="this run is not finished; finish it first, with --resume"):
        extend(copy, MORE + 1, ALONE)
    extend(copy, MORE, ALONE)
    assert contents(copy) == contents(large)
    assert sorted(simulated) == list(range(FIRST, MORE))


def test_the_command_extends_and_resumes(copy: Path, large: Path) -> None:
    outcome = call("run", "--extend", copy, "-n", MORE, "-w", 1, "--no-report", "--no-causes")
    assert outcome.code == 0, outcome.err
    assert f"{MORE} simulated trials" in outcome.out
    assert contents(copy) == contents(large)
    again = call("run", "--resume", copy, "--no-report", "--no-causes")
    assert again.out == outcome.out


def test_replications_that_raised_are_still_known_after_an_extension(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_trial = replicate.Trial.run

    def breaks(trial: replicate.Trial) -> Any:
        if trial.world.replication in (1, 101):
            raise ArithmeticError("no luck")
        return run_trial(trial)

    monkeypatch.setattr(replicate.Trial, "run", breaks)
    run_in_folder(scenario, replications=50, out=tmp_path / "some", execution=ALONE)
    extend(tmp_path / "some", 110, ALONE)
    run_in_folder(scenario, replications=110, out=tmp_path / "all", execution=ALONE)
    assert [failure["replication"] for failure in Results(tmp_path / "some").failures] == [1, 101]
    assert contents(tmp_path / "some") == contents(tmp_path / "all")


def test_nothing_can_be_taken_away(copy: Path) -> None:
    with pytest.raises(UsageError, match="this run has 250 replications already"):
        extend(copy, FIRST - 1)
    extend(copy, FIRST)  # as many as there are: nothing to do
    assert Results(copy).n_replications == FIRST


def test_what_was_changed_is_not_built_on(copy: Path) -> None:
    with (copy / "enrolment.parquet").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ResultsError, match=r"enrolment\.parquet was changed"):
        extend(copy, MORE)
    assert not (copy / RUN).exists()
    assert not (copy / CHUNKS).exists()


def test_a_run_of_another_program_is_not_extended(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "program_fingerprint", lambda: "0123456789abcdef")
    with pytest.raises(ResultsError, match="this folder is of another version of the program"):
        extend(copy, MORE)
    assert (copy / MANIFEST).exists()


def test_a_run_may_be_made_again_beside_one_that_was_extended(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = run_in_folder(scenario, replications=5, execution=ALONE)
    extend(first.path, 8, ALONE)
    again = run_in_folder(scenario, replications=5, execution=ALONE)
    assert again.n_replications == 5
    assert again.path.name == f"{first.path.name}-5"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--extend", "r"], "give the total number of trials with --replications N"),
        (["--resume", "r", "-n", 5], "--extend gives a finished run more of them"),
        (["--resume", "r", "--extend", "r"], "give --resume or --extend, not both"),
        (["base", "--resume", "r"], "leave out SCENARIO"),
        (["--resume", "r", "--set", "trial.target=5"], "leave out --set"),
        (["--extend", "r", "-n", 5, "--seed", 5], "leave out --seed"),
        (["--resume", "r", "--out", "q"], "leave out --out"),
        (["--resume", "r", "--until", "last_randomised.p50<7d"], "leave out --until"),
        (["--resume", "nowhere"], "nowhere: there is no such results folder"),
        (["--extend", "empty", "-n", 5], "empty: is not the folder of a run"),
    ],
)
def test_the_folder_says_what_is_run(
    arguments: list[Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r").mkdir()
    Path("empty").mkdir()
    outcome = call("run", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert len(outcome.message.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "r"]


# --- until


RULE = "first_randomised.p50<1.2d"


@pytest.fixture(scope="module")
def quick() -> Scenario:
    """Quick to simulate: one Poisson process, one participant; and with a median that takes some looks."""
    return scenario_of(trial={"target": 1}, experiment={"keep": 3})


@pytest.fixture(scope="module")
def narrow(quick: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run_in_folder(quick, until=RULE, out=tmp_path_factory.mktemp("until") / "narrow", execution=ALONE)


def test_a_run_goes_on_until_the_interval_is_narrow(narrow: Results) -> None:
    record = narrow.manifest["until"]
    row = narrow.milestones().loc["first_randomised"]
    assert record["met"]
    assert row["p50_high"] - row["p50_low"] == record["looks"][-1]["width"] < 1.2
    assert len(record["looks"]) >= 2
    assert all(look["width"] >= 1.2 for look in record["looks"][:-1])
    assert record["looks"][0]["replications"] == 384
    assert record["looks"][-1]["replications"] == narrow.n_replications


def test_it_has_the_bytes_of_a_run_with_as_many_from_the_start(
    narrow: Results, quick: Scenario, tmp_path: Path
) -> None:
    run_in_folder(quick, replications=narrow.n_replications, out=tmp_path / "r", execution=ALONE)
    assert contents(tmp_path / "r") == contents(narrow.path)


@pytest.mark.parametrize("n_chunks", [2, 5])
def test_it_goes_on_after_a_stop_to_the_same_end(
    n_chunks: int, narrow: Results, quick: Scenario, tmp_path: Path
) -> None:
    """Before its first look, and after it."""

    def stop(done: int, _total: int) -> None:
        if done >= n_chunks * CHUNK:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted, match=f"stopped after {n_chunks * CHUNK} replications"):
        run_in_folder(quick, until=RULE, out=tmp_path / "r", execution=Execution(workers=1, progress=stop))
    resumed = resume(tmp_path / "r", ALONE)
    assert contents(tmp_path / "r") == contents(narrow.path)
    assert resumed.manifest["until"] == narrow.manifest["until"]


def test_the_same_command_again_changes_nothing_and_another_rule_is_refused(narrow: Results, quick: Scenario) -> None:
    before = (narrow.path / MANIFEST).read_bytes()
    assert run_in_folder(quick, until=RULE, out=narrow.path).n_replications == narrow.n_replications
    assert (narrow.path / MANIFEST).read_bytes() == before
    with pytest.raises(ResultsError, match="this folder is of another stopping rule"):
        run_in_folder(quick, until="first_randomised.p50<2d", out=narrow.path)
    with pytest.raises(ResultsError, match="this folder is of another stopping rule"):
        run_in_folder(quick, replications=narrow.n_replications, out=narrow.path)


def test_a_run_that_stopped_by_a_rule_can_be_extended(narrow: Results, quick: Scenario, tmp_path: Path) -> None:
    out = Path(shutil.copytree(narrow.path, tmp_path / "r"))
    n = narrow.n_replications + 50
    extend(out, n, ALONE)
    run_in_folder(quick, replications=n, out=tmp_path / "q", execution=ALONE)
    assert contents(out) == contents(tmp_path / "q")
    assert "until" not in Results(out).manifest


def test_the_command_says_how_the_rule_ended(tmp_path: Path) -> None:
    arguments = ["run", "base", "--set", "trial.target=2", "-w", 1, "--no-report", "--no-causes", "--until"]
    met = call(*arguments, "first_site_active.p50<40d", "--out", tmp_path / "met")
    assert met.code == 0
    text = " ".join(met.out.split())
    assert "first_site_active.p50<40d is met: the interval is" in text
    assert "days wide (looked at after 384 simulated trials)" in text
    unmet = call(*arguments, "last_visit.p90<0.01d", "-n", 400, "--out", tmp_path / "unmet")
    assert unmet.code == 3
    assert " ".join(unmet.out.split()).startswith("Warning: last_visit.p90<0.01d is not met after 400 simulated trials")
    document = json.loads(
        call(*arguments, "last_visit.p90<0.01d", "-n", 400, "--out", tmp_path / "unmet", "--json").out
    )
    assert document["until"]["met"] is False
    assert [look["replications"] for look in document["until"]["looks"]] == [384, 400]


def test_a_date_that_is_certainly_never_reached_needs_no_more(quick: Scenario, tmp_path: Path) -> None:
    """All of the interval lies beyond the horizon: it cannot become narrower."""
    hopeless = scenario_of(trial={"target": 1}, sites={"s": {"count": 1, "referrals_per_month": 0.0}})
    results = run_in_folder(hopeless, until="last_randomised.p50<1d", out=tmp_path / "r", execution=ALONE)
    assert results.manifest["until"] == {
        "rule": "last_randomised.p50<1d",
        "met": True,
        "looks": [{"replications": 384, "width": 0.0}],
    }


def test_a_rule_that_cannot_be_read_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = call("run", "base", "--until", "last_randomized.p50<7d")
    assert outcome.code == 2
    assert outcome.err == (
        "--until: there is no such milestone; did you mean 'last_randomised'? (got last_randomized.p50<7d)\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "changes",
    [{"screening": {"consent": 0.0}}, {"sites": {"s": {"count": 2, "referrals_per_month": 0.0}}}],
    ids=["nobody consents", "nobody is referred"],
)
def test_a_run_that_randomised_nobody_is_given_more(changes: dict[str, Any], tmp_path: Path) -> None:
    """There is nothing to split among its replications, and each of them counts as never complete."""
    scenario = scenario_of(trial={"horizon_months": 24}, **changes)
    run_in_folder(scenario, replications=30, out=tmp_path / "r")
    done = call("run", "--extend", tmp_path / "r", "-n", 50, "-w", 1, "--no-report")
    assert done.code == 0, done.err
    results = run_in_folder(scenario, replications=50, out=tmp_path / "whole")
    assert contents(tmp_path / "r") == contents(tmp_path / "whole")
    assert results.replications["day_last_randomised"].isna().all()
    assert len(results.replications) == 50
