"""Whatever ends a run, and at whatever moment, nothing finished is lost and the end is the same bytes."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command_line import call
from conftest import ROOT, scenario_of

from sim.errors import WriteError
from sim.experiment import files
from sim.experiment.execution import ALONE
from sim.experiment.replicate import CHUNK
from sim.experiment.run.folder import CHUNKS, MANIFEST, RUN
from sim.experiment.run.results import Results
from sim.experiment.run.start import extend, resume, run_in_folder
from sim.scenario.schema import Scenario

N = CHUNK + 10


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return scenario_of(trial={"target": 1, "horizon_months": 6}, experiment={"keep": 2})


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


@pytest.fixture(scope="module")
def whole(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return contents(
        run_in_folder(scenario, replications=N, out=tmp_path_factory.mktemp("whole") / "r", execution=ALONE).path
    )


# --- killed at every moment at which it touches a file


class _Killed(BaseException):
    """The process is dead: it does not clean up either."""


class _Fate:
    """Kills at the n-th time that a file below a folder is opened, renamed or removed; from then on, nothing works."""

    EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree")

    def __init__(self) -> None:
        self.folder: str | None = None
        self.n_left = 0
        self.n_seen = 0
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None or event not in self.EVENTS:
            return
        if not any(str(argument).startswith(self.folder) for argument in arguments[:2]):
            return
        self.n_seen += 1
        if self.n_seen >= self.n_left:
            raise _Killed

    def __call__(self, folder: Path, n: int) -> None:
        """Kill at the n-th; never for 0."""
        self.folder, self.n_left, self.n_seen = str(folder), n or sys.maxsize, 0

    def spare(self) -> int:
        """No more of it; how many there were."""
        self.folder = None
        return self.n_seen


@pytest.fixture(scope="module")
def fate() -> Iterator[_Fate]:
    found = _Fate()
    yield found
    found.spare()


def run_small(scenario: Scenario, out: Path) -> None:
    run_in_folder(scenario, replications=N, out=out, execution=ALONE)


def killed_at_each_touch(
    fate: _Fate, out: Path, begin: Callable[[], None], live: Callable[[], object], end: dict[str, bytes], step: int
) -> None:
    """A life that is cut short at one moment after another; another life that goes on from there ends as it must."""
    begin()
    fate(out, 0)
    live()
    n_moments = fate.spare()
    assert n_moments > 20
    for moment in range(1, n_moments + 1, step):
        when = f"killed at touch {moment} of {n_moments}"
        begin()
        fate(out, moment)
        with pytest.raises(_Killed):
            live()
        fate.spare()
        live()
        assert contents(out) == end, when
        assert Results(out).changed_files() == [], when


EACH_OR_SOME = pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 4])


@EACH_OR_SOME
def test_a_run_killed_at_any_touch_of_a_file_ends_the_same(
    step: int, scenario: Scenario, whole: dict[str, bytes], fate: _Fate, tmp_path: Path
) -> None:
    out = tmp_path / "r"
    begin = partial(shutil.rmtree, out, ignore_errors=True)
    killed_at_each_touch(fate, out, begin, lambda: run_small(scenario, out), whole, step)


@EACH_OR_SOME
def test_an_extension_killed_at_any_touch_of_a_file_ends_the_same(
    step: int, scenario: Scenario, whole: dict[str, bytes], fate: _Fate, tmp_path: Path
) -> None:
    before, out = tmp_path / "before", tmp_path / "r"
    run_in_folder(scenario, replications=CHUNK - 7, out=before, execution=ALONE)

    def begin() -> None:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(before, out)

    killed_at_each_touch(fate, out, begin, lambda: extend(out, N, ALONE), whole, step)


# --- killed from outside, at moments that nobody chose


def killed_at_random(tmp_path: Path, n_kills: int) -> None:
    """A run in a process of its own is killed again and again, and started again each time.

    Moments are shares of how long an undisturbed run takes here, so that a kill finds it under way on any machine.
    """
    out, undisturbed = tmp_path / "r", tmp_path / "undisturbed"
    command = [sys.executable, str(ROOT / "run_sim.py"), "run", "base", "--set", "trial.target=6", "-n", "480"]
    command += ["-w", "2", "--no-report", "--out"]
    began = time.monotonic()
    subprocess.run([*command, undisturbed], capture_output=True, check=True)
    lasts, moments = time.monotonic() - began, random.Random(n_kills)
    n_killed = 0
    while n_killed < n_kills:
        process = subprocess.Popen([*command, out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait(timeout=moments.uniform(0.1, 1.0) * lasts)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            n_killed += 1
        else:  # it came to its end; once more
            assert process.returncode == 0, process.communicate()[1]
            process.communicate()
            shutil.rmtree(out)
    assert subprocess.run([*command, out], capture_output=True, check=False).returncode == 0
    assert contents(out) == contents(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("n_kills", [60])
def test_kills_at_random_moments_cost_nothing(tmp_path: Path, n_kills: int) -> None:
    killed_at_random(tmp_path, n_kills)


# --- a full disk


@pytest.fixture
def full_after(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Fills the disk after so many files have been written."""

    def fill(n: int) -> None:
        settle, left = files.settle, [n]

        def settle_or_fail(temporary: Path, path: Path, *, is_checked: bool = False) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            settle(temporary, path, is_checked=is_checked)

        monkeypatch.setattr(files, "settle", settle_or_fail)
        monkeypatch.setattr("sim.experiment.run.assemble.settle", settle_or_fail)

    return fill


@pytest.mark.parametrize("n_files", range(10))
def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(
    n_files: int, scenario: Scenario, whole: dict[str, bytes], tmp_path: Path, full_after: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whichever file it is that does not fit: what is run, a chunk, a result, the manifest."""
    out = tmp_path / "r"
    with monkeypatch.context() as patched:
        patched.setattr(files, "settle", files.settle)
        full_after(n_files)
        with pytest.raises(WriteError, match="No space left on device") as refused:
            run_small(scenario, out)
        assert not list(tmp_path.rglob("*.part"))
        monkeypatch.undo()
    if n_files > 1:
        kept = min(max(n_files - 1, 0) * CHUNK, N)
        assert f"{kept} replications are kept in {out}, and once it can be written" in str(refused.value)
    run_small(scenario, out)
    assert contents(out) == whole


def test_a_disk_that_is_full_while_a_table_is_written(
    scenario: Scenario, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28] No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(WriteError, match="No space left on device"):
            run_small(scenario, tmp_path / "r")
    assert not list(tmp_path.rglob("*.part"))
    resume(tmp_path / "r", ALONE)
    assert contents(tmp_path / "r") == whole


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB, where this machine lets one make it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody make a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_disk_that_is_really_full(tiny_disk: Path, tmp_path: Path) -> None:
    arguments = ["run", "base", "--set", "trial.target=6", "-n", 480, "-w", 1, "--no-report", "--no-causes", "--out"]
    outcome = call(*arguments, tiny_disk / "r")
    assert outcome.code == 2
    assert "cannot be written: No space left on device; " in outcome.err
    assert len(outcome.message.splitlines()) == 1
    assert (tiny_disk / "r" / RUN).exists()
    assert not list(tiny_disk.rglob("*.part"))
    n_kept = len(list((tiny_disk / "r" / CHUNKS).glob("*.npz")))
    assert f"{n_kept * CHUNK} replications are kept" in outcome.err
    subprocess.run(["mount", "-o", "remount,size=40m", tiny_disk], check=True)
    assert call("run", "--resume", tiny_disk / "r", "--no-report", "--no-causes").code == 0
    assert call(*arguments, tmp_path / "roomy").code == 0
    assert contents(tiny_disk / "r") == contents(tmp_path / "roomy")


# --- time


def test_a_worker_whose_parent_was_killed_ends(tmp_path: Path) -> None:
    """Nobody is left behind by kill -9: the pipe to stderr, which workers hold too, is closed within seconds."""
    arguments = ["run", "base", "-n", "9600", "-w", "2", "--no-report", "--out", str(tmp_path / "r")]
    waiting = str(ROOT / "tests" / "waiting_workers.py")  # so that it is under way when it is killed
    process = subprocess.Popen([sys.executable, waiting, *arguments], stderr=subprocess.PIPE)
    until = time.monotonic() + 1800
    while not any((tmp_path / "r" / CHUNKS).glob("*.npz")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=1800)
