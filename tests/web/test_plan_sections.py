"""Sections of levers on the Plan page: opened one at a time, with what the scenario then has."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from plan_page import FEW, answered, lever, move
from studio_browser import until

Visit = Callable[..., Any]


def test_a_lever_is_found_by_its_name_and_groups_open_one_at_a_time(visit: Visit) -> None:
    """On a phone too, the answer stays in sight as a bar; what was changed is listed in words and taken back singly."""
    page = visit("/plan?replications=24", width=360, height=740)
    answered(page)
    page.wait_for_selector("#answer-plan-fan .main-svg")  # after which nothing moves the levers
    finder = page.get_by_role("textbox", name="Find a lever")
    finder.click()
    finder.press_sequentially("visit missed")
    page.get_by_role("option", name=re.compile("visit is missed")).click()
    missed = lever(page, "follow_up.missed_visit")
    missed.wait_for()
    until(page, lambda: missed.evaluate("it => it === document.activeElement"), "the focus is at the lever")
    assert page.locator(".plan-levers details.section[open]").count() == 1, "the other groups are closed"
    missed.fill("0.5")
    missed.press("Tab")
    change = page.locator(".changed li", has_text="Chance that a visit is missed: 0.5")
    change.wait_for()
    bar = page.locator("#plan-mini.is-needed")
    assert "Database lock" in bar.inner_text()
    assert bar.locator("svg .median").count() == 1
    box = bar.bounding_box()
    assert box["y"] + box["height"] <= 740, "at the lower edge, whole"
    assert box["width"] <= 360
    change.get_by_role("button").click()
    page.wait_for_url(lambda url: "missed" not in url)
    until(page, lambda: missed.input_value() != "0.5", "the lever follows")


@pytest.mark.slow
def test_a_section_has_its_levers_once_it_is_opened_as_they_then_are(visit: Visit) -> None:
    page = visit("/plan?set=trial.target%3D50" + FEW)
    answered(page)
    assert lever(page, "trial.target").count() == 0, "nothing stands in a section that nobody has opened"
    page.get_by_text("Target, rules and plan", exact=True).click()
    until(page, lambda: lever(page, "trial.target").input_value() == "50", "as the link says")
    page.get_by_role("button", name="Take back: Participants to randomise").click()
    until(page, lambda: lever(page, "trial.target").input_value() == "45", "it follows")
    page.get_by_text("Eligibility criteria", exact=True).click()
    page.get_by_role("switch", name="no artificial liver (E8)").uncheck()
    page.wait_for_url(re.compile("no_artificial_liver%3Doff"))
    page.locator(".command", has_text="no_artificial_liver=off").wait_for(state="attached")
    assert lever(page, "trial.target").input_value() == "45", "sections stay as they are when levers come and go"


@pytest.mark.slow
def test_a_section_that_is_opened_while_the_scenario_changes_has_what_then_holds(visit: Visit) -> None:
    page = visit("/plan?set=trial.target%3D50" + FEW)
    answered(page)
    page.route("**/_dash-update-component*", lambda route: (time.sleep(0.3), route.continue_()))
    page.get_by_role("button", name="Take all changes back").click()
    page.get_by_text("Target, rules and plan", exact=True).click()
    page.get_by_text("Cells", exact=True).click()
    page.wait_for_url(lambda url: "target" not in url)
    lever(page, "trial.target").wait_for(state="attached")  # closed, since another was opened
    page.unroute("**/_dash-update-component*")
    until(page, lambda: lever(page, "trial.target").input_value() == "45", "not what held when it was opened")
    page.get_by_text("Target, rules and plan", exact=True).click()
    move(page, "trial.target", "48")
    until(
        page,
        lambda: page.locator(".changed li span").all_inner_texts() == ["Participants to randomise: 48, was 45"],
        "nothing else",
    )


def test_a_wrong_value_of_a_link_is_seen_at_its_control_though_its_section_was_closed(visit: Visit) -> None:
    page = visit("/plan?set=trial.target%3D-4" + FEW)
    page.locator("#plan-problems", has_text="trial.target").wait_for()
    lever(page, "trial.target").wait_for()
    assert lever(page, "trial.target").input_value() == "-4"
    assert page.get_by_text("must be at least").count() >= 2, "above the answer and at the control"
