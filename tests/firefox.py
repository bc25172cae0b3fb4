"""Debian's Firefox without a window, spoken to by its own protocol (Marionette), since nothing else drives it here."""

from __future__ import annotations

import base64
import itertools
import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

WAIT_SECONDS = 90


class Firefox:
    """A browser with a profile of its own, to be used in a `with` statement.

    Args:
        program: its path.
        folder: for its profile.
    """

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = int(found.getsockname()[1])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "user.js").write_text(
            f'user_pref("marionette.port", {port});\n'
            'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
            'user_pref("app.update.enabled", false);\n'
            'user_pref("browser.shell.checkDefaultBrowser", false);\n'
        )
        command = [program, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._numbers = itertools.count(1)
        self._socket = self._connected(port)
        self._said = self._socket.makefile("rb")
        self._read()  # its greeting
        self._ask("WebDriver:NewSession", {})

    def _connected(self, port: int) -> socket.socket:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
            except OSError:
                assert time.monotonic() < deadline, "Firefox does not answer"
                assert self._process.poll() is None, "Firefox has ended"
                time.sleep(0.1)

    def _read(self) -> Any:
        length = b""
        while (byte := self._said.read(1)) != b":":
            assert byte, "Firefox has ended"
            length += byte
        return json.loads(self._said.read(int(length)))

    def _ask(self, name: str, what: dict[str, Any]) -> Any:
        text = json.dumps([0, next(self._numbers), name, what]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._read()
        assert error is None, f"{name}: {error}"
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._said.close()  # which holds the socket open too
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def open(self, url: str) -> None:
        """Go to an address, and wait until it is loaded."""
        self._ask("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a JavaScript function's body returns."""
        result = self._ask("WebDriver:ExecuteScript", {"script": script, "args": list(arguments)})
        return result["value"]

    def wait_for(self, script: str, *arguments: Any) -> None:
        """Wait until a JavaScript function's body returns something true."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.run(script, *arguments):
            assert time.monotonic() < deadline, script
            time.sleep(0.1)

    def type(self, selector: str, text: str) -> None:
        """Put a text into an input as keys do."""
        found = self._ask("WebDriver:FindElement", {"using": "css selector", "value": selector})["value"]
        (name,) = found.values()
        self._ask("WebDriver:ElementClear", {"id": name})
        self._ask("WebDriver:ElementSendKeys", {"id": name, "text": text})

    def sized(self, width: int, height: int) -> None:
        """Give the window a size, in pixels."""
        self._ask("WebDriver:SetWindowRect", {"width": width, "height": height})

    def picture(self, path: Path) -> None:
        """Save the whole page as a PNG."""
        result = self._ask("WebDriver:TakeScreenshot", {"full": True, "hash": False})
        path.write_bytes(base64.b64decode(result["value"]))
