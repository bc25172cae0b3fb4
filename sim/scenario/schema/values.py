"""The kinds of number a scenario may hold, and how a field of one is declared."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from sim.scenario.distributions import Distribution, Family

MAX_PER_MONTH = 10_000


class Section(BaseModel):
    """A part of a scenario: frozen, and with no room for a key that nobody reads."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True, defer_build=True
    )


def described(text: str, *, unit: str | None = None, **rest: Any) -> Any:
    """A field with what it means and its unit, from which the reference pages and the controls are made."""
    if unit:
        rest["json_schema_extra"] = {"unit": unit}
    return Field(description=text, **rest)


def _tag(raw: object) -> str:
    return "distribution" if isinstance(raw, (dict, Family)) else "number"


def _inside(low: float, high: float) -> AfterValidator:
    def check(value: float | Family) -> float | Family:
        if isinstance(value, Family):
            least, most = value.bounds()
            if least < low:
                raise ValueError(f"may fall below {low:g}: give it 'low: {low:g}' or more")
            if most > high:
                raise ValueError(f"may exceed {high:g}: give it 'high: {high:g}' or less")
        return value

    return AfterValidator(check)


def _once(value: float | Family) -> float | Family:
    if isinstance(value, Family) and not value.is_uncertain:
        raise ValueError("is one number for a whole simulated trial: write a number or 'uncertain', not 'dist'")
    return value


def _plausible_rate(value: float | Family) -> float | Family:
    if not isinstance(value, Family) and value > MAX_PER_MONTH:
        raise ValueError(f"must be at most {MAX_PER_MONTH:g}, which is more than any hospital sees")
    return value


Probability = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=1)], Tag("number")] | Annotated[Distribution, Tag("distribution")],
    Discriminator(_tag),
    _inside(0.0, 1.0),
]
NonNegative = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=1e15)], Tag("number")] | Annotated[Distribution, Tag("distribution")],
    Discriminator(_tag),
    _inside(0.0, float("inf")),
]
Once = Annotated[NonNegative, AfterValidator(_once)]  # one number a replication: fixed or uncertain, not `dist`
OnceProbability = Annotated[Probability, AfterValidator(_once)]
Days = NonNegative
Rate = Annotated[NonNegative, AfterValidator(_plausible_rate)]
Factor = NonNegative
Ratio = NonNegative
Money = NonNegative
Cells = NonNegative
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
