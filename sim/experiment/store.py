"""A run is its folder. Chunks are written whole or not at all, so that a run goes on after whatever stopped it.

While it runs, the folder has `run.json` (what is run) and `chunks/` (finished replications, each file named after its
content's hash). When it is complete, the chunks become the result files, `manifest.json` is written last, and
`run.json` and `chunks/` are removed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from sim.errors import Problem, ResultsError
from sim.experiment.identity import Identity
from sim.experiment.replicate import Chunk, Failure, tasks

RUN, MANIFEST, CHUNKS, LOCK = "run.json", "manifest.json", "chunks", ".lock"
_SHOWN = 16  # characters of a hash in a message
_HASH = 32  # characters of a chunk's hash in its file name


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: under a temporary name, to disk, then renamed.

    Raises:
        ResultsError: it cannot be written; nothing is left half-written.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise ResultsError(Problem(f"cannot be written: {error.strerror}", str(path))) from None


def write_json(path: Path, data: object) -> None:
    """Write JSON with sorted keys, whole or not at all."""
    write_whole(path, (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        ResultsError: it is not there or is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(Problem("there is no such file", str(path))) from None
    except (OSError, ValueError) as error:
        raise ResultsError(Problem(f"is damaged: {error}", str(path))) from None


def _chunk_bytes(chunk: Chunk) -> bytes:
    """A chunk as the bytes of an uncompressed npz, which are the same for the same chunk."""
    lengths = np.array([len(days) for days in chunk.randomised_days], dtype=np.int64)
    kept = sorted(chunk.kept)
    failures = json.dumps([vars(failure) for failure in chunk.failures], sort_keys=True)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        first=np.array(chunk.first),
        values=chunk.values,
        lengths=lengths,
        days=np.concatenate([np.zeros(0), *chunk.randomised_days]),
        kept=np.array(kept, dtype=np.int64),
        kept_lengths=np.array([len(chunk.kept[i]) for i in kept], dtype=np.int64),
        kept_rows=np.concatenate([np.zeros((0, 7)), *(chunk.kept[i] for i in kept)]),
        failures=np.frombuffer(failures.encode(), dtype=np.uint8),
    )
    return buffer.getvalue()


def _chunk_from(data: bytes) -> Chunk:
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        days = np.split(stored["days"], np.cumsum(stored["lengths"])[:-1])
        rows = np.split(stored["kept_rows"], np.cumsum(stored["kept_lengths"])[:-1]) if len(stored["kept"]) else []
        kept = dict(zip(stored["kept"].tolist(), rows, strict=True))
        failures = [Failure(**item) for item in json.loads(stored["failures"].tobytes())]
        return Chunk(int(stored["first"]), stored["values"], days, kept, failures)


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
            raise ResultsError(Problem(f"cannot be written: {error.strerror}", str(self.path))) from None
        try:
            yield
        finally:
            lock.release()
            (self.path / LOCK).unlink(missing_ok=True)
            if self.path.is_dir() and not any(self.path.iterdir()):
                self.path.rmdir()

    def is_complete(self) -> bool:
        """Whether this very run has been completed here."""
        path = self.path / MANIFEST
        if not path.is_file():
            return False
        self._check_same(read_json(path).get("run", {}), path)
        return True

    def begin(self) -> None:
        """Say what is run here, or find the finished chunks of the same run.

        Raises:
            ResultsError: the folder is of another run, has other files, or has a damaged chunk.
        """
        path = self.path / RUN
        others = [item.name for item in self.path.iterdir() if item.name not in (RUN, CHUNKS, LOCK)]
        stray = [name for name in others if not name.endswith(".part")]
        if stray and not path.exists():
            message = f"is not empty and is not a results folder of this program (it has {sorted(stray)[0]})"
            raise ResultsError(Problem(message, str(self.path)))
        if path.exists():
            self._check_same(read_json(path), path)
            self.look()
        else:
            write_json(path, self.identity.as_mapping())
        (self.path / CHUNKS).mkdir(exist_ok=True)

    def _check_same(self, found: dict[str, Any], path: Path) -> None:
        mine = self.identity.as_mapping()
        names = {
            "program": "version of the program",
            "scenario_hash": "scenario",
            "replications": "number of replications",
            "keep": "number of kept replications",
        }
        for key in ("version", "program", "scenario_hash", "seed", "replications", "keep"):
            if found.get(key) != mine[key]:
                what = names.get(key, key)
                message = f"this folder is of another {what}; give another --out, or none"
                value = f"{_short(found.get(key))}, not {_short(mine[key])}"
                raise ResultsError(Problem(message, str(path), path=key, value=value))

    def look(self) -> None:
        """Find the finished chunks on disk.

        Raises:
            ResultsError: one was changed after it was written.
        """
        starts = {first for first, _ in tasks(self.identity.replications)}
        for path in sorted((self.path / CHUNKS).glob("*.npz")):
            first, _, digest = path.stem.partition("-")
            if not first.isdecimal() or int(first) not in starts or file_hash(path)[:_HASH] != digest:
                message = "this chunk was changed after it was written; delete it, and the run makes it again"
                raise ResultsError(Problem(message, str(path)))
            self._chunks[int(first)] = path
        for part in (self.path / CHUNKS).glob(".*.part"):
            part.unlink(missing_ok=True)

    @property
    def finished(self) -> set[int]:
        """First replications of the chunks that are on disk."""
        return set(self._chunks)

    @property
    def n_finished(self) -> int:
        """Replications that are on disk."""
        return sum(n for first, n in tasks(self.identity.replications) if first in self._chunks)

    def add(self, chunk: Chunk) -> None:
        """Keep a finished chunk."""
        data = _chunk_bytes(chunk)
        digest = hashlib.sha256(data).hexdigest()[:_HASH]
        path = self.path / CHUNKS / f"{chunk.first:08d}-{digest}.npz"
        write_whole(path, data)
        self._chunks[chunk.first] = path

    def chunks(self) -> Iterator[Chunk]:
        """The finished chunks in order, one at a time."""
        for first in sorted(self._chunks):
            yield _chunk_from(self._chunks[first].read_bytes())

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, and remove what only a running run needs."""
        write_json(self.path / MANIFEST, manifest)
        (self.path / RUN).unlink(missing_ok=True)
        shutil.rmtree(self.path / CHUNKS, ignore_errors=True)
        for part in self.path.glob(".*.part"):
            part.unlink(missing_ok=True)
