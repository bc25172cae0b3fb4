"""Every page of the studio, looked at by axe-core: no finding that is serious or critical, in both schemes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from sim.web.pages import PAGES

_GRAVE = ("serious", "critical")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shuts_anybody_out(visit: Callable[..., Any], name: str) -> None:
    from importlib import import_module

    page = visit(import_module(f"sim.web.pages.{name}").PATH, scheme="dark" if len(name) % 2 else "light")
    page.get_by_role("heading", level=1).first.wait_for()
    found = Axe().run(page)
    grave = [
        (rule["id"], [node["target"] for node in rule["nodes"]][:3])
        for rule in found.response["violations"]
        if rule["impact"] in _GRAVE
    ]
    assert not grave, grave
