"""Values by count and place, drawn in blocks: those of the n-th lot, or of a lot for the n-th referral of a site.

Values are drawn at their first use, a block at a time for all replications of a batch: a call of numpy costs more than
the numbers. A value does not depend on when it is asked for, or on what else was drawn.

Attributes:
    CENTRAL: the place of what belongs to no site, such as lots for a bank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.core.streams import BLOCK

Array = npt.NDArray[np.float64]


class Place(Protocol):
    """What a draw belongs to: a site, or the trial as a whole.

    Attributes:
        group: name of the site group; empty for the trial.
        n_sites: sites in the group.
        row: number of the site in the group, from 0.
    """

    group: str
    n_sites: int  # sites in its group
    row: int  # its number in the group, from 0


class Central:
    """The place of draws that belong to the trial as a whole."""

    group = ""
    n_sites = 1
    row = 0


CENTRAL = Central()


class Table:
    """A value for each count at each place, in one replication.

    Args:
        block_of: (group, n_sites, block) -> (sites, BLOCK) values of a block.
    """

    __slots__ = ("_block_of", "_blocks")

    def __init__(self, block_of: Callable[[str, int, int], Array]) -> None:
        self._block_of = block_of
        self._blocks: dict[tuple[str, int], Array] = {}

    def at(self, place: Place, n: int) -> float:
        """The n-th value at a place, from 0.

        Args:
            place: what the draw belongs to.
            n: count at that place; a block of values is drawn at its first use.

        Returns:
            The value, in the unit of what the table is for.
        """
        values = self._blocks.get((place.group, n // BLOCK))
        if values is None:
            values = self._of(place, n // BLOCK)
        return values.item(place.row, n % BLOCK)

    def block(self, place: Place, block: int) -> Array:
        """Consecutive values at a place: (BLOCK,) of the block with a number, from 0.

        Args:
            place: what the draws belong to.
            block: block k has the values from k x BLOCK on.
        """
        found: Array = self._of(place, block)[place.row]
        return found

    def _of(self, place: Place, block: int) -> Array:
        key = (place.group, block)
        values = self._blocks.get(key)
        if values is None:
            values = self._blocks[key] = self._block_of(place.group, place.n_sites, block)
        return values


class Constant:
    """The same value for every count at every place.

    Args:
        value: the value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: float) -> None:
        self._value = value

    def at(self, place: Place, n: int) -> float:  # noqa: ARG002 - the shape of Table.at
        """The value; it does not depend on place and count."""
        return self._value

    def block(self, place: Place, block: int) -> Array:  # noqa: ARG002 - the shape of Table.block
        """(BLOCK,) times the value."""
        return np.full(BLOCK, self._value)
