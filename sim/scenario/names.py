"""What a name means: a file, or something that comes with the program. One rule, wherever a name is given.

A file of that name counts first; a folder never does. What has a folder before it, `../base.yaml` or an address on the
web, is that file and nothing else: only a bare name, `base` or `base.yaml`, may also be of what comes with the program.
"""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is such a file; not where the system refuses to look: a name too long, a folder not to be read."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_bare(name: str) -> bool:
    """Whether a name has no folder before it."""
    return name not in ("", ".", "..") and not set(name) & {"/", "\\"}


def named_file(name: str, library: Path, near: Path | None = None) -> Path:
    """The file that a name means, which may not be there.

    Args:
        name: as a person wrote it.
        library: the folder of what comes with the program.
        near: the folder from which a path counts; default: the one that the command is given in.
    """
    path = Path(name) if near is None else near / name
    if not is_file(path) and is_bare(name):
        for candidate in (library / name, library / f"{name}.yaml"):
            if is_file(candidate):
                return candidate
    return path
