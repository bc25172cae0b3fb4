"""A page that has lost its studio says so, marks what stands on it as old, and catches up by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from studio_browser import Server

COUNT = "sites.general_hospital.count"
LEVER = f'[id=\'{{"path":"{COUNT}","type":"plan-lever"}}\']'
BANNER = "#connection"


def told(page: Any) -> Any:
    return page.locator(".shown .command").first


def test_without_a_connection_it_says_so_and_catches_up(visit: Callable[..., Any]) -> None:
    page = visit("/plan?replications=24")
    expect(told(page)).to_contain_text("base")
    expect(page.locator(BANNER)).to_have_count(0)
    page.context.set_offline(True)
    expect(page.locator(BANNER)).to_contain_text("The studio does not answer. This page is out of date")
    expect(page.locator("html")).to_have_class("lost")
    page.locator(LEVER).fill("4")
    page.locator(LEVER).press("Tab")
    expect(page.locator(".shown").first).to_have_class("shown old")
    page.context.set_offline(False)
    expect(page.locator(BANNER)).to_be_hidden()
    expect(told(page)).to_contain_text(f"{COUNT}=4")
    expect(page.locator(".shown").first).to_have_class("shown")
    expect(page.locator(LEVER)).to_have_value("4")


def test_figures_are_drawn_once_their_script_comes_after_all(visit: Callable[..., Any]) -> None:
    page = visit("/runs")
    page.route("**/plotly.min.js*", lambda route: route.abort("connectionreset"), times=1)
    page.goto("/plan?replications=24")
    expect(page.locator(".shown .main-svg").first).to_be_visible()


@pytest.mark.slow
def test_a_server_that_is_stopped_and_started_is_caught_up_with(visit: Callable[..., Any], start_server: Any) -> None:
    server: Server = start_server()
    page = visit("/plan?replications=24", at=server)
    page.locator(LEVER).fill("3")
    page.locator(LEVER).press("Tab")
    expect(told(page)).to_contain_text(f"{COUNT}=3")
    page.locator(".shown .main-svg").first.wait_for()
    server.stop()
    expect(page.locator(BANNER)).to_contain_text("The studio does not answer")
    server.start()
    expect(page.locator(BANNER)).to_have_count(0)  # it was opened again
    expect(told(page)).to_contain_text(f"{COUNT}=3")


def test_an_answer_is_marked_as_old_from_the_moment_something_else_is_asked(visit: Callable[..., Any]) -> None:
    page = visit("/plan?replications=24")
    expect(told(page)).to_contain_text("base")
    held: list[Any] = []
    is_held = [True]  # the server does not know of it yet
    page.route("**/_dash-update-component*", lambda route: held.append(route) if is_held[0] else route.continue_())
    page.locator(LEVER).fill("4")
    page.locator(LEVER).press("Tab")
    expect(page.locator(".shown").first).to_have_class("shown old")
    expect(page.locator(".old-note").first).to_have_text("This is the answer to what was asked before.")
    is_held[0] = False
    for route in held:
        route.continue_()
    expect(told(page)).to_contain_text(f"{COUNT}=4")
    expect(page.locator(".shown").first).to_have_class("shown")
    expect(page.locator(".old-note").first).to_be_empty()
