"""What is written of a record: what it says with its grade, what it leaves open as a question with a default."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sim.core.clock import MONTH_DAYS
from sim.exchange.records.outline import ArmOutline, Flow, SitesOutline, StudyOutline, WayOut
from sim.exchange.records.scenario_text import scenario_text
from sim.scenario.load import load_scenario

OPENS = date(2024, 1, 1)
OUTLINE = StudyOutline("a record", "X1", "A trial", target=70, opens=OPENS)


def written(outline: StudyOutline = OUTLINE, **changes: Any) -> tuple[str, dict[str, Any]]:
    text = scenario_text(replace(outline, **changes), "given")
    return text, YAML(typ="safe").load(text)


def asked(text: str) -> list[str]:
    """Paths of its questions."""
    lines = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    return [line.split(". ", 1)[1].split(":")[0] for line in lines if line.split(". ")[0].isdigit()]


def test_what_the_record_leaves_open_is_asked_and_has_grade_d() -> None:
    text, found = written()
    assert asked(text) == [
        "arms",
        "site_defaults.referrals_per_month",
        "site_defaults.activation_delay_days",
        "sites",
        "screening.failure",
        "screening.days",
        "follow_up",
    ]
    grades = {path: source["grade"] for path, source in found["sources"].items()}
    assert {path for path, grade in grades.items() if grade == "A"} == {"trial.target", "trial.enrolment_opens"}
    assert found["arms"] == {"all": {"allocation": 1}}
    assert found["bibliography"] == {"record": "a record"}


def test_it_runs(tmp_path: Path) -> None:
    arms = [ArmOutline("Drug", 2), ArmOutline("Placebo", 1)]
    sites = [SitesOutline("Germany", 2, "DE"), SitesOutline("Elsewhere", 1)]
    text, _ = written(arms=arms, sites=sites, visit_weeks=[4.0, 12.0], primary_week=12.0, visit_window_days=3.0)
    (tmp_path / "t.yaml").write_text(text)
    scenario = load_scenario(tmp_path / "t.yaml")
    assert (scenario.trial.target, sum(group.count for group in scenario.sites.values())) == (70, 3)


def test_what_the_planner_gives_is_no_word_of_the_record() -> None:
    found = YAML(typ="safe").load(scenario_text(OUTLINE, "given", target=30, opens=date(2025, 1, 1)))
    assert (found["trial"]["target"], found["sources"]["trial.target"]["grade"]) == (30, "D")
    assert found["sources"]["trial.enrolment_opens"]["note"] == "Given by the planner."
    with pytest.raises(ValueError, match=r"^target$"):
        scenario_text(replace(OUTLINE, target=None), "given")
    with pytest.raises(ValueError, match=r"^opens$"):
        scenario_text(replace(OUTLINE, opens=None), "given")
    assert 'name: "given"' in scenario_text(replace(OUTLINE, title=""), "given")


@pytest.mark.parametrize(
    ("allocations", "asks"), [((1, 1), False), ((2, 1), False), ((None, 1), True), ((None, None), True)]
)
def test_the_ratio_of_arms_is_asked_where_one_has_none(allocations: tuple[int | None, ...], asks: bool) -> None:
    text, found = written(arms=[ArmOutline(f"Arm {i}", ratio) for i, ratio in enumerate(allocations)])
    assert ("arms" in asked(text)) is asks
    assert [arm["allocation"] for arm in found["arms"].values()] == [ratio or 1 for ratio in allocations]
    assert found["sources"]["arms"]["grade"] == ("D" if asks else "A")
    assert "randomisation" in asked(text)
    assert "randomisation" not in asked(written(arms=[ArmOutline("Only", 1)])[0])


def test_names_become_keys_that_differ() -> None:
    _, found = written(
        arms=[ArmOutline("10 mg", 1), ArmOutline("10 mg", 1), ArmOutline("All", 1), ArmOutline("é" * 70, 1)]
    )
    assert list(found["arms"]) == ["arm_10_mg", "arm_10_mg_2", "all_3", "e" * 50]


@pytest.mark.parametrize(
    ("completion", "week", "study", "months"),
    [
        (date(2026, 1, 1), 26.0, None, (731 - 182) / MONTH_DAYS),
        (None, None, date(2026, 1, 1), (731 - 84) / MONTH_DAYS),  # less the last visit
        (date(2024, 6, 1), 26.0, None, None),  # before anybody could have the endpoint
        (None, None, None, None),
    ],
)
def test_the_rate_is_what_the_dates_imply(
    completion: date | None, week: float | None, study: date | None, months: float | None
) -> None:
    """A third is assumed to fail: 70 of 100; with five sites."""
    text, found = written(
        primary_completion=completion,
        primary_week=week,
        study_completion=study,
        visit_weeks=[4.0, 12.0],
        sites=[SitesOutline("France", 5, "FR")],
    )
    rate = found["site_defaults"]["referrals_per_month"]["median"]
    assert rate == (1.0 if months is None else pytest.approx(100 / 5 / months, rel=0.005))
    assert ("One a month is assumed." in text) is (months is None)


def test_planned_dates_and_the_horizon() -> None:
    _, found = written(primary_completion=date(2026, 1, 1), study_completion=date(2027, 1, 1))
    assert found["trial"]["planned"] == {"primary_completion": date(2026, 1, 1), "study_completion": date(2027, 1, 1)}
    assert found["trial"]["horizon_months"] == round(3 * 1096 / MONTH_DAYS)
    _, found = written(primary_completion=OPENS)
    assert "planned" not in found["trial"]
    assert found["trial"]["horizon_months"] == 60
    assert written(study_completion=date(2090, 1, 1))[1]["trial"]["horizon_months"] == 600


@pytest.mark.parametrize(("primary", "week", "grade"), [(12.0, 12.0, "A"), (10.0, 24.0, "D"), (None, 24.0, "D")])
def test_the_visit_of_the_primary_endpoint(primary: float | None, week: float, grade: str) -> None:
    text, found = written(visit_weeks=[4.0, 12.0, 24.0], primary_week=primary)
    assert found["follow_up"]["visit_weeks"] == [4, 12, 24]
    assert found["follow_up"]["primary_endpoint_week"] == week
    assert found["sources"]["follow_up.primary_endpoint_week"]["grade"] == grade
    assert ("follow_up.primary_endpoint_week" in asked(text)) is (grade == "D")
    assert found["sources"]["follow_up.visit_weeks"]["grade"] == "A"
    assert found["sources"]["follow_up.database_lock_days"]["grade"] == "D"
    assert "visit_window_days" not in found["follow_up"]
    window = written(visit_weeks=[4.0], visit_window_days=3.0)[1]
    assert window["follow_up"]["visit_window_days"] == 3
    assert window["sources"]["follow_up.visit_window_days"]["grade"] == "A"
    assert "follow_up.leaving" in asked(text)


def test_ways_out_are_shares_of_those_who_started_and_rare_ones_are_summed() -> None:
    ways = tuple(WayOut(f"Reason {i}", 20 - i) for i in range(8))
    _, found = written(visit_weeks=[4.0, 12.0], flow=Flow("Treatment", 200, ways, week=8.0))
    leaving = found["follow_up"]["leaving"]
    assert leaving["reason_0"] == {8: 0.1}
    assert list(leaving)[-1] == "other_reasons"
    assert leaving["other_reasons"] == {8: (14 + 13) / 200}
    assert len(leaving) == 7
    _, late = written(visit_weeks=[4.0, 12.0], flow=Flow("Treatment", 200, ways[:1], week=30.0))
    assert late["follow_up"]["leaving"] == {"reason_0": {12: 0.1}}
    _, unknown = written(visit_weeks=[4.0, 12.0], flow=Flow("Treatment", 200, ways[:1]))
    assert unknown["follow_up"]["leaving"] == {"reason_0": {12: 0.1}}


def test_criteria_are_comments_without_what_would_end_them() -> None:
    text, _ = written(criteria=["Inclusion", "  * Adults # of\x07 both\nsexes", *(f"line {i}" for i in range(200))])
    assert "#   * Adults # of both sexes" in text
    assert "# line 197" in text
    assert "# line 198" not in text
    assert "# ... and 2 more lines" in text


def test_countries_have_the_names_of_the_record() -> None:
    _, found = written(sites=[SitesOutline("Korea, Republic of", 3, "KR"), SitesOutline("Atlantis", 1)])
    assert found["sites"]["korea_republic_of"] == {"count": 3, "label": "Korea, Republic of", "country": "KR"}
    assert found["sites"]["atlantis"] == {"count": 1, "label": "Atlantis"}
    assert found["countries"] == {"KR": {"label": "Korea, Republic of"}}
