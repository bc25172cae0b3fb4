"""The distributions that a scenario may use, and their validation. `sim.core.quantiles` draws from them.

Parameters are those that a planner knows (a median, a mean and sd), not those of a textbook. Validation asks what a
draw can be at most: a distribution that may fall below 0 days is refused with the remedy, rather than cut off in
silence.

Attributes:
    LARGEST: largest number in a scenario, in any unit.
    Parameter: a number, or a distribution for a parameter that is itself unknown.
    PositiveNumber: a number above 0.
    Bound: a number that cuts a distribution off.
    PositiveParameter: a `Parameter` above 0.
    FAMILIES: the distributions by keyword, as after `dist` and `uncertain`.
    Distribution: any of them, as a type of a field; its keyword chooses the class.
"""

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

LARGEST = 1e15  # largest number in a scenario, in any unit
_ONCE_IN = 1e6  # `reach` excludes less than one draw in this many
_Z = 4.7534  # standard normal value exceeded once in a million
_E = math.log(_ONCE_IN)  # and exponential value


class Family(BaseModel):
    """A distribution in a scenario: `dist` is drawn at every use, `uncertain` once per simulated trial."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    keyword: ClassVar[str]
    positive: ClassVar[tuple[str, ...]] = ()  # names of parameters that must be more than 0

    @property
    def is_uncertain(self) -> bool:
        """Whether it stands for uncertainty (`uncertain`, drawn once per replication), not variation (`dist`)."""
        return getattr(self, "uncertain", None) is not None

    @model_validator(mode="after")
    def _one_keyword(self) -> Self:
        if (getattr(self, "dist", None) is None) == (getattr(self, "uncertain", None) is None):
            raise ValueError(f"write either 'dist: {self.keyword}' or 'uncertain: {self.keyword}'")
        return self

    @model_validator(mode="after")
    def _nesting(self) -> Self:
        """Allow uncertain parameters only in a `dist`."""
        for name, value in self.parameters().items():
            if isinstance(value, Family) and (self.is_uncertain or not value.is_uncertain):
                raise ValueError(f"only a 'dist' may have an 'uncertain' parameter, and no other nesting; see {name}")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without parameters that are not given, as a planner would write it."""
        return {name: value for name, value in handler(self).items() if value is not None}

    def parameters(self) -> dict[str, float | Family | None]:
        """Parameter values by name, in the order of declaration; None for those that are not given.

        Returns:
            Numbers; or a distribution for a parameter that is itself uncertain.
        """
        skip = {"dist", "uncertain"}
        return {name: getattr(self, name) for name in type(self).model_fields if name not in skip}

    def uncertain_parameters(self) -> list[str]:
        """Names of parameters that are themselves uncertain."""
        return [name for name, value in self.parameters().items() if isinstance(value, Family)]

    def bounds(self) -> tuple[float, float]:
        """Smallest and largest possible value, for any values of its uncertain parameters.

        Here for distributions of numbers from 0 on with optional `low` and `high`; others have their own.

        Returns:
            The bounds; infinite where there is none.
        """
        low, high = getattr(self, "low", None), getattr(self, "high", None)
        return (0.0 if low is None else support(low)[0], math.inf if high is None else support(high)[1])

    def tail(self) -> tuple[float, float]:
        """Values that one draw in a million falls below, and one in a million exceeds, without `low` and `high`.

        Returns:
            (low, high), in the unit of the values.
        """
        return self.bounds()

    def reach(self) -> tuple[float, float]:
        """Values that at most one draw in a million falls below, and at most one in a million exceeds.

        Returns:
            (low, high): what checks take as the most extreme values that a run will see.
        """
        (least, most), (low, high) = self.bounds(), self.tail()
        return max(least, low), min(most, high)

    @model_validator(mode="after")
    def _parameters_make_sense(self) -> Self:
        """Require that uncertain parameters that must be above 0 cannot be 0 or below."""
        for name in self.positive:
            value = getattr(self, name)
            if isinstance(value, Family) and (value.bounds()[0] < 0 or value.bounds()[1] <= 0):
                raise ValueError(f"{name} may fall to 0 or below: give it 'low', more than 0")
        return self


def support(value: float | Family) -> tuple[float, float]:
    """Smallest and largest possible value of a number or a distribution; see `Family.bounds`.

    Args:
        value: as in a scenario.

    Returns:
        (smallest, largest); infinite where there is no bound, the number twice for a number.
    """
    return value.bounds() if isinstance(value, Family) else (value, value)


def typical(value: float | Family) -> float:
    """A number, or what lies in the middle of a distribution: its mean, median or mode, or else half way through it.

    Args:
        value: a number or a distribution, whose middle may be uncertain itself.

    Returns:
        The middle, within the bounds of the distribution; it need not be the mean.
    """
    if not isinstance(value, Family):
        return value
    for name in ("mean", "median", "mode"):
        middle = getattr(value, name, None)
        if middle is not None:
            low, high = value.bounds()
            return min(max(typical(middle), low), high)
    low, high = value.reach()
    return (low + high) / 2


def _reach(value: float | Family) -> tuple[float, float]:
    """Values that less than one draw in a million is beyond, of a number or a distribution."""
    return value.reach() if isinstance(value, Family) else (value, value)


def _exp(x: float) -> float:
    """The exponential, infinite where a float cannot hold it."""
    return math.exp(x) if x < 700 else math.inf


def _some_is_left(family: Family) -> None:
    """Refuse a distribution that is almost entirely outside its bounds, where every draw would be a bound."""
    (low, high), (least, most) = family.tail(), family.bounds()
    if least > high or most < low:
        raise ValueError(
            f"nearly nothing of it lies from {least:g} to {most:g}; without them it is {low:.4g} to {high:.4g}"
        )


# A parameter may itself be unknown: {dist: lognormal, median: {uncertain: normal, ...}, sigma: 0.4}
Parameter = Annotated[
    Annotated[Annotated[float, Field(ge=-LARGEST, le=LARGEST)], Tag("number")]
    | Annotated["Distribution", Tag("distribution")],
    Discriminator(lambda raw: "distribution" if isinstance(raw, (dict, Family)) else "number"),
]
PositiveNumber = Annotated[float, Field(gt=0, le=LARGEST)]
Bound = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
PositiveParameter = Annotated[
    Annotated[PositiveNumber, Tag("number")] | Annotated["Distribution", Tag("distribution")],
    Discriminator(lambda raw: "distribution" if isinstance(raw, (dict, Family)) else "number"),
]


def _ordered(names: tuple[str, ...], values: tuple[object, ...]) -> None:
    """Refuse parameters that are not in increasing order, for any value of uncertain ones."""
    given = [(n, v) for n, v in zip(names, values, strict=True) if isinstance(v, (int, float, Family))]
    for (left, a), (right, b) in pairwise(given):
        most, least = support(a)[1], support(b)[0]
        if most > least:
            uncertain = ", once they are drawn" if isinstance(a, Family) or isinstance(b, Family) else ""
            raise ValueError(f"{left} must not be above {right}{uncertain}, but {most:g} > {least:g}")


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
    positive = ("sd",)
    dist: Literal["normal"] | None = None
    uncertain: Literal["normal"] | None = None
    mean: Parameter
    sd: PositiveParameter
    low: Bound | None = None
    high: Bound | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _ordered(("low", "high"), (self.low, self.high))
        _some_is_left(self)
        return self

    def bounds(self) -> tuple[float, float]:
        """Smallest and largest possible value: `low` and `high`, infinite where not given."""
        return (-math.inf if self.low is None else self.low, math.inf if self.high is None else self.high)

    def tail(self) -> tuple[float, float]:
        """See `Family.tail`."""
        (least, most), sd = _reach(self.mean), _reach(self.sd)[1]
        return least - _Z * sd, most + _Z * sd


class Lognormal(Family):
    """Skewed to the right: a median and the standard deviation of the logarithm."""

    keyword = "lognormal"
    positive = ("median", "sigma")
    dist: Literal["lognormal"] | None = None
    uncertain: Literal["lognormal"] | None = None
    median: PositiveParameter
    sigma: PositiveParameter
    low: Bound | None = None
    high: Bound | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _ordered(("low", "high"), (self.low, self.high))
        _some_is_left(self)
        return self

    def tail(self) -> tuple[float, float]:
        """See `Family.tail`."""
        (least, most), sigma = _reach(self.median), _reach(self.sigma)[1]
        return least * _exp(-_Z * sigma), most * _exp(_Z * sigma)


class Exponential(Family):
    """The time to something that is equally likely at every moment."""

    keyword = "exponential"
    positive = ("mean",)
    dist: Literal["exponential"] | None = None
    uncertain: Literal["exponential"] | None = None
    mean: PositiveParameter

    def tail(self) -> tuple[float, float]:
        """See `Family.tail`."""
        return 0.0, _E * _reach(self.mean)[1]


class Gamma(Family):
    """Positive and skewed: a mean and a coefficient of variation (sd / mean); the shape is 1 / cv^2."""

    keyword = "gamma"
    positive = ("mean", "cv")
    dist: Literal["gamma"] | None = None
    uncertain: Literal["gamma"] | None = None
    mean: PositiveParameter
    cv: PositiveParameter

    def tail(self) -> tuple[float, float]:
        """See `Family.tail`. Chernoff's bound, which is slightly too wide."""
        wanted, x = _E * _reach(self.cv)[1] ** 2, 2.0
        for _ in range(60):  # x - 1 - log(x) = wanted
            x = 1 + wanted + math.log(x)
        return 0.0, x * _reach(self.mean)[1]


class Beta(Family):
    """A proportion: its mean, and how many observations it is worth (n = a + b)."""

    keyword = "beta"
    positive = ("n",)
    dist: Literal["beta"] | None = None
    uncertain: Literal["beta"] | None = None
    mean: Annotated[float, Field(gt=0, lt=1)]
    n: PositiveParameter

    def bounds(self) -> tuple[float, float]:
        """From 0 to 1."""
        return 0.0, 1.0


class Weibull(Family):
    """A duration whose hazard rises (shape above 1) or falls (below 1) with time."""

    keyword = "weibull"
    positive = ("scale", "shape")
    dist: Literal["weibull"] | None = None
    uncertain: Literal["weibull"] | None = None
    scale: PositiveParameter
    shape: PositiveParameter

    def tail(self) -> tuple[float, float]:
        """See `Family.tail`. Where an uncertain shape may be near 0, the upper value is infinite."""
        shape = max(_reach(self.shape)[0], 1 / LARGEST)
        return 0.0, _reach(self.scale)[1] * _exp(math.log(_E) / shape)


class Empirical(Family):
    """Values as observed, each equally likely."""

    keyword = "empirical"
    dist: Literal["empirical"] | None = None
    uncertain: Literal["empirical"] | None = None
    values: Annotated[tuple[Bound, ...], Field(min_length=1, max_length=100_000)]

    def bounds(self) -> tuple[float, float]:
        """The smallest and largest observed value."""
        return min(self.values), max(self.values)


FAMILIES: dict[str, type[Family]] = {
    family.keyword: family
    for family in (Uniform, Triangular, Normal, Lognormal, Exponential, Gamma, Beta, Weibull, Empirical)
}


def _family_tag(raw: object) -> str | None:
    """Keyword of a distribution as written, or None, to select its class."""
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
