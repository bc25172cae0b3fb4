"""The folder of a run. It holds the whole state, so that a run can continue after any interruption.

While a run is under way, the folder has `run.json` (what is run), `chunks/` (finished replications; the name of each
file has the hash of its content) and later `pairs/` (finished parts of the measurement of causes). When the run is
complete, the chunks become the result files, `manifest.json` is written last, and `run.json`, `chunks/` and `pairs/`
are removed. A run that is being extended keeps its old result files and manifest until the new ones are written. Every
file is written whole or not at all.

Attributes:
    RUN: file that says what is run; written first.
    MANIFEST: file with the hashes of all others; written last, so that a run that has it is finished.
    CHUNKS: folder of finished parts of a run that is not.
    PAIRS: folder of finished parts of the trials that measure causes.
    CAUSES, ASSUMPTIONS: tables of days lost, only where the run measured them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import Problem, ResultsError
from sim.experiment.files import (
    cannot_write,
    held,
    read_object,
    remove_folder,
    remove_parts,
    strangers,
    write_json,
    write_whole,
)
from sim.experiment.identity import Identity, changed
from sim.experiment.replicate import CHUNK, Chunk
from sim.experiment.run.chunk_file import chunk_bytes, chunk_from, values_from

CAUSES, ASSUMPTIONS = "causes.csv", "assumptions.csv"
RUN, MANIFEST, CHUNKS, PAIRS = "run.json", "manifest.json", "chunks", "pairs"
_OF_A_CHUNK = ("program", "scenario_hash", "seed")
_SHOWN = 16  # characters of a hash shown in a message
_HASH = 32  # characters of a chunk's hash in its file name
_NAMES = {
    "program": "version of the program, or of numpy, scipy or simpy",
    "scenario_hash": "scenario",
    "replications": "number of replications",
    "keep": "number of kept replications",
    "until": "stopping rule",
}

Array = npt.NDArray[np.float64]


def checked_manifest(path: Path) -> dict[str, Any]:
    """Read the manifest of a run and check its shape.

    Args:
        path: the manifest.

    Returns:
        Its content.

    Raises:
        ResultsError: it is missing or damaged, or is not the manifest of a run.
    """
    found = read_object(path)
    files = found.get("files")
    if not isinstance(found.get("run"), dict):
        raise ResultsError(Problem("is not the manifest of a run", str(path)))
    if not isinstance(files, dict) or not all(isinstance(digest, str) for digest in files.values()):
        raise ResultsError(Problem("is damaged: it does not say which files the run wrote", str(path), path="files"))
    if any(Path(name).name != name for name in files):
        raise ResultsError(Problem("is damaged: a run has files in its own folder only", str(path), path="files"))
    if not isinstance(found.get("finished"), str) or not _is_rule(found.get("until")):
        raise ResultsError(Problem("is damaged: it does not say when the run was finished, and why", str(path)))
    return found


def _is_rule(found: object) -> bool:
    """Whether what a manifest says of the stopping rule is well formed; None stands for no rule."""
    return found is None or (isinstance(found, dict) and isinstance(found.get("met"), bool))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class RunFolder:
    """The folder of a run under way.

    Args:
        path: the folder.
        identity: what is run.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self.path = path
        self.identity = identity
        self.n_finished = 0  # replications that are on disk
        self.engines: set[str] = set()  # that simulated some of them since the run was last started
        self._chunks: dict[int, Path] = {}  # by first replication
        self._found: dict[str, Any] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder against other runs.

        Yields:
            Once, while the lock is held.

        Raises:
            ResultsError: another run holds the lock, or the folder cannot be written.
        """
        with held(self.path, "another run is writing to this folder"):
            yield

    def is_complete(self) -> bool:
        """Check whether this very run is complete here.

        Returns:
            False if the folder is empty or the run is unfinished.

        Raises:
            ResultsError: another run was completed or extended here.
        """
        path = self.path / MANIFEST
        if not path.is_file() or (self.path / RUN).is_file():
            return False
        found: Any = read_object(path).get("run")
        self._check_same(found, path)
        self._found = found
        if self.identity.until:
            self.identity = self.identity.decided(found["replications"])
        return True

    def is_presented(self, as_typed: bool) -> bool:
        """Compare the name, question and sources of a complete run with those of the identity.

        Args:
            as_typed: whether the typed text must be the same too.

        Returns:
            Whether they are the same.
        """
        return self.identity.is_presented_as(self._found, as_typed)

    def begin(self) -> None:
        """Write what is run here, or find the finished chunks of the same run.

        Raises:
            ResultsError: the folder belongs to another run, has other files, or has a damaged chunk.
        """
        path = self.path / RUN
        stray = strangers(self.path, (CHUNKS, PAIRS))
        if path.exists():
            found = read_object(path)
            self._check_same(found, path)
            if not self.identity.is_presented_as(found):
                self.state()
            self.look()
        elif stray:
            message = f"is not empty and is not a results folder of this program (it has {stray[0]})"
            raise ResultsError(Problem(message, str(self.path)))
        else:
            self.state()
        try:
            (self.path / CHUNKS).mkdir(exist_ok=True)
        except OSError as error:
            raise cannot_write(self.path / CHUNKS, error) from None
        remove_parts(self.path)

    def state(self) -> None:
        """Write again what is run here, after the number of replications was decided or raised."""
        write_json(self.path / RUN, self.identity.as_mapping())

    def _check_same(self, found: Any, path: Path) -> None:
        """Check that what the folder says it holds is undamaged and decides the same results as this run.

        Raises:
            ResultsError: it is damaged, or of another run; the message says in what they differ.
        """
        problem = changed(found)
        if problem:
            raise ResultsError(Problem(problem, str(path)))
        mine = self.identity.deciding()
        for key in mine | {key: None for key in ("until",) if "until" in found}:
            if found.get(key) != mine.get(key):
                message = f"this folder is of another {_NAMES.get(key, key)}; give another --out, or none"
                value = f"{_short(found.get(key))}, not {_short(mine.get(key))}"
                raise ResultsError(Problem(message, str(path), path=key, value=value))

    def look(self) -> None:
        """Find the finished chunks on disk.

        Raises:
            ResultsError: a chunk was changed after it was written.
        """
        self._chunks.clear()
        self.n_finished = 0
        for path in sorted((self.path / CHUNKS).glob("*.npz")):
            first, _, digest = path.stem.partition("-")
            is_chunk = first.isdecimal() and self._may_start(int(first))
            if is_chunk and path.is_file() and path.stat().st_size == 0:
                path.unlink()  # the machine was stopped before its content reached the disk
                continue
            if not is_chunk or self._digest_of(path) != digest:
                message = "this chunk was changed after it was written; delete it, and the run makes it again"
                raise ResultsError(Problem(message, str(path)))
            self._note(int(first), path)
        remove_parts(self.path / CHUNKS)

    def _digest(self, data: bytes) -> str:
        """The hash in a chunk's name, over its content and what decides it: it reveals chunks of other runs."""
        run = {key: value for key, value in self.identity.deciding().items() if key in _OF_A_CHUNK}
        return hashlib.sha256(json.dumps(run, sort_keys=True).encode() + data).hexdigest()[:_HASH]

    def _digest_of(self, path: Path) -> str:
        try:
            return self._digest(path.read_bytes()) if path.is_file() else ""
        except OSError as error:
            raise ResultsError(Problem(f"cannot be read: {error.strerror}", str(path))) from None

    def _may_start(self, first: int) -> bool:
        return first % CHUNK == 0 and first < self.identity.ceiling

    def _note(self, first: int, path: Path) -> None:
        if first not in self._chunks:
            self.n_finished += min(CHUNK, self.identity.ceiling - first)
        self._chunks[first] = path

    @property
    def is_being_extended(self) -> bool:
        """Whether the result files of the run with fewer replications are still here."""
        return (self.path / MANIFEST).is_file()

    @property
    def finished(self) -> set[int]:
        """First replications of the chunks on disk."""
        return set(self._chunks)

    def add(self, chunk: Chunk) -> None:
        """Keep a finished chunk.

        Args:
            chunk: the chunk.

        Raises:
            WriteError: it cannot be written.
        """
        data = chunk_bytes(chunk)
        digest = self._digest(data)
        path = self.path / CHUNKS / f"{chunk.first:08d}-{digest}.npz"
        write_whole(path, data, is_checked=True)
        self._note(chunk.first, path)

    def chunks(self) -> Iterator[Chunk]:
        """Iterate over the finished chunks in order, with one in memory at a time.

        Yields:
            Chunks in the order of their replications.
        """
        for first in sorted(self._chunks):
            yield chunk_from(self._chunks[first].read_bytes())

    def values(self, columns: list[int], replications: int) -> Array:
        """Read some measures of the first replications.

        Args:
            columns: indices of the measures.
            replications: number of replications, all of them finished.

        Returns:
            (replications, columns) values.
        """
        wanted = [first for first in sorted(self._chunks) if first < replications]
        parts = [values_from(self._chunks[first].read_bytes())[:, columns] for first in wanted]
        return np.concatenate([np.zeros((0, len(columns))), *parts])[:replications]

    def unseal(self) -> None:
        """Remove the old manifest before result files are replaced, so that it never describes other files."""
        (self.path / MANIFEST).unlink(missing_ok=True)

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, and remove what only an unfinished run needs.

        Args:
            manifest: see `sim.experiment.run.manifest`.
        """
        write_json(self.path / MANIFEST, manifest)
        (self.path / RUN).unlink(missing_ok=True)
        self.tidy()

    def tidy(self) -> None:
        """Remove what a complete run no longer needs; a run killed at its very end still has it."""
        for name in (CHUNKS, PAIRS):
            remove_folder(self.path / name)
        remove_parts(self.path)
