"""Where compiled code is kept, whether it is there, and how it gets there. Numba is imported only to use it.

The folder's name has a hash of all source that is compiled and of what compiles it, because Numba itself looks only at
the file that has the door. `python -m sim.compiled.ready` compiles, and writes the mark that says so.

Attributes:
    VARIABLE: variable of the environment that names another folder for compiled code.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

VARIABLE = "TRIALCLOCK_CACHE"
_ENGINE = "sim.compiled.engine"
_MARK, _BUSY, _LOCK = "compiled", "compiling", "lock"
_BUSY_SECONDS = 600.0  # after which a process that compiles is taken for dead
# What of this package is not compiled.
_IN_PYTHON = {"blocks", "choice", "engine", "known", "program", "ready", "tracing", "values"}
# A constant of any of these is compiled in.
_OF_CORE = tuple(f"core/{name}.py" for name in ("clock", "decisions", "events", "people", "referred", "streams"))
# Numba's settings for this process: what is compiled runs as fast, and is there sooner.
_FAST_TO_COMPILE = {"NUMBA_OPT": "1", "NUMBA_LOOP_VECTORIZE": "0", "NUMBA_SLP_VECTORIZE": "0"}
_NICE = 10  # how far a process that compiles beside others stands back


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def sources(compiled: Path) -> list[Path]:
    """Files of this package that are compiled.

    Args:
        compiled: folder of the package.

    Returns:
        Paths, in alphabetical order; what is compiled is compiled again if one of them changes.
    """
    files = sorted(compiled.rglob("*.py"))
    return [file for file in files if file.relative_to(compiled).parts[0].removesuffix(".py") not in _IN_PYTHON]


@lru_cache(maxsize=1)
def folder() -> Path:
    """The folder for compiled code of this program, on this machine; it need not exist.

    Its name changes with the source that is compiled, the versions of Numba, llvmlite, numpy and Python, and the
    machine.
    """
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for file in (*sources(package / "compiled"), *(package / name for name in _OF_CORE)):
        digest.update(file.read_bytes())
    digest.update(f"{_version('numba')} {_version('llvmlite')} {_version('numpy')} {sys.version}".encode())
    digest.update(f"{platform.node()} {platform.machine()} {platform.processor()} {package}".encode())
    return _caches() / f"compiled-{digest.hexdigest()[:16]}"


def _caches() -> Path:
    if given := os.environ.get(VARIABLE):
        return Path(given)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "trialclock" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trialclock"


@lru_cache(maxsize=1)
def has_numba() -> bool:
    """Whether Numba is installed."""
    return find_spec("numba") is not None


def is_loaded() -> bool:
    """Whether the engine is loaded in this process."""
    return _ENGINE in sys.modules


def is_ready() -> bool:
    """Whether the engine can run at once: it is loaded, or its code is kept."""
    return is_loaded() or (has_numba() and (folder() / _MARK).is_file())


def engine() -> ModuleType:
    """The engine, loaded; where no code is kept, the first call of it compiles.

    Returns:
        The module `sim.compiled.engine`.
    """
    if _ENGINE not in sys.modules:
        import numba  # slow to import

        before = numba.config.CACHE_DIR
        with suppress(OSError):
            folder().mkdir(parents=True, exist_ok=True)
        try:
            numba.config.CACHE_DIR = str(folder()) if os.access(folder(), os.W_OK) else before
            return import_module(_ENGINE)  # its functions look for the folder when they are defined
        finally:
            numba.config.CACHE_DIR = before
    return sys.modules[_ENGINE]


def make_ready() -> None:
    """Compile now, and keep what is compiled."""
    load()
    (folder() / _MARK).touch()


def load() -> None:
    """Load the engine and its code; what is not kept is compiled."""
    import numba
    import numpy as np

    made: Any = engine()
    made.run_rows.compile((numba.typeof(np.zeros(1, made.WORLD)), numba.intp))
    word = numba.uint64
    numbers, places = numba.typeof(np.zeros((1, 1))), numba.typeof(np.zeros((1, 1), np.int64))
    line, of_numbers = numba.typeof(np.zeros(1, np.int64)), numba.typeof(np.zeros(1))
    made.by_kind.compile((numbers, line, places, numbers, line, line))
    made.stays.compile((numbers, places, of_numbers, line, of_numbers, line))
    made.first_numbers.compile((numbers, word, word, word, numba.intp))


def make_ready_apart() -> None:
    """Compile in a process of its own, and wait for it; nothing is done if the code is kept."""
    if not is_ready():
        import subprocess

        subprocess.run([sys.executable, "-m", __name__], check=False, capture_output=True)


def make_ready_beside() -> None:
    """Compile in a process that goes on beside this one, unless that has been done or is being done."""
    if is_ready() or not has_numba() or not _is_first():
        return
    import subprocess

    with suppress(OSError):
        subprocess.Popen(
            [sys.executable, "-m", __name__, "--beside"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _is_first() -> bool:
    """Whether no other process compiles, which this one then may."""
    busy = folder() / _BUSY
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if time.time() - busy.stat().st_mtime > _BUSY_SECONDS:
                busy.unlink()
        busy.touch(exist_ok=False)
    except OSError:
        return False
    return True


def _compile() -> None:
    if "--beside" in sys.argv and hasattr(os, "nice"):
        os.nice(_NICE)
    os.environ.update(_FAST_TO_COMPILE)
    from filelock import FileLock

    try:
        folder().mkdir(parents=True, exist_ok=True)
        with FileLock(folder() / _LOCK):  # of several that were started at once, one compiles
            if not (folder() / _MARK).is_file():
                make_ready()
    finally:
        (folder() / _BUSY).unlink(missing_ok=True)


if __name__ == "__main__":
    _compile()
