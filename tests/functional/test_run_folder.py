"""A run is its folder: equal runs have equal bytes, nothing finished is lost, and what was changed is noticed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import call
from conftest import ROOT, scenario_of
from losing_workers import Losing

from sim.errors import ResultsError, RunInterrupted
from sim.experiment import identity, replicate, workers
from sim.experiment.execution import ALONE, Execution, Progress, no_progress
from sim.experiment.files import LOCK
from sim.experiment.run import execute as going
from sim.experiment.run.folder import CHUNKS, MANIFEST, RUN
from sim.experiment.run.results import Results
from sim.experiment.run.start import run_in_folder

SMALL = ("base", "--set", "trial.target=12", "--set", "experiment.keep=3")
N = 480  # five chunks


def command(out: Path, *more: object, n: int = N, workers: int = 1) -> list[object]:
    return ["run", *SMALL, "-n", n, "-w", workers, "--no-report", "--no-causes", "--out", out, *more]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a results folder but the manifest."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed. Tests do not change it."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    assert call(*command(out)).code == 0
    return out


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """The same run, to change."""
    return Path(shutil.copytree(whole, tmp_path / "copy"))


# --- the same bytes


def test_a_finished_folder_has_the_documented_files_and_nothing_else(whole: Path) -> None:
    assert sorted(path.name for path in whole.iterdir()) == [
        "curves.parquet",
        "enrolment.parquet",
        "events.parquet",
        "manifest.json",
        "participants.parquet",
        "replications.parquet",
        "summary.csv",
    ]
    assert sorted(Results(whole).manifest["files"]) == sorted(contents(whole))


def test_equal_runs_have_equal_bytes_whatever_the_workers(whole: Path, tmp_path: Path) -> None:
    assert call(*command(tmp_path / "two", workers=2)).code == 0
    assert contents(tmp_path / "two") == contents(whole)


def test_nothing_but_the_manifest_knows_when_or_where_it_was_run(whole: Path) -> None:
    manifest = Results(whole).manifest
    for value in (manifest["started"][:10], str(whole), manifest["platform"]):
        assert not any(value.encode() in data for data in contents(whole).values())


def test_running_a_complete_run_again_changes_nothing(copy: Path) -> None:
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    times = {path.name: path.stat().st_mtime_ns for path in copy.iterdir()}
    assert call(*command(copy)).code == 0
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    assert {path.name: path.stat().st_mtime_ns for path in copy.iterdir()} == times


# --- what was changed afterwards


def test_changed_missing_and_added_files_are_named(copy: Path) -> None:
    assert Results(copy).changed_files() == []
    with (copy / "summary.csv").open("a") as file:
        file.write("one more line\n")
    (copy / "curves.parquet").unlink()
    (copy / "notes.txt").write_text("mine")
    assert Results(copy).changed_files() == [
        "curves.parquet is missing",
        "summary.csv was changed",
        "notes.txt was added",
    ]
    outcome = call(*command(copy))
    assert outcome.code == 2
    assert "since then curves.parquet is missing, summary.csv was changed" in outcome.err


def test_replay_says_what_was_changed_and_refuses_other_events(copy: Path, whole: Path) -> None:
    (copy / "summary.csv").unlink()
    outcome = call("replay", copy, "-k", 1)
    assert outcome.code == 0
    assert "warning" in outcome.err
    assert "summary.csv is missing" in outcome.err
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["run"]["seed"] += 1
    (copy / MANIFEST).write_text(json.dumps(manifest))
    outcome = call("replay", copy, "-k", 1)
    assert outcome.code == 2
    assert "was changed by hand" in outcome.err
    manifest["run"]["check"] = identity._check(manifest["run"])
    (copy / MANIFEST).write_text(json.dumps(manifest))
    outcome = call("replay", copy, "-k", 1)
    assert outcome.code == 2
    assert "replication 1 differs from what the run kept" in outcome.err
    assert outcome.out == ""


def test_replay_warns_when_the_program_is_another(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "warning" not in call("replay", copy, "-k", 1).err
    monkeypatch.setattr("sim.experiment.run.results.program_fingerprint", lambda: "0123456789abcdef")
    outcome = call("replay", copy, "-k", 1)
    assert outcome.code == 0
    assert "was made by different program code" in outcome.err


@pytest.mark.parametrize("name", ["events.parquet", MANIFEST])
def test_a_damaged_file_is_one_message(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"not what it was")
    outcome = call("replay", copy, "-k", 1)
    assert outcome.code == 2
    assert f"{name}: is damaged" in outcome.err
    assert "Traceback" not in outcome.err


# --- one folder, one run


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--seed", 5], "seed: this folder is of another seed"),
        (["--set", "screening.consent=0.5"], "scenario_hash: this folder is of another scenario"),
        (["--set", "experiment.keep=4"], "keep: this folder is of another number of kept replications"),
    ],
)
def test_a_folder_of_another_run_is_refused_with_the_reason(copy: Path, more: list[object], words: str) -> None:
    before = contents(copy)
    outcome = call(*command(copy, *more))
    assert outcome.code == 2
    assert words in outcome.err
    assert contents(copy) == before


def test_a_folder_of_another_program_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "program_fingerprint", lambda: "0123456789abcdef")
    outcome = call(*command(copy))
    assert outcome.code == 2
    assert "program: this folder is of another version of the program" in outcome.err


def test_another_program_keeps_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = identity.Identity(scenario_of(), 1, 10).folder_name
    assert identity.Identity(scenario_of(), 1, 10, typed="something else").folder_name == mine
    assert identity.Identity(scenario_of(), 1, 11).folder_name != mine
    monkeypatch.setattr(identity, "program_fingerprint", lambda: "0123456789abcdef")
    assert identity.Identity(scenario_of(), 1, 10).folder_name != mine


def test_two_runs_cannot_write_to_one_folder(tmp_path: Path) -> None:
    def second(_done: int, _total: int) -> None:
        with pytest.raises(ResultsError, match="another run is writing to this folder"):
            run_in_folder(scenario_of(), replications=3, out=tmp_path / "r", execution=ALONE)

    results = run_in_folder(
        scenario_of(), replications=3, out=tmp_path / "r", execution=Execution(workers=1, progress=second)
    )
    assert results.changed_files() == []


# --- stopped, and gone on with


def stopped_after(n_chunks: int, out: Path) -> None:
    """A run that Ctrl-C stops after so many chunks."""

    def stop(done: int, total: int) -> None:
        if done >= n_chunks * replicate.CHUNK:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted, match=f"stopped after {n_chunks * replicate.CHUNK:,} of {N}"):
        _run_small(out, stop)


def _run_small(out: Path, progress: Progress = no_progress) -> None:
    from sim.scenario.load import load_scenario

    scenario = load_scenario("base", ["trial.target=12", "experiment.keep=3"])
    run_in_folder(scenario, replications=N, out=out, typed="x", execution=Execution(workers=1, progress=progress))


def test_an_altered_chunk_is_refused_and_named_and_made_again_when_deleted(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "r"
    stopped_after(3, out)
    chunk = sorted((out / CHUNKS).iterdir())[1]
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    with pytest.raises(ResultsError, match=rf"{chunk.name}.*was changed after it was written; delete it"):
        _run_small(out)
    chunk.unlink()
    _run_small(out)
    assert contents(out) == contents(whole)


def test_a_chunk_that_never_reached_the_disk_is_made_again(whole: Path, tmp_path: Path) -> None:
    """No write of a chunk waits for the disk: a machine that is stopped may leave its name with nothing in it."""
    out = tmp_path / "r"
    stopped_after(3, out)
    sorted((out / CHUNKS).iterdir())[1].write_bytes(b"")
    _run_small(out)
    assert contents(out) == contents(whole)


def test_a_stranger_among_the_chunks_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "r"
    stopped_after(1, out)
    (out / CHUNKS / "mine.npz").write_bytes(b"")
    with pytest.raises(ResultsError, match=r"mine\.npz"):
        _run_small(out)


def test_a_run_of_another_seed_may_not_go_on_from_here(tmp_path: Path) -> None:
    out = tmp_path / "r"
    stopped_after(1, out)
    outcome = call(*command(out, "--seed", 5))
    assert outcome.code == 2
    assert f"{out / RUN}: seed: this folder is of another seed" in outcome.err


def test_an_unfinished_run_cannot_be_read_but_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "r"
    stopped_after(1, out)
    outcome = call("replay", out)
    assert outcome.code == 2
    assert "this run was not finished; run it again to continue" in outcome.err


def hear_ctrl_c() -> None:
    """A shell that runs the tests in the background has told them to ignore it, and all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(out: Path, n_workers: int) -> subprocess.Popen[str]:
    """A run of the small scenario in a process of its own, under way: one chunk is finished, another never is."""
    arguments = [str(part) for part in command(out, workers=n_workers)]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "waiting_workers.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    until = time.monotonic() + 1800
    while not any((out / CHUNKS).glob("*.npz")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.002)
    return process


@pytest.mark.parametrize("n_workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(whole: Path, tmp_path: Path, n_workers: int) -> None:
    out = tmp_path / "r"
    process = started(out, n_workers)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    printed, said = process.communicate(timeout=1800)
    assert process.returncode == 130
    assert printed == ""
    assert "Traceback" not in said
    assert f"of {N} replications; they are kept in {out}. Run the same command again to continue" in said
    n_kept = int(said.split("stopped after ")[1].split(" ")[0])
    assert n_kept == replicate.CHUNK * len(list((out / CHUNKS).glob("*.npz"))) > 0
    assert call(*command(out)).code == 0
    assert contents(out) == contents(whole)


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_kill_costs_nothing(whole: Path, tmp_path: Path, n_workers: int) -> None:
    out = tmp_path / "r"
    process = started(out, n_workers)
    process.kill()
    process.communicate(timeout=1800)  # returns once the workers too are gone, which hold the other ends of its pipes
    assert not (out / MANIFEST).exists()
    assert call(*command(out)).code == 0
    assert contents(out) == contents(whole)


# --- workers that are lost


@pytest.fixture
def workers_find_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes import what they are sent from the folder of tests."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "tests"), str(ROOT)]))


def test_a_worker_that_is_killed_is_replaced(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers_find_tests: None
) -> None:
    monkeypatch.setattr(going, "simulate_chunk", Losing(tmp_path / "killed"))
    assert call(*command(tmp_path / "r", workers=2)).code == 0
    assert (tmp_path / "killed").exists()
    assert contents(tmp_path / "r") == contents(whole)


def test_workers_that_are_killed_again_and_again_end_the_run_and_lose_nothing(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers_find_tests: None
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(going, "simulate_chunk", Losing())
        patched.setattr(workers, "MOST_LOSSES", 1)
        outcome = call(*command(tmp_path / "r", workers=2))
    assert outcome.code == 1
    assert "worker processes were killed 2 times" in outcome.err
    assert call(*command(tmp_path / "r")).code == 0
    assert contents(tmp_path / "r") == contents(whole)


def test_the_lock_is_gone_after_a_run(whole: Path) -> None:
    assert not (whole / LOCK).exists()
