"""Countries: what differs between them for the sites of groups that name them.

What a country does not set is that of the whole trial. Which group is in which country is said by the group
(`sites.<group>.country`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.schema.caps import Country
from sim.scenario.schema.start_up import StartUp
from sim.scenario.schema.values import Money, OnceFactor, Section, Text, described


class CountryHolidays(Section):
    """The country's public holidays, from the `holidays` package."""

    subdivision: str | None = described("Province or state code, where holidays differ.", default=None, max_length=10)
    factor: OnceFactor = described("Multiplies arrivals on public holidays outside every named period.")


class CountryCosts(Section):
    """Unit costs that differ in a country; those left out come from `costs`."""

    site_activation: Money | None = described("Each site activated.", unit="currency", default=None)
    site_month: Money | None = described(
        "Each month that a site is open or follows participants.", unit="currency/month", default=None
    )
    screening: Money | None = described("Each screening started by a coordinator.", unit="currency", default=None)
    participant_visit: Money | None = described("Each visit that happens.", unit="currency", default=None)
    monitoring_visit: Money | None = described("Each monitoring visit.", unit="currency", default=None)


class CountrySettings(Section):
    """One country."""

    label: Text | None = described("Its name in reports; default: its code.", default=None, max_length=80)
    public_holidays: CountryHolidays | None = described(
        "Its public holidays, instead of those of `calendar.public_holidays`.", default=None
    )
    start_up: StartUp = described(
        "Steps of start-up that differ from those of `site_defaults`, by name; a site group's own go before them.",
        default_factory=dict,
    )
    costs: CountryCosts | None = described("Unit costs that differ.", default=None)


Countries = Annotated[dict[Country, CountrySettings], Field(max_length=250)]
