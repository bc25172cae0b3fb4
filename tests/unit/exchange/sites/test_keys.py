"""Which names are one site, and which of two tables are matched."""

from __future__ import annotations

import pytest

from sim.exchange.sites.keys import bare_site, matched, one_name_each, same_site


@pytest.mark.parametrize(
    ("one", "other", "same", "bare"),
    [
        ("001", "1", True, True),
        ("1.0", "01", True, True),
        ("1.5", "1", False, False),
        ("DE-07", "de 7", True, True),
        ("Site 7", "7", False, True),
        ("Centre No. 7", "site 07", False, True),
        ("Site", "Centre", False, False),
        ("0", "00", True, True),
        ("Ward 0", "Ward", False, False),
        ("A1", "A 1", True, True),
        ("A", "B", False, False),
        ("--", "-", False, False),
    ],
)
def test_names_are_one_site_whatever_their_spelling(one: str, other: str, same: bool, bare: bool) -> None:
    assert (same_site(one) == same_site(other)) is same
    assert (bare_site(one) == bare_site(other)) is bare


def test_the_most_frequent_spelling_is_chosen_and_the_first_of_equals() -> None:
    names = ["Site 1", "1", "1", "", "B", "b"]
    assert one_name_each(names) == {"Site 1": "1", "1": "1", "B": "B", "b": "B"}


def test_names_are_matched_where_one_fits_on_each_side() -> None:
    """Equal ones first; then those equal but for spelling; then without a leading word; two that fit, not at all."""
    assert matched(["1", "Site 2", "C"], ["01", "1", "2", "D"]) == {"1": "1", "Site 2": "2"}
    assert matched(["1"], ["01", "001"]) == {}
    assert matched(["01", "001"], ["1"]) == {}
