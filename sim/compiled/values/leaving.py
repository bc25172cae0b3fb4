"""Hazards of leaving of a batch, for the compiled engine: each hazard once, though many replications have it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import HAZARD, PIECE
from sim.compiled.values.tables import Pieces
from sim.core.batch import Batch
from sim.core.hazards import Hazard
from sim.core.leaving import leaving_hazards, multiples
from sim.scenario.schema.follow_up import FollowUp

Array = npt.NDArray[Any]


class LeavingRows:
    """The hazards of each arm and way out: one for all replications, multiples of such, or one for each.

    Args:
        batch: the batch.

    Attributes:
        hazards: (rows, arms x ways out) HAZARD; the ways out of an arm are side by side. Without follow-up, zeros.
        pieces: PIECE of all hazards; empty if nobody can leave.
    """

    def __init__(self, batch: Batch) -> None:
        design = batch.design
        self._batch, self._design = batch, design
        self.hazards = np.zeros((batch.n, len(design.arms) * len(design.ways_out)), HAZARD)
        self.pieces = np.zeros(0, PIECE)
        self._of_each: list[list[list[Hazard]]] = []
        rules = design.scenario.follow_up
        if rules is not None and design.ways_out:
            self.pieces = self._written(rules)

    def _written(self, rules: FollowUp) -> Array:
        """Write where the pieces of each hazard are; PIECE of all."""
        pieces, design, numbers = Pieces(), self._design, self._batch.unknowns(self._batch.first)
        shared = leaving_hazards(design, rules, lambda path, value: numbers.average(path, value))
        is_certain = not any(path.startswith("follow_up.leaving.") for path in design.uncertain)
        for arm, hazards in zip(design.arms, shared, strict=True):
            of_other = multiples(design, rules, arm.name)
            for way, hazard in enumerate(hazards):
                found = self.hazards[:, arm.index * len(design.ways_out) + way]
                found["ratio"] = 1.0
                if is_certain or arm.name in design.hazards:
                    pieces.put(found, hazard)
                elif of_other is not None:
                    pieces.put(found, of_other[way].hazard)
                    ratios = self._batch.replications.numbers(of_other[way].path, of_other[way].ratio)
                    assert ratios is not None, of_other[way].path
                    found["ratio"] = ratios
                else:
                    self._write_each(rules, pieces, arm.index, way)
        return pieces.joined()

    def _write_each(self, rules: FollowUp, pieces: Pieces, arm: int, way: int) -> None:
        """The hazard of a way out in an arm, by replication."""
        if not self._of_each:
            for row in range(self._batch.n):
                unknowns = self._batch.unknowns(self._batch.first + row)
                self._of_each.append(leaving_hazards(self._design, rules, unknowns.average))
        for row, hazards in enumerate(self._of_each):
            pieces.put(self.hazards[row : row + 1, arm * len(self._design.ways_out) + way], hazards[arm][way])
