"""What a registry record or a protocol says of a study, in one form for all formats, and what it leaves open.

It holds nothing that a record does not say: defaults are chosen later, in `scenario_text`, where they become questions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class ArmOutline:
    """One arm.

    Attributes:
        label: its name in the record.
        allocation: its share relative to the other arms; None where the record gives no ratio.
        note: what the record says of the treatment, in one line.
    """

    label: str
    allocation: int | None = None
    note: str = ""


@dataclass(frozen=True)
class SitesOutline:
    """The sites of one country.

    Attributes:
        label: the country, or another property that the sites share.
        count: number of sites.
        country: ISO 3166 two-letter code; None where it is unknown.
    """

    label: str
    count: int
    country: str | None = None


@dataclass(frozen=True)
class WayOut:
    """A reason why participants left.

    Attributes:
        label: its name in the record.
        n: number of participants who left for it.
    """

    label: str
    n: int


@dataclass(frozen=True)
class Flow:
    """Participant flow, from posted results.

    Attributes:
        period: the record's name for the period.
        n_started: number of participants who began it.
        ways_out: why some did not complete it, most frequent first.
        week: its last week; None where its name does not say.
    """

    period: str
    n_started: int
    ways_out: tuple[WayOut, ...]
    week: float | None = None


@dataclass
class StudyOutline:
    """What a record says of a study. None and empty mean that it does not say.

    Attributes:
        source: what was read, for the scenario's bibliography, such as "ClinicalTrials.gov NCT02552212".
        identifier: the study's number.
        title: its short title.
        target: number of participants.
        is_target_actual: whether `target` is the actual number instead of a planned one.
        opens: first day of recruitment.
        primary_completion: planned or actual date.
        study_completion: planned or actual date.
        arms: the arms, in the record's order.
        sites: sites by country.
        visit_weeks: weeks of visits, increasing.
        primary_week: week of the primary endpoint.
        visit_window_days: how far visits may deviate; None where the record does not say.
        flow: participant flow of the first period after randomisation.
        criteria: eligibility criteria, line by line.
        notes: remarks on what was read, by scenario path.
    """

    source: str
    identifier: str
    title: str
    target: int | None = None
    is_target_actual: bool = False
    opens: date | None = None
    primary_completion: date | None = None
    study_completion: date | None = None
    arms: list[ArmOutline] = field(default_factory=list)
    sites: list[SitesOutline] = field(default_factory=list)
    visit_weeks: list[float] = field(default_factory=list)
    primary_week: float | None = None
    visit_window_days: float | None = None
    flow: Flow | None = None
    criteria: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
