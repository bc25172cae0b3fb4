"""The keyboard alone is enough for the Plan page and a lesson; and the browser's way back loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

COUNT = "sites.general_hospital.count"
MOST_KEYS = 200


def tab_to(page: Any, selector: str, *, back: bool = False) -> None:
    """Press Tab until the focus is on an element; nothing else moves it."""
    for _ in range(MOST_KEYS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"no key leads to {selector}")


def answered(page: Any, text: str) -> None:
    """Wait until the answer is that of a scenario."""
    expect(page.locator(".shown .command").first).to_contain_text(text)


def test_plan_by_keyboard_alone(visit: Callable[..., Any]) -> None:
    """A lever is changed, its answer seen, the run cancelled, and the change undone."""
    page = visit("/plan?replications=10000")  # minutes of work, so that there is something to cancel
    answered(page, "base")
    lever = f"input[id*='\"{COUNT}\"']"
    tab_to(page, lever)
    page.keyboard.press("ArrowUp")
    answered(page, f"{COUNT}=3")
    expect(page.locator("#plan-cancel")).to_be_enabled()
    tab_to(page, "#plan-cancel", back=True)
    page.keyboard.press("Enter")
    expect(page.locator("#plan-go-on")).to_be_enabled()
    tab_to(page, "#plan-back")
    page.keyboard.press("Enter")
    expect(page.locator(lever)).to_have_value("2")
    page.wait_for_url(lambda url: COUNT not in url)


def test_a_lesson_by_keyboard_alone(visit: Callable[..., Any]) -> None:
    """Guess, see, move the control, choose, check."""
    page = visit("/learn?lesson=1&lesson_trials=10")
    expect(page.locator("#learn-commit")).to_be_enabled()
    tab_to(page, "#learn-guess")
    page.keyboard.type("9")
    tab_to(page, "#learn-commit")
    page.keyboard.press("Enter")
    expect(page.locator("#learn-verdict [role=alert]")).to_contain_text("The simulation says")
    tab_to(page, "[role=slider]")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("patients_per_month=7"))
    expect(page.locator("#learn-status")).to_contain_text("With 7 a month")
    page.wait_for_selector("#learn-busy", state="hidden")
    tab_to(page, "#learn-check [type=radio]")
    page.keyboard.press("Space")
    tab_to(page, "#learn-check-button")
    page.keyboard.press("Enter")
    expect(page.locator("#learn-checked [role=alert]")).to_contain_text("It happens in")


@pytest.mark.slow
def test_the_cheapest_plan_by_keyboard_alone(visit: Callable[..., Any]) -> None:
    """Date and probability are typed, the options passed through, the plan found and opened."""
    page = visit("/cheapest?scenario=classroom&milestone=last_randomised")
    expect(page.locator("#cheapest-options-said")).to_contain_text("3 plans")
    tab_to(page, "#cheapest-by")
    page.keyboard.press("Control+a")
    page.keyboard.type("2020-08-01")
    tab_to(page, "#cheapest-probability")
    page.keyboard.press("Control+a")
    page.keyboard.type("70")
    tab_to(page, "input[id*=cheapest-value]")
    tab_to(page, "#cheapest-run")
    page.keyboard.press("Enter")
    expect(page.locator("#cheapest-answer .headline")).to_contain_text("70 % probability")
    expect(page.locator("#cheapest-run")).to_be_enabled()
    tab_to(page, ".then a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/plan\?scenario=classroom&set=sites.hospital.count"))


def test_run_compare_back_and_run_again(visit: Callable[..., Any]) -> None:
    page = visit("/plan?replications=48")
    answered(page, "base")
    lever = page.locator(f"input[id*='\"{COUNT}\"']")
    lever.fill("3")
    answered(page, f"{COUNT}=3")
    headline = page.locator(".shown .headline")
    expect(page.locator(".answer")).to_contain_text("48 simulated trials")
    before = headline.inner_text()
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_role("heading", name="Is one plan better than another?").wait_for()
    assert f"{COUNT}%3D3" in page.url
    page.go_back()
    expect(page.locator(".answer")).to_contain_text("48 simulated trials")
    assert lever.input_value() == "3"
    assert headline.inner_text() == before
    lever.fill("4")
    answered(page, f"{COUNT}=4")
    page.get_by_role("link", name="Runs", exact=True).click()
    runs = page.locator(".run", has_text="General hospital, number of sites: 3")
    expect(runs.get_by_role("link", name="Report", exact=True)).to_be_visible()
