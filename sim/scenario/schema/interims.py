"""Interim looks, stages and cohorts: when data are reviewed, whether recruitment pauses, and what may be decided.

What a look would find is not simulated: its decisions have probabilities. A look costs time, which is what is planned.

Attributes:
    Numbers: increasing numbers of participants or events; one number may stand alone.
    Interims: looks by name.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sim.plurals import listed
from sim.scenario.schema.follow_up import Ways
from sim.scenario.schema.values import (
    MAX_PEOPLE,
    Days,
    Name,
    OnceDays,
    OnceProbability,
    Section,
    described,
    one_or_several,
    value_in_words,
)

_Number = Annotated[int, Field(ge=1, le=MAX_PEOPLE)]


Numbers = Annotated[
    tuple[_Number, ...],
    Field(min_length=1, max_length=200),
    BeforeValidator(one_or_several, json_schema_input_type=_Number | tuple[_Number, ...]),
]


class Interim(Section):
    """A review of the data, or one after each stage or cohort. If it decides nothing, the trial goes on."""

    at_randomised: Numbers | None = described(
        "Participants randomised at the look; one number, or one for each look.", unit="participants", default=None
    )
    every: int | None = described(
        "A look each time this many more are randomised: the size of a cohort.",
        unit="participants",
        ge=1,
        le=MAX_PEOPLE,
        default=None,
    )
    at_events: Numbers | None = described(
        "Participants with an event at the look; one number, or one for each look.",
        unit="events",
        default=None,
    )
    of: Ways | None = described(
        "Ways of leaving that are events; leave out for those of primary completion, or every way.", default=None
    )
    followed_weeks: float = described(
        "Weeks from the randomisation of the last of those participants to the look.",
        unit="weeks",
        ge=0,
        le=1040,
        default=0.0,
    )
    recruitment: Literal["goes_on", "pauses_at_look", "pauses_when_randomised"] = described(
        "Whether recruitment pauses until the decision: not at all, from the look on, or from when the last of those "
        "participants is randomised.",
        default="goes_on",
    )
    takes_days: Days = described("From the look to the decision.", unit="days", default=0.0)
    days_between: OnceDays = described(
        "Minimum time between randomisations, up to the last look.", unit="days", default=0.0
    )
    stop: OnceProbability = described("Probability that recruitment is stopped for good.", default=0.0)
    enlarge: OnceProbability = described("Probability that the target is enlarged.", default=0.0)
    enlarge_by: int | None = described(
        "Number of participants added.", unit="participants", ge=1, le=MAX_PEOPLE, default=None
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """Require one kind of look, and only what fits it."""
        kinds = {"at_randomised": self.at_randomised, "every": self.every, "at_events": self.at_events}
        if sum(value is not None for value in kinds.values()) != 1:
            raise ValueError("write exactly one of at_randomised, every, at_events")
        if self.at_events and (self.followed_weeks or self.recruitment == "pauses_when_randomised"):
            raise ValueError(
                "a look at events comes with its event: leave out followed_weeks and pauses_when_randomised"
            )
        if self.at_events and self.days_between != 0:
            raise ValueError("'days_between' applies only to looks that count participants")
        if self.of and not self.at_events:
            raise ValueError("'of' says which ways of leaving are events, so it needs at_events")
        if (self.enlarge_by is None) != (self.enlarge == 0):
            raise ValueError("write both of enlarge and enlarge_by, or neither")
        for numbers in (self.at_randomised, self.at_events):
            if numbers and list(numbers) != sorted(set(numbers)):
                raise ValueError("the numbers of several looks must increase")
        return self


Interims = Annotated[dict[Name, Interim], Field(max_length=100)]


def in_words(name: str, rule: Interim) -> str:
    """An interim look in words, for reports.

    Args:
        name: name of the look in the scenario.
        rule: the look.
    """
    if rule.at_events:
        text = f"at event {listed(map(str, rule.at_events))}"
    elif rule.every:
        text = f"after every {rule.every} randomised"
    else:
        assert rule.at_randomised
        text = f"at {listed(map(str, rule.at_randomised))} randomised"
    if rule.followed_weeks:
        text += f" and {rule.followed_weeks:g} weeks of follow-up"
    pause = {
        "goes_on": "recruitment goes on",
        "pauses_at_look": "recruitment pauses from the look to the decision",
        "pauses_when_randomised": "recruitment pauses from then to the decision",
    }[rule.recruitment]
    found = [pause]
    if rule.takes_days != 0:
        found.append(f"decision {value_in_words(rule.takes_days)} days later")
    if rule.days_between != 0:
        found.append("participants are spaced apart")
    for value, what in ((rule.stop, "stop"), (rule.enlarge, f"enlarge by {rule.enlarge_by}")):
        if value != 0:
            found.append(f"{what} with probability {value_in_words(value)}")
    return f"{name}: {text}: {', '.join(found)}"
