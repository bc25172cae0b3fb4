"""Referrals that numpy draws for the compiled engine, where it cannot draw them itself; see `sim.compiled.tracing`.

It draws ahead, like `sim.core.batch`: a block of one site with those that are likely to be needed next.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import BLOCK_DRAWN, NOBODY, NUMBER, PATIENT, REFERRAL_DRAWN
from sim.compiled.values.rules import RowsOfRules
from sim.compiled.values.strata import n_levels_of
from sim.core.batch import Batch
from sim.core.intensity import days_of_arrivals
from sim.core.referred import Referred

Array = npt.NDArray[Any]


class _Growing:
    """An array that grows at its end.

    Args:
        dtype: of its items.

    Attributes:
        array: the items, and room for more.
        n: number of items.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.array: Array = np.empty(0, dtype)
        self.n = 0

    def add(self, items: Array) -> None:
        """Add items."""
        end = self.n + len(items)
        if end > len(self.array):
            larger = np.empty(max(end, 2 * len(self.array)), self.array.dtype)
            larger[: self.n] = self.array[: self.n]
            self.array = larger
        self.array[self.n : end] = items
        self.n = end


class Blocks:
    """Referrals of a batch, as they are drawn.

    Args:
        batch: the batch.
        rows: its rules, with arrival rates.
    """

    def __init__(self, batch: Batch, rows: RowsOfRules) -> None:
        self._batch = batch
        self._rows = rows
        self._n_taken = {group.name: 0 for group in batch.design.groups}
        self.blocks, self.referrals = _Growing(BLOCK_DRAWN), _Growing(REFERRAL_DRAWN)
        self.patients, self.values = _Growing(PATIENT), _Growing(NUMBER)
        self.block_of = np.full((batch.n, batch.design.n_sites, 1), NOBODY)
        self._reached = np.zeros(self.block_of.shape)  # expected arrivals up to the end of each block
        for group in batch.design.groups:
            if group.count:
                batch.first_block(group)
        self._take()

    def draw(self, row: int, site: int, block: int) -> None:
        """Draw a block of a site in a replication, and what is likely to be needed with it.

        Args:
            row: position of the replication in the batch, from 0.
            site: index of the site.
            block: number of the block of referrals, from 0.
        """
        group = next(g for g in reversed(self._batch.design.groups) if g.first_site <= site and g.count)
        self._batch.referred(group, site - group.first_site, row, block)
        self._take()

    def tables(self) -> dict[str, Array]:
        """Tables of what is drawn."""
        return {
            "block_of": self.block_of,
            "blocks": self.blocks.array,
            "referrals": self.referrals.array,
            "patients": self.patients.array,
            "values": self.values.array,
        }

    def _take(self) -> None:
        """Take over what has been drawn since."""
        for group in self._batch.design.groups:
            for places, referred in self._batch.drawn(group, self._n_taken[group.name]):
                self._n_taken[group.name] += 1
                self._add(group.first_site, places, referred)

    def _add(self, first_site: int, places: Array, referred: Referred) -> None:
        n, people = len(places), referred.people
        most = int(places[:, 0].max()) + 1
        if most > self.block_of.shape[2]:
            more = (*self.block_of.shape[:2], most - self.block_of.shape[2])
            self.block_of = np.concatenate((self.block_of, np.full(more, NOBODY)), axis=2)
            self._reached = np.concatenate((self._reached, np.zeros(more)), axis=2)
        self.block_of[places[:, 2], first_site + places[:, 1], places[:, 0]] = self.blocks.n + np.arange(n)
        times = self._times(first_site, places, referred.gaps)
        blocks = np.zeros(n, BLOCK_DRAWN)
        blocks["n"] = np.count_nonzero(times < np.inf, axis=1)
        starts = people.starts + self.patients.n
        blocks["start"], blocks["end"] = starts[:-1], starts[1:]
        patients = np.zeros(len(people.position), PATIENT)
        patients["weight"], patients["position"] = people.weight_kg, people.position
        patients["days_since_decompensation"] = people.days_since_decompensation
        patients["chart_failed"], patients["tests_failed"] = people.chart_failed, people.tests_failed
        patients["consents"] = people.consents
        for i, n_levels in enumerate(n_levels_of(self._batch.design)):
            patients["levels"] = patients["levels"] * n_levels + people.strata[:, i]
        referrals = np.empty(times.shape, REFERRAL_DRAWN)
        referrals["day"], referrals["fate"], referrals["failed"] = times, referred.fate, referred.chart_failed
        self.blocks.add(blocks)
        self.referrals.add(referrals.reshape(-1))
        self.patients.add(patients)
        self.values.add(people.values.reshape(-1).view(NUMBER))

    def _times(self, first_site: int, places: Array, gaps: Array) -> Array:
        """(blocks, BLOCK) days of referrals; infinity after the horizon."""
        arrivals = gaps.copy()
        for block in np.unique(places[:, 0]).tolist():
            rows = np.flatnonzero(places[:, 0] == block)
            of = places[rows, 2], first_site + places[rows, 1]
            if block:
                arrivals[rows, 0] += self._reached[(*of, block - 1)]
            arrivals[rows] = arrivals[rows].cumsum(axis=1)
            self._reached[(*of, block)] = arrivals[rows, -1]
        rates = [self._rows.arrivals[row][first_site + site] for _, site, row in places.tolist()]
        return days_of_arrivals(rates, arrivals)


def levels(batch: Batch) -> list[int]:
    """Number of levels of each stratum by which randomisation is stratified.

    Args:
        batch: the batch; its design decides.
    """
    return batch.design.population.n_levels()
