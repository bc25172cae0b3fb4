"""What is not modelled is not said: no lock without follow-up, no dose without doses, no other trial's patients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from conftest import simplest_file
from texts_of_files import texts_of

FOLLOWED: dict[str, Any] = {"follow_up": {"visit_weeks": [4], "primary_endpoint_week": 4}}
OF_FOLLOW_UP = ("atabase", "last visit", "lock")


@pytest.mark.parametrize(
    ("changes", "unsaid"),
    [
        ({"trial": {"target": 3}}, (*OF_FOLLOW_UP, "Last dose", "ACLF")),
        ({"trial": {"target": 3}, **FOLLOWED}, ("Last dose", "ACLF")),
        ({"trial": {"target": 3, "horizon_months": 0.1}}, (*OF_FOLLOW_UP, "Last dose", "ACLF")),
    ],
    ids=["randomised only", "followed, without doses", "not reached"],
)
def test_a_run_says_nothing_of_what_its_trial_has_not(
    changes: dict[str, Any], unsaid: tuple[str, ...], tmp_path: Path
) -> None:
    """On the console, whatever the answer."""
    file = simplest_file(tmp_path, "t", **changes)
    outcome = call("run", file, "-n", 40, "-w", 1, "--no-report", "--out", tmp_path / "r")
    assert outcome.code == 0, outcome
    dates = outcome.out.partition("What costs most")[0].partition("Where the")[0]
    for words in unsaid:
        assert words not in dates, words


def test_a_trial_of_one_site_and_one_arm_is_not_told_of_several(tmp_path: Path) -> None:
    """No balance of arms, no share of sites, no monitor that is not paid; and the end of recruitment has its odds."""
    planned = {"target": 6, "planned": {"recruitment": "2020-06-30"}}
    costs = {"currency": "EUR", "site_month": 10.0}
    file = simplest_file(tmp_path, "t", trial=planned, arms={"device": {}}, costs=costs)
    outcome = call("run", file, "-n", 100, "-w", 1, "--out", tmp_path / "r")
    assert "End of recruitment by 2020-06-30, as planned: " in outcome.out
    assert "having one site only" in outcome.out
    page = " ".join(texts_of(tmp_path / "r" / "report.html"))
    for unsaid in ("Do the arms stay balanced", "of 1 sites", "monitoring visits", "too few sites"):
        assert unsaid not in page, unsaid
    assert "the planned end of recruitment" in page


def test_an_event_driven_trial_that_has_its_events_first_is_not_said_to_run_out_of_time(tmp_path: Path) -> None:
    """Recruitment closes at primary completion, which may come before the target."""
    leaving = {"event": {4: 0.5}}
    rules = {"visit_weeks": [4], "leaving": leaving, "primary_completion": {"events": 2, "of": "event"}}
    file = simplest_file(tmp_path, "t", trial={"target": 60}, follow_up=rules)
    outcome = call("run", file, "-n", 40, "-w", 1, "--no-report", "--out", tmp_path / "r")
    assert "Target not reached before primary completion, or by the horizon: 100 %" in outcome.out


# --- every way out of the program, for a trial without doses, criteria, coordinators, follow-up and planned dates

BARE: dict[str, Any] = {"trial": {"target": 6, "horizon_months": 12, "enrolment_opens": "2026-01-01"}}
_LACKED = re.compile(
    r"\b(doses?|dosed|infus\w+|cells|bays?|boards?|registered|planned dates?|locked|lock|databases?|"
    r"aclf|admissions?|coordinators?|chart|visits?|follow-?up|thaw\w*|lots?)\b",
    re.IGNORECASE,
)
_SAID_TO_BE_LACKED = ("the scenario has no follow-up", "--set follow_up", "--follow-up-weeks")


def _hits(texts: Iterator[str]) -> set[str]:
    return {
        text.strip()[:200]
        for text in texts
        if _LACKED.search(text) and not any(said in text for said in _SAID_TO_BE_LACKED)
    }


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every answer about a bare trial: files of each command, and what it printed, beside them."""
    folder = tmp_path_factory.mktemp("bare")
    file = simplest_file(folder, "plain", **BARE)
    other = simplest_file(folder, "other", **BARE, sites={"g": {"count": 2, "referrals_per_month": 8.0}})
    data = folder / "log.csv"
    data.write_text("Subject,Randomised\n1,2026-01-05\n2,2026-01-09\n3,2026-01-14\n", encoding="utf-8")
    commands: dict[str, tuple[object, ...]] = {
        "run": ("run", file, "-n", 96),
        "compare": ("compare", file, other, "-n", 40),
        "sweep": ("sweep", file, "--vary", "trial.target=3,6", "-n", 40),
        "explain": ("explain", file, "-n", 96),
        "forecast": ("forecast", file, "--observed", data, "-n", 40),
    }
    for name, arguments in commands.items():
        for form in ("", "--json"):
            made = (*arguments, "-w", 1, "--out", folder / name, *([form] if form else []))
            outcome = call(*made)
            assert outcome.code == 0, outcome
            (folder / f"{name}{'.json' if form else '.txt'}").write_text(outcome.out, encoding="utf-8")
    trace = call("trace", file)
    (folder / "trace.txt").write_text(trace.out, encoding="utf-8")
    assert call("results", folder / "run", "--export", folder / "exported.xlsx").code == 0
    return folder


def _files(bare: Path) -> list[Path]:
    raw = ("run.json", "manifest.json", "study.json", "scenario.json")
    kinds = (".txt", ".json", ".csv", ".html", ".xlsx", ".svg")
    found = [path for path in sorted(bare.rglob("*")) if path.suffix in kinds and not path.name.startswith("log.")]
    return [path for path in found if path.parent == bare or path.name not in raw]


def test_no_answer_says_anything_of_what_a_trial_lacks(bare: Path) -> None:
    files = _files(bare)
    assert {path.suffix for path in files} >= {".txt", ".json", ".csv", ".html", ".xlsx"}
    assert {str(path.relative_to(bare)): found for path in files if (found := _hits(texts_of(path)))} == {}


def test_a_page_lists_no_default_ending_or_loss_of_what_a_trial_lacks(bare: Path) -> None:
    """Where a file for programs has every ending and its own names, a page has what can be."""
    found = "\n".join(texts_of(bare / "run" / "report.html")).lower()
    for words in ("bay_hours", "urn_start", "registry", "the caps left", "stopped early", "fewer events", "being full"):
        assert words not in found, words


def test_a_milestone_that_a_trial_lacks_is_no_number_and_can_not_be_asked_about(bare: Path) -> None:
    answer = json.loads((bare / "run.json").read_text(encoding="utf-8"))
    assert list(answer["milestones"])[-1] == "last_randomised"
    assert list(answer["funnel"]) == ["patients referred", "randomised"]
    assert {row["step"] for row in answer["why"]["critical_path"]} == {"start_up", "referral"}
    outcome = call("explain", bare / "plain.yaml", "-n", 96, "--milestone", "database_lock")
    assert (outcome.code, "has no such milestone" in outcome.message) == (2, True)
