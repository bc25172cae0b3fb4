"""Peak memory of a whole run and of its workers, against its number of replications: it should not grow."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import sleep

import psutil

SIZES = (1_000, 10_000, 100_000)
SCENARIO = Path(__file__).parent / "small.yaml"
LOOK_SECONDS = 0.02  # between looks

_RUN = """
import sys
import sim
scenario, replications, workers, out = sys.argv[1:]
if __name__ == "__main__":
    sim.run(sim.load_scenario(scenario), replications=int(replications), workers=int(workers), out=out)
"""


def peak_megabytes(replications: int, workers: int) -> tuple[float, float]:
    """Peak resident memory of the parent and of its largest worker (0 without any), looked at from outside."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "measured.py"
        script.write_text(_RUN, encoding="utf-8")
        command = [sys.executable, str(script), str(SCENARIO), str(replications), str(workers), f"{folder}/run"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
        with subprocess.Popen(command, env=environment) as process:
            parent, worker = _watched(process)
        if process.returncode:
            raise SystemExit(f"the run of {replications} replications failed")
    return parent, worker


def _watched(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """The largest that was seen of a process and of any below it, in megabytes, until it ends."""
    root = psutil.Process(process.pid)
    parent = worker = 0
    while process.poll() is None:
        try:
            parent = max(parent, root.memory_info().rss)
            worker = max(
                [worker, *(child.memory_info().rss for child in root.children(recursive=True) if _is_worker(child))]
            )
        except psutil.NoSuchProcess:  # it ended between two looks
            continue
        sleep(LOOK_SECONDS)
    return parent / 2**20, worker / 2**20


def _is_worker(child: psutil.Process) -> bool:
    """Not, for a moment, a copy of its parent that is about to be another program."""
    return any("spawn_main" in word or "forkserver" in word for word in child.cmdline())


def main() -> None:
    """Measure and print."""
    print(f"{'replications':>14}{'alone, MB':>12}{'parent of 2, MB':>18}{'a worker, MB':>15}")
    for replications in SIZES:
        alone, _ = peak_megabytes(replications, 1)
        parent, worker = peak_megabytes(replications, 2)
        print(f"{replications:14,}{alone:12.0f}{parent:18.0f}{worker:15.0f}", flush=True)


if __name__ == "__main__":
    main()
