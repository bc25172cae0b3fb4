"""Every page of the studio, looked at by axe-core: no finding that is serious or critical, in both schemes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from studio_browser import LONG_MS

from sim.web.pages import PAGES

_GRAVE = ("serious", "critical")
_SCHEMES = ("light", "dark")


def look(page: Any, *schemes: str) -> None:
    """Look at a page as it stands there, in schemes."""
    axe, wrong = Axe(), []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f":root[data-mantine-color-scheme={scheme}]")
        found = axe.run(page).response["violations"]
        wrong += [(scheme, rule["id"], rule["nodes"][0]["target"]) for rule in found if rule["impact"] in _GRAVE]
    assert not wrong, wrong


# the pages whose parts are those of others too are looked at with the slow tests
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in ("explain", "sweep", "cheapest") else [])
        for name in PAGES
        if name != "plan"
    ],
)
def test_no_page_shuts_anybody_out(visit: Callable[..., Any], name: str) -> None:
    page = visit(import_module(f"sim.web.pages.{name}").PATH)
    page.get_by_role("heading", level=1).first.wait_for()
    look(page, *_SCHEMES)


def test_no_answer_shuts_anybody_out(visit: Callable[..., Any]) -> None:
    """The Plan page with all its levers, the answer with its figures, and its tables opened."""
    page = visit("/plan?replications=48")
    page.locator(".answer", has_text="48 simulated trials").wait_for()
    page.wait_for_selector("#answer-plan-funnel .main-svg")
    look(page, "light")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    look(page, "dark")


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
