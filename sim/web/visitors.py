"""Visitors and their files. A cookie with a random name identifies a visitor.

Files lie below the results folder, in `studio/`. No path is ever made from a request: a visitor's folder is named after
a hash of the cookie, and a file after a hash of its text.

Attributes:
    COOKIE: name of the cookie that identifies a visitor.
    DISK_FULL: what a visitor is told when nothing can be kept.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dash import callback_context
from flask import g, has_request_context, request

from sim.errors import UsageError
from sim.experiment.files import write_whole

COOKIE = "trialclock_visitor"
TAB_HEADER = "X-Tab"  # which tab of a browser asks, as assets/studio.js says

_NAME = re.compile(r"[0-9a-f]{32}")
_TAB = re.compile(r"[0-9a-z-]{8,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
DISK_FULL = "the disk of this studio is full; tell the person who runs it"
GONE = b"\0deleted"  # content of the mark of a deleted text

_MOST_ENTRIES = 2_000
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none of which looks like another on paper
_SHORTEST_CODE, _LONGEST_CODE = 6, 20
_NOTED_SECONDS = 3_600.0  # a second use within this time is not recorded


def new_name() -> str:
    """A cookie that nobody else has."""
    return secrets.token_hex(16)


def is_full(error: BaseException) -> bool:
    """Whether an error says that the disk, or a quota of it, is full.

    Args:
        error: what writing a file raised.
    """
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def is_name(text: str | None) -> bool:
    """Whether a cookie is one that this program made."""
    return text is not None and _NAME.fullmatch(text) is not None


def is_tab(text: str) -> bool:
    """Whether a text is the name of a tab, as `assets/studio.js` makes it."""
    return _TAB.fullmatch(text) is not None


def tab_of_request() -> str:
    """The tab that sent the current request; empty if unknown."""
    tab = request.headers.get(TAB_HEADER, "")
    return tab if is_tab(tab) else ""


@dataclass(frozen=True)
class Visitor:
    """One visitor.

    Attributes:
        folder: folder of this visitor's files.
    """

    folder: Path

    @property
    def runs(self) -> Path:
        """The folder of this visitor's runs."""
        return self.folder / "runs"

    def remember(self, name: str, entry: Mapping[str, Any]) -> None:
        """Add an entry to a list that only grows, such as the history of runs.

        Args:
            name: name of the list, in plain letters.
            entry: data for JSON; the time is added as `at`, in seconds since 1970.
        """
        path = self._list(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"at": round(time.time(), 3), **entry}, ensure_ascii=False)
        with _LOCK, path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def remembered(self, name: str) -> list[dict[str, Any]]:
        """The last entries of a list.

        Args:
            name: name of the list, in plain letters.

        Returns:
            Entries with the time `at`, the newest last; empty if there is no such list. A line that was cut off when
            the server was killed is skipped.
        """
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

    def replace(self, name: str, entries: Iterable[Mapping[str, Any]]) -> None:
        """Replace all entries of a list.

        Args:
            name: name of the list, in plain letters.
            entries: data for JSON, each with its time `at`.
        """
        lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries]
        with _LOCK:
            write_whole(self._list(name), "".join(lines).encode())

    def _list(self, name: str) -> Path:
        assert name.isalpha()
        return self.folder / f"{name}.jsonl"


_LOCK = threading.Lock()


class Visitors:
    """All visitors of a studio.

    Args:
        kept: the folder of their files.
    """

    def __init__(self, kept: Path) -> None:
        self._kept = kept

    def of(self, cookie: str | None) -> Visitor:
        """The visitor with a cookie.

        Args:
            cookie: value of the cookie; all requests without one, or with one that this program did not make, are one
                visitor.
        """
        text = cookie if cookie is not None and is_name(cookie) else ""
        return Visitor(self._kept / "visitors" / hashlib.sha256(text.encode()).hexdigest()[:32])

    def current(self) -> Visitor:
        """The current visitor, in a callback or in a job that it started, whose process has the cookies of the
        callback.
        """
        if has_request_context():
            return self.of(g.get("visitor"))
        return self.of(callback_context.cookies.get(COOKIE))

    def keep_text(self, text: str) -> str:
        """Keep an edited scenario, or another text. Anyone with its hash can read it, so that a link can name it.

        Args:
            text: the text; its size was checked before.

        Returns:
            The hash (SHA-256, in hexadecimal digits).

        Raises:
            UsageError: the disk is full.
        """
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self._kept / "files" / digest
        if not path.is_file() or path.read_bytes() == GONE:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                write_whole(path, text.encode())
            except OSError as error:
                if not is_full(error):
                    raise
                raise UsageError(DISK_FULL) from None
        return digest

    def text(self, digest: str) -> str | None:
        """A kept text; None if there is none with that hash, or it was deleted. Reading counts as use.

        Args:
            digest: SHA-256 of the text, as an address has it; anything else gives None.
        """
        if _HASH.fullmatch(digest) is None:
            return None
        path = self._kept / "files" / digest
        try:
            content = path.read_bytes()
            if time.time() - path.stat().st_mtime > _NOTED_SECONDS:
                os.utime(path)
        except FileNotFoundError:
            return None
        return None if content == GONE else content.decode()

    def short(self, address: str) -> str:
        """A code for an address of this studio, short enough to type from paper. Equal addresses have equal codes.

        Args:
            address: its path and query.
        """
        number = int.from_bytes(hashlib.sha256(address.encode()).digest())
        letters = ""
        while len(letters) < _LONGEST_CODE:
            number, i = divmod(number, len(_LETTERS))
            letters += _LETTERS[i]
            path = self._kept / "links" / letters
            if len(letters) >= _SHORTEST_CODE and (not path.is_file() or path.read_text("utf-8") == address):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, address.encode())
                break
        return letters

    def address(self, code: str) -> str | None:
        """The address of a code; None if there is none. Reading counts as use.

        Args:
            code: as typed, in small or capital letters.
        """
        code = code.lower()
        if not 0 < len(code) <= _LONGEST_CODE or set(code) - set(_LETTERS):
            return None
        path = self._kept / "links" / code
        if not path.is_file():
            return None
        os.utime(path)
        return path.read_text("utf-8")

    def forget(self, digests: Iterable[str]) -> None:
        """Delete kept texts; a mark of each remains.

        Args:
            digests: hashes of the texts; others are ignored.
        """
        for digest in digests:
            path = self._kept / "files" / digest
            if _HASH.fullmatch(digest) is not None and path.is_file():
                write_whole(path, GONE)

    def why_not(self, digest: str) -> str:
        """Why there is no text with a hash, as the end of a sentence: deleted, or never kept here.

        Args:
            digest: the hash in a link.
        """
        if _HASH.fullmatch(digest) is not None and (self._kept / "files" / digest).is_file():
            return "was deleted: it was taken away, or nobody used it for long"
        return "is not kept here; the link belongs to another studio"
