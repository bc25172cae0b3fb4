"""What a status of several parts means."""

from __future__ import annotations

import pytest

from sim.exchange.logs.statuses import (
    _together,
    is_enrolled,
    is_long_or_lost,
    is_lost_in_full,
    is_reason,
    meaning_of,
    yes_or_no,
)
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED


@pytest.mark.parametrize(
    ("head", "tails", "meaning"),
    [
        (FAILED, ["", LEFT], FAILED),
        (LEFT, [RANDOMISED], ""),
        (RANDOMISED, [""], ""),
        ("", [LEFT], ""),
        (RANDOMISED, [RANDOMISED], RANDOMISED),
        (IN_SCREENING, [FAILED], FAILED),
        (IN_SCREENING, [LEFT], ""),
        (FAILED, [RANDOMISED], ""),
        (RANDOMISED, [LEFT], LEFT),
        (RANDOMISED, [COMPLETED, RANDOMISED], COMPLETED),
        (RANDOMISED, [LEFT, COMPLETED], ""),
        (COMPLETED, [COMPLETED], COMPLETED),
        (COMPLETED, [LEFT], ""),
    ],
)
def test_the_first_part_and_what_the_others_add(head: str, tails: list[str], meaning: str) -> None:
    """What is not known is not guessed, beside a way out aside, which has its reason after it."""
    assert _together(head, tails) == meaning


def test_words_that_say_one_thing() -> None:
    for test, yes, no in (
        (is_enrolled, ("Enrolled", "ENROLED", "Recruited", "on-study"), ("randomised", "screened", "")),
        (is_reason, ("moved", "n/a then moved"), ("N/A", "none", "", "No reason", "Unknown")),
        (is_lost_in_full, ("Lost to FU", "lost to follow-up"), ("LTFU", "lost")),
        (is_long_or_lost, ("LTFU",), ("lost to follow-up", "left")),
    ):
        assert [test(text) for text in yes] == [True] * len(yes), test
        assert [test(text) for text in no] == [False] * len(no), test
    assert [yes_or_no(text) for text in (" Y ", "ja", "No", "0", "maybe", "")] == [True, True, False, False, None, None]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("3 = Withdrawn", LEFT), ("Screen failure - BMI", FAILED), ("The patient has completed", COMPLETED),
        ("ScreenFailure", FAILED), ("Randomized", RANDOMISED), ("perhaps", ""), ("", ""), ("Randomised / perhaps", ""),
    ],
)  # fmt: skip
def test_a_status_means_what_its_parts_say_together(text: str, meaning: str) -> None:
    assert meaning_of(text) == meaning
