"""Compare: scenarios side by side; run, compare, back, run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from studio_browser import LONG_MS, Server, begin_job

TWO = [("side", "scenario=base"), ("side", "scenario=two-more-sites"), ("replications", "48")]

SCENARIO = """name: two values
trial: {target: 12, enrolment_opens: 2020-01-01, horizon_months: 60}
arms: {A: {}}
sites: {s: {referrals_per_month: 2}}
screening: {consent: 0.5}
"""


def _link(*pairs: tuple[str, str]) -> str:
    return f"/compare?{urlencode(pairs)}"


def test_a_link_compares(visit: Callable[..., Any]) -> None:
    page = visit(_link(*TWO))
    headline = page.locator("#compare-answer .headline")
    text = headline.inner_text(timeout=LONG_MS)
    assert "Two more sites is earlier by" in text
    assert "of paired trials" in text
    answer = page.locator("#compare-answer")
    assert "General hospital, number of sites" in answer.inner_text()
    for heading in ("Enrolment, on one axis", "Trial by trial: Two more sites against Registry plan", "The funnels"):
        assert answer.get_by_role("heading", name=heading, include_hidden=True).count() == 1
    answer.get_by_role("link", name="Is the difference sure?").click()
    assert answer.locator(".report-part:visible h3", has_text="Trial by trial").count() == 1
    assert answer.locator(".report-part:visible").count() == 1, "one section at a time"
    for exhibit in answer.locator(".report-part .exhibit").all():
        assert exhibit.locator("table.data").count() == 1, "a figure without its table"


@pytest.mark.slow
def test_back_gives_a_comparison_again_and_so_does_its_button(visit: Callable[..., Any]) -> None:
    page = visit(_link(*TWO))
    headline = page.locator("#compare-answer .headline")
    text = headline.inner_text(timeout=LONG_MS)
    page.get_by_role("link", name="trialclock").first.click()
    page.get_by_role("heading", name="Registry plan", level=1).wait_for()
    page.go_back()
    assert headline.inner_text(timeout=LONG_MS) == text
    page.locator("#compare-run:not([disabled])").wait_for(timeout=LONG_MS)
    begin_job(page, "#compare-run")
    page.locator("#compare-run:not([disabled])").wait_for(timeout=LONG_MS)
    assert headline.inner_text() == text


@pytest.mark.slow
def test_what_each_changed_value_is_worth_is_said_where_it_is_asked(visit: Callable[..., Any], server: Server) -> None:
    state = f"file={server.kept(SCENARIO)}"
    changed = f"{state}&set=sites.s.count=3&set=screening.consent=0.9"
    page = visit(_link(("side", state), ("side", changed), ("replications", "48")))
    page.locator("#compare-run:not([disabled])").wait_for(timeout=LONG_MS)
    page.get_by_label("Say what each changed value is worth").check()
    page.locator("#compare-run").click()
    answer = page.locator("#compare-answer")
    heading = answer.get_by_role("heading", name="What each change is worth", include_hidden=True)  # of any section
    heading.first.wait_for(state="attached", timeout=LONG_MS)
    page.locator("#compare-run:not([disabled])").wait_for(timeout=LONG_MS)
    assert "--shares" in (answer.locator(".command").text_content() or "")
    assert "worth=1" in page.url


def test_what_cannot_be_compared_is_said_beside_the_button(visit: Callable[..., Any]) -> None:
    page = visit(_link(("side", "scenario=base"), ("side", "scenario=base")))
    assert "the same scenario is chosen twice" in page.locator("#compare-wrong [role=alert]").inner_text(
        timeout=LONG_MS
    )
    page = visit(_link(("side", "scenario=base"), ("side", "scenario=base&set=trial.target=5001")))
    assert "at most 5,000 participants" in page.locator("#compare-wrong [role=alert]").inner_text(timeout=LONG_MS)
