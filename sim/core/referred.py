"""Referrals, drawn and judged: when they arrive, what the chart says, and which of them become persons.

All of that is known before anything happens. It is drawn here for a block of 128 referrals of many sites in many
replications, with array operations whose cost per call is then shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.design import Design
from sim.core.population import PatientBlock
from sim.core.quantiles import unit_exponential
from sim.core.rows import Rows
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Fates = npt.NDArray[np.int8]

EXCLUDED, DECLINES, HANDLED = range(3)  # what becomes of a referral on the day


class People(NamedTuple):
    """Patients who become persons, before their times of referral are known; see `Person` for each attribute.

    Plain lists with one item a patient, because they are read one patient at a time.

    Attributes:
        starts: (rows + 1) index of the first patient of each row, and the number of patients.
        position: position in the block of referrals, from 0.
        values: draws of their own, by column.
        chart_failed: criteria that fail on the chart, as bits.
        tests_failed: criteria that fail when tested, as bits.
        weight_kg: body weight.
        days_since_decompensation: at referral.
        consents: whether they consent, if asked.
        strata: level of each stratum or factor, without the site.
    """

    starts: list[int]
    position: list[int]
    values: list[list[float]]
    chart_failed: list[int]
    tests_failed: list[int]
    weight_kg: list[float]
    days_since_decompensation: list[float]
    consents: list[bool]
    strata: list[tuple[int, ...]]

    def n_eligible(self) -> Integers:
        """Count the patients who consent and fail no criterion.

        Returns:
            (rows,) counts.
        """
        passes = np.array(self.consents, dtype=bool)
        passes &= (np.array(self.chart_failed) == 0) & (np.array(self.tests_failed) == 0)
        return np.diff(np.concatenate(([0], np.cumsum(passes)))[self.starts])


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


def draw_referred(design: Design, rows: Rows) -> Referred:
    """Draw and judge blocks of referrals.

    Args:
        design: the scenario, made ready.
        rows: blocks, sites and replications to draw.
    """
    patients = design.population.block(rows)
    screening = design.scenario.screening
    p_consent = rows.probabilities("screening.consent", screening.consent)
    u_consent, returns = rows.uniform("screening.consent"), None
    consents = u_consent < p_consent
    fate: Fates = (patients.chart_failed == 0) * (DECLINES + consents.astype(np.int8))
    if screening.rescreen is not None:
        p_return = rows.probabilities("screening.rescreen.probability", screening.rescreen.probability)
        returns = rows.uniform("rescreen.after_chart") < p_return
        fate[patients.may_return & returns] = HANDLED
    if design.amended:
        fate[design.amended.is_open(rows, patients.chart_failed, u_consent, returns)] = HANDLED
    people = _people(design, rows, patients, consents, fate == HANDLED)
    return Referred(unit_exponential(rows.uniform("referral.gap")), patients.chart_failed, fate, people)


def _people(design: Design, rows: Rows, patients: PatientBlock, consents: Flags, handled: Flags) -> People:
    """Patients who become persons, in order of row and referral."""
    place = np.nonzero(handled)
    n = len(place[0])
    strata = [levels[place] for levels in patients.strata.values()]
    return People(
        np.concatenate(([0], np.cumsum(np.count_nonzero(handled, axis=1)))).tolist(),
        place[1].tolist(),
        np.column_stack([np.zeros((n, 0)), *_columns(design, rows, place)]).tolist(),
        patients.chart_failed[place].tolist(),
        patients.tests_failed[place].tolist(),
        patients.weight_kg[place].tolist(),
        patients.days_since_decompensation[place].tolist(),
        consents[place].tolist(),
        list(map(tuple, np.column_stack([np.zeros((n, 0), dtype=np.int64), *strata]).tolist())),
    )


def _columns(design: Design, rows: Rows, place: tuple[Integers, ...]) -> Iterator[Array]:
    """(people,) values of each column."""
    for column in design.columns.values():
        u = rows.uniform(column.purpose)
        if column.standard is not None:
            yield column.standard(u[place])
            continue
        assert isinstance(column.value, Family)
        if column.value.uncertain_parameters():
            yield rows.transformed(column.path, column.value, u)[place]
        else:
            yield rows.transformed(column.path, column.value, u[place])
