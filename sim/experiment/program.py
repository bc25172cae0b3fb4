"""A fingerprint of the part of the program that decides results.

It covers the source of everything that decides a replication, without comments and docstrings, and the versions of the
libraries that compute in it. The version of Python is not part of it: results are the same on all supported versions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_SIMULATING = (
    "scenario/schema",
    "scenario/distributions.py",
    "scenario/derived.py",
    "scenario/amendment_checks.py",
    "scenario/cap_checks.py",
    "scenario/country_checks.py",
    "scenario/extension_files.py",
    "extension.py",
    "core",
    "processes",
    "analysis",
    "experiment/replicate.py",
    "trial.py",
    "continued.py",
    "compiled",
)
_COMPUTING = ("numpy", "scipy", "simpy")
_TEXT = r'"""(?:[^\\]|\\.)*?"""'
_PIECE = re.compile(
    rf"^(?P<indent>[ \t]*)[rR]?{_TEXT}(?=[ \t]*$)"  # a docstring
    rf"|(?P<kept>{_TEXT}|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"  # any other text, which may have a #
    r"|[ \t]*#[^\n]*",  # a comment
    re.MULTILINE | re.DOTALL,
)
_BLANK = re.compile(r"^[ \t]*\n", re.MULTILINE)


def without_comments(source: str) -> str:
    """Reduce a module's source to what decides its behaviour.

    Args:
        source: the source.

    Returns:
        The source without comments and empty lines, and with `...` for each docstring.
    """
    return _BLANK.sub("", _PIECE.sub(_left, source.replace("\r\n", "\n")))


def _left(piece: re.Match[str]) -> str:
    """The part of a piece of source that counts."""
    if piece["kept"] is not None:
        return piece["kept"]
    return "" if piece["indent"] is None else f"{piece['indent']}..."


def sources_fingerprint(parts: Iterable[str]) -> str:
    """Hash part of this package's source; the result does not depend on how the package was installed.

    Args:
        parts: modules and packages, as paths within this package.

    Returns:
        SHA-256 of their source without comments, as hexadecimal digits.
    """
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for part in parts:
        path = package / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(without_comments(file.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()


def simulating_files() -> list[Path]:
    """Return the source files that `program_fingerprint` covers."""
    package = Path(__file__).resolve().parent.parent
    found = [package / part for part in _SIMULATING]
    return [file for path in found for file in ([path] if path.is_file() else sorted(path.rglob("*.py")))]


@lru_cache(maxsize=1)
def program_fingerprint() -> str:
    """Hash everything that decides a replication, except the scenario.

    Returns:
        The first 16 hexadecimal digits of a SHA-256. Computed once per process.
    """
    text = "\n".join([sources_fingerprint(_SIMULATING), *(f"{name} {library_version(name)}" for name in _COMPUTING)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def library_version(name: str) -> str:
    """Return the version of an installed library, or `unknown`.

    Args:
        name: name of the distribution, as pip has it.
    """
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
