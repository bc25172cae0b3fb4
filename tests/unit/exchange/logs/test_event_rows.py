"""What a word in a row an event is the day of."""

from __future__ import annotations

import pytest

from sim.exchange.logs import headers
from sim.exchange.logs.event_rows import _event_role


@pytest.mark.parametrize(
    ("word", "enrolled", "role"),
    [
        ("Randomized", False, headers.DATE),
        ("Enrolled", True, headers.DATE),
        ("Enrolment", True, headers.DATE),
        ("Recruited", True, headers.DATE),
        ("Enrolled", False, ""),
        ("Screened", True, headers.SCREENED),
        ("Week 4", True, ""),
        ("Week 4", False, ""),
    ],
)
def test_words_for_events(word: str, enrolled: bool, role: str) -> None:
    """Enrolment is randomisation only where nothing else is."""
    assert _event_role(word, enrolled) == role
