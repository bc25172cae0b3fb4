"""The trial itself: its target, its arms, and how participants are allocated to them."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.scenario.schema.values import Days, Name, OnceCells, OnceProbability, Section, described


class Planned(Section):
    """Dates in the registry record; reports compare results with them."""

    primary_completion: date | None = described("Date by which the primary endpoint was to be complete.", default=None)
    study_completion: date | None = described("Date by which the last visit was to be done.", default=None)


class Start(Section):
    """Whether and when the trial as a whole starts (approval, funding, sponsor); by default on day 0."""

    late: OnceProbability = described("Probability that it starts late.", default=0.0)
    late_days: Days = described(
        "How late, where it does: start-up of the sites and the bank of cells then move by so much; dates do not.",
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
    start: Start = described("Whether it starts late, or never; leave out: on day 0.", default_factory=Start)
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
    """Infusions that an arm is due."""

    weeks: Annotated[tuple[Annotated[float, Field(ge=0, le=520)], ...], Field(min_length=1, max_length=60)] = described(
        "Weeks after the first dose at which doses are due.", unit="weeks"
    )
    cells_per_kg: OnceCells = described("Cells a dose, by body weight.", unit="cells/kg")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if any(b <= a for a, b in pairwise(self.weeks)):
            raise ValueError("weeks must increase")
        return self


class Arm(Section):
    """One treatment arm."""

    allocation: int = described("Share of participants, relative to the other arms.", ge=1, le=100, default=1)
    doses: Doses | None = described("Infusions; leave out for an arm without any.", default=None)


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
