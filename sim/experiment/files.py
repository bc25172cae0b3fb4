"""Files that are written whole or not at all: under a temporary name, to disk, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from sim.errors import Problem, ResultsError, WriteError

PART = ".part"  # how a file ends that is not whole yet


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cannot_write(path: Path, error: OSError) -> WriteError:
    """The message for a file that cannot be written."""
    return WriteError(Problem(f"cannot be written: {error.strerror or error}", str(path)))


def settle(temporary: Path, path: Path) -> None:
    """Give a file that is whole its name, once its content and then its name are on the disk.

    Raises:
        OSError: it cannot be done.
    """
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(0o644)
    temporary.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        WriteError: it cannot be written; nothing is left half-written.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=PART, delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
        settle(temporary, path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise cannot_write(path, error) from None


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


def remove_parts(folder: Path) -> None:
    """Remove what a writer that was killed left half-written."""
    for part in folder.glob(f".*{PART}"):
        part.unlink(missing_ok=True)
