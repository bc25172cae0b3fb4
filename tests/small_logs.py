"""Event logs of small trials, for tests of the rules that a log must keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from conftest import scenario_of

from sim.core.design import Design
from sim.core.events import CODE, KIND
from sim.experiment.replicate import replicate

WEIGHT = {"attributes": {"weight_kg": 60.0}}
DOSE = 60.0  # cells, of everybody's dose


def logs(n: int = 40, seed: int = 5, **changes: Any) -> Iterator[np.ndarray]:
    """Events of simulated trials, one after the other."""
    design = Design(scenario_of(**changes))
    for replication in range(n):
        yield replicate(design, seed, replication).table()


def of(rows: np.ndarray, kind: int, code: int | None = None) -> np.ndarray:
    """Events of a kind, and with a code."""
    found = rows[rows[:, KIND] == kind]
    return found if code is None else found[found[:, CODE] == code]


def dosed(weeks: list[float] | None = None, **more: Any) -> dict[str, Any]:
    """One arm with doses of one cell a kilogram."""
    return {"arms": {"A": {"doses": {"weeks": weeks or [0], "cells_per_kg": 1.0}}}, "patients": WEIGHT, **more}


def bank(cells: float, **more: Any) -> dict[str, Any]:
    """A bank with so many cells, which nobody adds to."""
    supply = {"source": "bank", "lots": {"culture_days": 10, "yield_cells": DOSE}, "suites": 0}
    return supply | {"stock": {"start_cells": cells}} | more
