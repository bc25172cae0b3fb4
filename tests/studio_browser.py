"""A studio that listens on loopback, and a page of Debian's Chromium that looks at it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WAIT_SECONDS = 180  # how long a test waits for what must come, on a machine that has much else to do
LONG_MS = 300_000  # the same for what is simulated first, in milliseconds

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# what a browser says of a request that was under way when its page was left, or its server ended
_CUT_OFF = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_SOCKET_NOT_CONNECTED",
    "the server did not respond",
    "Failed to fetch",
    "ERR_EMPTY_RESPONSE",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_CONTENT_LENGTH_MISMATCH",
)


_BROKEN = r"""() => {
    const found = [...document.querySelectorAll(".whole")].filter((part) => getComputedStyle(part).display !== "inline")
        .map((part) => part.textContent + " is not in its line");
    const walker = document.createTreeWalker(document.getElementById("page"), NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
        if (node.parentElement.closest("svg, pre, code, textarea, script")) { continue; }
        for (const part of node.data.matchAll(/\d{4}-\d\d-\d\d|[\d.,]*\d (%|days?|d|weeks?|months?|years?)(?!\w)/g)) {
            const range = document.createRange();
            range.setStart(node, part.index);
            range.setEnd(node, part.index + part[0].length);
            const lines = new Set([...range.getClientRects()].map((place) => Math.round(place.top)));
            if (lines.size > 1) { found.push(part[0] + " in " + node.data.slice(0, 60)); }
        }
    }
    return found;
}"""


def look_at_line_ends(page: Any, *widths: int) -> None:
    """Assert that no date and no number with its unit breaks at the end of a line, in windows of these widths."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(_BROKEN) == [], width


def until(page: Any, condition: Callable[[], object], what: str) -> None:
    """Let a page go on until a condition holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        page.wait_for_timeout(20)


def begin_job(page: Any, button: str) -> None:
    """Press a button that starts a job, and wait until the page asks for its answer.

    The button is off only while the job runs, which a busy page may never show.
    """
    with page.expect_request(lambda request: "cacheKey=" in request.url):
        page.locator(button).click()


class Server:
    """A studio in a process of its own.

    Attributes:
        results: its folder of runs.
        url: its address, without a slash at the end.
    """

    def __init__(self, results: Path, *options: str) -> None:
        self.results = results
        self._options = options
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "run_sim.py", "serve", "--port", str(self._port), "--results", str(self.results)]
        self.log = self.results / "server.log"
        self.results.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self._options], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=environment
            )
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=5):
                return
            time.sleep(0.05)
        raise AssertionError(f"the studio does not answer: {self.log.read_text()}")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kept(self, text: str) -> str:
        """A scenario, as if a visitor had written it; its hash."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        files = self.results / "studio" / "files"
        files.mkdir(parents=True, exist_ok=True)
        (files / digest).write_text(text)
        return digest

    def jobs(self) -> int:
        """Jobs under way."""
        import json

        with urllib.request.urlopen(f"{self.url}/health", timeout=WAIT_SECONDS) as answer:
            return int(json.load(answer)["jobs"])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A studio that all tests of a session share; visitors keep their works apart."""
    found = Server(tmp_path_factory.mktemp("studio"))
    yield found
    found.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a studio of one's own, with options."""
    started: list[Server] = []

    def start(*options: str) -> Server:
        started.append(Server(tmp_path / f"studio{len(started)}", *options))
        return started[-1]

    yield start
    for found in started:
        found.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """What drives browsers. Without one the tests are skipped, but not where CI must have installed it."""
    from playwright.sync_api import expect, sync_playwright

    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI must install chromium"
        pytest.skip("needs chromium")
    expect.set_options(timeout=WAIT_SECONDS * 1000)  # Playwright itself would wait for five seconds
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def chromium(playwright: Any) -> Iterator[Any]:
    """The browser, for windows that know nothing of one another."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def window(playwright: Any, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The window of the first visitor of every test, who forgets everything but the scripts of the studio.

    As at home, the browser keeps them compiled; in a new window they are fetched and compiled again, which is half of
    all that a page costs.
    """
    folder = tmp_path_factory.mktemp("chromium")
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=list(_FLAGS), base_url=server.url
    )
    context.set_default_timeout(WAIT_SECONDS * 1000)
    yield context
    context.close()


def _forget(window: Any, url: str) -> None:
    """Close the pages of a visitor, and forget who it was."""
    blank, *pages = window.pages
    for page in pages:
        page.close()
    window.set_offline(False)
    window.clear_cookies()
    stored = {"origin": url, "storageTypes": "local_storage,session_storage,indexeddb"}
    session = window.new_cdp_session(blank)
    session.send("Storage.clearDataForOrigin", stored)
    session.detach()


def new_context(browser: Any, **options: Any) -> Any:
    """A visitor's own window, in which everything waits as long as tests do."""
    context = browser.new_context(**options)
    context.set_default_timeout(WAIT_SECONDS * 1000)
    return context


@pytest.fixture
def visit(request: pytest.FixtureRequest, server: Server, window: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of the studio as a new visitor: `visit("/plan?seed=7", width=360, scheme="dark")`.

    What the browser's console calls an error fails the test.
    """
    contexts: list[Any] = []
    errors: list[str] = []

    def another(at: Server) -> Any:
        if at is server and window not in contexts:
            return window
        return new_context(request.getfixturevalue("chromium"), base_url=at.url)

    def open_page(
        path: str = "/",
        *,
        width: int = 1280,
        height: int = 900,
        scheme: str = "light",
        at: Server = server,
        context: Any = None,
    ) -> Any:
        """A page, when its content is there.

        Args:
            path: address below the studio's.
            width: of the window, in pixels.
            height: of the window, in pixels.
            scheme: light or dark.
            at: which studio.
            context: of a page of the same visitor; default: a new visitor.
        """
        if context is None:
            context = another(at)
            contexts.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        page.wait_for_selector("#page > *")
        return page

    yield open_page
    for context in contexts:
        if context is not window:
            context.close()
    _forget(window, server.url)
    told = [text for text in errors if not any(cut in text for cut in _CUT_OFF)]
    assert not told, told
