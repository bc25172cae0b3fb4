"""The first page, and the frame around every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio_browser import LONG_MS, look_at_line_ends

from sim.scenario.layers import library_names

_COVERED = """() => [...document.querySelectorAll("#page a, #page summary")].filter((link) => {
    link.scrollIntoView({block: "center"});
    const box = link.getClientRects()[0];
    const hit = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return hit && !link.contains(hit);
}).map((link) => link.textContent)"""


def test_the_first_page_names_the_trial_and_its_date_and_has_a_way_for_each_stage(visit: Callable[..., Any]) -> None:
    page = visit("/")
    assert page.get_by_role("heading", level=1).inner_text() == "Registry plan"
    for stage in ("Planning", "Recruiting", "Recruited", "Teaching"):
        box = page.locator(".stage-box", has=page.get_by_role("heading", name=stage, exact=True))
        assert box.get_by_role("link").count() == 1
    assert page.locator(".scenario").count() == len(library_names())
    page.locator("#home-answer .headline", has_text="the database is locked by").wait_for()
    page.locator("#home-answer .milestone", has_text="2021-10-01, the planned primary completion").wait_for()
    page.wait_for_selector("#answer-home-fan .main-svg")
    look_at_line_ends(page, 1280, 1100, 820, 390, 360)
    rows = "() => new Set([...document.querySelectorAll('.stage-box')].map((box) => box.offsetTop)).size"
    for width, n in ((1280, 1), (820, 2), (390, 2)):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(rows) == n, width
    covered = page.evaluate(_COVERED)
    assert covered == [], "a click on these would go elsewhere"


def test_the_first_page_says_why(visit: Callable[..., Any]) -> None:
    page = visit("/?scenario=classroom")
    page.locator("#home-answer .why", has_text="Most days are lost to").wait_for(timeout=LONG_MS)


def test_words_never_lie_over_a_figure(visit: Callable[..., Any]) -> None:
    """When a window changes its width, plotly makes what it drew as high as what is around it."""
    page = visit("/?scenario=classroom")
    page.wait_for_selector("#answer-home-fan .main-svg")
    height = """() => {
        const figure = document.getElementById("answer-home-fan");
        figure.querySelector(".svg-container").style.height = "100%";
        return figure.offsetHeight - figure.querySelector(".main-svg").clientHeight;
    }"""
    assert page.evaluate(height) == 0


def test_the_frame_stays_where_it_is_from_page_to_page(visit: Callable[..., Any]) -> None:
    """Neither the name of the open page nor the width of the window moves what leads on."""
    page = visit("/runs")
    place = "() => [...document.querySelectorAll('.nav-link, .scheme')].map((link) => link.getBoundingClientRect().x)"
    before = page.evaluate(place)
    page.get_by_role("link", name="Learn", exact=True).click()
    page.wait_for_selector(".lesson-list")
    assert page.evaluate(place) == before
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.locator("header").bounding_box()["height"] == 56
    page.locator("#shell-scheme").click()
    page.wait_for_selector(":root[data-mantine-color-scheme=dark]")


def test_an_address_that_is_none_says_so(visit: Callable[..., Any]) -> None:
    page = visit("/nothing")
    assert page.get_by_role("heading", level=1).inner_text() == "There is no such page"
