"""Blocks that have been drawn, by where they belong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.core.drawn import Drawn


def test_blocks_that_were_not_drawn_are_missing() -> None:
    """A block is drawn for those who may need it, and found again in its own row."""
    drawn = Drawn(2, 3)
    assert drawn.missing(0).all()
    assert drawn.get(0, 1, 2) is None
    drawn.add(np.array([[0, 1, 2], [4, 0, 0]]), "together")  # type: ignore[arg-type]
    assert drawn.get(0, 1, 2) == ("together", 0)
    assert drawn.get(4, 0, 0) == ("together", 1)
    assert drawn.missing(0).sum() == 5
    assert not drawn.missing(4)[0, 0]


def test_those_eligible_are_counted_where_they_were_drawn() -> None:
    """Two parts, one for each site: each replication has the count of its own row."""

    def part(*n: int) -> Any:
        return SimpleNamespace(people=SimpleNamespace(n_eligible=lambda: np.array(n)))

    drawn = Drawn(2, 2)
    drawn.add(np.array([[0, 0, 0], [0, 0, 1]]), part(5, 7))
    drawn.add(np.array([[0, 1, 1], [0, 1, 0]]), part(9, 4))
    assert drawn.n_eligible(0).tolist() == [[5, 7], [4, 9]]
