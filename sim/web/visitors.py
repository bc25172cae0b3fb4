"""Who is asking, and what they keep. A visitor is whoever has a cookie with a random name.

What is kept lies below the results folder, in `studio/`. No path is ever made from a request: a visitor's folder is
named after a hash of the cookie, and a file after a hash of its text.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dash import callback_context
from flask import g, has_request_context, request

from sim.experiment.files import write_whole

COOKIE = "trialclock_visitor"
TAB_HEADER = "X-Tab"  # which tab of a browser asks, as assets/studio.js says

_NAME = re.compile(r"[0-9a-f]{32}")
_TAB = re.compile(r"[0-9a-z-]{8,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MOST_ENTRIES = 2_000


def new_name() -> str:
    """A cookie that nobody else has."""
    return secrets.token_hex(16)


def is_name(text: str | None) -> bool:
    """Whether a cookie is one that this program made."""
    return text is not None and _NAME.fullmatch(text) is not None


def is_tab(text: str) -> bool:
    """Whether a text is a tab's name, as `assets/studio.js` makes it."""
    return _TAB.fullmatch(text) is not None


def tab_of_request() -> str:
    """The tab that asks, or nothing."""
    tab = request.headers.get(TAB_HEADER, "")
    return tab if is_tab(tab) else ""


@dataclass(frozen=True)
class Visitor:
    """One visitor.

    Attributes:
        folder: what this visitor keeps.
    """

    folder: Path

    @property
    def runs(self) -> Path:
        """The folder of this visitor's runs."""
        return self.folder / "runs"

    def remember(self, name: str, entry: Mapping[str, Any]) -> None:
        """Add an entry to a list that only grows, such as the history of runs.

        Args:
            name: of the list: plain letters.
            entry: what JSON can hold; when it was added is put into it as `at`, in seconds since 1970.
        """
        path = self._list(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"at": round(time.time(), 3), **entry}, ensure_ascii=False)
        with _LOCK, path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def remembered(self, name: str) -> list[dict[str, Any]]:
        """The last entries of a list, the newest last, but for a line that was cut off when the server was killed."""
        path = self._list(name)
        if not path.is_file():
            return []
        found = []
        for line in path.read_text(encoding="utf-8").splitlines()[-_MOST_ENTRIES:]:
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return found

    def _list(self, name: str) -> Path:
        assert name.isalpha()
        return self.folder / f"{name}.jsonl"


_LOCK = threading.Lock()


class Visitors:
    """All visitors of a studio.

    Args:
        kept: the folder of what they keep.
    """

    def __init__(self, kept: Path) -> None:
        self._kept = kept

    def of(self, cookie: str | None) -> Visitor:
        """The visitor who has a cookie; without one, everybody who has none."""
        text = cookie if cookie is not None and is_name(cookie) else ""
        return Visitor(self._kept / "visitors" / hashlib.sha256(text.encode()).hexdigest()[:32])

    def current(self) -> Visitor:
        """Who is asking, in a callback or in a job that one started."""
        if has_request_context():
            return self.of(g.get("visitor"))
        return self.of(callback_context.cookies.get(COOKIE))

    def keep_text(self, text: str) -> str:
        """Keep an edited scenario, or another text. Whoever knows its hash may read it, so that a link can name it.

        Returns:
            The hash.
        """
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self._kept / "files" / digest
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text.encode())
        return digest

    def text(self, digest: str) -> str | None:
        """A kept text; None where there is none of that hash."""
        if _HASH.fullmatch(digest) is None:
            return None
        path = self._kept / "files" / digest
        return path.read_bytes().decode() if path.is_file() else None
