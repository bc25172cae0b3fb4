"""Who is referred, and which of them are eligible.

Patients have attributes with a joint distribution, on which criteria act, so that two criteria can exclude the same
person. A scenario without criteria needs none of this: it has `screening.failure` alone.

Attributes:
    Share: a proportion.
    Attribute: a number, a distribution, or shares of categories.
    Condition: probability of a yes-or-no property, which may depend on a category.
    Item: a condition or a test, as part of a criterion.
    Items: several of them.
    NOT_STATED: name of the criterion that stands for `screening.failure`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from sim.scenario.distributions import FAMILIES, LARGEST, Distribution, Family
from sim.scenario.schema.values import Days, Factor, Name, OnceDays, OnceProbability, Probability, Section, described

Share = Annotated[float, Field(ge=0, le=1)]


def _attribute_tag(raw: object) -> str:
    if not isinstance(raw, (dict, Family)):
        return "number"
    if isinstance(raw, Family) or "dist" in raw or "uncertain" in raw:
        return "distribution"
    no_shares = any(isinstance(value, (int, float)) and value > 1 for value in raw.values())
    is_unnamed = no_shares and any(raw.keys() <= family.model_fields.keys() for family in FAMILIES.values())
    return "distribution" if is_unnamed else "categories"


def _of_some_size(value: Family) -> Family:
    """Refuse an attribute that may exceed the largest number of a scenario."""
    least, most = value.reach()
    if least < -LARGEST or most > LARGEST:
        raise ValueError(
            f"may be anything from {least:.3g} to {most:.3g}, and must be from {-LARGEST:g} to {LARGEST:g}"
        )
    return value


Attribute = Annotated[
    Annotated[float, Field(ge=-LARGEST, le=LARGEST), Tag("number")]
    | Annotated[Distribution, AfterValidator(_of_some_size), Tag("distribution")]
    | Annotated[dict[Name, Share], Tag("categories")],
    Discriminator(_attribute_tag),
]


class Given(Section):
    """A probability that depends on a categorical attribute; categories not named have 0."""

    given: Name = described("The categorical attribute.")
    probability: dict[Name, Probability] = described("Probability by category.")


Condition = Annotated[
    Annotated[Probability, Tag("probability")] | Annotated[Given, Tag("given")],
    Discriminator(
        lambda raw: "given" if isinstance(raw, Given) or (isinstance(raw, dict) and "given" in raw) else "probability"
    ),
]


class Sometimes(Section):
    """Occasionally a value is a multiple of what it would have been (an acute rise)."""

    probability: Probability = described("Probability, per patient.")
    times: Factor = described("Multiplies the value.")


class Band(Section):
    """An attribute cut into bands, for stratified randomisation: `<band>_1` is below the first cut."""

    attribute: Name = described("A numeric attribute or derived score.")
    cuts: Annotated[tuple[float, ...], Field(min_length=1, max_length=20)] = described("Cut points, increasing.")

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if any(b <= a for a, b in pairwise(self.cuts)):
            raise ValueError("cuts must increase")
        return self


class Patients(Section):
    """The joint distribution of those referred, on which the criteria act."""

    attributes: dict[Name, Attribute] = described(
        "Numbers (a distribution) and categories (a mapping of category to share).", default_factory=dict
    )
    sometimes: dict[Name, Sometimes] = described("Attributes that are occasionally multiplied.", default_factory=dict)
    conditions: dict[Name, Condition] = described(
        "Yes-or-no properties of patients, each with its probability.", default_factory=dict
    )
    derived: tuple[Name, ...] = described("Scores that the program computes from attributes.", default=())
    bands: dict[Name, Band] = described("Attributes cut into bands.", default_factory=dict)
    correlation: dict[str, Annotated[float, Field(gt=-1, lt=1)]] = described(
        "Correlation of two numeric attributes or conditions on the normal scale (a Gaussian copula), as 'a~b'.",
        default_factory=dict,
    )


class Test(Section):
    """A condition on one attribute. All limits given must hold; `min` and `max` are included."""

    attribute: Name | None = described("The attribute or score.", default=None)
    min: float | None = described("At least this.", default=None)
    max: float | None = described("At most this.", default=None)
    below: float | None = described("Less than this.", default=None)
    above: float | None = described("More than this.", default=None)
    one_of: tuple[Name, ...] | None = described("One of these categories.", default=None)

    @model_validator(mode="after")
    def _limits(self) -> Self:
        """Require limits with an attribute, and in order."""
        limits = (self.min, self.max, self.below, self.above, self.one_of)
        if self.attribute is None and any(limit is not None for limit in limits):
            raise ValueError("limits need an 'attribute'")
        if self.attribute is not None and all(limit is None for limit in limits):
            raise ValueError("an attribute needs one of min, max, below, above, one_of")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min must not be above max, but {self.min:g} > {self.max:g}")
        return self


Item = Annotated[
    Annotated[Name, Tag("condition")] | Annotated[Test, Tag("test")],
    Discriminator(lambda raw: "condition" if isinstance(raw, str) else "test"),
]


Items = Annotated[tuple[Item, ...], Field(min_length=1, max_length=200)]


class Criterion(Test):
    """One eligibility criterion: a test of an attribute, or any / all / none of several conditions and tests."""

    stage: Literal["chart", "tests"] = described(
        "When it is known: from the chart on the day of referral, or from tests."
    )
    item: str | None = described(
        "Item in the record (I3, E12); criteria are checked in this order.",
        default=None,
        pattern=r"^[A-Z]\d+[a-z]?$",
    )
    passing: bool = described("Whether the reason may resolve, so that rescreening makes sense.", default=False)
    any: Items | None = described("At least one of these must hold.", default=None)
    all: Items | None = described("All of these must hold.", default=None)
    none: Items | None = described("None of these may hold.", default=None)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        """Require exactly one form of criterion."""
        forms = [self.attribute, self.any, self.all, self.none]
        if sum(form is not None for form in forms) != 1:
            raise ValueError("write exactly one of attribute, any, all, none")
        return self


NOT_STATED = "reason_not_stated"  # what those fail on whom `screening.failure` fails


class Rescreen(Section):
    """Patients who fail only for reasons that may pass may come back once."""

    probability: Probability = described("Probability that they return.")
    after_days: Days = described("Days until they return.", unit="days")


class Screening(Section):
    """From the review of the chart to eligibility."""

    criteria: dict[Name, Criterion] = described(
        "Eligibility criteria by name; 'off' drops one of a scenario that is extended.", default_factory=dict
    )
    consent: Probability = described(
        "Probability of consent, among those whom the chart does not exclude.", default=1.0
    )
    failure: Probability = described(
        "Share of those screened who fail the tests for a reason that is not told apart: screening in one number, "
        "instead of criteria by name or besides them.",
        default=0.0,
    )
    days: Days = described("From a coordinator's start to the last test result.", unit="days", default=0.0)
    window_days: OnceDays | None = described(
        "Longest time from decompensation (attribute days_since_decompensation, else the referral) to randomisation.",
        unit="days",
        default=None,
    )
    patience_days: Days | None = described(
        "A consenting patient whom no coordinator takes up within this time is lost; null: waits on.",
        unit="days",
        default=None,
    )
    deteriorates_per_day: OnceProbability = described(
        "Probability of death or worsening, per day from referral to randomisation.", unit="per day", default=0.0
    )
    rescreen: Rescreen | None = described("Rescreening once a reason has resolved.", default=None)
