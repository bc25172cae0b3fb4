"""Discrete risks as in a risk register: how likely each is, what it delays, and by how many days.

Uncertain numbers say how long things take; a risk says what may come in between, once or not at all.

Attributes:
    Risks: risks by name.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.plurals import listed
from sim.scenario.schema.caps import Country, Groups, country_of
from sim.scenario.schema.values import Days, Name, OnceProbability, Section, described, value_in_words

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


class Risk(Section):
    """An event that may happen once in a trial and then costs days."""

    probability: OnceProbability = described("Probability that it occurs.")
    days: Days = described("Delay if it occurs; drawn once per trial.", unit="days")
    delays: Literal["activation", "recruitment"] = described(
        "What it delays: activation of sites that are still to open, or recruitment: sites then look at no referrals "
        "during that time.",
        default="activation",
    )
    step: Name | None = described(
        "The step of start-up that takes longer; leave out to delay activation as a whole.", default=None
    )
    country: Country | None = described("Country whose sites it delays; leave out for all.", default=None)
    groups: Groups | None = described("Site groups that it delays; one name, or several.", default=None)
    from_: date | None = described(
        "First day on which a risk to recruitment may occur; every day up to `to` is equally likely.",
        alias="from",
        default=None,
    )
    to: date | None = described("Last day on which it may occur; leave out for `from` alone.", default=None)

    @property
    def last(self) -> date | None:
        """Last day on which a risk to recruitment may strike; None for other risks."""
        return self.to or self.from_

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """Require the keys of the kind of risk, and only those."""
        if self.groups and self.country:
            raise ValueError("write groups or country, not both")
        if self.delays == "recruitment":
            if self.step:
                raise ValueError("a risk to recruitment delays no step: leave out 'step', or 'delays'")
            if self.from_ is None:
                raise ValueError("a risk to recruitment needs 'from', the first day on which it may strike")
            if self.to is not None and self.to < self.from_:
                raise ValueError(f"'from' ({self.from_}) must not be after 'to' ({self.to})")
        elif self.from_ or self.to:
            raise ValueError(
                "'from' and 'to' are of a risk to recruitment: leave them out, or write delays: recruitment"
            )
        if self.days == 0:
            raise ValueError("a risk of 0 days changes nothing")
        return self


Risks = Annotated[dict[Name, Risk], Field(max_length=200)]


def delayed_groups(scenario: Scenario, risk: Risk) -> list[str]:
    """Names of the site groups that a risk delays.

    Args:
        scenario: the scenario.
        risk: one of its risks; without groups and country it delays all.

    Returns:
        In the order of the scenario.
    """
    return [
        group
        for group in scenario.sites
        if (risk.groups is None or group in risk.groups)
        and (risk.country is None or country_of(scenario, group) == risk.country)
    ]


def risk_in_words(name: str, risk: Risk) -> str:
    """A risk in the words of a risk register: `new_file: probability 0.15, 60 days more of regulator in DE`.

    Args:
        name: name of the risk in the scenario.
        risk: the risk.
    """
    where = f" in {risk.country}" if risk.country else f" at {listed(risk.groups)}" if risk.groups else ""
    days = f"{value_in_words(risk.days)} days"
    if risk.delays == "recruitment":
        when = f"on {risk.from_}" if risk.last == risk.from_ else f"from {risk.from_} to {risk.to}"
        what = f"no recruitment{where} for {days}, {when}"
    else:
        what = f"{days} more of {risk.step.replace('_', ' ') if risk.step else 'start-up'}{where}"
    return f"{name}: probability {value_in_words(risk.probability)}, {what}"
