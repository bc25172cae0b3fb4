"""Blocks of referrals that have been drawn, by site and replication.

Blocks are drawn in groups, for speed. This index finds the block of one site in one replication again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.core.referred import Referred

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


class Drawn:
    """The referrals of a site group that have been drawn so far.

    Args:
        n_sites: sites in the group.
        n: number of replications.
    """

    def __init__(self, n_sites: int, n: int) -> None:
        self._shape = n_sites, n
        self._parts: list[Referred] = []  # what was drawn together
        self._places: list[Integers] = []  # of the rows of each part
        self._where: dict[int, tuple[Integers, Integers]] = {}  # by block: part and row of each site and replication

    def _of(self, block: int) -> tuple[Integers, Integers]:
        if block not in self._where:
            self._where[block] = np.full(self._shape, -1), np.zeros(self._shape, dtype=np.int64)
        return self._where[block]

    def missing(self, block: int) -> Flags:
        """Which sites and replications lack a block.

        Args:
            block: number of the block, from 0.

        Returns:
            (sites, replications) flags.
        """
        missing: Flags = self._of(block)[0] < 0
        return missing

    def get(self, block: int, site: int, replication: int) -> tuple[Referred, int] | None:
        """Find a block.

        Args:
            block: number of the block, from 0.
            site: number of the site in the group, from 0.
            replication: number of the replication in the batch, from 0.

        Returns:
            The blocks drawn together and the row of this one; None if it has not been drawn.
        """
        part, row = self._of(block)
        number = part.item(site, replication)
        return None if number < 0 else (self._parts[number], row.item(site, replication))

    def n_eligible(self, block: int) -> Integers:
        """Count patients of a block who consent and fail no criterion.

        Args:
            block: number of the block, from 0.

        Returns:
            (sites, replications) counts; 0 where the block has not been drawn.
        """
        part, row = self._of(block)
        n = np.zeros(self._shape, dtype=np.int64)
        for number in np.unique(part).tolist():
            n += np.where(part == number, self._parts[number].people.n_eligible()[np.where(part == number, row, 0)], 0)
        return n

    def add(self, places: Integers, referred: Referred) -> None:
        """Store blocks that were drawn together.

        Args:
            places: (rows, 3) block, site and replication of each row.
            referred: what was drawn, in the same order of rows.
        """
        for block in np.unique(places[:, 0]).tolist():
            rows = np.flatnonzero(places[:, 0] == block)
            part, row = self._of(block)
            part[places[rows, 1], places[rows, 2]] = len(self._parts)
            row[places[rows, 1], places[rows, 2]] = rows
        self._parts.append(referred)
        self._places.append(places)

    def parts(self, since: int) -> list[tuple[Integers, Referred]]:
        """What was drawn together, in the order in which it was drawn.

        Args:
            since: number of parts to leave out.

        Returns:
            Block, site and replication of each row, and the referrals, of each part.
        """
        return list(zip(self._places[since:], self._parts[since:], strict=True))
