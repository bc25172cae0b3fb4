"""Measures of extensions: what they can read of a simulated trial, and checks of what they return.

A measure of an extension is foreign code: what it returns is checked here, once for each replication, so that a wrong
name or value is the extension's error and not a defect of a report.
"""

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

_NOT_IN_STAYS = (CHART_FAILED, VISIT_DONE, VISIT_MISSED)  # stored outside the index that finds stays


class HappenedSeen:
    """Everything that happened in one simulated trial; see `sim.extension.Happened`.

    Args:
        design: the scenario, made ready.
        index: the events of this trial alone.

    Attributes:
        horizon_days: day on which the simulation gives up.
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
        """Days of the events of one kind.

        Args:
            event: name of the kind; an extension's own as `<extension>.<event>`.

        Returns:
            (n,) days, in order of time.

        Raises:
            KeyError: there is no such kind of event.
        """
        return self.table(event)[:, TIME]

    def stays(self, begin: str, *ends: str) -> Array:
        """Stays: from an event to the same person's next event of other kinds.

        Args:
            begin: kind of event that begins a stay.
            ends: kinds of event that end it, whichever comes first.

        Returns:
            (n, 2) start and end of each stay, in days.

        Raises:
            KeyError: there is no such kind of event.
            ValueError: stays cannot begin or end with this kind of event.
        """
        for event in (begin, *ends):
            if self._code(event) in _NOT_IN_STAYS:
                raise ValueError(f"stays cannot begin or end by '{event}': look at table('{event}')")
        return self._index.stays(self._code(begin), *map(self._code, ends))

    def table(self, event: str) -> Array:
        """All numbers of the events of one kind.

        Args:
            event: name of the kind; an extension's own as `<extension>.<event>`.

        Returns:
            (n, 7) day, kind, site, patient, number, code, amount; in order of time.

        Raises:
            KeyError: there is no such kind of event.
        """
        code = self._code(event)
        if self._rows is None:
            self._rows = self._index.logs.table(0)
        found: Array = self._rows[self._rows[:, KIND] == code]
        return found


def measured_by_extensions(design: Design, index: EventIndex) -> dict[str, Array]:
    """Measures of all extensions, which see one simulated trial at a time.

    Args:
        design: the scenario, made ready.
        index: the events.

    Returns:
        (n,) values by column, `<extension>.<measure>`.

    Raises:
        InputError: an extension does not return the measures that it declares.
    """
    measuring = [extension for extension in design.extensions if extension.kind.measures]
    if not measuring:
        return {}
    happened = [HappenedSeen(design, EventIndex(logs, len(design.kinds))) for logs in index.logs.each()]
    found: dict[str, Array] = {}
    for extension in measuring:
        values = [_checked(extension, extension.kind().measure(each)) for each in happened]
        for name in extension.kind.measures:
            found[f"{extension.name}.{name}"] = np.array([each[name] for each in values])
    return found


def _checked(extension: ExtensionDesign, values: Mapping[str, float]) -> dict[str, float]:
    """The values that an extension returned, after a check of their names and kinds."""
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
