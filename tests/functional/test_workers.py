"""Worker processes hand over whatever they are given, however large."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT

_ECHO = """
from copy import copy
from sim.experiment.workers import Workers
if __name__ == "__main__":
    large = bytes(5_000_000)
    with Workers[int](2) as pool:
        print(sum(len(answer) for _, answer in pool.do(copy, [(i, (large,)) for i in range(8)])))
"""


def test_large_jobs_and_large_answers_do_not_wait_for_each_other() -> None:
    """Jobs and answers that are both larger than a pipe holds: a deadlock would be a timeout here."""
    done = subprocess.run(
        [sys.executable, "-c", _ECHO], cwd=ROOT, capture_output=True, text=True, timeout=1800, check=True
    )
    assert done.stdout.strip() == "40000000"
