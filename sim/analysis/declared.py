"""Measures that are one function each, with name, unit and meaning.

To add a measure, write a function here. It becomes a column of `replications.parquet` and a row of `summary.csv` and of
the reference, and appears in the section of the report that it names.
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
    """A measure that is calculated by a function.

    Attributes:
        name: name of the column.
        unit: unit of its values; `count` for whole numbers.
        meaning: what it measures, in words.
        section: section of the report, by its name in `sim.report.page.SECTIONS`.
        work_out: gives its value in one simulated trial; NaN for never.
    """

    name: str
    unit: str
    meaning: str
    section: str
    work_out: WorkOut


DECLARED: list[Declared] = []  # in the order of the columns


def declared(name: str, unit: str, meaning: str, section: str) -> Callable[[WorkOut], WorkOut]:
    """Decorator that declares a function as a measure.

    Args:
        name: name of the column.
        unit: unit of its values; `count` for whole numbers.
        meaning: what it measures, in words.
        section: section of the report, by its name in `sim.report.page.SECTIONS`.
    """

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
    """Mean over participants whose consent is known."""
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
        if key in first  # in a trial under way, consent may be unknown
    ]
    return math.fsum(waits) / len(waits) if waits else float("nan")
