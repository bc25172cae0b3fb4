"""When visitors' files are deleted: when they take them away, after long disuse, or when the disk is full.

A deleted file leaves a mark, so that a link to it can say what happened. This module knows every folder in which the
studio keeps something; a new kind of file is added to `_things`, or it is never deleted.

Attributes:
    HISTORY: name of the list of a visitor's runs.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiment.files import write_whole
from sim.web.state import State
from sim.web.visitors import GONE

if TYPE_CHECKING:
    from collections.abc import Collection

    from sim.web.settings import Limits
    from sim.web.visitors import Visitor, Visitors

MADE = "made"  # the list of scenarios that were made of data, each with what it was made of
HISTORY = "runs"
CLASSES = "classes"  # the folder of the classes that take a lesson together
ANSWERS = "answers"  # a visitor's folder of answers, from which their reports and workbooks are made
BEGUN = "begun"  # the list of runs that were begun, each with what was asked

_LOG = logging.getLogger(__name__)
_DAY = 86_400.0
_HOUR = 3_600.0


@dataclass(frozen=True)
class _Thing:
    """A file or folder that is deleted as a whole.

    Attributes:
        path: a file or a folder.
        used: time of last use, in seconds since 1970.
        n_bytes: size in bytes.
    """

    path: Path
    used: float
    n_bytes: int


def take_away(visitors: Visitors, visitor: Visitor, digests: Collection[str]) -> None:
    """Delete data that a visitor uploaded, and everything made from them: fitted scenarios, and runs of these.

    Data of other visitors stay, even if this visitor has a link to them.

    Args:
        visitors: the store of all visitors' files.
        visitor: the visitor who takes them away.
        digests: hashes of the files.
    """
    mine = {digest for digest in digests if owner_of(visitors.text(digest)) == visitor.folder.name}
    made = {entry["file"] for entry in visitor.remembered(MADE) if mine.intersection(entry["of"])}
    if mine:
        shutil.rmtree(visitor.folder / ANSWERS, ignore_errors=True)
    if made:
        shutil.rmtree(visitor.folder / "parts", ignore_errors=True)  # of questions about any scenario, to save time
        _drop_runs(visitor, made)
    visitors.forget(mine | made)
    _rewrite(visitor, MADE, lambda entry: entry["file"] not in made)


def owned(name: str, content: str, visitor: Visitor) -> str:
    """The text under which a visitor's data are kept.

    It has the visitor's name in it, and so a hash of its own: a visitor with the same data can neither find nor delete
    them.

    Args:
        name: name of the file, as it is shown.
        content: the file, in base64.
        visitor: who uploaded it.

    Returns:
        JSON, for `Visitors.keep_text`; `owner_of` reads it.
    """
    return json.dumps({"name": name, "content": content, "of": visitor.folder.name})


def owner_of(text: str | None) -> str:
    """The name of the folder of the visitor who uploaded data; empty if nobody did.

    Args:
        text: a kept text, which may be a scenario or data; None for one that is gone.
    """
    with suppress(ValueError, TypeError, AttributeError):
        return str(json.loads(text or "").get("of", ""))
    return ""


def _drop_runs(visitor: Visitor, made: Collection[str]) -> None:
    def is_of(entry: dict[str, Any]) -> bool:
        return State.of(entry["query"]).file in made

    known = {path.name: path for path in visitor.runs.iterdir()} if visitor.runs.is_dir() else {}
    for entry in (*visitor.remembered(HISTORY), *visitor.remembered(BEGUN)):
        if is_of(entry) and entry["folder"] in known:
            shutil.rmtree(known[entry["folder"]], ignore_errors=True)
    for name in (HISTORY, BEGUN):
        _rewrite(visitor, name, lambda entry: not is_of(entry))


def _rewrite(visitor: Visitor, name: str, stays: Callable[[dict[str, Any]], bool]) -> None:
    before = visitor.remembered(name)
    after = [entry for entry in before if stays(entry)]
    if len(after) < len(before):
        visitor.replace(name, after)


def tidy(kept: Path, limits: Limits, now: float | None = None) -> list[Path]:
    """Delete what has not been used for long, and then the longest unused files while all take too much space.

    Args:
        kept: the folder of visitors' files.
        limits: maximum age in days, and maximum size in bytes.
        now: in seconds since 1970; default: the current time.

    Returns:
        The deleted paths.
    """
    now = time.time() if now is None else now
    things = sorted(_things(kept), key=lambda thing: thing.used)
    n_bytes = sum(thing.n_bytes for thing in things)
    gone = []
    for thing in things:
        is_old = now - thing.used > limits.kept_days * _DAY
        is_too_much = n_bytes > limits.kept_bytes and now - thing.used > _HOUR  # files in use stay
        if is_old or is_too_much:
            _delete(thing.path)
            n_bytes -= thing.n_bytes
            gone.append(thing.path)
    return gone


def _things(kept: Path) -> Iterator[_Thing]:
    for folder in (
        kept / "files",
        kept / "links",
        kept / CLASSES,
        kept / "examples",
        *(kept / "visitors").glob("*/runs"),
        *(kept / "visitors").glob("*/parts"),
        *(kept / "visitors").glob(f"*/{ANSWERS}"),
    ):
        if folder.is_dir():
            yield from (_thing(path) for path in folder.iterdir())
    for path in (kept / "visitors").glob("*/*.jsonl"):
        yield _thing(path)


def _thing(path: Path) -> _Thing:
    used, n_bytes = 0.0, 0
    for part in (path, *path.rglob("*")):
        with suppress(OSError):  # it may be deleted meanwhile
            found = part.stat()
            used, n_bytes = max(used, found.st_mtime), n_bytes + found.st_size
    return _Thing(path, used, n_bytes)


def _delete(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.parent.name == "files" and path.read_bytes() != GONE:
            write_whole(path, GONE)
        else:
            path.unlink()


class Tidying:
    """Tidies at once and then every hour, in a thread.

    Args:
        kept: the folder of visitors' files.
        limits: maximum age in days, and maximum size in bytes.
    """

    def __init__(self, kept: Path, limits: Limits) -> None:
        self._kept, self._limits = kept, limits
        self._over = threading.Event()

    def open(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._tidy, name="tidying", daemon=True).start()

    def close(self) -> None:
        """Stop the thread."""
        self._over.set()

    def _tidy(self) -> None:
        while True:
            try:
                if gone := tidy(self._kept, self._limits):
                    _LOG.warning("deleted %d files and folders that nobody used", len(gone))
            except OSError:
                _LOG.exception("what visitors keep cannot be tidied")
            if self._over.wait(_HOUR):
                return
