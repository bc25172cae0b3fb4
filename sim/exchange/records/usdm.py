"""Reads a study in CDISC USDM v4 (JSON): arms, planned number, criteria, and visits of the main timeline.

USDM has no standard place for sites, rates or recruitment dates, so that little of these is read.
Source: CDISC DDF Reference Architecture 4.0, https://www.cdisc.org/ddf.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from sim.exchange.records.outline import ArmOutline, SitesOutline, StudyOutline
from sim.exchange.records.time_frames import tidy
from sim.scenario.country_names import code_of

_DURATION = re.compile(
    r"^P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$"
)
_DAYS = (365.25, 365.25 / 12, 7.0, 1.0, 1 / 24, 1 / 1440, 1 / 86400)
_TAG = re.compile(r"<[^>]*>")


class _Part(BaseModel):
    """A part of the file: its fields in camel case, those that are not named here ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class _Code(_Part):
    decode: str = ""


class _Title(_Part):
    text: str = ""
    type: _Code = _Code()


class _Identifier(_Part):
    text: str = ""


class _Arm(_Part):
    name: str
    label: str | None = ""
    description: str | None = ""


class _Quantity(_Part):
    value: float | None = None


class _Population(_Part):
    planned_enrollment_number: _Quantity | None = None
    planned_completion_number: _Quantity | None = None


class _Criterion(_Part):
    identifier: str | None = ""
    category: _Code = _Code()
    criterion_item_id: str | None = None


class _CriterionItem(_Part):
    id: str
    text: str | None = ""


class _Instance(_Part):
    id: str
    encounter_id: str | None = None


class _Timing(_Part):
    type: _Code = _Code()
    value: str | None = ""
    relative_from_scheduled_instance_id: str | None = None
    relative_to_scheduled_instance_id: str | None = None
    window_lower: str | None = None
    window_upper: str | None = None


class _Timeline(_Part):
    main_timeline: bool = False
    instances: tuple[_Instance, ...] = ()
    timings: tuple[_Timing, ...] = ()


class _Design(_Part):
    arms: tuple[_Arm, ...] = ()
    population: _Population | None = None
    eligibility_criteria: tuple[_Criterion, ...] = ()
    schedule_timelines: tuple[_Timeline, ...] = ()


class _Address(_Part):
    country: _Code | None = None


class _Organization(_Part):
    name: str = ""
    legal_address: _Address | None = None
    managed_sites: tuple[dict[str, Any], ...] = ()


class _Version(_Part):
    titles: tuple[_Title, ...] = ()
    study_identifiers: tuple[_Identifier, ...] = ()
    study_designs: tuple[_Design, ...]
    eligibility_criterion_items: tuple[_CriterionItem, ...] = ()
    organizations: tuple[_Organization, ...] = ()


class _Study(_Part):
    name: str = ""
    versions: tuple[_Version, ...]


class UsdmStudy(_Part):
    """The parts of a USDM file that concern operations.

    Attributes:
        study: the study with its versions.
        usdm_version: version of the standard; empty where the file does not say.
    """

    study: _Study
    usdm_version: str = ""


def outline_of_usdm(data: Any) -> StudyOutline:
    """Read the latest version of a study, and the first design of that version.

    Args:
        data: the parsed JSON.

    Returns:
        The outline.

    Raises:
        pydantic.ValidationError: it is not such a study.
        LookupError: it has no version, or no design.
    """
    file = UsdmStudy.model_validate(data)
    if not file.study.versions or not file.study.versions[0].study_designs:
        raise LookupError("the study has no version with a design")
    version = file.study.versions[0]
    design = version.study_designs[0]
    identifier = next((one.text for one in version.study_identifiers if one.text), file.study.name)
    outline = StudyOutline(f"USDM {file.usdm_version} {identifier}".strip(), identifier, _title(version, identifier))
    if len(version.study_designs) > 1:
        outline.notes["arms"] = f"The study has {len(version.study_designs)} designs; the first one is here."
    outline.target = _target(design)
    outline.arms = [ArmOutline(arm.label or arm.name, None, _plain(arm.description)) for arm in design.arms]
    if len(outline.arms) == 1:
        outline.arms = [ArmOutline(outline.arms[0].label, 1, outline.arms[0].note)]
    outline.sites = _sites(version)
    texts = {item.id: _plain(item.text) for item in version.eligibility_criterion_items}
    outline.criteria = [
        f"{one.category.decode or 'Criterion'} {one.identifier or ''}: {texts.get(one.criterion_item_id or '', '')}"
        for one in design.eligibility_criteria
    ]
    main = next((line for line in design.schedule_timelines if line.main_timeline), None)
    if main is not None:
        _read_timeline(outline, main)
    return outline


def _title(version: _Version, identifier: str) -> str:
    """The title: acronym, brief or official title, in this order, else any; the identifier where there is none."""
    by_type = {title.type.decode: title.text for title in version.titles if title.text}
    for kind in ("Study Acronym", "Brief Study Title", "Official Study Title"):
        if kind in by_type:
            return by_type[kind]
    return next((title.text for title in version.titles if title.text), identifier)


def _target(design: _Design) -> int | None:
    """The planned number of participants; None where it is not given, or below 1."""
    population = design.population
    planned = population.planned_enrollment_number if population else None
    return int(planned.value) if planned is not None and planned.value is not None and planned.value >= 1 else None


def _sites(version: _Version) -> list[SitesOutline]:
    """Sites by the country of the organisation that manages them."""
    counts: Counter[str] = Counter()
    for organization in version.organizations:
        address = organization.legal_address
        country = address.country.decode if address and address.country else ""
        counts[country or "Country not named"] += len(organization.managed_sites)
    return [SitesOutline(country, n, code_of(country)) for country, n in sorted(counts.items()) if n]


def _read_timeline(outline: StudyOutline, line: _Timeline) -> None:
    """Weeks of the visits after the anchor, and the most frequent visit window."""
    days = _days_from_anchor(line)
    visits = {one.id for one in line.instances if one.encounter_id}
    outline.visit_weeks = tidy(day / 7 for place, day in days.items() if place in visits)
    windows = Counter(
        max(abs(_duration(timing.window_lower) or 0.0), abs(_duration(timing.window_upper) or 0.0))
        for timing in line.timings
        if timing.type.decode == "After" and (timing.window_lower or timing.window_upper)
    )
    if windows:
        outline.visit_window_days = windows.most_common(1)[0][0]


def _days_from_anchor(line: _Timeline) -> dict[str, float]:
    """Day of each scheduled instance, from the fixed reference.

    Timings are ties between two instances ("7 days after"), given in any order; instances are placed from the anchor
    outwards. Those that no tie connects to it are left out.

    Returns:
        Days by the id of the instance; empty without a fixed reference.
    """
    anchor = next(
        (one.relative_from_scheduled_instance_id for one in line.timings if one.type.decode == "Fixed Reference"), None
    )
    if anchor is None:
        return {}
    ties: list[tuple[str, str, float]] = []
    for timing in line.timings:
        start, end, days = (
            timing.relative_from_scheduled_instance_id,
            timing.relative_to_scheduled_instance_id,
            _duration(timing.value),
        )
        if start and end and days is not None and timing.type.decode in ("Before", "After"):
            ties.append((start, end, -days if timing.type.decode == "Before" else days))
    known = {anchor: 0.0}
    for _ in line.timings:
        before = len(known)
        for start, end, days in ties:
            if end in known and start not in known:
                known[start] = known[end] + days
            elif start in known and end not in known:
                known[end] = known[start] - days
        if len(known) == before:
            break
    return known


def _duration(text: str | None) -> float | None:
    """Days of an ISO 8601 duration, such as `P2W` or `-P1D`; None where the text is not one.

    A year has 365.25 days, and a month a twelfth of that.
    """
    match = _DURATION.match((text or "").lstrip("-+"))
    if not match or not any(match.groups()):
        return None
    days = sum(float(part) * length for part, length in zip(match.groups(), _DAYS, strict=True) if part)
    return -days if (text or "").startswith("-") else days


def _plain(text: str | None) -> str:
    """Text without mark-up, on one line."""
    return " ".join(html.unescape(_TAG.sub(" ", text or "")).split())
