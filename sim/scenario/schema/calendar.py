"""Factors on the arrival of patients by date: months, seasons, public holidays, shocks.

Only arrivals of referrals change; visits and steps of start-up go on. Factors are fixed or uncertain once in a trial.

Attributes:
    MonthDay: a day of every year, as MM-DD.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.scenario.schema.values import Name, OnceFactor, Section, described

MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]


class PublicHolidays(Section):
    """A country's public holidays, from the `holidays` package."""

    country: str = described("ISO 3166 code, such as CN.", pattern=r"^[A-Z]{2}$")
    subdivision: str | None = described("Province or state code, where holidays differ.", default=None, max_length=10)
    factor: OnceFactor = described("Multiplies arrivals on public holidays outside every named period.")


class Period(Section):
    """An interval of days, both ends included: once (dates) or every year (MM-DD)."""

    from_: date | MonthDay = described("First day, as a date or as MM-DD for every year.", alias="from")
    to: date | MonthDay = described("Last day, of the same kind.")
    factor: OnceFactor = described("Multiplies arrivals on these days.")
    at: tuple[Name, ...] | None = described("Site groups that it applies to; leave out for all.", default=None)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Require both ends of one kind, and dates in order; a yearly period may go over New Year."""
        if isinstance(self.from_, date) != isinstance(self.to, date):
            raise ValueError("'from' and 'to' must both be dates, or both MM-DD")
        if isinstance(self.from_, date) and isinstance(self.to, date) and self.from_ > self.to:
            raise ValueError(f"'from' ({self.from_}) must not be after 'to' ({self.to})")
        return self


class Calendar(Section):
    """Everything that changes arrivals by date. Factors that apply on the same day multiply."""

    public_holidays: PublicHolidays | None = described("Public holidays.", default=None)
    by_month: dict[Annotated[int, Field(ge=1, le=12)], OnceFactor] = described(
        "A factor by month of the year (1 to 12); months not named: 1.", default_factory=dict
    )
    periods: dict[Name, Period] = described("Named periods, once or every year.", default_factory=dict)
