"""Commands that are killed at a random moment and given again: the same bytes as of one that was never killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.broken.trying import Count, progress

_QUESTIONS: dict[str, list[str]] = {
    "run": ["run", "base", "-n", "400"],
    "compare": ["compare", "base", "covid-2020", "-n", "200"],
    "sweep": ["sweep", "base", "--vary", "sites.general_hospital.count=3,4", "-n", "150"],
    "plan": ["plan", "base", "--options", "registry-plan", "--by", "2023-06-30", "-n", "4800"],
    "explain": ["explain", "classroom", "-n", "100"],
}


def _contents(folder: Path) -> dict[str, bytes]:
    """Bytes of the files that a reader is given. JSON is left out: it says when, and in which folder, it was made."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".csv", ".html", ".xlsx", ".parquet", ".yaml")
    }


def _command(question: str, out: Path) -> list[str]:
    return [sys.executable, "run_sim.py", *_QUESTIONS[question], "-w", "2", "--out", str(out)]


def _whole(question: str, out: Path) -> tuple[dict[str, bytes], float]:
    begun = time.monotonic()
    subprocess.run(_command(question, out), check=True, capture_output=True)
    return _contents(out), time.monotonic() - begun


def main(count: int, seed: int, sources: list[Path], kept: Path) -> None:
    """Kill `count` commands, in turn of each question, and say what came of it; `sources` is not used."""
    counted = Count(kept)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        whole = {question: _whole(question, there / question) for question in _QUESTIONS}
        for i in progress(range(count), counted, every=25):
            question = sorted(_QUESTIONS)[i % len(_QUESTIONS)]
            expected, seconds = whole[question]
            _killed(question, chance.uniform(0.05, 1.0) * seconds, expected, there / f"killed-{i}", counted)
            shutil.rmtree(there / f"killed-{i}", ignore_errors=True)
    print(f"-- {count} kills, seed {seed}\n{counted.told()}")


def _killed(question: str, after_seconds: float, expected: dict[str, bytes], out: Path, counted: Count) -> None:
    command = _command(question, out)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(after_seconds)
        counted.add(f"{question}: was done before the kill")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    again = subprocess.run(command, capture_output=True, text=True)
    found = _contents(out) if out.exists() else {}
    if again.returncode == 0 and found == expected:
        counted.add(f"{question}: the same bytes")
        return
    differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    said = f"code {again.returncode}; {differing}\n{again.stdout}{again.stderr}"
    name = f"{after_seconds:.2f}"
    counted.fault(f"{question} differs", name, said, lambda kept: shutil.copytree(out, kept / "out"))
