"""Every page of the studio, looked at by axe-core: no finding that is serious or critical, in both schemes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from studio_browser import LONG_MS, look_at_line_ends

from sim.web.pages import PAGES

_GRAVE = ("serious", "critical")
_SCHEMES = ("light", "dark")


def look(page: Any, *schemes: str) -> None:
    """Look at a page as it stands there, in schemes: all rules in the first, and what colours change in the others."""
    axe, wrong = Axe(), []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f":root[data-mantine-color-scheme={scheme}]")
        rules = {} if scheme == schemes[0] else {"runOnly": ["color-contrast", "link-in-text-block"]}
        found = axe.run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        wrong += [(scheme, rule["id"], rule["nodes"][0]["target"]) for rule in found if rule["impact"] in _GRAVE]
    assert not wrong, wrong


# The page Plan is tested below, with its answer; going to the next page abandons what a page computes at once.
def test_no_page_shuts_anybody_out(visit: Callable[..., Any]) -> None:
    """Every page as it opens, with the same browser, which the pages share as a person's tab does."""
    page = visit("/new")
    for name in PAGES:
        if name != "run":
            page.goto(import_module(f"sim.web.pages.{name}").PATH)
            page.locator("#page h1").first.wait_for(state="attached")
            look(page, *_SCHEMES)
            look_at_line_ends(page, 360, 1280)


def test_no_form_of_a_new_trial_shuts_anybody_out(visit: Callable[..., Any]) -> None:
    page = visit("/new")
    page.get_by_title("Make the template Device pilot yours").click()
    page.locator("#new-heading h1").first.wait_for()
    look(page, *_SCHEMES)


def test_no_class_shuts_anybody_out(visit: Callable[..., Any]) -> None:
    """A class as its teacher sees it, with its code."""
    page = visit("/learn?lesson=1&lesson_trials=10")
    page.get_by_text("For teachers", exact=True).click()
    page.get_by_role("button", name="Begin a class").click()
    page.locator(".class-code").wait_for()
    look(page, *_SCHEMES)


def test_no_answer_shuts_anybody_out(visit: Callable[..., Any]) -> None:
    """The Plan page with all its levers, the answer with its figures, and its tables opened."""
    page = visit("/plan?replications=48")
    page.locator(".answer", has_text="48 simulated trials").wait_for()
    page.get_by_role("tab", name="From referral to last visit").click()
    page.wait_for_selector("#answer-plan-funnel .main-svg")
    look(page, "light")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    look(page, "dark")
    look_at_line_ends(page, 390, 820)


@pytest.mark.slow
def test_no_cheapest_plan_shuts_anybody_out(visit: Callable[..., Any]) -> None:
    """The plan that was found, with all its tables opened, on a phone too."""
    page = visit("/cheapest?scenario=classroom&by=2020-08-01&find=1", width=360)
    page.locator("#cheapest-answer .headline").wait_for(timeout=LONG_MS)
    page.locator("#cheapest-run:not([disabled])").wait_for(timeout=LONG_MS)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    look(page, *_SCHEMES)


def test_no_open_lesson_shuts_anybody_out(visit: Callable[..., Any]) -> None:
    page = visit("/learn?lesson=1&lesson_trials=10")
    page.wait_for_selector("#learn-commit:not([disabled])", timeout=LONG_MS)
    page.locator("#learn-guess").fill("7")
    page.get_by_role("button", name="Show what happens").click()
    page.wait_for_selector("#learn-pictures .js-plotly-plot .main-svg")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    look(page, *_SCHEMES)
