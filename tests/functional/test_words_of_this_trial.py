"""What is not modelled is not said: no lock without follow-up, no dose without doses, no other trial's patients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import call
from conftest import simplest_file

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
