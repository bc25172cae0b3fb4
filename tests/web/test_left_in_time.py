"""A link takes what was moved just before it, however late the studio answers; so does what keeps or saves a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from studio_browser import until

COUNT = "sites.hospital.count"
LEVER = f"input[id*='\"{COUNT}\"']"
MOVED = f"set={COUNT}%3D5"


class HeldBack:
    """Answers of one callback of a page that do not come before `release`.

    Attributes:
        routes: what was asked and has no answer.
    """

    def __init__(self, page: Any, output: str) -> None:
        self.routes: list[Any] = []
        self._page, self._output, self._is_open = page, output, False
        page.route("**/_dash-update-component*", self._asked)

    def _asked(self, route: Any) -> None:
        if self._is_open or self._output not in json.loads(route.request.post_data or "{}").get("output", ""):
            route.continue_()
        else:
            self.routes.append(route)

    def wait(self) -> None:
        """Until something is asked."""
        until(self._page, lambda: self.routes, f"{self._output} was never asked")

    def release(self) -> None:
        """Let all be answered."""
        self._is_open = True
        for route in self.routes:
            route.continue_()


def _moved(visit: Callable[..., Any]) -> tuple[Any, HeldBack]:
    """The page Plan with a moved lever whose answer is held back."""
    page = visit("/plan?scenario=classroom&replications=20")
    expect(page.locator("#plan-answer .headline")).to_be_visible()
    held = HeldBack(page, "plan-moved.data")
    page.locator(LEVER).fill("5")
    held.wait()
    return page, held


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("#shell-nav a[href^='/compare']", "/compare"),
        ("#shell-nav a[href^='/one-trial']", "/one-trial"),
        (".history a[href^='/meeting']", "/meeting"),
        (".history a[href^='/new']", "/new"),
    ],
)
def test_a_link_waits_for_the_answer_to_a_move(visit: Callable[..., Any], link: str, path: str) -> None:
    page, held = _moved(visit)
    page.locator(link).click()
    expect(page.locator(link)).to_have_attribute("aria-busy", "true")
    assert "/plan?" in page.url
    held.release()
    page.wait_for_url(lambda url: path in url and MOVED in url)


def test_the_link_pressed_last_is_followed(visit: Callable[..., Any]) -> None:
    page, held = _moved(visit)
    page.locator("#shell-nav a[href^='/sweep']").click()
    page.locator("#shell-nav a[href^='/explain']").click()
    held.release()
    page.wait_for_url(lambda url: "/explain" in url and MOVED in url)


def test_a_new_tab_has_the_move_too(visit: Callable[..., Any]) -> None:
    page, held = _moved(visit)
    with page.context.expect_page() as opened:
        page.locator("#shell-nav a[href^='/explain']").click(modifiers=["Control"])
        held.release()
    opened.value.wait_for_url(lambda url: "/explain" in url and MOVED in url)


def test_a_plan_is_kept_with_the_move_before_it(visit: Callable[..., Any]) -> None:
    page, held = _moved(visit)
    page.locator("#plan-keep-name").fill("Five hospitals")
    page.locator("#plan-keep").click()
    expect(page.locator("#plan-keep")).to_have_attribute("aria-busy", "true")
    held.release()
    expect(page.locator(f"#plan-kept a[href*='{MOVED}']", has_text="Five hospitals")).to_be_visible()


def test_a_move_that_fails_holds_nobody_up(visit: Callable[..., Any]) -> None:
    page, held = _moved(visit)
    page.locator("#shell-nav a[href^='/compare']").click()
    for route in held.routes:
        route.fulfill(status=204)
    page.wait_for_url("**/compare**")


def test_a_trial_that_is_built_is_planned_as_it_was_typed(visit: Callable[..., Any]) -> None:
    page = visit("/new?scenario=classroom")
    name = page.locator("#new-form input[id*='\"name\"']")
    expect(name).to_be_visible()
    held = HeldBack(page, "new-told.data")
    name.fill("Typed at the last moment")
    page.locator("#new-plan").click()
    held.wait()
    held.release()
    page.wait_for_url("**/plan?file=**")
    expect(page.locator("#plan-heading h1")).to_have_text("Typed at the last moment")


def test_a_name_typed_before_the_first_answer_stays(visit: Callable[..., Any]) -> None:
    page = visit("/runs")
    held = HeldBack(page, "new-heading.children")
    page.goto("/new?scenario=classroom")
    held.wait()
    name = page.locator("#new-form input[id*='\"name\"']")
    name.fill("Typed at once")
    held.release()
    expect(page.locator("#new-heading h1")).to_have_text("Typed at once")
    expect(name).to_have_value("Typed at once")


def test_runs_are_compared_as_they_were_just_chosen(visit: Callable[..., Any]) -> None:
    page = visit("/plan?scenario=classroom&replications=20")
    expect(page.locator("#plan-history table a")).to_have_count(1)
    page.goto("/runs")
    choice = page.get_by_label("to compare").first
    expect(choice).to_be_visible()
    held = HeldBack(page, "runs-compare.href")
    choice.check()
    held.wait()
    page.locator("#runs-compare").click()
    expect(page.locator("#runs-compare")).to_have_attribute("aria-busy", "true")
    held.release()
    page.wait_for_url("**/compare?side=run**")
