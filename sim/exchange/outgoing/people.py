"""Gathers for export what one simulated trial's log says of each person.

Measures come from `sim.analysis`, which reduces many trials; here the whole way of each person is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.clock import Clock
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, PERSON, SITE, TIME

Array = npt.NDArray[np.float64]


@dataclass
class Journey:
    """One person who consented. Days are since day 0.

    Attributes:
        site: index of the site.
        number: number among the site's people, from 1, in order of consent.
        consented: day of the first consent.
        ended: day on which screening failed or they were turned away; None otherwise.
        reason: why, as a word of the log; empty for those who did not fail.
        randomised: day of randomisation; None for those who were not randomised.
        arm: index of the arm.
        left: day of leaving or of the last visit; None during follow-up.
        way_out: index of the way of leaving; None for those who completed, or are in follow-up.
        visits: (week, day) of visits that took place.
        doses: (number, start day, end day, amount) of doses given.
        dose_started: day on which the latest dose began.
    """

    site: int
    number: int
    consented: float
    ended: float | None = None
    reason: str = ""
    randomised: float | None = None
    arm: int | None = None
    left: float | None = None
    way_out: int | None = None
    visits: list[tuple[float, float]] = field(default_factory=list)
    doses: list[tuple[int, float, float, float]] = field(default_factory=list)
    dose_started: float = 0.0


def journeys(design: Design, rows: Array) -> list[Journey]:
    """Gather everybody who consented.

    Args:
        design: the scenario, made ready.
        rows: (n, WIDTH) events of one simulated trial, in order; events up to a day give the data of a running trial.

    Returns:
        The people, in order of consent.
    """
    people: dict[tuple[int, int], Journey] = {}
    at_site = dict.fromkeys(range(len(design.site_labels())), 0)
    for row in rows:
        key = (int(row[SITE]), int(row[PERSON]))
        if int(row[KIND]) == events.CONSENT_GIVEN and key not in people:
            at_site[key[0]] += 1
            people[key] = Journey(key[0], at_site[key[0]], float(row[TIME]))
        elif key in people:
            _goes_on(design, people[key], row)
    return list(people.values())


def _goes_on(design: Design, person: Journey, row: Array) -> None:
    """Add what one event says of a person."""
    kind, day = int(row[KIND]), float(row[TIME])
    if kind == events.SCREENING_FAILED:
        person.ended, person.reason = day, _failure(design, int(row[CODE]))
    elif kind == events.TURNED_AWAY:
        person.ended, person.reason = day, "turned away"
    elif kind == events.PATIENT_LOST:
        person.ended, person.reason = day, "no coordinator in time"
    elif kind == events.RANDOMISED:
        person.randomised, person.arm = day, int(row[CODE])
    elif kind == events.LEFT:
        person.left, person.way_out = day, int(row[CODE])
    elif kind == events.COMPLETED:
        person.left = day
    elif kind == events.VISIT_DONE:
        person.visits.append((float(row[NUMBER]), day))
    elif kind == events.DOSE_STARTED:
        person.dose_started = day
    elif kind == events.DOSE_GIVEN:
        person.doses.append((int(row[NUMBER]), person.dose_started, day, float(row[AMOUNT])))


def _failure(design: Design, code: int) -> str:
    words = (*events.VOCABULARIES["screening_failed"], *design.criteria)
    return words[code].replace("_", " ")


def moment(clock: Clock, day: float) -> str:
    """Return date and time of a day of the log, to the second: 2020-03-31T14:05:00.

    Args:
        clock: converts days to dates.
        day: days since day 0; its fraction is the time of day.

    Returns:
        ISO 8601 without a time zone.
    """
    whole = math.floor(day)
    start = datetime.combine(clock.date_of(whole), time())
    return (start + timedelta(seconds=round((day - whole) * 86400))).isoformat()
