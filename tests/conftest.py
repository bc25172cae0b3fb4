"""Scenarios and runs that many tests share."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import settings

from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import Chunk, replicate_chunk
from sim.experiment.workers import n_cores
from sim.scenario.load import load_scenario, scenario_from_mapping
from sim.scenario.schema import Scenario

# Many tests start the program in a process of its own, which takes a fifth less time from compiled files.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Tests are of the model in SimPy, and start no compilation; test_compiled_engine.py compares the other engine with it.
os.environ.setdefault("TRIALCLOCK_ENGINE", "simpy")

pytest_plugins = ["studio_browser"]  # a studio and a browser, for tests/web


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without looking for garbage, and never look among what was collected: a million objects that stay.

    Otherwise Python goes through them again and again, a quarter of the time that collecting takes in each process.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests of the studio wait for a browser, and the browser for the server."""
    return n_cores() + 1


# A slow example on a busy machine is not a failure, and a quick test draws the same examples every time.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.load_profile("quick")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def merged(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Plain data with changes laid over it, mapping by mapping."""
    result = dict(data)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        is_distribution = isinstance(value, dict) and ("dist" in value or "uncertain" in value)
        result[key] = merged(result[key], value) if both and not is_distribution else value
    return result


POISSON: dict[str, Any] = {
    "name": "one Poisson process",
    "trial": {"target": 45, "enrolment_opens": "2020-01-01", "horizon_months": 600},
    "arms": {"A": {}},
    "sites": {"s": {"count": 1, "referrals_per_month": 3.0}},
}


def _simplest(changes: dict[str, Any]) -> dict[str, Any]:
    start = {key: value for key, value in POISSON.items() if key not in ("sites", "arms") or key not in changes}
    return merged(start, changes)


def simplest_file(folder: Path, name: str, **changes: Any) -> str:
    """A scenario file: the simplest trial with changes; `sites` and `arms` replace those of the simplest."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(_simplest(changes) | {"name": name}))
    return str(path)


def scenario_of(**changes: Any) -> Scenario:
    """The simplest trial (one site, constant rate, nobody excluded, nothing after randomisation), with changes.

    `sites` and `arms` replace those of the simplest trial; everything else is laid over it.
    """
    return scenario_from_mapping(_simplest(changes))


class Simulated:
    """Replications of one scenario, with their measures by name."""

    def __init__(self, scenario: Scenario, n: int, seed: int = 7, keep: int = 0) -> None:
        self.design = Design(scenario)
        self.reducer = Reducer(self.design)
        self.chunk: Chunk = replicate_chunk(self.reducer, seed, 0, n, keep)
        assert not self.chunk.failures, self.chunk.failures[0].trace

    def __getitem__(self, name: str) -> np.ndarray:
        """A measure, one value a replication."""
        return self.chunk.values[:, self.reducer.names.index(name)]

    def n_by(self, day: float) -> np.ndarray:
        """Participants randomised by a day, one value a replication."""
        return np.array([np.searchsorted(days, day, side="right") for days in self.chunk.randomised_days])


@pytest.fixture
def simulated() -> Callable[..., Simulated]:
    return Simulated


@pytest.fixture(scope="session")
def base() -> Scenario:
    return load_scenario(ROOT / "scenarios" / "base.yaml")


@pytest.fixture(scope="session")
def base_design(base: Scenario) -> Design:
    return Design(base)
