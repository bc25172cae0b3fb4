"""Runs on a Dask cluster: a real scheduler and worker processes, and the bytes of a serial run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from command_line import call
from conftest import ROOT
from holding_workers import Held

from sim.errors import RunInterrupted, UsageError, WorkersLost
from sim.experiment import cluster
from sim.experiment.execution import ALONE, Execution
from sim.experiment.replicate import CHUNK
from sim.experiment.run import execute as going
from sim.experiment.run.folder import CHUNKS, MANIFEST
from sim.experiment.run.start import run_in_folder
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

N = 576
_START_SECONDS = 120.0


@dataclass
class Dask:
    """A scheduler and workers, in processes of their own."""

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start a part of the cluster."""
        environment = os.environ | {
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
            "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
        }
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start_worker(self, name: str) -> None:
        """Start a worker with one thread."""
        arguments = ("--nthreads", "1", "--no-nanny", "--name", name, "--memory-limit", "0")
        self.start(name, "dask_worker", self.address, *arguments)

    @property
    def address(self) -> str:
        """The scheduler's."""
        address: str = json.loads((self.folder / "scheduler.json").read_text())["address"]
        return address

    def kill(self, name: str) -> None:
        """Kill a part without a chance to say so."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    """A scheduler, without workers."""
    found = Dask(tmp_path)
    found.start(
        "scheduler", "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", "scheduler.json"
    )
    until = time.monotonic() + _START_SECONDS
    while not (tmp_path / "scheduler.json").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    try:
        yield found
    finally:
        for name in list(found.processes):
            found.kill(name)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("base", ["trial.target=3", "experiment.keep=3"])


@pytest.fixture(scope="module")
def serial(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_in_folder(scenario, replications=N, out=tmp_path_factory.mktemp("serial") / "r", execution=ALONE).path


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines on which tests run may be slow to answer."""
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 60.0)
    monkeypatch.setattr(cluster, "_WORKERS_SECONDS", _START_SECONDS)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


@pytest.fixture
def go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All work but the first two chunks waits until this file is there: a run is disturbed while it is under way."""
    file = tmp_path / "go-on"
    monkeypatch.setattr(going, "simulate_chunk", Held(file, 2 * CHUNK))
    return file


def test_a_worker_killed_in_mid_run_costs_nothing(
    dask: Dask, serial: Path, scenario: Scenario, tmp_path: Path, go_on: Path
) -> None:
    """The same bytes as the serial run's, though a worker was killed while it was at work."""
    for name in ("a", "b"):
        dask.start_worker(name)
    seen: list[int] = []

    def kill_one(done: int, _total: int) -> None:
        seen.append(done)
        if done >= 2 * CHUNK and "a" in dask.processes:
            dask.kill("a")
            go_on.touch()

    run_in_folder(
        scenario, replications=N, out=tmp_path / "r", execution=Execution(cluster=dask.address, progress=kill_one)
    )
    assert "a" not in dask.processes
    assert seen[-1] == N
    assert contents(tmp_path / "r") == contents(serial)


def test_a_cluster_that_is_lost_says_so_and_the_run_goes_on_without_it(
    dask: Dask, serial: Path, scenario: Scenario, tmp_path: Path, go_on: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dask.start_worker("a")

    def kill_scheduler(done: int, _total: int) -> None:
        if done and "scheduler" in dask.processes:
            dask.kill("scheduler")
            monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 1.0)  # for the farewell, which nobody answers

    with pytest.raises(WorkersLost, match="no longer answers; what is finished is kept"):
        run_in_folder(
            scenario,
            replications=N,
            out=tmp_path / "r",
            execution=Execution(cluster=dask.address, progress=kill_scheduler),
        )
    assert list((tmp_path / "r" / CHUNKS).glob("*.npz"))
    go_on.touch()
    run_in_folder(scenario, replications=N, out=tmp_path / "r", execution=ALONE)
    assert contents(tmp_path / "r") == contents(serial)


def test_a_cluster_without_workers_says_so(
    dask: Dask, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_WORKERS_SECONDS", 0.5)
    with pytest.raises(UsageError, match=r"the scheduler answers but has had no worker for 0\.5 seconds"):
        run_in_folder(scenario, replications=N, out=tmp_path / "r", execution=Execution(cluster=dask.address))


def test_workers_that_are_lost_for_good_end_the_run(
    dask: Dask, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, go_on: Path
) -> None:
    monkeypatch.setattr(cluster, "_LONELY_SECONDS", 1.0)
    monkeypatch.setattr(cluster, "_LOOK_SECONDS", 0.2)
    dask.start_worker("a")

    def kill_worker(done: int, _total: int) -> None:
        if done >= 2 * CHUNK and "a" in dask.processes:
            dask.kill("a")

    with pytest.raises(WorkersLost, match="has had no worker"):
        run_in_folder(
            scenario,
            replications=N,
            out=tmp_path / "r",
            execution=Execution(cluster=dask.address, progress=kill_worker),
        )


def test_workers_with_another_program_are_refused(
    dask: Dask, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dask.start_worker("a")
    monkeypatch.setattr(cluster, "program_fingerprint", lambda: "0123456789abcdef")
    with pytest.raises(UsageError, match="has another version of trialclock; its results would differ"):
        run_in_folder(scenario, replications=N, out=tmp_path / "r", execution=Execution(cluster=dask.address))


def test_ctrl_c_on_a_cluster_keeps_what_is_finished(dask: Dask, scenario: Scenario, tmp_path: Path) -> None:
    dask.start_worker("a")

    def stop(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted, match=f"of {N} replications; they are kept"):
        run_in_folder(
            scenario, replications=N, out=tmp_path / "r", execution=Execution(cluster=dask.address, progress=stop)
        )
    assert len(list((tmp_path / "r" / CHUNKS).glob("*.npz"))) == 1


def test_a_local_cluster_has_the_bytes_of_a_serial_run(serial: Path, scenario: Scenario, tmp_path: Path) -> None:
    run_in_folder(scenario, replications=N, out=tmp_path / "r", execution=Execution(cluster="local", workers=2))
    assert contents(tmp_path / "r") == contents(serial)


@pytest.fixture
def silent() -> Iterator[str]:
    """An address where somebody listens and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"


def test_a_cluster_that_does_not_answer_is_said(silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there, and somebody who says nothing."""
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 1.0)
    for address in ("tcp://127.0.0.1:9", silent):
        outcome = call("run", "base", "-n", 200, "--cluster", address, "--no-report", "--out", tmp_path / "r")
        assert outcome.code == 2
        assert f"--cluster: no Dask scheduler answers there within 1 seconds (got {address})" in outcome.err
        assert "Traceback" not in outcome.err


@pytest.mark.parametrize("address", ["nonsense://x:1", "locale"])
def test_an_address_that_is_none(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 1.0)
    outcome = call("run", "base", "-n", 200, "--cluster", address, "--no-report", "--out", tmp_path / "r")
    assert outcome.code == 2
    assert "--cluster: " in outcome.err
    assert address in outcome.err


def test_without_dask_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = call("run", "base", "-n", 200, "--cluster", "local", "--no-report", "--out", tmp_path / "r")
    assert outcome.code == 2
    assert outcome.message == (
        "--cluster: needs dask, which is not installed: pip install 'trialclock[cluster]' (got local)"
    )
