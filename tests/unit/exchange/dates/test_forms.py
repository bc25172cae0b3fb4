"""Names of months, and what only begins like one."""

from __future__ import annotations

import pytest

from sim.exchange.dates.cell import parts_of
from sim.exchange.dates.forms import is_month_name, is_serial, with_hyphens


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("Jan", True), ("Sept.", True), ("décembre", True), ("Januar", True), ("Site", False), ("Enrolled", False),
     ("Jan 24", False), ("", False), ("12", False)],
)  # fmt: skip
def test_a_name_of_a_month_and_nothing_else(text: str, is_one: bool) -> None:
    assert is_month_name(text) is is_one


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2024-02-15", (2024, 2, 15)), ("15 Feb 2024", (2024, 2, 15)), ("20240215", (2024, 2, 15)),
        ("45337", (2024, 2, 15)), ("45337.75", (2024, 2, 15)), ("2024-02", (2024, 2, 0)), ("2024-00-15", (2024, 0, 0)),
        ("2024", (2024, 0, 0)), ("UN/02/2024", (2024, 2, 0)), ("00/02/2024", (2024, 2, 0)), ("15.02.69", (2069, 2, 15)),
        ("15.02.70", (1970, 2, 15)), ("31 Feb 2024", (2024, 2, 31)), ("15 Foo 2024", None), ("soon", None), ("7", None),
    ],
)  # fmt: skip
def test_year_month_and_day_as_far_as_a_text_says_them(text: str, parts: tuple[int, int, int] | None) -> None:
    """Of 2024-00-15 the month is not known, and then a day says nothing."""
    assert parts_of(text) == parts


def test_dashes_between_letters_and_figures_are_hyphens() -> None:
    assert with_hyphens("12\u2013Feb\u20112024") == "12-Feb-2024"
    assert with_hyphens("2024-01-01 \u2013 2024-01-31") == "2024-01-01 \u2013 2024-01-31"


@pytest.mark.parametrize(
    ("text", "is_one"), [("45337", True), ("45337.75", True), ("4533", False), ("2024-01-01", False), ("", False)]
)
def test_a_serial_number_of_a_day_with_or_without_a_time(text: str, is_one: bool) -> None:
    assert is_serial(text) is is_one
