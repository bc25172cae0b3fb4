"""Whole commands, as a planner types them: wall time, and processor time with all their processes. Linux only.

python -m benchmarks.commands [--before FOLDER] [--rounds N] [--only WORD ...]

Rounds are interleaved, on both engines, in new folders, the compiled engine's code being kept; medians are shown, with
the least and the most. With `--before`, another checkout of the program takes part in each round, and the ratio of
processor times of each pair is shown.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.scale import scenario
from sim.compiled import ready

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
ENGINES = ("compiled", "simpy")
_CHILD_SUBREAPER = 36  # of prctl: processes whose parent has ended become ours
_SITES = "sites.general_hospital.count"
COMMANDS = {
    "run base": ["run", "base"],
    "run base, 10,000 trials": ["run", "base", "-n", "10000"],
    "compare base, one change": ["compare", "base", "base", "--set", f"2:{_SITES}=4"],
    "sweep base, nine points": ["sweep", "base", f"--vary={_SITES}=3,4,5", "--vary=screening.consent=0.6,0.7,0.8"],
    "explain base": ["explain", "base"],
    "plan base": ["plan", "base", "--options", "registry-plan", "--by", "2022-10-01"],
    "run oncology": ["run", "oncology.yaml", "-n", "1000"],
    "run 3,000 at 300 sites": ["run", "large.json", "-n", "1000"],
}

Times = dict[tuple[str, str, str], list[tuple[float, float]]]


def measured(command: Sequence[str], code: Path) -> tuple[float, float]:
    """Run a command of a checkout in a new folder.

    Args:
        command: its arguments.
        code: the checkout.

    Returns:
        Wall time until it has ended, and processor time of it and all processes that it started, in seconds.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "scenarios" / "templates" / "oncology.yaml", folder)
        (Path(folder) / "large.json").write_text(json.dumps(scenario(3_000, 300, 20)), encoding="utf-8")
        began = perf_counter()
        subprocess.run(
            [sys.executable, "-m", "trialclock", *command, "--out", "out"],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(code)}, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wall = perf_counter() - began
        with suppress(ChildProcessError):
            while True:  # the process that workers were forked from ends after the command
                os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _lines(times: Times, codes: Sequence[str]) -> Iterator[str]:
    for (name, engine, code), taken in times.items():
        walls, processors = zip(*taken, strict=True)
        line = f"{name:28}{engine:10}{code:8}{_spread(walls)}   {_spread(processors)}"
        if code != codes[0]:
            pairs = zip(processors, (cpu for _, cpu in times[name, engine, codes[0]]), strict=True)
            line += f"   {median(own / other for own, other in pairs):.2f} of {codes[0]}"
        yield line


def _spread(seconds: Sequence[float]) -> str:
    return f"{median(seconds):7.2f} ({min(seconds):.2f} to {max(seconds):.2f})".ljust(26)


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="*", default=list(COMMANDS))
    parser.add_argument("--engines", nargs="*", default=list(ENGINES))
    asked = parser.parse_args(arguments)
    codes = {"now": ROOT} if asked.before is None else {"before": asked.before.resolve(), "now": ROOT}
    ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)
    ready.make_ready_apart()
    wanted = {name: command for name, command in COMMANDS.items() if any(word in name for word in asked.only)}
    times: Times = {}
    for number in range(
        1 if asked.rounds == 1 else 0, asked.rounds + 1
    ):  # the first, which is not counted, finds files that are not yet in memory
        for name, command in wanted.items():
            for engine in asked.engines:
                for code, folder in codes.items():
                    taken = measured([*command, "--engine", engine], folder)
                    times.setdefault((name, engine, code), []).extend([taken] if number else [])
    print(f"{'':46}{'wall time, s':26}   processor time, s")
    for line in _lines(times, list(codes)):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
