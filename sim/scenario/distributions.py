"""The closed set of distributions a scenario may use, as they are written. `sim.core.quantiles` draws from them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

_UNBOUNDED = {"normal"}  # families that reach below 0 unless `low` says otherwise


class Family(BaseModel):
    """A distribution in a scenario: `dist` is drawn at every use, `uncertain` once per simulated trial."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    keyword: ClassVar[str]

    @property
    def is_uncertain(self) -> bool:
        """Whether it says what we do not know (drawn once per replication), not what varies."""
        return getattr(self, "uncertain", None) is not None

    @model_validator(mode="after")
    def _one_keyword(self) -> Self:
        if (getattr(self, "dist", None) is None) == (getattr(self, "uncertain", None) is None):
            raise ValueError(f"write either 'dist: {self.keyword}' or 'uncertain: {self.keyword}'")
        return self

    @model_validator(mode="after")
    def _nesting(self) -> Self:
        for name, value in self.parameters().items():
            if isinstance(value, Family) and (self.is_uncertain or not value.is_uncertain):
                raise ValueError(f"only a 'dist' may have an 'uncertain' parameter, and no other nesting; see {name}")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is not given, as a planner would write it."""
        return {name: value for name, value in handler(self).items() if value is not None}

    def parameters(self) -> dict[str, float | Family | None]:
        """Parameter values by name, in the order they are declared."""
        skip = {"dist", "uncertain"}
        return {name: getattr(self, name) for name in type(self).model_fields if name not in skip}

    def uncertain_parameters(self) -> list[str]:
        """Names of those parameters that are themselves uncertain."""
        return [name for name, value in self.parameters().items() if isinstance(value, Family)]

    def bounds(self) -> tuple[float, float]:
        """The smallest and largest value it can take, as far as its known parameters tell."""
        low, high = getattr(self, "low", None), getattr(self, "high", None)
        return (
            low if isinstance(low, (int, float)) else (-math.inf if self.keyword in _UNBOUNDED else 0.0),
            high if isinstance(high, (int, float)) else (1.0 if self.keyword == "beta" else math.inf),
        )


# A parameter may itself be unknown: {dist: lognormal, median: {uncertain: normal, ...}, sigma: 0.4}
Parameter = Annotated[
    Annotated[float, Tag("number")] | Annotated["Distribution", Tag("distribution")],
    Discriminator(lambda raw: "distribution" if isinstance(raw, (dict, Family)) else "number"),
]
PositiveNumber = Annotated[float, Field(gt=0)]
PositiveParameter = Annotated[
    Annotated[PositiveNumber, Tag("number")] | Annotated["Distribution", Tag("distribution")],
    Discriminator(lambda raw: "distribution" if isinstance(raw, (dict, Family)) else "number"),
]


def _ordered(names: tuple[str, ...], values: tuple[object, ...]) -> None:
    numbers = [(n, v) for n, v in zip(names, values, strict=True) if isinstance(v, (int, float))]
    for (left, a), (right, b) in pairwise(numbers):
        if a > b:
            raise ValueError(f"{left} must not be above {right}, but {a:g} > {b:g}")


class Uniform(Family):
    """Anything between two bounds, equally likely."""

    keyword = "uniform"
    dist: Literal["uniform"] | None = None
    uncertain: Literal["uniform"] | None = None
    low: Parameter
    high: Parameter

    @model_validator(mode="after")
    def _check(self) -> Self:
        _ordered(("low", "high"), (self.low, self.high))
        return self


class Triangular(Family):
    """From low to high, most likely at the mode."""

    keyword = "triangular"
    dist: Literal["triangular"] | None = None
    uncertain: Literal["triangular"] | None = None
    low: Parameter
    mode: Parameter
    high: Parameter

    @model_validator(mode="after")
    def _check(self) -> Self:
        _ordered(("low", "mode", "high"), (self.low, self.mode, self.high))
        return self


class Normal(Family):
    """Bell-shaped; cut off at low and high where they are given."""

    keyword = "normal"
    dist: Literal["normal"] | None = None
    uncertain: Literal["normal"] | None = None
    mean: Parameter
    sd: PositiveParameter
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _ordered(("low", "high"), (self.low, self.high))
        return self


class Lognormal(Family):
    """Skewed to the right: a median and the standard deviation of the logarithm."""

    keyword = "lognormal"
    dist: Literal["lognormal"] | None = None
    uncertain: Literal["lognormal"] | None = None
    median: PositiveParameter
    sigma: PositiveParameter
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _ordered(("low", "high"), (self.low, self.high))
        return self


class Exponential(Family):
    """The time to something that is equally likely at every moment."""

    keyword = "exponential"
    dist: Literal["exponential"] | None = None
    uncertain: Literal["exponential"] | None = None
    mean: PositiveParameter


class Gamma(Family):
    """Positive and skewed: a mean and a coefficient of variation (sd / mean); the shape is 1 / cv^2."""

    keyword = "gamma"
    dist: Literal["gamma"] | None = None
    uncertain: Literal["gamma"] | None = None
    mean: PositiveParameter
    cv: PositiveParameter


class Beta(Family):
    """A proportion: its mean, and how many observations it is worth (n = a + b)."""

    keyword = "beta"
    dist: Literal["beta"] | None = None
    uncertain: Literal["beta"] | None = None
    mean: Annotated[float, Field(gt=0, lt=1)]
    n: PositiveParameter


class Weibull(Family):
    """A duration whose hazard rises (shape above 1) or falls (below 1) with time."""

    keyword = "weibull"
    dist: Literal["weibull"] | None = None
    uncertain: Literal["weibull"] | None = None
    scale: PositiveParameter
    shape: PositiveParameter


class Empirical(Family):
    """Values as observed, each equally likely."""

    keyword = "empirical"
    dist: Literal["empirical"] | None = None
    uncertain: Literal["empirical"] | None = None
    values: Annotated[tuple[float, ...], Field(min_length=1, max_length=100_000)]

    def bounds(self) -> tuple[float, float]:
        """The smallest and largest observed value."""
        return min(self.values), max(self.values)


FAMILIES: dict[str, type[Family]] = {
    family.keyword: family
    for family in (Uniform, Triangular, Normal, Lognormal, Exponential, Gamma, Beta, Weibull, Empirical)
}


def _family_tag(raw: object) -> str | None:
    if isinstance(raw, Family):
        return raw.keyword
    if isinstance(raw, dict):
        name = raw.get("dist", raw.get("uncertain"))
        if isinstance(name, str) and name in FAMILIES:
            return name
    return None


Distribution = Annotated[
    Annotated[Uniform, Tag("uniform")]
    | Annotated[Triangular, Tag("triangular")]
    | Annotated[Normal, Tag("normal")]
    | Annotated[Lognormal, Tag("lognormal")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Gamma, Tag("gamma")]
    | Annotated[Beta, Tag("beta")]
    | Annotated[Weibull, Tag("weibull")]
    | Annotated[Empirical, Tag("empirical")],
    Discriminator(
        _family_tag,
        custom_error_type="distribution",
        custom_error_message="a distribution is {dist: NAME, ...} or {uncertain: NAME, ...}, where NAME is one of "
        + ", ".join(sorted(FAMILIES)),
    ),
]
