"""What a status of several parts means."""

from __future__ import annotations

import pytest

from sim.exchange.logs.statuses import _together
from sim.exchange.observed import FAILED, IN_SCREENING, LEFT, RANDOMISED


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
    ],
)
def test_the_first_part_and_what_the_others_add(head: str, tails: list[str], meaning: str) -> None:
    """What is not known is not guessed, beside a way out aside, which has its reason after it."""
    assert _together(head, tails) == meaning
