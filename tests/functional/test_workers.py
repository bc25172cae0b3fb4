"""Worker processes hand over whatever they are given, however large."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from sim.experiment.forks import AFRESH, METHOD
from sim.experiment.workers import start_worker

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


@pytest.mark.skipif(METHOD == AFRESH, reason="workers start afresh here")
def test_a_worker_starts_with_what_it_needs() -> None:
    """It is forked from a process that has imported the model, and tells whose worker it is all the same."""
    process, connection = start_worker()
    for question, answer in (
        ("'sim.trial' in __import__('sys').modules", True),
        ("__import__('sim.scenario.schema').scenario.schema.Scenario.__pydantic_complete__", True),
        ("__import__('multiprocessing').parent_process().pid", os.getpid()),
    ):
        connection.send((eval, (question,)))
        assert connection.recv() == (True, answer)
    connection.close()
    process.join()
    assert process.exitcode == 0
