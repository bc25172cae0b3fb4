"""The Plan page in a browser: its levers, and its answer."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import TimeoutError as TimedOut

FEW = "&replications=24"


def lever(page: Any, path: str) -> Any:
    """The input of a lever."""
    return page.locator(f'[id=\'{{"path":"{path}","type":"plan-lever"}}\']')


def answered(page: Any, text: str = "simulated trials, seed") -> None:
    """Wait for an answer that says something."""
    try:
        page.locator(".answer", has_text=text).wait_for()
    except TimedOut:
        raise AssertionError(f"no '{text}' in: {page.locator('#page').inner_text()[:3000]}") from None


def move(page: Any, path: str, value: str) -> None:
    """Type a value, and wait until the address says it."""
    lever(page, path).fill(value)
    lever(page, path).press("Tab")
    page.wait_for_url(re.compile(re.escape(path) + r"(%3D|=)" + re.escape(value)))
