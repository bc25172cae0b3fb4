"""What a name stands for: a file, or something that comes with the program. One rule for all names.

A file of that name has priority; a folder never counts. A name with a folder, such as `../base.yaml`, or a web address
is only that file. Only a bare name, `base` or `base.yaml`, may also stand for something that comes with the program.
"""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file exists.

    Args:
        path: any path.

    Returns:
        False also if the system refuses to look: a name that is too long, a folder that must not be read.
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_bare(name: str) -> bool:
    """Whether a name has no folder.

    Args:
        name: what a person typed; both kinds of slash make a folder, on every system.
    """
    return name not in ("", ".", "..") and not set(name) & {"/", "\\"}


def named_file(name: str, library: Path, near: Path | None = None) -> Path:
    """The file that a name stands for; it need not exist.

    Args:
        name: name as written.
        library: folder of what comes with the program.
        near: folder that relative paths start from; default: the current folder.

    Returns:
        The file of that name; if there is none, that in the library with or without `.yaml`; if there is none either,
        the first, for a message.
    """
    path = Path(name) if near is None else near / name
    if not is_file(path) and is_bare(name):
        for candidate in (library / name, library / f"{name}.yaml"):
            if is_file(candidate):
                return candidate
    return path
