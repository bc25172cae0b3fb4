"""Measures of extensions: what they may look at, and what they say of a simulated trial."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.core.design import Design
from sim.core.events import CHART_FAILED, KIND, TIME, VISIT_DONE, VISIT_MISSED
from sim.core.extended import ExtensionDesign
from sim.errors import InputError, Problem, nearest

Array = npt.NDArray[np.float64]

_NOT_IN_STAYS = (CHART_FAILED, VISIT_DONE, VISIT_MISSED)  # they are kept apart, and no stay is found by them


class HappenedSeen:
    """Everything that happened in one simulated trial; see `sim.extension.Happened`.

    Args:
        design: the scenario, made ready.
        index: the events.
    """

    def __init__(self, design: Design, index: EventIndex) -> None:
        self.horizon_days = design.horizon_days
        self._kinds = {kind.name: code for code, kind in enumerate(design.kinds)}
        self._index = index
        self._rows: Array | None = None

    def _code(self, event: str) -> int:
        if event not in self._kinds:
            raise KeyError(f"there is no kind of event '{event}'; {nearest(event, self._kinds)}")
        return self._kinds[event]

    def days(self, event: str) -> Array:
        """(n,) days of the events of one kind, in order of time."""
        return self.table(event)[:, TIME]

    def stays(self, begin: str, *ends: str) -> Array:
        """(n, 2) begin and end of stays: from an event to the same person's next of one of the others."""
        for event in (begin, *ends):
            if self._code(event) in _NOT_IN_STAYS:
                raise ValueError(f"stays cannot begin or end by '{event}': look at table('{event}')")
        return self._index.stays(self._code(begin), *map(self._code, ends))

    def table(self, event: str) -> Array:
        """(n, 7) events of one kind: day, kind, site, patient, number, code, amount."""
        code = self._code(event)
        if self._rows is None:
            self._rows = self._index.log.table()
        found: Array = self._rows[self._rows[:, KIND] == code]
        return found


def measured_by_extensions(design: Design, index: EventIndex) -> dict[str, float]:
    """The measures of all extensions in one simulated trial, by column.

    Raises:
        InputError: an extension does not say what it declares that it measures.
    """
    happened = HappenedSeen(design, index)
    found: dict[str, float] = {}
    for extension in design.extensions:
        if extension.kind.measures:
            values = extension.kind().measure(happened)
            found |= {f"{extension.name}.{name}": value for name, value in _checked(extension, values).items()}
    return found


def _checked(extension: ExtensionDesign, values: Mapping[str, float]) -> dict[str, float]:
    declared = extension.kind.measures
    if not isinstance(values, Mapping) or set(values) != set(declared):
        said = ", ".join(map(str, values)) if isinstance(values, Mapping) else repr(values)
        message = f"'measure' must give a value for each of its measures ({', '.join(declared)})"
        raise InputError(Problem(message, path=f"extensions.{extension.name}", value=said))
    found = {}
    for name, value in values.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            raise _refused(extension, name, "is not a number", value) from None
        if np.isinf(found[name]):
            raise _refused(extension, name, "is infinite: for never, give nan", value)
        if declared[name].unit == "count" and found[name] != np.floor(found[name]):
            raise _refused(extension, name, "is a count, and not a whole number", value)
    return found


def _refused(extension: ExtensionDesign, name: str, why: str, value: object) -> InputError:
    return InputError(Problem(f"its measure '{name}' {why}", path=f"extensions.{extension.name}", value=repr(value)))
