"""Values by count at a place, made in blocks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from sim.core.streams import BLOCK
from sim.core.tables import CENTRAL, Constant, Table


def test_a_table_makes_each_block_once_and_finds_the_count_in_it() -> None:
    """Count n of site r is in block n // 128, in the row of the site; blocks of groups are apart."""
    made = []

    def block_of(group: str, n_sites: int, block: int) -> np.ndarray:
        made.append((group, n_sites, block))
        return 1000.0 * np.arange(n_sites)[:, None] + BLOCK * block + np.arange(BLOCK)

    table = Table(block_of)
    second = SimpleNamespace(group="g", n_sites=3, row=2)
    assert [table.at(second, n) for n in (0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 5)] == [
        2000.0,
        2001.0,
        2000.0 + BLOCK - 1,
        2000.0 + BLOCK,
        2005.0 + 2 * BLOCK,
    ]
    assert table.at(CENTRAL, 3) == 3.0
    assert table.at(second, 0) == 2000.0
    assert made == [("g", 3, 0), ("g", 3, 1), ("g", 3, 2), ("", 1, 0)]


def test_a_constant_is_the_same_for_every_count() -> None:
    assert {Constant(4.0).at(CENTRAL, n) for n in (0, 200)} == {4.0}
