"""Every page in Debian's Firefox, and the main path of two: a lever moved, a lesson guessed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from firefox import Firefox
from studio_browser import Server

FIREFOX = shutil.which("firefox-esr")
COUNT = "sites.general_hospital.count"
THERE = {  # what stands on each page when it is ready
    "/": ".stages",
    "/compare": "#compare-run",
    "/sweep": "#sweep-run",
    "/explain": "#explain-run",
    "/cheapest": "#cheapest-run",
    "/forecast": "#forecast-upload",
    "/runs": "#runs-list",
    "/one-trial": ".stage-canvas",
    "/learn": ".lesson-list",
}


def test_the_studio_in_firefox(server: Server, tmp_path: Path) -> None:
    if FIREFOX is None:
        assert not os.environ.get("CI"), "CI must install firefox-esr"
        pytest.skip("needs firefox-esr")
    with Firefox(FIREFOX, tmp_path) as browser:
        browser.sized(1100, 900)
        for path, selector in THERE.items():
            browser.open(f"{server.url}{path}")
            browser.wait_for("return document.querySelector(arguments[0]) !== null", selector)
            assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
        browser.open(f"{server.url}/plan?replications=48")
        answered = "return (document.querySelector('.shown .command')?.textContent || '').includes(arguments[0])"
        browser.wait_for(answered, "base")
        browser.type(f"input[id*='\"{COUNT}\"']", "4")
        browser.wait_for(answered, f"{COUNT}=4")
        assert "count%3D4" in browser.run("return location.search")
        browser.wait_for("return document.querySelectorAll('.shown .main-svg').length >= 3")
        browser.wait_for("return document.querySelectorAll('.shown table.data tbody tr').length > 10")
        browser.open(f"{server.url}/learn?lesson=1&lesson_trials=10")
        browser.wait_for("return document.querySelector('#learn-commit:not([disabled])') !== null")
        browser.type("#learn-guess", "9")
        browser.run("document.querySelector('#learn-commit').click()")
        browser.wait_for("return document.querySelector('#learn-pictures .main-svg') !== null")
        browser.wait_for("return document.querySelector('#learn-verdict').textContent.includes('You said 9')")
