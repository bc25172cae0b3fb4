"""The trial itself: its target, its arms, and how participants are allocated to them.

Attributes:
    MAX_AMOUNT: largest amount of a dose of a drug, in any unit.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.scenario.schema.values import Days, Name, OnceCells, OnceProbability, Section, Text, described

MAX_AMOUNT = 1e9  # of a drug, in any unit: more than anyone would mean
_PER_KG = "/kg"


class Planned(Section):
    """Dates in the registry record, or in your own plan; reports compare results with them."""

    recruitment: date | None = described("Date by which the last participant was to be randomised.", default=None)
    primary_completion: date | None = described("Date by which the primary endpoint was to be complete.", default=None)
    study_completion: date | None = described("Date by which the last visit was to be done.", default=None)


class Start(Section):
    """Whether and when the trial as a whole starts (approval, funding, sponsor); by default on day 0."""

    late: OnceProbability = described("Probability that it starts late.", default=0.0)
    late_days: Days = described(
        "Delay of a late start: it moves the start-up of sites and the bank of cells, but no fixed date.",
        unit="days",
        default=0.0,
    )
    never: OnceProbability = described("Probability that it never starts.", default=0.0)


class TrialSettings(Section):
    """How many participants, from when, and until when to try.

    A simulated trial also ends, as one that is never finished, after 200,000 events or referrals, and 1,000 more for
    each participant of the target and each site.
    """

    target: int = described("Participants to randomise.", unit="participants", ge=1, le=200_000)
    enrolment_opens: date = described("Day 0: the first day on which anyone can be referred.")
    start: Start = described("Whether it starts late or never; leave out to start on day 0.", default_factory=Start)
    planned: Planned = described("Dates of the registry record.", default_factory=Planned)
    horizon_months: float = described(
        "When to give up: a trial not complete by then counts as not reached.",
        unit="months",
        gt=0,
        le=600,
        default=120.0,
    )
    overrun: Literal["turn_away", "randomise"] = described(
        "What happens to people in screening when the target is met; those who wait for a coordinator are turned away.",
        default="turn_away",
    )
    replace: Literal["never", "before_first_dose", "not_evaluable"] = described(
        "Who is replaced by one more participant: nobody, those who leave while the first dose is to come, or those "
        "who leave before the treatment weeks (from the first dose; in an arm without, from randomisation) are over.",
        default="never",
    )


class Doses(Section):
    """Doses that an arm is due: of cells, or of a drug in its own unit."""

    weeks: Annotated[tuple[Annotated[float, Field(ge=0, le=520)], ...], Field(min_length=1, max_length=60)] = described(
        "Weeks after the first dose at which doses are due.", unit="weeks"
    )
    cells_per_kg: OnceCells | None = described(
        "Cells per dose and body weight; leave out for a drug.", unit="cells/kg", default=None
    )
    amount: float | None = described(
        "A dose of a drug, in `unit`; a drug is never short. Leave out for cells.", gt=0, le=MAX_AMOUNT, default=None
    )
    unit: Text | None = described(
        "Unit of `amount`, such as mg, ml or IU; ending in /kg, the amount is by body weight.",
        default=None,
        min_length=1,
        max_length=20,
    )

    @property
    def is_drug(self) -> bool:
        """Whether these are doses of a drug rather than of cells."""
        return self.amount is not None

    @property
    def is_by_weight(self) -> bool:
        """Whether a dose is a number of cells, or an amount, for each kg of body weight."""
        return self.unit is None or self.unit.endswith(_PER_KG)

    @property
    def given_in(self) -> str:
        """Unit of what is given: cells, or that of the drug without '/kg'."""
        return "cells" if self.unit is None else self.unit.removesuffix(_PER_KG)

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        """Require weeks in order, and either cells or an amount with its unit."""
        if any(b <= a for a, b in pairwise(self.weeks)):
            raise ValueError("weeks must increase")
        if (self.cells_per_kg is None) == (self.amount is None):
            raise ValueError("write cells_per_kg for cells, or amount and unit for a drug")
        if (self.amount is None) != (self.unit is None):
            raise ValueError("write amount and unit together, such as {amount: 200, unit: mg}")
        return self


class Arm(Section):
    """One treatment arm."""

    allocation: int = described("Share of participants, relative to the other arms.", ge=1, le=100, default=1)
    doses: Doses | None = described("Doses; leave out for an arm without any.", default=None)


class Randomisation(Section):
    """The central list from which arms are allocated."""

    method: Literal["simple", "permuted_blocks", "minimisation", "biased_coin", "urn"] = described(
        "How arms are allocated; permuted_blocks with stratify_by is stratified blocks.", default="simple"
    )
    block_sizes: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = described(
        "Block sizes, one picked at random each time; multiples of the sum of the allocation.", default=()
    )
    stratify_by: tuple[Name, ...] = described(
        "Strata (permuted_blocks) or balancing factors (minimisation): 'site', a categorical attribute, a condition or "
        "a band of patients.bands.",
        default=(),
    )
    preferred_probability: float = described(
        "At 1:1, the probability of the arm that restores balance (biased_coin: Efron's 2/3; minimisation: 0.8 is "
        "common). At other ratios the pull toward balance is as strong.",
        ge=0.5,
        le=1.0,
        default=0.8,
    )
    urn_start: int = described("Balls in the urn for each unit of allocation at the start.", ge=1, le=1000, default=1)
    urn_add: float = described("Balls added for the arms not drawn (Wei's urn).", ge=0, le=1000, default=1.0)
