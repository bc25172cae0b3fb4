"""The manifest of a run: what was run, when, by which versions, and the hash of every other file.

It is the one file that may have times and versions in it: all others are the same bytes for the same run.
"""

from __future__ import annotations

import platform
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sim.experiment.files import file_hash
from sim.experiment.run.folder import RunFolder
from sim.experiment.run.stopping import Looks
from sim.version import __version__

_LIBRARIES = ("simpy", "numpy", "scipy", "pandas", "pyarrow", "pydantic", "plotly", "holidays")


def manifest(folder: RunFolder, files: list[str], started: float, command: str, looks: Looks | None) -> dict[str, Any]:
    """Compose the manifest of a run that is being finished.

    Args:
        folder: its folder.
        files: names of the files it has written there.
        started: when this process started or resumed it, in seconds since 1970.
        command: the whole command.
        looks: what the stopping rule saw; None without a rule.

    Returns:
        JSON values.
    """
    return ({"until": looks.record()} if looks is not None else {}) | {
        "run": folder.identity.as_mapping(),
        "files": {name: file_hash(folder.path / name) for name in sorted(files)},
        "command": command,
        "engines": sorted(folder.engines),
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_time_seconds": round(time.time() - started, 3),
        "platform": platform.platform(),
        "versions": {"trialclock": __version__, "python": sys.version.split()[0]} | _versions(),
    }


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
