"""Blocks of referrals that have been drawn, by where they belong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.core.referred import Referred

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


class Drawn:
    """What has been drawn of the referrals of a group.

    Args:
        n_sites: sites in the group.
        n: replications.
    """

    def __init__(self, n_sites: int, n: int) -> None:
        self._shape = n_sites, n
        self._parts: list[Referred] = []  # what was drawn together
        self._where: dict[int, tuple[Integers, Integers]] = {}  # by block: part and row of each site and replication

    def _of(self, block: int) -> tuple[Integers, Integers]:
        if block not in self._where:
            self._where[block] = np.full(self._shape, -1), np.zeros(self._shape, dtype=np.int64)
        return self._where[block]

    def missing(self, block: int) -> Flags:
        """(sites, replications) whose block has not been drawn."""
        missing: Flags = self._of(block)[0] < 0
        return missing

    def get(self, block: int, site: int, replication: int) -> tuple[Referred, int] | None:
        """What was drawn, and which row of it is of one site and replication; None if it has not been."""
        part, row = self._of(block)
        number = part.item(site, replication)
        return None if number < 0 else (self._parts[number], row.item(site, replication))

    def n_eligible(self, block: int) -> Integers:
        """(sites, replications) patients of a block that has been drawn who consent and fail nothing."""
        part, row = self._of(block)
        n = np.zeros(self._shape, dtype=np.int64)
        for number in np.unique(part).tolist():
            n += np.where(part == number, self._parts[number].people.n_eligible()[np.where(part == number, row, 0)], 0)
        return n

    def add(self, places: Integers, referred: Referred) -> None:
        """Keep what was drawn for (rows, 3) blocks, sites and replications."""
        for block in np.unique(places[:, 0]).tolist():
            rows = np.flatnonzero(places[:, 0] == block)
            part, row = self._of(block)
            part[places[rows, 1], places[rows, 2]] = len(self._parts)
            row[places[rows, 1], places[rows, 2]] = rows
        self._parts.append(referred)
