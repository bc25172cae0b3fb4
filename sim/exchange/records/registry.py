"""A study of ClinicalTrials.gov (API version 2, JSON) as an outline.

Only what the record says is taken. Fields: https://clinicaltrials.gov/data-api/about-api/study-data-structure.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sim.exchange.records.outline import ArmOutline, Flow, SitesOutline, StudyOutline, WayOut
from sim.exchange.records.time_frames import tidy, weeks_in
from sim.scenario.country_names import code_of

_PARTIAL_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_RATIO = re.compile(r"\b(\d{1,2}(?:\s*:\s*\d{1,2})+)\b")


class _Part(BaseModel):
    """A part of the record: its fields in camel case, those that are not named here ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class _Identification(_Part):
    nct_id: str
    brief_title: str = ""
    acronym: str = ""
    official_title: str = ""


class _When(_Part):
    date: str = ""
    type: str = ""


class _Status(_Part):
    start_date_struct: _When = _When()
    primary_completion_date_struct: _When = _When()
    completion_date_struct: _When = _When()


class _Enrollment(_Part):
    count: int | None = Field(default=None, ge=0)
    type: str = ""


class _DesignInfo(_Part):
    intervention_model: str = ""


class _Design(_Part):
    study_type: str = ""
    design_info: _DesignInfo = _DesignInfo()
    enrollment_info: _Enrollment = _Enrollment()


class _Arm(_Part):
    label: str
    description: str = ""


class _Arms(_Part):
    arm_groups: tuple[_Arm, ...] = ()


class _Outcome(_Part):
    time_frame: str = ""


class _Outcomes(_Part):
    primary_outcomes: tuple[_Outcome, ...] = ()
    secondary_outcomes: tuple[_Outcome, ...] = ()


class _Eligibility(_Part):
    eligibility_criteria: str = ""
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""


class _Location(_Part):
    country: str = ""


class _Locations(_Part):
    locations: tuple[_Location, ...] = ()


class _Description(_Part):
    brief_summary: str = ""
    detailed_description: str = ""


class _Protocol(_Part):
    identification_module: _Identification
    status_module: _Status = _Status()
    description_module: _Description = _Description()
    design_module: _Design = _Design()
    arms_interventions_module: _Arms = _Arms()
    outcomes_module: _Outcomes = _Outcomes()
    eligibility_module: _Eligibility = _Eligibility()
    contacts_locations_module: _Locations = _Locations()


class _Count(_Part):
    group_id: str = ""
    num_subjects: str = ""


class _Milestone(_Part):
    type: str = ""
    achievements: tuple[_Count, ...] = ()


class _Reason(_Part):
    type: str = ""
    reasons: tuple[_Count, ...] = ()


class _Period(_Part):
    title: str = ""
    milestones: tuple[_Milestone, ...] = ()
    drop_withdraws: tuple[_Reason, ...] = ()


class _FlowModule(_Part):
    periods: tuple[_Period, ...] = ()


class _Results(_Part):
    participant_flow_module: _FlowModule = _FlowModule()


class RegistryStudy(_Part):
    """The parts of a record that concern operations.

    Attributes:
        protocol_section: the registered protocol, such as design, arms, dates and sites.
        results_section: posted results; empty where there are none.
    """

    protocol_section: _Protocol
    results_section: _Results = _Results()


def outline_of_record(data: Any) -> StudyOutline:
    """Read a record. Only what it says is taken.

    Args:
        data: the parsed JSON of one study.

    Returns:
        The outline.

    Raises:
        pydantic.ValidationError: it is not such a record.
    """
    study = RegistryStudy.model_validate(data)
    protocol = study.protocol_section
    who, status, design = protocol.identification_module, protocol.status_module, protocol.design_module
    outline = StudyOutline(
        source=f"ClinicalTrials.gov {who.nct_id}",
        identifier=who.nct_id,
        title=who.acronym or who.brief_title or who.nct_id,
        target=design.enrollment_info.count,
        is_target_actual=design.enrollment_info.type == "ACTUAL",
    )
    _read_dates(outline, status)
    _read_arms(outline, protocol)
    counts = Counter(place.country for place in protocol.contacts_locations_module.locations)
    outline.sites = [
        SitesOutline(country or "Country not named", n, code_of(country)) for country, n in sorted(counts.items())
    ]
    _read_weeks(outline, protocol.outcomes_module)
    outline.flow = _flow(study.results_section.participant_flow_module)
    outline.criteria = _criteria(protocol.eligibility_module)
    if design.study_type and design.study_type != "INTERVENTIONAL":
        outline.notes["arms"] = f"The record calls the study {design.study_type.lower().replace('_', ' ')}."
    elif design.design_info.intervention_model not in ("", "PARALLEL", "SINGLE_GROUP"):
        model = design.design_info.intervention_model.lower().replace("_", " ")
        outline.notes["arms"] = f"The design is {model}; the arms here are the record's, each followed once."
    return outline


def _read_dates(outline: StudyOutline, status: _Status) -> None:
    """Read the dates: a partial start date is its first possible day, a partial end date its last."""
    for path, when, is_end in (
        ("opens", status.start_date_struct, False),
        ("primary_completion", status.primary_completion_date_struct, True),
        ("study_completion", status.completion_date_struct, True),
    ):
        day, is_partial = _day(when.date, is_end)
        setattr(outline, path, day)
        if day is not None:
            kind = {"ACTUAL": "actual", "ESTIMATED": "estimated"}.get(when.type, "")
            words = [f"{kind} date".strip(), f"given as {when.date}" if is_partial else ""]
            outline.notes[path] = ", ".join(word for word in words if word)


def _day(text: str, is_end: bool) -> tuple[date | None, bool]:
    """A date as far as it is given, and whether a part was missing.

    Args:
        text: year, year and month, or a whole date; anything may follow.
        is_end: whether a missing part is taken as late as possible, rather than as early.

    Returns:
        The date, or None where the text is none; and whether a part was missing.
    """
    match = _PARTIAL_DATE.match(text)
    if not match:
        return None, False
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        if month is None:
            return date(year, 12 if is_end else 1, 31 if is_end else 1), True
        if day is None:
            return date(year, month, calendar.monthrange(year, month)[1] if is_end else 1), True
        return date(year, month, day), False
    except (ValueError, calendar.IllegalMonthError):
        return None, False


def _read_arms(outline: StudyOutline, protocol: _Protocol) -> None:
    """Read the arms, each with its part of the allocation ratio, or None where the record names no ratio."""
    arms = protocol.arms_interventions_module.arm_groups
    ratio = _ratio(protocol, len(arms))
    outline.arms = [
        ArmOutline(arm.label, ratio[i] if ratio else None, _one_line(arm.description)) for i, arm in enumerate(arms)
    ]


def _ratio(protocol: _Protocol, n_arms: int) -> list[int] | None:
    """The allocation ratio, if a sentence on randomisation names one with as many parts as there are arms.

    Titles and descriptions are searched, because the record has no field for it.

    Args:
        protocol: the registered protocol.
        n_arms: number of arms.

    Returns:
        Parts in the order of the text; None where no ratio fits, or two different ones do.
    """
    if n_arms < 2:
        return [1] if n_arms else None
    texts = (
        protocol.identification_module.official_title,
        protocol.description_module.brief_summary,
        protocol.description_module.detailed_description,
    )
    found: set[str] = set()
    for sentence in re.split(r"(?<=[.;])\s", " ".join(texts)):
        if re.search(r"random|allocat|ratio", sentence, re.IGNORECASE):
            found.update(re.sub(r"\s", "", ratio) for ratio in _RATIO.findall(sentence))
    ratios = {ratio for ratio in found if len(ratio.split(":")) == n_arms}
    if len(ratios) != 1:
        return None
    parts = [int(part) for part in ratios.pop().split(":")]
    return parts if all(1 <= part <= 100 for part in parts) else None


def _read_weeks(outline: StudyOutline, outcomes: _Outcomes) -> None:
    """Read the weeks of visits from the time frames of all outcomes.

    The primary week is the latest of a primary outcome.
    """
    primary = [week for outcome in outcomes.primary_outcomes for week in weeks_in(outcome.time_frame)]
    others = [week for outcome in outcomes.secondary_outcomes for week in weeks_in(outcome.time_frame)]
    outline.visit_weeks = tidy([*primary, *others])
    outline.primary_week = max(tidy(primary), default=None)


def _flow(module: _FlowModule) -> Flow | None:
    """The first period that anybody started, with the reasons for leaving it; None without posted results."""
    for period in module.periods:
        started = next((_total(one.achievements) for one in period.milestones if one.type == "STARTED"), 0)
        if started <= 0:
            continue
        ways = [WayOut(one.type, n) for one in period.drop_withdraws if (n := _total(one.reasons)) > 0]
        ways.sort(key=lambda way: (-way.n, way.label))
        return Flow(period.title, started, tuple(ways), max(weeks_in(period.title), default=None))
    return None


def _total(counts: tuple[_Count, ...]) -> int:
    return sum(int(count.num_subjects) for count in counts if count.num_subjects.isdigit())


def _criteria(eligibility: _Eligibility) -> list[str]:
    """Sex and ages in one line, where the record has them; then the criteria as written, without empty lines."""
    ages = [
        f"{word} age {age}"
        for word, age in (("minimum", eligibility.minimum_age), ("maximum", eligibility.maximum_age))
        if age
    ]
    sexes = [f"sex {eligibility.sex.lower()}"] if eligibility.sex else []
    head = ", ".join([*sexes, *ages])
    lines = [line.rstrip() for line in eligibility.eligibility_criteria.splitlines()]
    return [line for line in ([head] if head else []) + lines if line.strip()]


def _one_line(text: str) -> str:
    return " ".join(text.split())
