"""USDM files as scenarios to start from. All studies here are made up."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sim.errors import UsageError
from sim.exchange.records.read import USDM, read_study
from sim.exchange.records.scenario_text import scenario_text
from sim.exchange.records.usdm import _duration, outline_of_usdm


def usdm(**changes: Any) -> dict[str, Any]:
    """A USDM study with a screening visit, a baseline, and visits after 2 weeks, 28 days, and 2 weeks after that."""

    def tie(kind: str, start: str, end: str, value: str, window: str | None = None) -> dict[str, Any]:
        return {
            "type": {"decode": kind},
            "value": value,
            "relativeFromScheduledInstanceId": start,
            "relativeToScheduledInstanceId": end,
            "windowLower": window,
            "windowUpper": window,
        }

    design = {
        "arms": [{"name": "A", "label": "Drug"}, {"name": "B", "label": "", "description": "<p>None</p>"}],
        "population": {"plannedEnrollmentNumber": {"value": 75.0}},
        "eligibilityCriteria": [
            {"identifier": "01", "category": {"decode": "Inclusion Criteria"}, "criterionItemId": "c1"}
        ],
        "scheduleTimelines": [
            {
                "mainTimeline": True,
                "instances": [{"id": name, "encounterId": f"visit {name}"} for name in "sbcde"],
                "timings": [
                    tie("Before", "s", "b", "P14D"),
                    tie("Fixed Reference", "b", "b", "P1D"),
                    tie("After", "e", "d", "P2W", "P4D"),
                    tie("After", "c", "b", "P2W", "P3D"),
                    tie("After", "d", "b", "P28D", "P3D"),
                ],
            }
        ],
    } | changes
    version = {
        "titles": [{"text": "Made-up", "type": {"decode": "Study Acronym"}}],
        "studyIdentifiers": [{"text": "X-1"}],
        "studyDesigns": [design],
        "eligibilityCriterionItems": [{"id": "c1", "text": "<p>Adults &gt; 18</p>"}],
        "organizations": [
            {"name": "One", "legalAddress": {"country": {"decode": "France"}}, "managedSites": [{}, {}]},
            {"name": "Registry", "legalAddress": None},
        ],
    }
    return {"study": {"name": "X", "versions": [version]}, "usdmVersion": "4.0.0"}


def test_what_a_usdm_study_says_is_taken_as_it_is() -> None:
    outline = outline_of_usdm(usdm())
    assert (outline.title, outline.identifier, outline.target) == ("Made-up", "X-1", 75)
    assert [(arm.label, arm.allocation) for arm in outline.arms] == [("Drug", None), ("B", None)]
    assert [(group.label, group.count, group.country) for group in outline.sites] == [("France", 2, "FR")]
    assert outline.visit_weeks == [2, 4, 6]
    assert outline.visit_window_days == 3
    assert outline.criteria == ["Inclusion Criteria 01: Adults > 18"]


def test_a_usdm_study_of_several_designs_or_one_arm() -> None:
    """The first design is taken, and it is said; one arm has everybody; without an acronym the next title is taken."""
    assert "arms" not in outline_of_usdm(usdm()).notes
    study = usdm(arms=[{"name": "A"}], population={"plannedEnrollmentNumber": {"value": 0.0}})
    version = study["study"]["versions"][0]
    version["studyDesigns"].append({"arms": []})
    version["titles"] = [{"text": text, "type": {"decode": f"{text} Study Title"}} for text in ("Official", "Brief")]
    outline = outline_of_usdm(study)
    assert outline.notes["arms"] == "The study has 2 designs; the first one is here."
    assert [(arm.label, arm.allocation) for arm in outline.arms] == [("A", 1)]
    assert outline.target is None
    assert outline.title == "Brief"


@pytest.mark.parametrize(
    ("text", "days"),
    [("P2W", 14), ("-P1D", -1), ("+P1D", 1), ("P1Y", 365.25), ("P2M", 60.875), ("PT12H", 0.5), ("P1DT12H", 1.5),
     ("PT30M", 1 / 48), ("P", None), ("PT", None), ("two weeks", None), ("", None), (None, None)],
)  # fmt: skip
def test_durations_are_days(text: str | None, days: float | None) -> None:
    assert _duration(text) == (None if days is None else pytest.approx(days))


def test_usdm_needs_an_opening_day_of_the_planner() -> None:
    outline = outline_of_usdm(usdm())
    with pytest.raises(ValueError, match="opens"):
        scenario_text(outline, "made")
    assert "enrolment_opens: 2027-01-15" in scenario_text(outline, "made", opens=date(2027, 1, 15))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"protocolSection": {}}, "it is a study of ClinicalTrials.gov"),
        ({"study": {"versions": []}}, "no version with a design"),
        ({"study": {}}, "study.versions"),
        (usdm(arms=[{"label": "nameless"}]), "arms.0.name"),
    ],
)
def test_other_files_are_no_usdm_studies(tmp_path: Path, data: Any, says: str) -> None:
    path = tmp_path / "study.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        read_study(path, USDM)
