"""Reads the bytes of a data file, after checking that it exists, is a file, and is not too large.

Devices and pipes never end, and a folder has no bytes; each gets its message instead of a hang or a traceback.
"""

from __future__ import annotations

import stat
from pathlib import Path

from sim.errors import Problem
from sim.exchange.findings import DataError
from sim.exchange.limits import ON_DISK, ReadLimits, megabytes

_KINDS = (
    (stat.S_ISDIR, "is a folder; give the data file in it"),
    (stat.S_ISFIFO, "is a pipe, which cannot be read twice; save it as a file first"),
    (stat.S_ISSOCK, "is a socket; expected a file"),
    (stat.S_ISCHR, "is a device; expected a file"),
    (stat.S_ISBLK, "is a device; expected a file"),
)


def bytes_of(path: Path, limits: ReadLimits = ON_DISK) -> bytes:
    """Read a file.

    Args:
        path: its path.
        limits: maximum sizes.

    Returns:
        Its content.

    Raises:
        DataError: it is missing, not a file, not readable, or too large.
    """
    shown = path.as_posix()
    try:
        found = path.stat()
        for is_kind, message in _KINDS:
            if is_kind(found.st_mode):
                raise DataError(Problem(message, shown))
        check_size(found.st_size, shown, limits)
        with path.open("rb") as file:
            content = file.read(limits.bytes + 1)  # the size that the system reports need not be true
    except FileNotFoundError:
        raise DataError(Problem("there is no such file", shown)) from None
    except (OSError, ValueError) as error:  # a name with a null in it is a ValueError
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(Problem(f"cannot be read: {reason}", shown[:200])) from None
    check_size(len(content), shown, limits)
    return content


def is_folder(path: Path) -> bool:
    """Return whether a folder exists; a name that no file can have is not one.

    Args:
        path: any path, also one that the system refuses.
    """
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def check_size(n_bytes: int, shown: str, limits: ReadLimits) -> None:
    """Check that a file is not too large.

    Args:
        n_bytes: its size.
        shown: its name, for messages; JSON has its own limit.
        limits: maximum sizes.

    Raises:
        DataError: it is too large.
    """
    most = limits.json_bytes if shown.lower().endswith(".json") else limits.bytes
    if n_bytes > most:
        message = f"is larger than {megabytes(most)}, which is the most that is read here"
        raise DataError(Problem(message, shown, value=megabytes(n_bytes)))
