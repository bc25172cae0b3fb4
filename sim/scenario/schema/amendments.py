"""Amendments and contingencies: changes during a trial, on a date or at a milestone, with a condition.

Attributes:
    Amendments: amendments by name, as a type of a field.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.plurals import listed
from sim.scenario.schema.caps import Groups
from sim.scenario.schema.values import (
    MAX_PEOPLE,
    Days,
    Money,
    Name,
    OnceFactor,
    Probability,
    Section,
    described,
    value_in_words,
)


class NewCosts(Section):
    """Unit costs from then on; those left out stay as in `costs`."""

    site_activation: Money | None = described("Each site activated from then on.", unit="currency", default=None)
    site_month: Money | None = described("Each month of a site from then on.", unit="currency/month", default=None)
    screening: Money | None = described("Each screening started from then on.", unit="currency", default=None)
    participant_visit: Money | None = described("Each visit from then on.", unit="currency", default=None)
    lot: Money | None = described("Each lot started from then on.", unit="currency", default=None)
    dose: Money | None = described("Each dose thawed from then on.", unit="currency", default=None)
    central_month: Money | None = described("Running the trial from then on.", unit="currency/month", default=None)


class Amendment(Section):
    """What changes, and when: decided on a date or at a milestone, in force `after_days` later."""

    on: date | None = described("Decided on this date.", default=None)
    at_month: float | None = described("Decided this long after day 0.", unit="months", ge=0, le=600, default=None)
    at_randomised: int | None = described(
        "Decided when this many are randomised.", unit="participants", ge=1, le=MAX_PEOPLE, default=None
    )
    if_fewer_than: int | None = described(
        "Only if fewer than this many are randomised by then, and recruitment is open; leave out for in any case.",
        unit="participants",
        ge=1,
        le=MAX_PEOPLE,
        default=None,
    )
    after_days: Days = described("From the decision until it is in force.", unit="days", default=0.0)
    opens: Groups | None = described(
        "Site groups whose start-up begins when it is in force, and that stay out until then: each site is active its "
        "`activation_delay_days` later, or when its steps are done; its `lead_days` do not count.",
        default=None,
    )
    opens_arms: Groups | None = described(
        "Arms that are closed until it is in force: from then on participants are allocated to them too.", default=None
    )
    closes_arms: Groups | None = described(
        "Arms that nobody is allocated to from then on; those in them go on as before.", default=None
    )
    drops: Groups | None = described("Criteria that no longer apply; one name, or several.", default=None)
    in_screening: bool = described(
        "Whether this also holds for people in screening, or only for those referred later.", default=False
    )
    consent: Probability | None = described("Probability of consent from then on.", default=None)
    referrals_times: OnceFactor | None = described(
        "Multiplies the rate of referrals from then on; factors of several amendments multiply.", default=None
    )
    groups: Groups | None = described(
        "Site groups for which criteria, consent and referrals change; leave out for all.", default=None
    )
    costs: NewCosts | None = described("Unit costs from then on.", default=None)

    @property
    def concerns_people(self) -> bool:
        """Whether it changes who is referred, or who may take part."""
        return bool(self.drops) or self.consent is not None or self.referrals_times is not None

    @property
    def concerns_arms(self) -> bool:
        """Whether it opens or closes arms."""
        return bool(self.opens_arms or self.closes_arms)

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        """Require one moment, and something that changes."""
        moments = {"on": self.on, "at_month": self.at_month, "at_randomised": self.at_randomised}
        if sum(value is not None for value in moments.values()) != 1:
            raise ValueError("write exactly one of on, at_month, at_randomised")
        if self.if_fewer_than is not None and self.at_randomised is not None:
            raise ValueError("'if_fewer_than' needs a day on which to check it: write on or at_month")
        if not (self.concerns_people or self.opens or self.concerns_arms or self.costs):
            raise ValueError(
                "changes nothing: write one of opens, opens_arms, closes_arms, drops, consent, referrals_times, costs"
            )
        if self.groups and not self.concerns_people:
            raise ValueError("'groups' says where drops, consent and referrals_times apply, so it needs one of them")
        if self.in_screening and not self.drops:
            raise ValueError("'in_screening' applies to dropped criteria, so it needs drops")
        return self


Amendments = Annotated[dict[Name, Amendment], Field(max_length=100)]


def moment_in_words(rule: Amendment) -> str:
    """When an amendment is decided, and on what condition: `on 2021-03-01`, `when 12 are randomised`."""
    if rule.on is not None:
        text = f"on {rule.on}"
    elif rule.at_month is not None:
        text = f"at month {rule.at_month:g}"
    else:
        text = f"when {rule.at_randomised} are randomised"
    return text if rule.if_fewer_than is None else f"{text}, if fewer than {rule.if_fewer_than} are randomised by then"


def effect_in_words(rule: Amendment) -> str:
    """What an amendment changes, in words: `start-up of reserve begins; consent 0.7`.

    Returns:
        Clauses joined by semicolons; sites last, if the amendment holds at some groups only.
    """
    parts = []
    if rule.opens:
        parts.append(f"start-up of {listed(rule.opens)} begins")
    for arms, what in ((rule.opens_arms, "opens"), (rule.closes_arms, "closes")):
        if arms:
            parts.append(f"arm {listed(arms)} {what}" if len(arms) == 1 else f"arms {listed(arms)} {what[:-1]}")
    if rule.drops:
        whom = ", for those in screening too" if rule.in_screening else ""
        parts.append(f"{listed(rule.drops)} no longer asked{whom}")
    if rule.consent is not None:
        parts.append(f"consent {value_in_words(rule.consent)}")
    if rule.referrals_times is not None:
        parts.append(f"referrals times {value_in_words(rule.referrals_times)}")
    if rule.costs is not None:
        parts.append("other unit costs")
    where = f" at {listed(rule.groups)}" if rule.groups else ""
    return f"{'; '.join(parts)}{where}"


def in_words(name: str, rule: Amendment) -> str:
    """An amendment in words, for reports.

    Args:
        name: name of the amendment in the scenario.
        rule: the amendment.
    """
    return f"{name}: {moment_in_words(rule)}: {effect_in_words(rule)}"
