"""Patients and sites: the objects that processes pass to one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.core.design import ArmDesign, GroupDesign
from sim.core.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.core.intensity import ChangingIntensity, Intensity
    from sim.core.observed import KnownPerson

Draws = npt.NDArray[np.float64]

# A participant's uniform numbers: a row is for the visit of a week (its first numbers) and the dose of that week (the
# rest), so that one look-up serves both, and a visit or a dose more is a row more.
DRAWS_A_VISIT = 4
DRAWS_A_DOSE = 8
DRAWS_A_ROW = DRAWS_A_VISIT + DRAWS_A_DOSE


@dataclass(slots=True, eq=False)
class Site:
    """One site in one replication.

    Attributes:
        index: its code in the log; sites are in order of their group's name and their number.
        group: name of its group.
        row: its number in the group, from 0.
        n_sites: sites in the group.
        design: the group's settings.
        activates: day on which it may begin to look at referrals; negative if start-up was quick.
        per_month: its own referral rate per month at full rate.
        arrivals: its arrival rate over time.
        coordinators: places for screenings that run at the same time.
        bays: infusion bays.
        n_randomised: participants so far.
        last_randomised: day of its last randomisation, or of its opening before the first.
        closed_on: day on which it stopped looking at referrals for good; None while open.
        arrivals_from: for a site that waits for an amendment, the arrival rate as a function of the day of activation.
    """

    index: int
    group: str
    row: int
    n_sites: int
    design: GroupDesign
    activates: float
    per_month: float
    arrivals: Intensity | ChangingIntensity
    coordinators: Places
    bays: Places
    n_randomised: int = 0
    last_randomised: float = 0.0
    closed_on: float | None = None
    arrivals_from: Callable[[float], Intensity] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it stays closed until an amendment opens it."""
        return self.activates == float("inf")


class Person:
    """A patient who is handled as a person, and the participant they may become. Times are in days since day 0.

    Attributes:
        site: site of the referral.
        referral: number among the referrals of the site, from 0; with the site, this is their name.
        referred: day of referral.
        values: draws of their own, by column (see `sim.core.columns`).
        chart_failed: criteria that fail on the chart but may pass later, as bits.
        tests_failed: criteria that will fail when tested, as bits.
        weight_kg: body weight.
        window_ends: last time at which they may be randomised.
        consents: whether they consent, if asked.
        strata: level of each stratum or factor, without the site.
        deteriorates: when they would die or worsen during screening.
        is_returning: whether they are to come back for rescreening.
        is_queueing: whether they wait for a coordinator.
        attempt: 1, or 2 when rescreened.
        arm: arm, once randomised.
        number: order of randomisation, from 1.
        randomised: day of randomisation.
        n_doses_given: infusions so far.
        n_doses_over: doses so far that were given or missed.
        n_doses_due: doses to come, without one that is thawed.
        dose_started: start of the last infusion.
        first_due: when the first dose was due; infinite until known.
        treated_rank: order of first doses, from 1; 0 before the first dose.
        arrival: arrival time in a Poisson process of rate 1, used if their site's rate may change.
        draws: (weeks, DRAWS_A_ROW) uniform numbers for the visit and the dose of each of the design's weeks.
        ends: end of follow-up, at the last visit or before.
        last_visit: planned time of the last visit.
        way_out: code of the way of leaving; None for the last visit.
        has_left: whether they are out of the trial.
        known: what was observed of them in a trial under way; None for a simulated patient.
    """

    # Defaults that few patients change are class attributes: setting them on each would cost more than all the rest.
    deteriorates: float = float("inf")
    is_returning: bool = False
    is_queueing: bool = False
    attempt: int = 1
    arm: ArmDesign | None = None
    number: int = 0
    randomised: float = 0.0
    n_doses_given: int = 0
    n_doses_over: int = 0
    n_doses_due: int = 0
    dose_started: float = 0.0
    first_due: float = float("inf")
    treated_rank: int = 0
    draws: Draws | None = None
    arrival: float = 0.0
    ends: float = float("inf")
    last_visit: float = float("inf")
    way_out: int | None = None
    has_left: bool = False
    known: KnownPerson | None = None

    def __init__(
        self,
        site: Site,
        referral: int,
        referred: float,
        values: list[float],
        chart_failed: int,
        tests_failed: int,
        weight_kg: float,
        window_ends: float,
        consents: bool,
        strata: tuple[int, ...],
    ) -> None:
        self.site = site
        self.referral = referral
        self.referred = referred
        self.values = values
        self.chart_failed = chart_failed
        self.tests_failed = tests_failed
        self.weight_kg = weight_kg
        self.window_ends = window_ends
        self.consents = consents
        self.strata = strata

    @property
    def is_in_screening(self) -> bool:
        """Whether they neither wait for a coordinator nor are to come back."""
        return not (self.is_returning or self.is_queueing)

    def comes_on(self, day: float) -> None:
        """Set the day of referral; times that depend on it were counted from 0 before."""
        self.referred = day
        self.window_ends += day
        self.deteriorates += day
