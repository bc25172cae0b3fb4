"""Referrals, drawn and judged: when they arrive, what the chart says, and which of them become persons.

All of that is known before anything happens. It is drawn here for a block of 128 referrals of many sites in many
replications, with array operations whose cost per call is then shared.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.columns import ColumnDesign
from sim.core.design import Design
from sim.core.population import Drawing, PatientBlock
from sim.core.quantiles import unit_exponential
from sim.core.rows import Rows
from sim.core.streams import BLOCK
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Fates = npt.NDArray[np.int8]

EXCLUDED, DECLINES, HANDLED = range(3)  # what becomes of a referral on the day


class Listed(NamedTuple):
    """The same as `People`, as plain lists, because SimPy's processes read them one patient at a time."""

    starts: list[int]
    position: list[int]
    values: list[list[float]]
    chart_failed: list[int]
    tests_failed: list[int]
    weight_kg: list[float]
    days_since_decompensation: list[float]
    consents: list[bool]
    strata: list[tuple[int, ...]]


@dataclass(frozen=True)
class People:
    """Patients who become persons, before their times of referral are known; see `Person` for each attribute.

    Attributes:
        starts: (rows + 1) index of the first patient of each row, and the number of patients.
        position: (patients,) position in the block of referrals, from 0.
        values: (patients, columns) draws of their own.
        chart_failed: (patients,) criteria that fail on the chart, as bits.
        tests_failed: (patients,) criteria that fail when tested, as bits.
        weight_kg: (patients,) body weight.
        days_since_decompensation: (patients,) at referral.
        consents: (patients,) whether they consent, if asked.
        strata: (patients, strata) level of each stratum or factor, without the site.
    """

    starts: Integers
    position: Integers
    values: Array
    chart_failed: Integers
    tests_failed: Integers
    weight_kg: Array
    days_since_decompensation: Array
    consents: Flags
    strata: Integers

    def n_eligible(self) -> Integers:
        """Count the patients who consent and fail no criterion.

        Returns:
            (rows,) counts.
        """
        passes = self.consents & (self.chart_failed == 0) & (self.tests_failed == 0)
        return np.diff(np.concatenate(([0], np.cumsum(passes)))[self.starts])

    @cached_property
    def listed(self) -> Listed:
        """The same as lists."""
        columns: dict[str, Any] = {field.name: getattr(self, field.name).tolist() for field in fields(self)}
        return Listed(**columns | {"strata": list(map(tuple, columns["strata"]))})


class Referred(NamedTuple):
    """Blocks of referrals; each row is a site in a replication.

    Attributes:
        gaps: (rows, BLOCK) unit-rate times from one referral to the next.
        chart_failed: (rows, BLOCK) criteria that fail on the chart, as bits.
        fate: (rows, BLOCK) EXCLUDED, DECLINES or HANDLED.
        people: those who are HANDLED.
    """

    gaps: Array
    chart_failed: Integers
    fate: Fates
    people: People


class Judged(NamedTuple):
    """What the chart and the patients say; arrays are (rows, BLOCK).

    Attributes:
        patients: who is referred, and what fails.
        fate: EXCLUDED, DECLINES or HANDLED.
        consents: whether they consent, if asked.
        returns: whether they come back after a reason that passes; None without rescreening.
    """

    patients: PatientBlock
    fate: Fates
    consents: Flags
    returns: Flags | None


def draw_referred(design: Design, rows: Rows) -> Referred:
    """Draw and judge blocks of referrals.

    Args:
        design: the scenario, made ready.
        rows: blocks, sites and replications to draw.
    """
    found = judged(design, rows)
    patients, fate = found.patients, found.fate
    people = _people(design, rows, patients, found.consents, fate == HANDLED)
    return Referred(gaps(rows), patients.chart_failed, fate, people)


def gaps(drawing: Drawing) -> Array:
    """(rows, BLOCK) unit-rate times from one referral to the next."""
    return unit_exponential(drawing.uniform("referral.gap"))


def judged(design: Design, drawing: Drawing) -> Judged:
    """Judge blocks of referrals; those whose fate an amendment may change are HANDLED.

    Args:
        design: the scenario, made ready.
        drawing: which rows, and where their random numbers and values come from.
    """
    patients = design.population.block(drawing)
    screening, returns = design.scenario.screening, None
    consents = drawing.uniform("screening.consent") < drawing.probabilities("screening.consent", screening.consent)
    fate: Fates = (patients.chart_failed == 0) * (DECLINES + consents.astype(np.int8))
    if screening.rescreen is not None:
        p_return = drawing.probabilities("screening.rescreen.probability", screening.rescreen.probability)
        returns = drawing.uniform("rescreen.after_chart") < p_return
        fate = np.where(patients.may_return & returns, np.int8(HANDLED), fate)
    if design.amended:
        u_consent = drawing.uniform("screening.consent")
        is_open = design.amended.is_open(drawing, patients.chart_failed, u_consent, returns)
        fate = np.where(is_open, np.int8(HANDLED), fate)
    return Judged(patients, fate, consents, returns)


def _people(design: Design, rows: Rows, patients: PatientBlock, consents: Flags, handled: Flags) -> People:
    """Patients who become persons, in order of row and referral."""
    place = np.flatnonzero(handled)
    n = len(place)
    values = np.empty((n, len(design.columns)))
    for i, column in enumerate(design.columns.values()):
        values[:, i] = _values_of(column, rows, place)
    strata = np.empty((n, len(patients.strata)), dtype=np.int64)
    for i, levels in enumerate(patients.strata.values()):
        strata[:, i] = levels.ravel()[place]
    return People(
        np.concatenate(([0], np.cumsum(np.count_nonzero(handled, axis=1)))),
        place % BLOCK,
        values,
        patients.chart_failed.ravel()[place],
        patients.tests_failed.ravel()[place],
        patients.weight_kg.ravel()[place],
        patients.days_since_decompensation.ravel()[place],
        consents.ravel()[place],
        strata,
    )


def _values_of(column: ColumnDesign, rows: Rows, place: Integers) -> Array:
    """(people,) values of a column."""
    u = rows.uniform(column.purpose)
    if isinstance(column.value, Family) and column.value.uncertain_parameters():
        return column_values(column, rows, u).ravel()[place]
    return column_values(column, rows, u.ravel()[place])


def column_values(column: ColumnDesign, drawing: Drawing, u: Array) -> Array:
    """Values of a column, from uniform numbers of the same shape."""
    if column.standard is not None:
        return column.standard(u)
    assert isinstance(column.value, Family)
    return drawing.transformed(column.path, column.value, u)
