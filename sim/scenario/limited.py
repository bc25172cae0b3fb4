"""Files of other people, read up to a size: a pipe that nobody writes to and a device without an end are no files."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")  # what a shell hands over: `<(command)`, `< file`


def read_limited(path: Path, most_bytes: int) -> bytes:
    """What a file says.

    Args:
        path: the file.
        most_bytes: that it may have.

    Raises:
        OSError: it cannot be read, or is a folder, a pipe or a device; `EFBIG` with its bytes, where it is larger.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        if path.is_dir():
            raise OSError(errno.EISDIR, "it is a folder, not a file", str(path))
        if not path.as_posix().startswith(_HANDED_OVER):
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
        size = max(len(data), os.fstat(file.fileno()).st_size)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"{size:,}", str(path))
    return data
