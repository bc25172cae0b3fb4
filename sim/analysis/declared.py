"""Measures that are a function each: what such a measure is called, what it says, and how it is worked out.

To add one is to write a function here. It is then a column of `replications.parquet`, a row of `summary.csv` and of the
reference, and stands in the report, in the section that it names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design

WorkOut = Callable[[Design, EventIndex], float]


@dataclass(frozen=True)
class Declared:
    """A measure that is a function.

    Attributes:
        name: the column.
        unit: of its values; `count` for whole numbers.
        meaning: what it says.
        section: of the report, by its name in `sim.report.page.SECTIONS`.
        work_out: its value in one simulated trial; NaN for never.
    """

    name: str
    unit: str
    meaning: str
    section: str
    work_out: WorkOut


DECLARED: list[Declared] = []  # in the order of the columns


def declared(name: str, unit: str, meaning: str, section: str) -> Callable[[WorkOut], WorkOut]:
    """Make a measure of a function; see `Declared`."""

    def add(work_out: WorkOut) -> WorkOut:
        DECLARED.append(Declared(name, unit, meaning, section, work_out))
        return work_out

    return add


@declared(
    "consent_to_randomisation_days",
    "days",
    "Mean days from (first) consent to randomisation, of those randomised; null if nobody was",
    "who",
)
def _consent_to_randomisation(_design: Design, index: EventIndex) -> float:
    randomised = index.of(events.RANDOMISED)
    consented = index.of(events.CONSENT_GIVEN)
    if not len(randomised):
        return float("nan")
    first: dict[int, float] = {}
    for key, day in zip(index.keys(consented).tolist(), consented[:, events.TIME].tolist(), strict=True):
        first.setdefault(key, day)
    waits = [
        day - first[key]
        for key, day in zip(index.keys(randomised).tolist(), randomised[:, events.TIME].tolist(), strict=True)
        if key in first  # of a trial under way, consent may not be known
    ]
    return math.fsum(waits) / len(waits) if waits else float("nan")
