"""How fast the studio is: its first page, the first answer of a lever, and ten visitors at once; and its memory.

python -m benchmarks.studio
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

PORT, VISITORS = 8099, 10
URL = f"http://127.0.0.1:{PORT}"


def _post(body: dict[str, Any], tab: str) -> float:
    import json

    request = urllib.request.Request(
        f"{URL}/_dash-update-component",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "X-Tab": tab},
    )
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()
    return time.perf_counter() - started


def _first_answer(query: str, tab: str) -> float:
    """Seconds until the server has answered a lever."""
    outputs = [
        {"id": "plan-first", "property": "data"},
        {"id": "plan-problems", "property": "children"},
        {"id": "plan-wanted", "property": "data"},
    ]
    output = "..plan-first.data...plan-problems.children...plan-wanted.data.."
    inputs = [{"id": "plan-query", "property": "data", "value": query}]
    body = {"output": output, "outputs": outputs, "inputs": inputs, "changedPropIds": ["plan-query.data"]}
    return _post(body, tab)


def _page() -> float:
    """Seconds until the levers of the Plan page stand there, in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(URL)
        page.wait_for_selector(".stages")
        started = time.perf_counter()
        page.goto(f"{URL}/")
        page.wait_for_selector(".stages")
        seconds = time.perf_counter() - started
        browser.close()
    return seconds


def _at_once() -> list[float]:
    found: list[float] = []

    def ask(i: int) -> None:
        found.append(_first_answer(f"?set=sites.general_hospital.count%3D{i + 3}", f"visitor-{i}"))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def _memory(process: psutil.Process) -> float:
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 2**20


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "run_sim.py", "serve", "--production", "--port", str(PORT), "--results", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ, cwd=Path(__file__).parents[1])
        try:
            _wait()
            _first_answer("", "warm-up-1")
            print(f"first page, warm server: {_page():.2f} s")
            alone = [_first_answer(f"?seed={i}", "visitor-x") for i in range(1, 6)]
            print(f"first answer of a lever: {sorted(alone)[2]:.2f} s (median), at most {max(alone):.2f} s")
            process = psutil.Process(server.pid)
            before = _memory(process)
            crowd = [_at_once() for _ in range(3)]
            slowest = [times[-1] for times in crowd]
            print(f"{VISITORS} visitors at once: slowest {', '.join(f'{s:.2f}' for s in slowest)} s")
            print(f"memory: {before:.0f} MB before, {_memory(process):.0f} MB after")
        finally:
            server.terminate()
            server.wait()


def _wait() -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{URL}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)


if __name__ == "__main__":
    main()
