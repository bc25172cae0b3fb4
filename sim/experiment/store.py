"""A run is its folder. Chunks are written whole or not at all, so that a run goes on after whatever stopped it.

While it runs, the folder has `run.json` (what is run) and `chunks/` (finished replications, each file named after its
content's hash), and then `pairs/` (finished parts of what the causes of delay are measured on). When it is complete,
the chunks become the result files, `manifest.json` is written last, and `run.json`, `chunks/` and `pairs/` are removed.
A run that is being extended has its old result files and manifest as well, until the new ones are written.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from sim.errors import Problem, ResultsError
from sim.experiment.chunk_file import chunk_bytes, chunk_from, values_from
from sim.experiment.files import (
    PART,
    cannot_write,
    file_hash,
    read_json,
    remove_parts,
    write_json,
    write_text,
    write_whole,
)
from sim.experiment.identity import Identity
from sim.experiment.replicate import CHUNK, Chunk

__all__ = [
    "CAUSES",
    "CHUNKS",
    "LOCK",
    "MANIFEST",
    "PAIRS",
    "RUN",
    "RunFolder",
    "cannot_write",
    "file_hash",
    "read_json",
    "write_json",
    "write_text",
    "write_whole",
]

CAUSES = "causes.csv"
RUN, MANIFEST, CHUNKS, PAIRS, LOCK = "run.json", "manifest.json", "chunks", "pairs", ".lock"
_SHOWN = 16  # characters of a hash in a message
_HASH = 32  # characters of a chunk's hash in its file name
_NAMES = {
    "program": "version of the program",
    "scenario_hash": "scenario",
    "replications": "number of replications",
    "keep": "number of kept replications",
    "until": "stopping rule",
}

Array = npt.NDArray[np.float64]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class RunFolder:
    """The folder of a run, while it runs.

    Args:
        path: the folder.
        identity: what is run.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self.path = path
        self.identity = identity
        self.n_finished = 0  # replications that are on disk
        self._chunks: dict[int, Path] = {}  # by first replication

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that no other run writes to it.

        Raises:
            ResultsError: another run holds it, or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK, timeout=0)
            lock.acquire()
        except Timeout:
            message = "another run is writing to this folder"
            raise ResultsError(Problem(message, str(self.path))) from None
        except OSError as error:
            raise cannot_write(self.path, error) from None
        try:
            yield
        finally:
            lock.release()
            (self.path / LOCK).unlink(missing_ok=True)
            if self.path.is_dir() and not any(self.path.iterdir()):
                self.path.rmdir()

    def is_complete(self) -> bool:
        """Whether this very run has been completed here.

        Raises:
            ResultsError: another one has been completed or extended here.
        """
        path = self.path / MANIFEST
        if not path.is_file() or (self.path / RUN).is_file():
            return False
        found = read_json(path).get("run", {})
        self._check_same(found, path)
        if self.identity.until:
            self.identity = self.identity.decided(found["replications"])
        return True

    def begin(self) -> None:
        """Say what is run here, or find the finished chunks of the same run.

        Raises:
            ResultsError: the folder is of another run, has other files, or has a damaged chunk.
        """
        path = self.path / RUN
        stray = [item.name for item in self.path.iterdir() if item.name not in (CHUNKS, LOCK)]
        stray = [name for name in stray if not name.endswith(PART)]
        if path.exists():
            self._check_same(read_json(path), path)
            self.look()
        elif stray:
            message = f"is not empty and is not a results folder of this program (it has {sorted(stray)[0]})"
            raise ResultsError(Problem(message, str(self.path)))
        else:
            self.state()
        try:
            (self.path / CHUNKS).mkdir(exist_ok=True)
        except OSError as error:
            raise cannot_write(self.path / CHUNKS, error) from None
        remove_parts(self.path)

    def state(self) -> None:
        """Say what is run here: with its number of replications decided, or more than before."""
        write_json(self.path / RUN, self.identity.as_mapping())

    def _check_same(self, found: dict[str, Any], path: Path) -> None:
        mine = self.identity.as_mapping()
        size = ("until",) if self.identity.until else ("until", "replications", "keep")
        for key in ("version", "program", "scenario_hash", "seed", *size):
            if found.get(key) != mine.get(key):
                message = f"this folder is of another {_NAMES.get(key, key)}; give another --out, or none"
                value = f"{_short(found.get(key))}, not {_short(mine.get(key))}"
                raise ResultsError(Problem(message, str(path), path=key, value=value))

    def look(self) -> None:
        """Find the finished chunks on disk.

        Raises:
            ResultsError: one was changed after it was written.
        """
        self._chunks.clear()
        self.n_finished = 0
        for path in sorted((self.path / CHUNKS).glob("*.npz")):
            first, _, digest = path.stem.partition("-")
            if not first.isdecimal() or not self._may_start(int(first)) or file_hash(path)[:_HASH] != digest:
                message = "this chunk was changed after it was written; delete it, and the run makes it again"
                raise ResultsError(Problem(message, str(path)))
            self._note(int(first), path)
        remove_parts(self.path / CHUNKS)

    def _may_start(self, first: int) -> bool:
        return first % CHUNK == 0 and first < self.identity.ceiling

    def _note(self, first: int, path: Path) -> None:
        if first not in self._chunks:
            self.n_finished += min(CHUNK, self.identity.ceiling - first)
        self._chunks[first] = path

    @property
    def is_being_extended(self) -> bool:
        """Whether the result files of fewer replications are still here."""
        return (self.path / MANIFEST).is_file()

    @property
    def finished(self) -> set[int]:
        """First replications of the chunks that are on disk."""
        return set(self._chunks)

    def add(self, chunk: Chunk) -> None:
        """Keep a finished chunk.

        Raises:
            WriteError: it cannot be written.
        """
        data = chunk_bytes(chunk)
        digest = hashlib.sha256(data).hexdigest()[:_HASH]
        path = self.path / CHUNKS / f"{chunk.first:08d}-{digest}.npz"
        write_whole(path, data)
        self._note(chunk.first, path)

    def chunks(self) -> Iterator[Chunk]:
        """The finished chunks in order, one at a time."""
        for first in sorted(self._chunks):
            yield chunk_from(self._chunks[first].read_bytes())

    def values(self, columns: list[int], replications: int) -> Array:
        """(n, columns) values of some measures, of the first replications.

        Args:
            columns: which measures.
            replications: how many, all of them finished.
        """
        wanted = [first for first in sorted(self._chunks) if first < replications]
        parts = [values_from(self._chunks[first].read_bytes())[:, columns] for first in wanted]
        return np.concatenate([np.zeros((0, len(columns))), *parts])[:replications]

    def unseal(self) -> None:
        """Take an old manifest away before result files are replaced, so that it never speaks for files not its own."""
        (self.path / MANIFEST).unlink(missing_ok=True)

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, and remove what only a running run needs."""
        write_json(self.path / MANIFEST, manifest)
        (self.path / RUN).unlink(missing_ok=True)
        self.tidy()

    def tidy(self) -> None:
        """Remove what a complete run has no more use for, which one that was killed at its very end still has."""
        for name in (CHUNKS, PAIRS):
            shutil.rmtree(self.path / name, ignore_errors=True)
        remove_parts(self.path)
