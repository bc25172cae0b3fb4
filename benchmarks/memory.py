"""Peak memory of a whole run, against its number of replications: it should not grow."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

SIZES = (500, 2_000, 8_000)
SCENARIO = Path(__file__).parent / "like-plain-simpy.yaml"


def peak_megabytes(replications: int) -> float:
    """Peak resident memory of the process that runs so many replications, without a report, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "run_sim.py", "run", str(SCENARIO), "--no-report", "--workers", "1"]
        command += ["--replications", str(replications), "--out", str(Path(folder) / "run"), "--json"]
        with Path(os.devnull).open("w") as nowhere:
            actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), fd) for fd in (1, 2)]
            pid = os.posix_spawn(sys.executable, command, dict(os.environ), file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"the run of {replications} replications failed with status {status}")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    print(f"{'replications':>14}{'peak memory, MB':>18}")
    for replications in SIZES:
        print(f"{replications:14,}{peak_megabytes(replications):18.0f}")


if __name__ == "__main__":
    main()
