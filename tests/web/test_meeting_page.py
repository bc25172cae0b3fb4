"""A plan is kept under a name, stands beside another on a sheet for a meeting, and is taken away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect
from studio_browser import LONG_MS

import sim
from sim.web.pages.meeting.sheet import sheet

PLAN = "/plan?scenario=classroom&replications=48&set=trial.target%3D30"


def test_a_named_plan_is_shown_beside_the_plan_it_changes(visit: Callable[..., Any]) -> None:
    page = visit(PLAN)
    page.get_by_label("Name of this plan").fill("Thirty are enough")
    page.get_by_role("button", name="Keep this plan").click()
    expect(page.locator("#plan-keep-said")).to_contain_text("Thirty are enough")
    page = visit("/meeting?scenario=classroom&replications=48", context=page.context)
    page.wait_for_selector(".meeting .js-plotly-plot .main-svg", timeout=LONG_MS)
    assert page.locator(".meeting-b").count() == 0
    page.get_by_role("textbox", name="Plan B").click()
    page.get_by_role("option", name="Thirty are enough").click()
    page.wait_for_selector(".meeting-b", timeout=LONG_MS)
    expect(page.locator(".meeting-b")).to_contain_text("days earlier, ±")
    assert "name=Thirty+are+enough" in parse_qs(urlsplit(page.url).query)["b"][0]
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("#meeting-copied")).to_contain_text("copied")
    with page.expect_download() as download:
        page.get_by_role("link", name="Slide (PowerPoint)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_selector(":fullscreen")


def test_the_sheet_of_a_small_run_names_pages_and_no_command(tmp_path: Path) -> None:
    """Too few trials to say what costs days: the sheet says which page does."""
    found = sim.run("classroom", replications=30, workers=1, out=tmp_path / "run")
    said = str(sheet(found, None, "", ""))
    assert "the page Explain" in said
    assert "trialclock explain" not in said
