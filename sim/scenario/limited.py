"""Reading of files up to a size limit. Pipes that nobody writes to and endless devices are refused.

A command must not hang or fill memory because of a wrong name. What a shell hands over, `<(command)`, is read.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")  # passed by a shell: `<(command)`, `< file`


def read_limited(path: Path, most_bytes: int) -> bytes:
    """Read a file.

    Args:
        path: the file.
        most_bytes: largest size allowed.

    Returns:
        Its bytes.

    Raises:
        OSError: it cannot be read, or is a folder, a pipe or a device; with `EFBIG` and its size if it is too large.
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
