"""Sites: groups of similar hospitals, their shared settings, and when they open and close.

All sites of a group have the same settings and different random numbers; what differs between hospitals by more than
chance is another group.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from sim.scenario.schema.caps import Country
from sim.scenario.schema.start_up import StartUp
from sim.scenario.schema.values import (
    MAX_PEOPLE,
    Days,
    OnceDays,
    OnceProbability,
    OnceVariation,
    Probability,
    Rate,
    Section,
    Text,
    described,
)

if TYPE_CHECKING:
    pass


class RampUp(Section):
    """A new site starts slowly and reaches its full rate along a straight line."""

    start_fraction: OnceProbability = described("Share of the full rate on the day it opens.")
    days: OnceDays = described("Days until the full rate.", unit="days")


class Drought(Section):
    """A site that randomises nobody for this long is closed."""

    after_days_without_randomisation: OnceDays = described("Days without a randomisation.", unit="days")


class SiteSettings(Section):
    """Settings of a site. Under `site_defaults` they apply to all groups; a group overrides what differs."""

    referrals_per_month: Rate | None = described(
        "Referrals (admissions that the site looks at) a month at full rate, for the average site of the group.",
        unit="per month",
        default=None,
    )
    lead_days: Days = described("Start-up work begins this long before day 0.", unit="days", default=0.0)
    activation_delay_days: Days = described("From the start of start-up work to activation.", unit="days", default=0.0)
    start_up: StartUp = described(
        "Steps from the start of start-up work to activation, by name, instead of one delay: activation is the longest "
        "way through them.",
        default_factory=dict,
    )
    opens: date | None = described("Activation on this date, instead of after a delay or steps.", default=None)
    between_site_cv: OnceVariation = described(
        "How much the rates of sites in a group differ: sd / mean of a gamma distribution (0: all alike).", default=0.0
    )
    ramp_up: RampUp | None = described("How a new site reaches its full rate.", default=None)
    never_enrols: Probability = described("Probability that an activated site refers nobody, ever.", default=0.0)
    coordinators: int | None = described(
        "Screenings that can run at once at a site; null: no limit.", unit="people", ge=1, le=1000, default=None
    )
    infusion_bays: int | None = described(
        "Infusion bays at a site; null: no limit.", unit="bays", ge=1, le=1000, default=None
    )
    max_participants: int | None = described(
        "Each site closes for good when it alone has randomised this many (a limit of one site, not of the group; for "
        "a group, a country or a stratum see `caps`); null: no limit.",
        unit="participants/site",
        ge=1,
        le=MAX_PEOPLE,
        default=None,
    )
    closes: date | Drought | None = described("A date or a drought that closes the site; null: never.", default=None)
    country: Country | None = described(
        "Country of the sites: ISO 3166 code, such as CN; for `countries`, `caps`, `risks` and tables.", default=None
    )


class SiteGroup(SiteSettings):
    """A group of similar sites. What it leaves out comes from `site_defaults`."""

    count: int = described("Sites in the group.", unit="sites", ge=0, le=5000, default=1)
    label: Text | None = described(
        "Name of a site of the group in reports; default: the name of the group.", default=None, max_length=80
    )

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what comes from `site_defaults`: a default written out would no longer be one."""
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}
