"""Which referrals are drawn together, and the values of a scenario for each of them.

A value may be the same in all replications, be drawn once for each replication (`uncertain`), or vary from patient to
patient (`dist`). These classes give it as a number or an array that broadcasts over the drawn rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.core.design import GroupDesign
from sim.core.streams import Run, Streams
from sim.core.unknowns import Unknowns
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Replications:
    """Values of a scenario in consecutive replications.

    Args:
        first: number of the first replication.
        unknowns: uncertain values of each replication.

    Attributes:
        first: the same.
        n: number of replications.
    """

    def __init__(self, first: int, unknowns: Sequence[Unknowns]) -> None:
        self.first = first
        self.n = len(unknowns)
        self._unknowns = unknowns

    def numbers(self, path: str, value: object) -> float | Array | None:
        """The value at a path if it is one number in each replication.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            A number, (n,) numbers for an uncertain value, or None if the value varies within a replication.
        """
        if isinstance(value, Family):
            if not value.is_uncertain:
                return None
            return np.array([unknowns.values[path] for unknowns in self._unknowns])
        return float(value)  # type: ignore[arg-type]

    def probabilities(self, path: str, value: object) -> float | Array:
        """The probability at a path; its mean if it varies within a replication.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            A number, or (n,) numbers if the scenario gives a distribution.
        """
        if not isinstance(value, Family):
            return float(value)  # type: ignore[arg-type]
        return np.array([unknowns.average(path, value) for unknowns in self._unknowns])

    def transformed(self, path: str, value: Family, u: Array) -> Array:
        """Values of a distribution from uniform numbers.

        Args:
            path: dotted path in the scenario.
            value: the distribution there.
            u: (..., replications, k) uniform numbers.

        Returns:
            Values of the same shape.
        """
        if not value.uncertain_parameters():
            return self._unknowns[0].quantile(path, value)(u)
        parts = [unknowns.quantile(path, value)(u[..., i, :]) for i, unknowns in enumerate(self._unknowns)]
        return np.stack(parts, axis=-2)

    def quantile_of(self, replication: int, path: str, value: Family, u: Array) -> Array:
        """Values of a distribution in one replication from uniform numbers.

        Args:
            replication: number of the replication, from 0 for `first`.
            path: dotted path in the scenario.
            value: the distribution there.
            u: uniform numbers, any shape.

        Returns:
            Values of the same shape.
        """
        return self._unknowns[replication].quantile(path, value)(u)


class Rows:
    """Blocks of referrals that are drawn and judged together; each row is a block of one site in one replication.

    Args:
        streams: random numbers.
        replications: values of the scenario.
        group: the site group.
        places: (rows, 3) block of referrals, site of the group and replication, each from 0, in order.

    Attributes:
        n: number of rows.
    """

    def __init__(self, streams: Streams, replications: Replications, group: GroupDesign, places: Integers) -> None:
        self._streams = streams
        self._replications = replications
        self._group = group
        self._places = places
        self.n = len(places)

    @cached_property
    def _runs(self) -> list[Run]:
        """Rows of one block and site in consecutive replications, whose numbers one call draws."""
        starts = np.flatnonzero(np.any(np.diff(self._places, axis=0) != (0, 0, 1), axis=1)) + 1
        bounds = [0, *starts.tolist(), self.n]
        first = self._replications.first
        return [
            Run(block, site, first + replication, end - start)
            for (block, site, replication), start, end in zip(
                self._places[bounds[:-1]].tolist(), bounds[:-1], bounds[1:], strict=True
            )
        ]

    def uniform(self, purpose: str) -> Array:
        """Uniform numbers for a purpose.

        Args:
            purpose: what the numbers are for.

        Returns:
            (rows, BLOCK) numbers in [0, 1).
        """
        return self._streams.rows(purpose, self._group.name, self._runs)

    def numbers(self, path: str, value: object) -> float | Array | None:
        """The value at a path if it is one number in each replication; see `Replications.numbers`.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            A number, (rows, 1) numbers for an uncertain value, or None if the value varies within a replication.
        """
        return self._by_row(self._replications.numbers(path, value))

    def probabilities(self, path: str, value: object) -> float | Array:
        """The probability at a path; its mean if it varies within a replication.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            A number, or (rows, 1) numbers if the scenario gives a distribution.
        """
        found = self._by_row(self._replications.probabilities(path, value))
        assert found is not None
        return found

    def _by_row(self, values: float | Array | None) -> float | Array | None:
        return values[self._places[:, 2], None] if isinstance(values, np.ndarray) else values

    def transformed(self, path: str, value: Family, u: Array) -> Array:
        """Values of a distribution from uniform numbers.

        Args:
            path: dotted path in the scenario.
            value: the distribution there.
            u: (rows, k) uniform numbers.

        Returns:
            Values of the same shape.
        """
        if not value.uncertain_parameters():
            return self._replications.quantile_of(0, path, value, u)
        found = np.empty_like(u)
        for replication, rows in self._by_replication():
            found[rows] = self._replications.quantile_of(replication, path, value, u[rows])
        return found

    def _by_replication(self) -> Iterator[tuple[int, Integers]]:
        """Each replication, and its rows."""
        replication = self._places[:, 2]
        for each in np.unique(replication).tolist():
            yield each, np.flatnonzero(replication == each)
