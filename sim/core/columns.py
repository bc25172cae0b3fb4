"""What is drawn for each patient, made for a block of them at once.

A process that needs a value for every patient adds a column; when patients are made, their values of all columns are
made together. That costs a twentieth of drawing each value when it is needed, and the draws stay at their places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.core.quantiles import Quantile
from sim.core.streams import Streams

if TYPE_CHECKING:
    from sim.core.people import Person, Site

Array = npt.NDArray[np.float64]


class Column:
    """A value that every patient has.

    Args:
        index: its place among a patient's values; -1 where all have the same.
        constant: the value that all have.
    """

    __slots__ = ("_constant", "_index")

    def __init__(self, index: int, constant: float = 0.0) -> None:
        self._index = index
        self._constant = constant

    def of(self, person: Person) -> float:
        """The value of one patient."""
        return person.values[self._index] if self._index >= 0 else self._constant


class Columns:
    """All columns of a replication.

    Args:
        streams: the replication's random numbers.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._columns: list[tuple[str, Quantile]] = []
        self._blocks: dict[tuple[str, str, int], Array] = {}

    def add(self, purpose: str, quantile: Quantile) -> Column:
        """A column of draws for a purpose, turned into values by a quantile function."""
        self._columns.append((purpose, quantile))
        return Column(len(self._columns) - 1)

    def uniform(self, purpose: str, site: Site, block: int) -> Array:
        """(BLOCK,) uniform numbers for a block of referrals of a site."""
        key = (purpose, site.group, block)
        numbers = self._blocks.get(key)
        if numbers is None:
            numbers = self._blocks[key] = self._streams.block(purpose, site.group, site.n_sites, block)
        row: Array = numbers[site.row]
        return row

    def values(self, site: Site, block: int, chosen: npt.NDArray[np.int64]) -> list[tuple[float, ...]]:
        """Values of all columns for some referrals of a block.

        Args:
            site: the site.
            block: which block of its referrals.
            chosen: positions in the block.

        Returns:
            For each chosen referral its values, in order of the columns.
        """
        if not self._columns:
            return [()] * len(chosen)
        columns = [quantile(self.uniform(purpose, site, block)[chosen]) for purpose, quantile in self._columns]
        return list(zip(*(column.tolist() for column in columns), strict=True))
