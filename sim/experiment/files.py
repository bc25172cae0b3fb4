"""Files that are written whole or not at all: first under a temporary name, then synced to disk and renamed.

A run that is killed at any moment therefore leaves no damaged file under its final name. Only parts of an unfinished
answer, whose names have a hash of their content, are not synced: there are hundreds, and a damaged one is made again.

Attributes:
    LOCK: name of the file that another process finds locked while a folder is written.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import Problem, ResultsError, WriteError
from sim.scenario.limited import read_limited

if TYPE_CHECKING:
    import pyarrow as pa

LOCK = ".lock"
PART = ".part"  # suffix of a file that is still being written
MOST_JSON_BYTES = 64_000_000  # far more than any manifest or answer


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits.

    Args:
        path: an existing file, of any size; it is read in parts.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cannot_write(path: Path, error: Exception) -> WriteError:
    """Make the error for a file that cannot be written.

    Args:
        path: the file.
        error: what the system said.

    Returns:
        An error to raise, with the path and the system's reason.
    """
    return WriteError(Problem(f"cannot be written: {getattr(error, 'strerror', None) or error}", str(path)))


def settle(temporary: Path, path: Path, *, is_checked: bool = False) -> None:
    """Rename a finished temporary file to its final name. Content and name are both synced to disk.

    Args:
        temporary: the finished file, in the same folder.
        path: its final name; an existing file is replaced.
        is_checked: whether readers notice damage, as by a hash in the name. Nothing then waits for the disk, and the
            file may be lost if the machine, not just this process, is stopped soon after.

    Raises:
        OSError: the system refuses.
    """
    if not is_checked:
        with temporary.open("r+b") as file:  # Windows needs it open for writing
            os.fsync(file.fileno())
    temporary.chmod(0o644)
    temporary.replace(path)
    if not is_checked and hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_whole(path: Path, data: bytes, *, is_checked: bool = False) -> None:
    """Write a file whole or not at all.

    Args:
        path: the file; an existing one is replaced.
        data: its content.
        is_checked: as of `settle`.

    Raises:
        WriteError: it cannot be written; nothing is left half-written.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=PART, delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
        settle(temporary, path, is_checked=is_checked)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise cannot_write(path, error) from None


def opened(path: Path, mode: str = "rb") -> pa.OSFile:
    """Open a file for Arrow, by its name as bytes: Arrow takes no other form of a name that is not UTF-8.

    Args:
        path: the file.
        mode: `rb` or `wb`.

    Returns:
        An Arrow file.

    Raises:
        OSError: it cannot be opened.
    """
    import pyarrow as pa

    return pa.OSFile(os.fsencode(path), mode)


def as_utf8(text: str) -> bytes:
    """Encode text for a file. Bytes of a file name that are not UTF-8 become backslash escapes, as in JSON."""
    return text.encode("utf-8", "backslashreplace")


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, whole or not at all.

    Args:
        path: the file; an existing one is replaced.
        text: its content.

    Raises:
        WriteError: it cannot be written; nothing is left half-written.
    """
    write_whole(path, as_utf8(text))


def write_json(path: Path, data: object) -> None:
    """Write JSON with sorted keys, whole or not at all.

    Args:
        path: the file; an existing one is replaced.
        data: values that JSON can hold.

    Raises:
        WriteError: it cannot be written; nothing is left half-written.
    """
    write_text(path, json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file of at most `MOST_JSON_BYTES`.

    Args:
        path: the file.

    Returns:
        Its content.

    Raises:
        ResultsError: it is missing, cannot be read, is too large, or is not JSON.
    """
    try:
        return json.loads(read_limited(path, MOST_JSON_BYTES))
    except FileNotFoundError:
        raise ResultsError(Problem("there is no such file", str(path))) from None
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise ResultsError(Problem(f"is damaged: it has {error.strerror} bytes", str(path))) from None
        raise ResultsError(Problem(f"cannot be read: {error.strerror or error}", str(path))) from None
    except ValueError as error:
        raise ResultsError(Problem(f"is damaged: {error}", str(path))) from None
    except RecursionError:
        raise ResultsError(Problem("is damaged: it is nested too deep", str(path))) from None


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds one object.

    Args:
        path: the file.

    Returns:
        The object.

    Raises:
        ResultsError: it is missing or damaged, or holds something other than an object.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise ResultsError(Problem("is damaged: it is not a JSON object", str(path)))
    return found


def strangers(folder: Path, ours: Iterable[str]) -> list[str]:
    """Find what this program did not write in a folder.

    Args:
        folder: the folder.
        ours: names of files and folders that it wrote.

    Returns:
        The other names, sorted. The lock and half-written files are ours.
    """
    known = {LOCK, *ours}
    return sorted(item.name for item in folder.iterdir() if item.name not in known and not _is_part(item.name))


def _is_part(name: str) -> bool:
    return name.startswith(".") and name.endswith(PART)


@contextmanager
def held(folder: Path, message: str) -> Iterator[None]:
    """Lock a folder against other writers. The folder is created if it is missing, and removed again if it stays empty.

    Args:
        folder: the folder.
        message: what to say if another process holds the lock.

    Yields:
        Once, while the lock is held.

    Raises:
        ResultsError: another process holds the lock, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise ResultsError(Problem(message, str(folder))) from None
    except (OSError, NotImplementedError, ValueError) as error:
        raise cannot_write(folder, error) from None
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            (folder / LOCK).unlink()
        with suppress(OSError):  # stays if it is not empty
            folder.rmdir()


def remove_folder(folder: Path) -> None:
    """Remove a folder and its content, ignoring what cannot be removed."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_parts(folder: Path) -> None:
    """Remove the half-written files of a process that was killed."""
    for part in folder.glob(f".*{PART}"):
        with suppress(OSError):  # a folder of that name is not a half-written file
            part.unlink()
