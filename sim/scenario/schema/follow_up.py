"""Visits, ways out, and the safety board.

Attributes:
    Week: a week after randomisation.
    WeekKey: the same as a key of a mapping.
    Cumulative: cumulative probability by week.
    Ways: names of ways of leaving; one name may stand alone.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.scenario.distributions import Family, typical
from sim.scenario.schema.values import (
    MAX_PEOPLE,
    Days,
    Name,
    OnceDays,
    OnceFactor,
    OnceProbability,
    Probability,
    Section,
    described,
    one_or_several,
)

Week = Annotated[float, Field(gt=0, le=1040)]
WeekKey = Annotated[float, Field(gt=0, le=1040, strict=False)]  # a key is text once it has been JSON
Cumulative = dict[WeekKey, OnceProbability]


def _check_increasing(curve: Cumulative, where: str) -> None:
    """Refuse known values that decrease, and uncertain ones that do so typically; others are raised when drawn."""
    every = sorted(curve.items())
    known = [(week, value) for week, value in every if not isinstance(value, Family)]
    for (early, a), (late, b) in (*pairwise(known), *pairwise(every)):
        if typical(b) < typical(a):
            raise ValueError(
                f"cumulative probabilities{where} must not decrease, "
                f"but week {early:g} has {_typically(a)} and week {late:g} has {_typically(b)}"
            )


def _typically(value: float | Family) -> str:
    return f"{typical(value):g}{' typically' if isinstance(value, Family) else ''}"


def _plain_curve(raw: object) -> object:
    """`{24: 0.08}` is short for `{all: {24: 0.08}}`."""
    if isinstance(raw, dict) and raw and all(_is_week(key) for key in raw):
        return {"all": raw}
    return raw


def _is_week(key: object) -> bool:
    try:
        float(str(key))
    except ValueError:
        return False
    return True


class WayOut(Section):
    """One competing way of leaving: the share that has left this way by each week, among the other ways.

    A file leaves the key `cumulative` out. Written for all arms (`{24: 0.08}`), or for one arm
    (`{SMT: {24: 0.44}, hazard_ratio: {MSC: 0.72}}`), from whose hazards those of the other arms follow.
    """

    cumulative: dict[Name, Cumulative] = described("Cumulative probability by week, per arm or for `all`.")
    hazard_ratio: dict[Name, OnceFactor] = described(
        "Hazard of an arm without a curve, relative to that of the first arm with one, whatever else differs.",
        default_factory=dict,
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: object) -> object:
        """Accept curves without the key `cumulative`."""
        raw = _plain_curve(raw)
        if isinstance(raw, dict) and "cumulative" not in raw:
            curves = {key: value for key, value in raw.items() if key != "hazard_ratio"}
            return {"cumulative": curves} | {key: value for key, value in raw.items() if key == "hazard_ratio"}
        return raw

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The short form, so that output has the form that a planner writes and may change."""
        written = handler(self)
        curves = {
            arm: {f"{float(week):g}": share for week, share in curve.items()}
            for arm, curve in written["cumulative"].items()
        }
        if set(curves) == {"all"} and not written["hazard_ratio"]:
            return curves["all"]
        return curves | ({"hazard_ratio": written["hazard_ratio"]} if written["hazard_ratio"] else {})

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The form in a file: weeks alone, or arms with weeks."""
        whole = handler.resolve_ref_schema(handler(core))
        properties = whole["properties"]
        (curve,) = properties["cumulative"]["patternProperties"].values()
        week = {"^[0-9.]+$": curve["additionalProperties"]}
        weeks = {"type": "object", "patternProperties": week, "additionalProperties": False}
        by_arm = {
            "type": "object",
            "properties": {"hazard_ratio": properties["hazard_ratio"]},
            "additionalProperties": weeks,
        }
        return {key: whole[key] for key in ("title", "description") if key in whole} | {"anyOf": [weeks, by_arm]}

    @model_validator(mode="after")
    def _curves(self) -> Self:
        """Require a curve that does not decrease."""
        if not self.cumulative:
            raise ValueError("give at least one cumulative curve")
        for arm, curve in self.cumulative.items():
            if not curve:
                raise ValueError(f"the curve of {arm} is empty")
            _check_increasing(curve, "" if arm == "all" else f" of {arm}")
        return self


def _name_or_several(raw: object) -> object:
    """`progression` is short for `[progression]`."""
    return (raw,) if isinstance(raw, str) else tuple(raw) if isinstance(raw, list) else raw


Ways = Annotated[
    tuple[Name, ...],
    Field(min_length=1),
    BeforeValidator(_name_or_several, json_schema_input_type=Name | tuple[Name, ...]),
]


class EventDriven(Section):
    """Primary completion once this many events have happened; all participants are followed until then."""

    events: int = described("Events needed.", unit="events", ge=1)
    of: Ways | None = described(
        "Ways of leaving that are events; one name, or several; leave out for every way.", default=None
    )
    not_before: date | None = described("Not before this date, even if the events have occurred.", default=None)
    at_the_latest: date | None = described("On this date at the latest, even if events are missing.", default=None)
    last_visits_days: Days = described(
        "From primary completion to the last visit of each participant who is still followed.", unit="days", default=0.0
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.not_before and self.at_the_latest and self.not_before > self.at_the_latest:
            raise ValueError(f"not_before ({self.not_before}) must not be after at_the_latest ({self.at_the_latest})")
        return self


def _last_week(known: dict[str, Any]) -> float:
    """The default visit of the primary endpoint: the last visit in an event-driven trial, else 0 for none."""
    weeks: tuple[float, ...] = known.get("visit_weeks", (0.0,))
    return weeks[-1] if known.get("primary_completion") else 0.0


class FollowUp(Section):
    """From randomisation to the last visit."""

    visit_weeks: Annotated[tuple[Week, ...], Field(min_length=1, max_length=200)] = described(
        "Weeks after randomisation at which visits are planned.", unit="weeks"
    )
    primary_completion: EventDriven | None = described(
        "Primary completion at the n-th event, instead of at the last visit of `primary_endpoint_week`.", default=None
    )
    primary_endpoint_week: Week = described(
        "The visit of the primary endpoint; an event-driven trial may leave it out.",
        unit="weeks",
        default_factory=_last_week,
    )
    visit_window_days: OnceDays = described(
        "Visits happen within this many days of the plan.", unit="days", default=0.0
    )
    missed_visit: Probability = described("Probability that a visit does not happen.", default=0.0)
    leaving: dict[Name, WayOut] = described("Ways of leaving the trial, as competing risks.", default_factory=dict)
    database_lock_days: Days = described("From the last visit to the database lock.", unit="days", default=0.0)

    @model_validator(mode="after")
    def _visits(self) -> Self:
        """Require increasing visits, one of which is that of the primary endpoint."""
        if any(b <= a for a, b in pairwise(self.visit_weeks)):
            raise ValueError("visit_weeks must increase")
        if not self.primary_endpoint_week:
            raise ValueError("primary_endpoint_week is required, unless primary_completion gives events")
        if self.primary_endpoint_week not in self.visit_weeks:
            raise ValueError(f"primary_endpoint_week {self.primary_endpoint_week:g} is not one of visit_weeks")
        return self


_Treated = Annotated[int, Field(ge=1, le=MAX_PEOPLE)]


class Sentinels(Section):
    """The first participants of an arm are spaced: after each of them, nobody is randomised for some days."""

    participants: int = described("Number of sentinels, who are spaced.", unit="participants", ge=1, le=1000)
    days_between: OnceDays = described("Days from one to the next.", unit="days")
    arm: Name = described("The experimental arm.")


class BoardReview(Section):
    """The safety board reviews the first participants."""

    after_treated: Annotated[
        tuple[_Treated, ...],
        BeforeValidator(one_or_several, json_schema_input_type=_Treated | tuple[_Treated, ...]),
    ] = described(
        "Participants with a first dose (in a trial without doses: randomised) before a review; one number, or one for "
        "each review.",
        unit="participants",
    )
    observed_days: OnceDays = described("Observation of the last of them before the review.", unit="days")
    takes_days: Days = described("Length of the review.", unit="days")
    enrolment_pauses: bool = described("Whether randomisation pauses during the review.", default=True)
    pauses_while_observing: bool = described("Whether it already pauses while the last one is observed.", default=False)


class StoppingRule(Section):
    """Too many severe reactions among the first treated participants hold or end the trial."""

    severe_reactions: int = described("This many severe reactions ...", unit="reactions", ge=1, le=MAX_PEOPLE)
    among_first: int = described(
        "... among the first this many treated participants.", unit="participants", ge=1, le=MAX_PEOPLE
    )
    action: Literal["hold", "end"] = described(
        "Hold randomisation and dosing for a while, or end both for good.", default="end"
    )
    hold_days: Days = described("Length of the hold.", unit="days", default=0.0)


class Hold(Section):
    """Each severe reaction may put randomisation on hold while it is investigated."""

    probability: Probability = described("Probability that a severe reaction leads to a hold.")
    days: Days = described("Length of the hold.", unit="days")


class Oversight(Section):
    """Sentinels, the safety board, and what stops the trial."""

    sentinels: Sentinels | None = described("Spacing of the first participants.", default=None)
    board_review: BoardReview | None = described("Planned review.", default=None)
    hold: Hold | None = described("Unplanned holds.", default=None)
    stop: StoppingRule | None = described("Stopping rule.", default=None)
