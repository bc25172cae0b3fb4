"""Measures that are one function each, with name, unit and meaning.

To add a measure, write a function here. It becomes a column of `replications.parquet` and a row of `summary.csv` and of
the reference, and appears in the section of the report that it names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis.grouped import exact_sums, starts_of
from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design
from sim.core.events import TIME

Array = npt.NDArray[np.float64]
WorkOut = Callable[[Design, EventIndex], Array | float]  # (n,) values of n replications, or one for all


@dataclass(frozen=True)
class Declared:
    """A measure that is calculated by a function.

    Attributes:
        name: name of the column.
        unit: unit of its values; `count` for whole numbers.
        meaning: what it measures, in words.
        section: section of the report, by its name in `sim.report.run.page.SECTIONS`.
        work_out: gives its values in several simulated trials; NaN for never.
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
        section: section of the report, by its name in `sim.report.run.page.SECTIONS`.

    Returns:
        The decorator; it adds the function to `DECLARED` and leaves it as it is.
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
def _consent_to_randomisation(_design: Design, index: EventIndex) -> Array:
    """Mean over participants whose consent is known."""
    consented, first = np.unique(index.people(events.CONSENT_GIVEN), return_index=True)
    participants, of = index.people(events.RANDOMISED), index.replications(events.RANDOMISED)
    place = np.searchsorted(consented, participants)
    known = place < len(consented)  # in a trial under way, consent may be unknown
    known[known] = consented[place[known]] == participants[known]
    since = index.of(events.CONSENT_GIVEN)[first[place[known]], TIME]
    counts = np.bincount(of[known], minlength=index.n)
    waited = exact_sums(index.of(events.RANDOMISED)[known, TIME] - since, starts_of(counts))
    return np.where(counts > 0, waited / np.maximum(counts, 1), np.nan)
