"""Sums of floats are the same on every Python: `sum` rounds less from 3.12 on, `math.fsum` never."""

from __future__ import annotations

import ast
from pathlib import Path

import sim

PACKAGE = Path(sim.__file__).parent
PARTS = ("core", "processes", "analysis")
WHOLE = {  # of each module: how many plain sums it has, every one of whole numbers or of arrays
    "core/amended.py": 1,
    "core/population.py": 1,
    "core/streams.py": 1,
    "core/batch.py": 1,
    "core/design.py": 1,
    "processes/randomisation.py": 3,
    "processes/referrals.py": 1,
    "processes/screening.py": 1,
    "analysis/doses.py": 1,
    "analysis/funnel_tables.py": 1,
}


def test_floats_are_summed_by_fsum() -> None:
    """A plain `sum` that is new is looked at, and counted here only where it is of whole numbers."""
    found: dict[str, int] = {}
    for part in PARTS:
        for file in sorted((PACKAGE / part).rglob("*.py")):
            calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
            n = sum(isinstance(call.func, ast.Name) and call.func.id == "sum" for call in calls)
            if n:
                found[file.relative_to(PACKAGE).as_posix()] = n
    assert found == WHOLE
