"""Registry records as scenarios to start from. All studies here are made up."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sim.errors import UsageError
from sim.exchange.records.read import REGISTRY, read_study
from sim.exchange.records.registry import _day, outline_of_record
from sim.exchange.records.scenario_text import scenario_text
from sim.exchange.records.time_frames import weeks_in
from sim.scenario.country_names import code_of

RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT00000001",
            "briefTitle": "Made-up Trial of a Drug",
            "officialTitle": "A Phase 2 trial. Patients are randomized 2:1 to drug or placebo.",
        },
        "statusModule": {
            "startDateStruct": {"date": "2024-02", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2026-02", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2026-08-15", "type": "ESTIMATED"},
        },
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"},
            "enrollmentInfo": {"count": 120, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Drug 10 mg", "type": "EXPERIMENTAL", "description": 'Once a day: "10 mg"\nfor a year'},
                {"label": "Placebo", "type": "PLACEBO_COMPARATOR"},
            ]
        },
        "outcomesModule": {
            "primaryOutcomes": [{"timeFrame": "Baseline, Week 24"}],
            "secondaryOutcomes": [{"timeFrame": "Weeks 4, 8 and 12"}, {"timeFrame": "12 months"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Adults # of both sexes\n",
            "sex": "ALL",
            "minimumAge": "18 Years",
        },
        "contactsLocationsModule": {
            "locations": [
                {"country": "Germany"},
                {"country": "Korea, Republic of"},
                {"country": "Germany"},
                {"country": "Atlantis"},
            ]
        },
    },
    "resultsSection": {
        "participantFlowModule": {
            "periods": [
                {"title": "Run-in", "milestones": [{"type": "STARTED", "achievements": []}]},
                {
                    "title": "Treatment (Week 0 to 24)",
                    "milestones": [{"type": "STARTED", "achievements": [{"numSubjects": "80"}, {"numSubjects": "40"}]}],
                    "dropWithdraws": [
                        {"type": "Death", "reasons": [{"numSubjects": "1"}, {"numSubjects": "2"}]},
                        {"type": "Lost to Follow-up", "reasons": [{"numSubjects": "6"}]},
                        {"type": "Pregnancy", "reasons": [{"numSubjects": "0"}]},
                    ],
                },
            ]
        }
    },
}


def record(**changes: Any) -> dict[str, Any]:
    """The record with modules changed; None takes one away."""
    made = copy.deepcopy(RECORD)
    for module, value in changes.items():
        if value is None:
            del made["protocolSection"][module]
        else:
            made["protocolSection"][module] = value
    return made


def saved(tmp_path: Path, data: Any) -> Path:
    path = tmp_path / "study.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("Week 52", [52]),
        ("Baseline (Week 0), Week 1, Week 2", [1, 2]),
        ("Weeks 4, 8, 12 and 24", [4, 8, 12, 24]),
        ("up to 12 months", [52]),
        ("2 year/end of study", [104]),
        ("Day 28", [4]),
        ("14 days after the last dose", [2]),
        ("Day 3", [0.43]),
        ("1 day and 10 days", [0.14, 1]),
        ("10 years", []),
        ("520 weeks", [520]),
        ("11.6 weeks", [12]),
        ("2 hours", []),
        ("After 5 doses", []),
        ("20 years", []),
    ],
)
def test_weeks_that_a_time_frame_names(text: str, weeks: list[float]) -> None:
    assert weeks_in(text) == weeks


@pytest.mark.parametrize(
    ("name", "code"),
    [("United States", "US"), ("Korea, Republic of", "KR"), ("Türkiye", "TR"), ("DNK", "DK"), ("Atlantis", None)],
)
def test_country_codes(name: str, code: str | None) -> None:
    assert code_of(name) == code


def test_what_a_record_says_is_taken_as_it_is() -> None:
    outline = outline_of_record(RECORD)
    assert outline.target == 120
    assert not outline.is_target_actual
    assert (outline.opens, outline.primary_completion) == (date(2024, 2, 1), date(2026, 2, 28))
    assert [(arm.label, arm.allocation) for arm in outline.arms] == [("Drug 10 mg", 2), ("Placebo", 1)]
    assert [(group.label, group.count, group.country) for group in outline.sites] == [
        ("Atlantis", 1, None),
        ("Germany", 2, "DE"),
        ("Korea, Republic of", 1, "KR"),
    ]
    assert outline.visit_weeks == [4, 8, 12, 24, 52]
    assert outline.primary_week == 24
    assert outline.flow is not None
    assert outline.flow.n_started == 120
    assert [(way.label, way.n) for way in outline.flow.ways_out] == [("Lost to Follow-up", 6), ("Death", 3)]
    assert outline.flow.week == 24


def test_a_ratio_of_another_number_of_arms_is_not_one() -> None:
    three = {"armGroups": [{"label": name} for name in ("a", "b", "c")]}
    assert [arm.allocation for arm in outline_of_record(record(armsInterventionsModule=three)).arms] == [None] * 3


@pytest.mark.parametrize(
    ("sentence", "n_arms", "parts"),
    [
        ("Randomized 2:1 to drug or placebo.", 2, [2, 1]),
        ("Patients are allocated in a 1 : 1 : 1 ratio.", 3, [1, 1, 1]),
        ("Randomized 2:1. Stratified 3:1 by sex.", 2, [2, 1]),
        ("Randomized 2:1; randomized 3:1.", 2, None),
        ("Diluted 2:1 in saline.", 2, None),
        ("Randomized 99:1.", 2, [99, 1]),
        ("Randomized 0:1.", 2, None),
        ("Randomized 2:1.", 1, [1]),
    ],
)
def test_a_ratio_is_taken_from_the_one_sentence_on_randomisation(
    sentence: str, n_arms: int, parts: list[int] | None
) -> None:
    who = RECORD["protocolSection"]["identificationModule"] | {"officialTitle": ""}
    arms = {"armGroups": [{"label": f"arm {i}"} for i in range(n_arms)]}
    made = record(identificationModule=who, descriptionModule={"briefSummary": sentence}, armsInterventionsModule=arms)
    assert [arm.allocation for arm in outline_of_record(made).arms] == (parts or [None] * n_arms)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-03", date(2024, 2, 3), date(2024, 2, 3)),
        ("2024-02-30", None, None),
        ("2024-13", None, None),
        ("soon", None, None),
    ],
)
def test_a_part_of_a_date_begins_early_and_ends_late(text: str, first: date | None, last: date | None) -> None:
    assert _day(text, is_end=False)[0] == first
    assert _day(text, is_end=True)[0] == last
    assert _day(text, is_end=True)[1] is (first != last)


def test_notes_say_what_kind_of_date_and_of_study_it_is() -> None:
    notes = outline_of_record(RECORD).notes
    assert notes == {
        "opens": "actual date, given as 2024-02",
        "primary_completion": "estimated date, given as 2026-02",
        "study_completion": "estimated date",
    }
    design = RECORD["protocolSection"]["designModule"]
    seen = outline_of_record(record(designModule=design | {"studyType": "EXPANDED_ACCESS"})).notes["arms"]
    assert seen == "The record calls the study expanded access."
    crossed = design | {"designInfo": {"interventionModel": "CROSSOVER"}}
    assert outline_of_record(record(designModule=crossed)).notes["arms"].startswith("The design is crossover; ")


def test_criteria_begin_with_sex_and_ages_where_the_record_has_them() -> None:
    text = {"eligibilityCriteria": "Inclusion:\n\n* Adults  \n"}
    assert outline_of_record(record(eligibilityModule=text)).criteria == ["Inclusion:", "* Adults"]
    some = text | {"sex": "ALL", "minimumAge": "18 Years", "maximumAge": "60 Years"}
    head = "sex all, minimum age 18 Years, maximum age 60 Years"
    assert outline_of_record(record(eligibilityModule=some)).criteria == [head, "Inclusion:", "* Adults"]


def test_the_implied_rate_follows_from_the_records_dates() -> None:
    """120 participants, 30 % fail, 4 sites, from 2024-02-01 to 24 weeks before 2026-02-28."""
    text = scenario_text(outline_of_record(RECORD), "made")
    days = (date(2026, 2, 28) - date(2024, 2, 1)).days - 24 * 7
    expected = 120 / 0.7 / 4 / (days / (365.25 / 12))
    assert f"median: {expected:.3g}," in text


@pytest.mark.parametrize(
    ("last", "months"),
    [("2026-08-15", 91), ("2025-01-01", 60), ("2025-10-20", 62), ("2040-08-15", 595), ("2044-01-01", 600)],
)
def test_the_horizon_is_three_times_what_the_dates_take(last: str, months: int) -> None:
    """Five years at least, and fifty at most."""
    status = RECORD["protocolSection"]["statusModule"] | {
        "primaryCompletionDateStruct": {},
        "completionDateStruct": {"date": last},
    }
    text = scenario_text(outline_of_record(record(statusModule=status)), "made")
    expected = 3 * (date.fromisoformat(last) - date(2024, 2, 1)).days / (365.25 / 12)
    assert months == min(600, max(60, round(expected)))
    assert f"  horizon_months: {months}\n" in text


MADE = """
arms:
  drug_10_mg: {allocation: 2}   # Drug 10 mg: Once a day: "10 mg" for a year
  placebo: {allocation: 1}   # Placebo

randomisation: {method: simple}

site_defaults:
  referrals_per_month: {uncertain: lognormal, median: 2.21, sigma: 0.5}   # screened, a site
  activation_delay_days: 0

sites:
  atlantis: {count: 1, label: "Atlantis"}
  germany: {count: 2, label: "Germany", country: DE}
  korea_republic_of: {count: 1, label: "Korea, Republic of", country: KR}
"""
LEAVING = """
  leaving:
    lost_to_follow_up: {24: 0.0500}   # Lost to Follow-up: 6 of 120
    death: {24: 0.0250}   # Death: 3 of 120
"""


def test_arms_sites_and_ways_out_are_written_with_what_the_record_calls_them() -> None:
    text = scenario_text(outline_of_record(RECORD), "made")
    assert MADE in text
    assert LEAVING in text


def test_what_a_record_leaves_open_is_a_numbered_question_with_a_graded_default() -> None:
    text = scenario_text(outline_of_record(record(contactsLocationsModule=None, outcomesModule=None)), "made")
    questions = [line for line in text.splitlines() if line.startswith("#   ") and line[4:5].isdigit()]
    for path in ("sites", "screening.failure", "follow_up"):
        assert any(f"{path}:" in line for line in questions), path
    assert "sites: {grade: D, source: assumption" in text
    assert "trial.target: {grade: A, source: record" in text


def test_a_target_of_the_planner_stands_in_for_a_withdrawn_study() -> None:
    outline = outline_of_record(record(designModule={"enrollmentInfo": {"count": 0}}))
    with pytest.raises(ValueError, match="target"):
        scenario_text(outline, "made")
    assert "  target: 80\n" in scenario_text(outline, "made", target=80)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("not JSON", "is not a study of ClinicalTrials.gov"),
        ("[" * 100_000, "is not a study of ClinicalTrials.gov"),
        ({"studies": [RECORD, RECORD]}, "has 2 studies"),
        ({"study": {"versions": []}}, "it is a study in CDISC USDM"),
        ({"protocolSection": {}}, "protocolSection.identificationModule"),
        (record(designModule={"enrollmentInfo": {"count": "many"}}), "enrollmentInfo.count"),
        (record(designModule={"enrollmentInfo": {"count": -3}}), "enrollmentInfo.count"),
        (record(armsInterventionsModule={"armGroups": 5}), "armGroups"),
        ([], "there is no 'protocolSection'"),
        ([{"nodes": 1}, {"edges": 2}], "there is no 'protocolSection'"),
        ({"FullStudiesResponse": {"FullStudies": []}}, "save the study again, from version 2"),
    ],
)
def test_other_files_are_refused_with_one_message(tmp_path: Path, data: Any, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_study(saved(tmp_path, data), REGISTRY)
    assert len(refused.value.problems) == 1
    assert says in str(refused.value)
    assert "study.json" in str(refused.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(UsageError, match=path.name):
            read_study(path, REGISTRY)
