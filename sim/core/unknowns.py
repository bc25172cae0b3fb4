"""Uncertain values of a scenario, drawn once per replication, and values that depend on them.

Every `uncertain` value has a path, such as `sites.national_liver_centre.referrals_per_month`. Its draw belongs to that
path, so two scenarios that share the value share the draw.

Attributes:
    PURPOSE: purpose of the draws of uncertain values; the place of each is its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from sim.core.quantiles import Quantile, expected, quantile, scalar_quantile
from sim.core.streams import Streams
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Quantiles = Mapping[str, "float | Array"]  # probabilities of uncertain values, by path

PURPOSE = "uncertain"
_NO_MODEL = ("experiment", "sources", "bibliography")


def _walk(value: Any, path: str) -> Iterator[tuple[str, Family]]:
    """Uncertain values below a value, with their paths."""
    if value is None or isinstance(value, (str, float, int)):
        return
    if isinstance(value, Family):
        if value.is_uncertain:
            yield path, value
        for name, parameter in value.parameters().items():
            yield from _walk(parameter, f"{path}.{name}")
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _walk(getattr(value, name), f"{path}.{info.alias or name}" if path else info.alias or name)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(item, f"{path}.{key:g}" if isinstance(key, float) else f"{path}.{key}")


def uncertain_values(scenario: Scenario) -> dict[str, Family]:
    """Find all uncertain values of a scenario.

    Args:
        scenario: the scenario.

    Returns:
        The distributions by dotted path, in order of the paths; a parameter of a distribution has a path of its own.
    """
    found: dict[str, Family] = {}
    for name in type(scenario).model_fields:
        if name not in _NO_MODEL:
            found.update(_walk(getattr(scenario, name), name))
    return dict(sorted(found.items()))


def draw_unknowns(
    families: Mapping[str, Family], streams: Streams, first: int, n: int, quantiles: Quantiles | None = None
) -> dict[str, Array]:
    """Draw the uncertain values of several replications.

    Args:
        families: the uncertain values by path.
        streams: random numbers.
        first: number of the first replication.
        n: number of consecutive replications.
        quantiles: for sensitivity analysis: probabilities to use instead of random ones, by path.

    Returns:
        (n,) values by path.
    """
    given = quantiles or {}
    return {
        path: quantile(family)(
            np.broadcast_to(given[path], n) if path in given else streams.trial(PURPOSE, path, first, n)
        )
        for path, family in families.items()
    }


class Known:
    """Quantile functions and means that no uncertain value changes, by path; a cache that replications share."""

    def __init__(self) -> None:
        self.quantiles: dict[str, Quantile] = {}
        self.scalar_quantiles: dict[str, Callable[[float], float]] = {}
        self.means: dict[str, float] = {}


class Unknowns:
    """Values of a scenario in one replication.

    Args:
        values: uncertain values by path.
        known: cache of what no uncertain value changes.

    Attributes:
        values: uncertain values by path.
    """

    def __init__(self, values: Mapping[str, float], known: Known) -> None:
        self.values = values
        self._known = known

    def _parameters(self, path: str, family: Family) -> dict[str, float]:
        return {name: self.values[f"{path}.{name}"] for name in family.uncertain_parameters()}

    def number(self, path: str, value: object) -> float | None:
        """The value at a path if it is one number in a replication.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            The number; None if it varies within a replication (`dist`).
        """
        if isinstance(value, Family):
            return self.values.get(path)  # those that are not uncertain are not there
        return float(value)  # type: ignore[arg-type]

    def parameters(self, path: str, value: Family) -> dict[str, Any]:
        """Parameters of a distribution, the uncertain ones as they are in this replication.

        Args:
            path: dotted path in the scenario.
            value: the distribution written there.

        Returns:
            Numbers by the name of the parameter, as the family's quantile function takes them.
        """
        return {**value.parameters(), **self._parameters(path, value)}

    def quantile(self, path: str, value: Family) -> Quantile:
        """The quantile function of a value that varies within a replication.

        Args:
            path: dotted path in the scenario.
            value: the distribution written there.

        Returns:
            A function from probabilities in [0, 1), any shape, to values.
        """
        known = self._known.quantiles.get(path)
        if known is None:
            parameters = self._parameters(path, value)
            known = quantile(value, parameters)
            if not parameters:
                self._known.quantiles[path] = known
        return known

    def is_same_in_all(self, path: str) -> bool:
        """Whether the quantile function at a path is the same in all replications; only after `quantile` was called.

        Args:
            path: dotted path in the scenario.
        """
        return path in self._known.quantiles

    def scalar_quantile(self, path: str, value: Family) -> Callable[[float], float]:
        """The quantile function of a value that varies within a replication, for one probability at a time.

        Args:
            path: dotted path in the scenario.
            value: the distribution there.

        Returns:
            A function from a probability in [0, 1) to a value, the same as `quantile` gives to the last bit.
        """
        known = self._known.scalar_quantiles.get(path)
        if known is None:
            parameters = self._parameters(path, value)
            known = scalar_quantile(value, parameters)
            if not parameters:
                self._known.scalar_quantiles[path] = known
        return known

    def average(self, path: str, value: object) -> float:
        """The value at a path, or its mean if it varies within a replication.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            A number in the unit of the path; a mean by `sim.core.quantiles.expected`.
        """
        number = self.number(path, value)
        if number is not None:
            return number
        assert isinstance(value, Family)
        mean = self._known.means.get(path)
        if mean is None:
            parameters = self._parameters(path, value)
            mean = expected(value, parameters)
            if not parameters:
                self._known.means[path] = mean
        return mean
