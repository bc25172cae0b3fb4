"""Names of columns, word by word."""

from __future__ import annotations

import pytest

from sim.exchange.logs import headers as h
from sim.exchange.logs.headers import role_of, says_date, words_of


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Subject", ("subject",)),
        ("SUBJECTSCREENINGDATE", ("subject", "screen", "date")),
        ("Rand. Date", ("rand", "date")),
        ("Date (dd-mmm-yyyy)", ("date", "of")),
        ("data del consenso", ("date", "of", "consent")),
        ("data cut", ("data", "cut")),
        ("Wurst", ("wurst",)),
        ("éligible", ("eligible",)),
        ("randdt", ("rand", "date")),
        ("eot", ("eot",)),  # three letters are never taken apart
        ("screeningdate" * 4, ("screeningdate" * 4,)),  # nor are more than 40
        ("screendate" * 4, ("screen", "date") * 4),
        (f"consent{'date' * 8}dt", (f"consent{'date' * 8}dt",)),
        (f"consent{'date' * 8}", ("consent", *["date"] * 8)),
    ],
)
def test_words(header: str, words: tuple[str, ...]) -> None:
    found = words_of(header)
    assert tuple(word for word in found if word != "of") == tuple(word for word in words if word != "of")


def test_a_word_that_can_be_split_in_two_ways_is_split_in_the_fewest() -> None:
    """`screenfailure` is one word of the field, and not `screen` and `failure`."""
    assert words_of("screenfailuredate") == ("sf", "date")


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Randomisation date", h.DATE),
        ("Date", h.DATE),
        ("enroll_dt", h.DATE),
        ("Date of informed consent", h.SCREENED),
        ("Screen failure date", h.FAILED_ON),
        ("Date lost to follow-up", h.LEFT_ON),
        ("End of study", h.ENDED_ON),
        ("Study completion date", h.COMPLETED_ON),
        ("Date of death", h.DIED_ON),
        ("Subject status", h.STATUS),
        ("Status date", h.STATUS_DATE),
        ("Reason for discontinuation", h.REASON),
        ("Reason for screen failure", h.FAIL_REASON),
        ("Planned randomisation date", h.PLANNED),
        ("Date of last visit", h.SEEN),
        ("Data cut-off", h.CUT),
        ("End of treatment", h.TREATMENT_END),
        ("Subject", ""),
        ("Subject of the study", ""),
        ("Sex", ""),
        ("Randomisation number", ""),
        ("Date of birth", ""),
    ],
)
def test_roles(header: str, role: str) -> None:
    assert role_of(header) == role


@pytest.mark.parametrize(
    ("header", "says"),
    [("Date", True), ("Left on", True), ("RFSTDTC", True), ("On study", False), ("Site", False), ("dated", False)],
)
def test_a_header_that_says_that_there_are_dates(header: str, says: bool) -> None:
    assert says_date(header) is says
