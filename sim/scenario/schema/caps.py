"""Caps: limits on participants or people in screening, by site, country, stratum or arm, or in the whole trial.

A limit of each site alone is `max_participants` of the site, which then closes for good; a cap may open again.

Attributes:
    COUNTRIES: codes of ISO 3166-1 alpha-2, as of 2024.
    Country: one of them, as a type of a field.
    Groups: names of site groups; one name may stand alone.
    Level: level of a stratum: a category, or true or false of a condition.
    Caps: caps by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from sim.errors import nearest
from sim.plurals import counted, listed
from sim.scenario.country_names import code_of
from sim.scenario.schema.values import MAX_PEOPLE, Name, Section, described, one_or_several

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

# ISO 3166-1 alpha-2, as of 2024.
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        known = code_of(code)
        hint = f"{code} is {known}" if known else nearest(code, COUNTRIES)
        raise ValueError(f"must be an ISO 3166 code of a country, two capital letters such as CN; {hint}")
    return code


Country = Annotated[str, Field(max_length=60), AfterValidator(_known_country)]


def country_of(scenario: Scenario, group: str) -> str | None:
    """Code of the country of a site group, its own or the default; None without a country.

    Args:
        scenario: the scenario.
        group: name of the group.
    """
    own = scenario.sites[group]
    return own.country if "country" in own.model_fields_set else scenario.site_defaults.country


Groups = Annotated[
    tuple[Name, ...],
    Field(min_length=1),
    BeforeValidator(one_or_several, json_schema_input_type=Name | tuple[Name, ...]),
]
Level = Annotated[bool | Name, Field(union_mode="left_to_right")]


class Cap(Section):
    """A limit for all to whom it applies together, or for `each` site, group or country."""

    randomised: int | None = described(
        "Maximum number of participants; those who are to be replaced are not counted.",
        unit="participants",
        ge=1,
        le=MAX_PEOPLE,
        default=None,
    )
    in_screening: int | None = described(
        "Maximum number of people in screening at once, from consent to randomisation or exclusion.",
        unit="people",
        ge=1,
        le=MAX_PEOPLE,
        default=None,
    )
    groups: Groups | None = described("Site groups that it applies to; one name, or several.", default=None)
    country: Country | None = described("Country that it applies to: all groups that name it.", default=None)
    stratum: dict[Name, Level] = described(
        "Stratum that it applies to: a category of a categorical attribute, true or false of a condition, or "
        "`<band>_1` (below the first cut) and so on of a band; with several, only people in all of them.",
        default_factory=dict,
    )
    arm: Name | None = described("The arm that closes at the cap; the others continue.", default=None)
    each: Literal["site", "group", "country"] | None = described(
        "Whether each site, group or country has a cap of its own; leave out for one cap on all together.", default=None
    )
    known: Literal["chart", "tests"] = described(
        "For a stratum: whether it is known from the chart or only from the tests.", default="chart"
    )
    overrun: Literal["turn_away", "randomise"] = described(
        "What happens to people in screening when the cap is reached; those who may still be randomised exceed it.",
        default="turn_away",
    )

    @property
    def limit(self) -> int:
        """Largest number allowed, of participants or of people in screening."""
        limit = self.in_screening if self.randomised is None else self.randomised
        assert limit is not None
        return limit

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """Require one kind of limit, and only what fits it."""
        if (self.randomised is None) == (self.in_screening is None):
            raise ValueError("write exactly one of randomised, in_screening")
        if self.groups and self.country:
            raise ValueError("write groups or country, not both")
        others = {"groups": self.groups, "country": self.country, "stratum": self.stratum, "each": self.each}
        said = [name for name, value in others.items() if value]
        if self.arm and said:
            raise ValueError(f"a cap by arm applies to the whole trial: leave out {listed(said)}")
        if self.arm and self.in_screening:
            raise ValueError("nobody's arm is known in screening: write randomised for a cap by arm")
        if self.overrun != "turn_away" and (self.in_screening or self.arm):
            raise ValueError("'overrun' applies only to a cap on those randomised at sites or in a stratum")
        if self.known == "tests" and (not self.stratum or self.in_screening):
            raise ValueError("'known: tests' applies only to a cap on those randomised in a stratum")
        return self


Caps = Annotated[dict[Name, Cap], Field(max_length=200)]
_EACH = {"site": "at each site", "group": "in each group of sites", "country": "in each country"}


def within(cap: Cap, group: str, country: str | None) -> bool:
    """Whether a cap applies to the sites of a group.

    Args:
        cap: the cap.
        group: name of the group.
        country: code of the group's country, or None.

    Returns:
        Whether it names the group or its country, or neither of any.
    """
    if cap.groups is not None:
        return group in cap.groups
    return cap.country is None or cap.country == country


def in_words(name: str, cap: Cap) -> str:
    """A cap in words, for reports: `china: at most 60 participants in the sites of china together`.

    Args:
        name: name of the cap in the scenario.
        cap: the cap.
    """
    whom = counted(cap.limit, "participant") if cap.randomised else counted(cap.limit, "person", "people")
    whom += "" if cap.randomised else " in screening at once"
    place = "in the trial"
    if cap.groups:
        place = f"in the sites of {listed(cap.groups)}"
    elif cap.country:
        place = f"in {cap.country}"
    elif cap.arm:
        place = f"in arm {cap.arm}"
    if cap.each:
        place = _EACH[cap.each] if place == "in the trial" else f"{place}, for each {cap.each}"
    elif not cap.arm:
        place = f"{place} together"
    stratum = ", ".join(f"{key} {_shown(value)}" for key, value in cap.stratum.items())
    return f"{name}: at most {whom}{f' with {stratum}' if stratum else ''} {place}"


def _shown(level: Any) -> str:
    return str(level).lower() if isinstance(level, bool) else str(level)
