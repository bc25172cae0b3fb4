"""Explain: what drives a date, with a first answer on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect
from studio_browser import LONG_MS, Server

SCENARIO = """name: one uncertain rate
question: What drives it?
trial: {target: 12, enrolment_opens: 2020-01-01, horizon_months: 120}
arms: {A: {}}
sites:
  s: {count: 2, lead_days: 30, referrals_per_month: {uncertain: gamma, mean: 2, cv: 0.5}}
"""


def test_a_milestone_is_chosen_and_explained(visit: Callable[..., Any], server: Server) -> None:
    page = visit(f"/explain?file={server.kept(SCENARIO)}")
    example = page.locator("#explain-example-said", has_text="your own question stops it")
    expect(example).to_be_visible(timeout=LONG_MS)
    page.locator("#explain-milestone").click()
    page.get_by_role("option", name="The last enrolment").click()
    page.locator("#explain-scale").click()
    page.get_by_role("option", name="days").click()
    page.locator("#explain-run").click()  # it is not held up by the example
    expect(example).to_be_hidden(timeout=LONG_MS)
    answer = page.locator("#explain-answer")
    answer.locator(".headline").wait_for(timeout=LONG_MS)
    page.locator("#explain-run:not([disabled])").wait_for(timeout=LONG_MS)
    expect(answer).not_to_contain_text("A first answer", timeout=LONG_MS)
    text = answer.inner_text()
    assert "the last enrolment comes by" in text
    for heading in ("Each uncertain value at its 10 % and 90 % point", "What is lost to each cause, in days"):
        assert answer.get_by_role("heading", name=heading, include_hidden=True).count() == 1
    assert "of=last_randomised&scale=days" in page.url
    assert "--scale days" in (answer.text_content() or "")
