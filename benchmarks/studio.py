"""How fast the studio is: its pages, a moved lever, thirty visitors at once; how soon work ends; and its memory.

python -m benchmarks.studio

Pages and levers are measured in Chromium, from the request or the key until the page shows it. Thirty visitors at once
send what their browsers send when a lever is moved: what changed, the first answer, its figures and the run that
goes on after it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

PORT, VISITORS, ROUNDS = 8099, 30, 3
URL = f"http://127.0.0.1:{PORT}"
MOVES, EACH = 1000, 250  # moves after which memory is looked at
LEVER = "sites.general_hospital.count"
FIGURES = 1  # of an answer; the others are drawn once their part is opened


def _post(output: str, value: Any, tab: str) -> float:
    """Seconds until the server has answered a callback of the Plan page whose first input is the value."""
    names = output.strip(".").split("...")
    outputs: Any = [dict(zip(("id", "property"), name.split("."), strict=True)) for name in names]
    (source, _), *others = _INPUTS[output]
    inputs = [{"id": source, "property": "data", "value": value}]
    inputs += [{"id": name, "property": prop} for name, prop in others]
    body = {
        "output": output,
        "outputs": outputs if len(names) > 1 else outputs[0],
        "inputs": inputs,
        "changedPropIds": [f"{source}.data"],
    }
    request = urllib.request.Request(
        f"{URL}/_dash-update-component",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "X-Tab": tab},
    )
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()
    return time.perf_counter() - started


_CHANGED = "..plan-changes.children...plan-back.disabled...plan-again.disabled.."
_FIRST = "..plan-first.data...plan-problems.children...plan-wanted.data.."
_FIGURES = "plan-figures.data"
_RUN = "plan-done.data"
_INPUTS = {
    _CHANGED: [("plan-query", "data"), ("plan-undo", "data")],
    _FIRST: [("plan-query", "data")],
    _FIGURES: [("plan-first", "data")],
    _RUN: [("plan-wanted", "data"), ("plan-go-on", "n_clicks")],
}


def _move(query: str, tab: str) -> float:
    """Seconds until a moved lever has its first answer; its figures and the run that follows are asked for too."""
    changed = threading.Thread(target=_post, args=(_CHANGED, query, tab))
    changed.start()
    seconds = _post(_FIRST, query, tab)
    changed.join()
    figures = threading.Thread(target=_post, args=(_FIGURES, {"query": query}, tab))
    figures.start()
    _post(_RUN, query, tab)
    figures.join()
    return seconds


def _crowd(round_: int) -> list[float]:
    """Seconds that each of ten visitors waits who move a lever at once."""
    found: list[float] = []

    def ask(i: int) -> None:
        found.append(_move(f"?set={LEVER}%3D{i + 3}&seed={round_ + 1}", f"visitor-{i}"))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(VISITORS):
        _leave(f"visitor-{i}")
    return sorted(found)


def _leave(tab: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{URL}/left", tab.encode()), timeout=60).close()


@contextmanager
def _chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser.new_page()
        browser.close()


_PAGES = (("/", ".stages"), ("/plan", ".plan-levers"), ("/learn", ".lesson-list"), ("/runs", "#runs-list"))


def _pages(page: Any) -> None:
    """Seconds until pages stand there whose files the browser has not seen yet, and those it has."""
    for path, there in _PAGES:
        page.context.clear_cookies()
        started = time.perf_counter()
        page.goto(f"{URL}{path}")
        page.wait_for_selector(there)
        print(f"page {path}: usable after {time.perf_counter() - started:.2f} s")


_COUNT = """() => {
    window.nDrawn = 0;
    document.querySelectorAll(".shown .js-plotly-plot").forEach(graph => {
        if (!graph.isCounted) { graph.on("plotly_afterplot", () => { window.nDrawn += 1; }); }
        graph.isCounted = true;
    });
}"""


def _levers(page: Any) -> None:
    """Seconds from the key in a lever until the dates that answer it are seen, and until its figures are drawn."""
    page.goto(f"{URL}/plan")
    page.wait_for_selector(".shown .headline")
    lever = page.locator(f'[id=\'{{"path":"{LEVER}","type":"plan-lever"}}\']')
    page.wait_for_selector(f".shown .js-plotly-plot >> nth={FIGURES - 1}")
    found, drawn = [], []
    for value in range(3, 10):
        page.evaluate(_COUNT)
        started = time.perf_counter()
        lever.fill(str(value))
        page.locator(".shown .command", has_text=f"{LEVER}={value}").first.wait_for(state="attached")
        found.append(time.perf_counter() - started)
        while page.evaluate("window.nDrawn") < FIGURES:
            page.wait_for_timeout(10)
        drawn.append(time.perf_counter() - started)
        time.sleep(0.5)
    print(f"a lever's first answer seen after {statistics.median(found):.2f} s (median), at most {max(found):.2f} s")
    print(f"its figures drawn after {statistics.median(drawn):.2f} s (median), at most {max(drawn):.2f} s")


def _ended(server: psutil.Process, known: set[int], act: Callable[[], Any]) -> float:
    """Seconds from an act until no process but those known works for the server."""
    deadline = time.monotonic() + 60
    while not _working(server, known) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2.0)  # so that the job has its own workers
    started = time.perf_counter()
    act()
    while _working(server, known) and time.monotonic() < deadline + 60:
        time.sleep(0.02)
    return time.perf_counter() - started


def _working(server: psutil.Process, known: set[int]) -> bool:
    found = server.children(recursive=True)
    return any(one.pid not in known and one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in found)


def _ends(page: Any, server: psutil.Process) -> None:
    known = {one.pid for one in server.children(recursive=True)}
    page.goto(f"{URL}/plan?replications=10000&seed=77")
    page.wait_for_selector(".shown .headline")
    cancelled = _ended(server, known, lambda: page.get_by_role("button", name="Cancel").click())
    page.get_by_role("button", name="Go on").click()
    left = _ended(server, known, lambda: page.goto(f"{URL}/"))
    print(f"workers are free {cancelled:.2f} s after cancel, {left:.2f} s after the page was left")


def _memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 2**20)


def _grows(server: psutil.Process) -> None:
    """The server's memory over many moves of many tabs."""
    found = [f"{_memory(server):.0f}"]
    for i in range(MOVES):
        tab = f"walker-{i % 40}-of-many"
        _post(_CHANGED, f"?set={LEVER}%3D{i % 450 + 1}", tab)
        query = f"?set={LEVER}%3D2&seed={i + 100}"
        _post(_FIRST, query, tab)
        _post(_FIGURES, {"query": query}, tab)
        if (i + 1) % EACH == 0:
            found.append(f"{_memory(server):.0f}")
    all_ = sum(_memory(one) for one in [server, *server.children(recursive=True)])
    print(f"memory of the server after each {EACH} moves: {', '.join(found)} MB; with its processes {all_:.0f} MB")


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "run_sim.py", "serve", "--production", "--port", str(PORT), "--results", folder]
        server = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ, cwd=Path(__file__).parents[1]
        )
        try:
            _wait()
            process = psutil.Process(server.pid)
            _post(_FIRST, "", "warm-up-1")
            with _chromium() as page:
                page.goto(URL)
                _pages(page)
                _levers(page)
                page.goto("about:blank")
                slowest = [_crowd(i)[-1] for i in range(ROUNDS)]
                print(f"{VISITORS} visitors at once: slowest {', '.join(f'{s:.2f}' for s in slowest)} s")
                _ends(page, process)
            _grows(process)
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
