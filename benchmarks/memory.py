"""Peak memory of a whole run and of its workers, against its number of replications: it should not grow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (1_000, 10_000, 100_000)
SCENARIO = Path(__file__).parent / "small.yaml"

# The peaks of this process and of the largest of its children, once they have ended. A child begins as a copy of its
# parent, so that its peak is not below what the parent had when it started.
_RUN = """
import json, resource, sys
from pathlib import Path
import sim
scenario, replications, workers, out = sys.argv[1:]
if __name__ == "__main__":
    sim.run(sim.load_scenario(scenario), replications=int(replications), workers=int(workers), out=out)
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps(peaks))
"""


def peak_megabytes(replications: int, workers: int) -> tuple[float, float]:
    """Peak resident memory of the parent and of its largest child, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "measured.py"
        script.write_text(_RUN, encoding="utf-8")
        command = [sys.executable, str(script), str(SCENARIO), str(replications), str(workers), f"{folder}/run"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    parent, worker = json.loads(done.stdout.splitlines()[-1])
    return parent, worker


def main() -> None:
    """Measure and print."""
    print(f"{'replications':>14}{'alone, MB':>12}{'parent of 2, MB':>18}{'a worker, MB':>15}")
    for replications in SIZES:
        alone, _ = peak_megabytes(replications, 1)
        parent, worker = peak_megabytes(replications, 2)
        print(f"{replications:14,}{alone:12.0f}{parent:18.0f}{worker:15.0f}", flush=True)


if __name__ == "__main__":
    main()
