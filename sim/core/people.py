"""Patients and sites, as the processes pass them on."""

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
        activates: when it may look at referrals; before day 0 where start-up was quick.
        per_month: its own referral rate at full speed.
        arrivals: its arrival rate over time.
        coordinators: screenings that can run at once.
        bays: infusion bays.
        n_randomised: participants so far.
        last_randomised: when the last of them was randomised, or when the site opened.
        closed_on: when it stopped looking at referrals for good.
        arrivals_from: the arrivals of a site that waits for an amendment, from when it is activated.
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
        """Whether it stays out until an amendment opens it."""
        return self.activates == float("inf")


class Person:
    """One patient whom someone must deal with, and the participant they may become.

    Attributes:
        site: where they were referred.
        referral: which referral of the site they are, from 0; with the site, their name.
        referred: when.
        values: draws of their own, by column (see `sim.core.columns`).
        chart_failed: criteria that fail on the chart but may pass, as bits.
        tests_failed: criteria that tests will find failed, as bits.
        weight_kg: body weight.
        window_ends: last moment at which they may be randomised.
        consents: whether they say yes, if asked.
        strata: level of each stratum or factor, the site not among them.
        deteriorates: when they would die or worsen while being screened.
        is_returning: whether they are on their way back.
        is_queueing: whether they wait for a coordinator.
        attempt: 1, or 2 when rescreened.
        arm: arm, once randomised.
        number: place in the order of randomisation, from 1.
        randomised: when.
        n_doses_given: infusions so far.
        n_doses_over: doses so far that were given or missed.
        n_doses_due: doses to come, a thawed one not among them.
        dose_started: when the last infusion began.
        first_due: when the first dose was due; never, until that is known.
        treated_rank: place in the order of first doses, from 1; 0 before it.
        arrival: where they stand among the arrivals of a Poisson process of rate 1, if their site's rate may change.
        draws: (weeks, DRAWS_A_ROW) uniform numbers for the visit and the dose of each of the design's weeks.
        ends: when follow-up ends, at the last visit or before.
        last_visit: when the last visit is planned.
        way_out: code of the way of leaving; None for the last visit.
        has_left: whether they are out of the trial.
        known: what is known of them, for those of a trial under way.
    """

    # What most patients never change stands in the class: setting it for each would cost more than all the rest.
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
        """Not waiting for a coordinator, nor on the way back."""
        return not (self.is_returning or self.is_queueing)

    def comes_on(self, day: float) -> None:
        """The day of referral, until which all that is counted from it was counted from 0."""
        self.referred = day
        self.window_ends += day
        self.deteriorates += day
