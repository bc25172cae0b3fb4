"""The kinds of number that a scenario may have, and the declaration of a field.

A `Once...` kind is one number in a simulated trial, fixed or `uncertain`; the others may also vary by `dist`. Ranges
are a part of the kind, so that a probability above 1 is refused wherever it is written. `MAX_...` are the largest
numbers allowed: more than anyone would mean, but small enough for the program.

Attributes:
    MONTH_DAYS: days of a month.
    Text: one line that can be shown.
    Paragraph: text with line breaks and tabs.
    Name: a key that a planner chooses: letters, digits and underscores, a letter first.
"""

from __future__ import annotations

import unicodedata
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from sim.scenario.distributions import Distribution, Family

_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they reverse the text after them
# Largest numbers allowed: more than anyone would mean, but small enough for the program.
MAX_PER_MONTH = 10_000
MAX_DAYS = 100_000
MAX_HOURS = 10_000
MAX_CELLS = 1e15
MAX_FACTOR = 1_000
MAX_MONEY = 1e12
MAX_CV = 10
MAX_PEOPLE = 200_000
MONTH_DAYS = 30.4375  # 365.25 / 12


def one_or_several(raw: object) -> object:
    """Accept a single name or number as a list of one: `china` is short for `[china]`.

    Args:
        raw: what YAML gave; anything else passes unchanged, for pydantic to refuse.
    """
    return tuple(raw) if isinstance(raw, list) else (raw,) if isinstance(raw, (str, int)) else raw


class Section(BaseModel):
    """A part of a scenario: frozen, and without unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True, defer_build=True
    )


def described(text: str, *, unit: str | None = None, **rest: Any) -> Any:
    """A field with its meaning and unit, from which the reference pages and the controls are made.

    Args:
        text: meaning of the value, as a sentence.
        unit: its unit, or None.
        rest: further arguments of pydantic's `Field`.

    Returns:
        The field, typed so that a class can give it as a default.
    """
    if unit:
        rest["json_schema_extra"] = {"unit": unit}
    return Field(description=text, **rest)


def number_or_distribution(raw: object) -> str:
    """The tag of a value in a union of numbers and distributions.

    Args:
        raw: what YAML gave, or a value that was validated before.

    Returns:
        `distribution` or `number`.
    """
    return "distribution" if isinstance(raw, (dict, Family)) else "number"


def _inside(low: float, high: float) -> AfterValidator:
    """A distribution within a range: never below it, and above it in less than one draw in a million."""

    def check(value: float | Family) -> float | Family:
        if isinstance(value, Family):
            least, most = value.bounds()[0], value.reach()[1]
            if least < low:
                raise ValueError(f"may fall below {low:g}: give it 'low: {low:g}' or more")
            if most > high:
                raise ValueError(
                    f"may be as much as {most:.3g}, and must be at most {high:g}: narrow it or give it 'high'"
                )
        return value

    return AfterValidator(check)


def _once(value: float | Family) -> float | Family:
    """Refuse a value that varies within a simulated trial."""
    if isinstance(value, Family) and not value.is_uncertain:
        raise ValueError("is one number for a whole simulated trial: write a number or 'uncertain', not 'dist'")
    return value


def _plausible_rate(value: float | Family) -> float | Family:
    if not isinstance(value, Family) and value > MAX_PER_MONTH:
        raise ValueError(f"must be at most {MAX_PER_MONTH:g}, which is more than any hospital sees")
    return value


Probability = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=1)], Tag("number")] | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    _inside(0.0, 1.0),
]
Days = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=MAX_DAYS)], Tag("number")] | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    _inside(0.0, MAX_DAYS),
]
Hours = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=MAX_HOURS)], Tag("number")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    _inside(0.0, MAX_HOURS),
]
Cells = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=MAX_CELLS)], Tag("number")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    _inside(0.0, MAX_CELLS),
]
Factor = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=MAX_FACTOR)], Tag("number")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    _inside(0.0, MAX_FACTOR),
]
Rate = Annotated[
    Annotated[Annotated[float, Field(ge=0)], Tag("number")] | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    AfterValidator(_plausible_rate),
    _inside(0.0, MAX_PER_MONTH),
]
_Variation = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=MAX_CV)], Tag("number")] | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    _inside(0.0, MAX_CV),
]
_Money = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=MAX_MONEY)], Tag("number")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
    _inside(0.0, MAX_MONEY),
]
OnceProbability = Annotated[Probability, AfterValidator(_once)]  # one number per replication: fixed or uncertain
OnceDays = Annotated[Days, AfterValidator(_once)]
OnceCells = Annotated[Cells, AfterValidator(_once)]
OnceFactor = Annotated[Factor, AfterValidator(_once)]
OnceVariation = Annotated[_Variation, AfterValidator(_once)]
Money = Annotated[_Money, AfterValidator(_once)]


def not_shown(text: str, besides: str = "") -> str:
    """Find what no reader would see: control characters, and those that reverse the text after them.

    Args:
        text: any text.
        besides: characters that are allowed.

    Returns:
        The first such character as `U+0007`; empty where there is none.
    """
    looked_at = (c for c in text if c not in besides)
    wrong = next((c for c in looked_at if unicodedata.category(c) in ("Cc", "Cs") or c in _DIRECTIONS), "")
    return wrong and f"U+{ord(wrong):04X}"


def _readable(text: str, besides: str = "") -> str:
    if wrong := not_shown(text, besides):
        raise ValueError(f"must be text that can be shown; it has the character {wrong}")
    return text


def _not_blank(text: str) -> str:
    """Refuse a text of blanks only, which nobody sees in a report."""
    if text and not text.strip():
        raise ValueError("must have a letter or figure; it is blank")
    return text


Text = Annotated[str, AfterValidator(_readable)]
Title = Annotated[Text, AfterValidator(_not_blank)]
Paragraph = Annotated[str, AfterValidator(partial(_readable, besides="\n\t"))]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]


def value_in_words(value: float | Family) -> str:
    """A value in a sentence about a rule: a number, or a distribution as `triangular (low 40, mode 60, high 120)`.

    Args:
        value: as in a scenario; parameters that are themselves uncertain are left out.
    """
    if not isinstance(value, Family):
        return f"{value:g}"
    known = {name: part for name, part in value.parameters().items() if isinstance(part, (int, float))}
    return f"{value.keyword} ({', '.join(f'{name} {part:g}' for name, part in known.items())})"
