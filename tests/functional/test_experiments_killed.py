"""kill -9 in mid-experiment costs nothing: the same command goes on, to the bytes of one that was never killed."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from command_line import call
from conftest import ROOT
from test_api_experiments import COMMANDS, OPTIONS, SMALL, contents

N = 480
_LONGEST_SECONDS = 1800


def command(name: str, out: Path, workers: int) -> list[str]:
    """One of the four questions, with enough trials that some chunks are later than the first two."""
    arguments = [str(part) for part in COMMANDS[name]]
    arguments[-1] = "2400" if name == "plan" else str(N)
    return [name, *arguments, "-w", str(workers), "--no-report", "--out", str(out)]


def kept(out: Path) -> list[Path]:
    """Finished chunks, wherever in the folder."""
    return list(out.rglob("*.npz"))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 1])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_costs_nothing(name: str, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(yaml.safe_dump(SMALL))
    Path("ways.yaml").write_text(yaml.safe_dump(OPTIONS))
    out = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "waiting_workers.py"), *command(name, out, workers)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + _LONGEST_SECONDS
    while not kept(out):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=_LONGEST_SECONDS)  # returns once the workers too are gone
    assert not list(out.glob("*.csv"))
    before = {path: path.stat().st_mtime_ns for path in kept(out)}
    assert call(*command(name, out, 1)).code == 0
    if name in ("explain", "plan"):  # whose chunks stay, so that the same question is answered at once
        assert {path: path.stat().st_mtime_ns for path in kept(out) if path in before} == before
    assert call(*command(name, tmp_path / "whole", 1)).code == 0
    assert contents(out) == contents(tmp_path / "whole")


def seconds_of(line: list[str]) -> float:
    """How long a command takes here when nobody disturbs it."""
    began = time.monotonic()
    subprocess.run(line, capture_output=True, check=True)
    return time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_kills_at_many_random_moments_cost_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed and begun again twenty times, at shares of the time that it takes; whatever it was at, nothing is lost."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(yaml.safe_dump(SMALL))
    Path("ways.yaml").write_text(yaml.safe_dump(OPTIONS))
    out, moments = tmp_path / "killed", random.Random(name)
    run = [sys.executable, str(ROOT / "run_sim.py")]
    lasts = seconds_of([*run, *command(name, tmp_path / "whole", 2)])
    n_killed = 0
    while n_killed < 20:
        process = subprocess.Popen([*run, *command(name, out, 2)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait(timeout=moments.uniform(0.1, 1.0) * lasts)
        except subprocess.TimeoutExpired:
            process.kill()
            n_killed += 1
        _, said = process.communicate(timeout=_LONGEST_SECONDS)
        if process.returncode >= 0:  # it came to its end; once more
            assert process.returncode == 0, said
            shutil.rmtree(out)
    assert call(*command(name, out, 1)).code == 0
    assert contents(out) == contents(tmp_path / "whole")
