"""The first page, and the frame around every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.scenario.layers import library_names


def test_the_first_page_asks_for_the_stage_and_offers_every_scenario(visit: Callable[..., Any]) -> None:
    page = visit("/")
    assert page.get_by_role("heading", level=1).inner_text() == "When will this trial be complete?"
    for stage in ("Planning", "Recruiting", "Recruited", "Teaching"):
        assert page.get_by_role("heading", name=stage, exact=True).count() == 1
    assert page.locator(".scenario").count() == len(library_names())


def test_an_address_that_is_none_says_so(visit: Callable[..., Any]) -> None:
    page = visit("/nothing")
    assert page.get_by_role("heading", level=1).inner_text() == "There is no such page"
