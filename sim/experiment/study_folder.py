"""The folder of a study (`explain`, `plan`): its finished parts while it runs, and its answer when it is done.

`study.json` says what was asked; parts of another question are never mixed in. `chunks/` has finished parts, so that
the same command goes on after Ctrl-C, and answers at once when it is asked again. `manifest.json` is written last.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from sim import __version__
from sim.analysis.spreadsheets import csv_text
from sim.errors import Problem, ResultsError
from sim.experiment.identity import program_fingerprint
from sim.experiment.store import LOCK, MANIFEST, file_hash, read_json, write_json, write_text
from sim.scenario.load import canonical
from sim.scenario.schema import Scenario

STUDY, CHUNKS = "study.json", "chunks"


def study_identity(kind: str, scenario: Scenario, seed: int, **asked: Any) -> dict[str, Any]:
    """What decides every byte of a study's answer.

    Args:
        kind: the command.
        scenario: the scenario.
        seed: where random numbers start.
        asked: what else was asked.
    """
    return {
        "kind": kind,
        "version": __version__,
        "program": program_fingerprint(),
        "seed": seed,
        **asked,
        "scenario": json.loads(canonical(scenario)),
    }


def short_id(identity: Mapping[str, Any]) -> str:
    """Eight characters for a folder's name."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:8]


class StudyFolder:
    """The folder of one study.

    Args:
        path: the folder.
        identity: what is asked; see `study_identity`.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any]) -> None:
        self.path = path
        self.identity = dict(identity)
        self._started = time.time()
        self._files: list[str] = [STUDY]

    @property
    def chunks(self) -> Path:
        """Where finished parts are."""
        return self.path / CHUNKS

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, so that nothing else writes to it, and see that it is of this very study.

        Raises:
            ResultsError: it is in use, of another study, has other files, or cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK, timeout=0)
            lock.acquire()
        except Timeout:
            raise ResultsError(Problem("another command is writing to this folder", str(self.path))) from None
        except OSError as error:
            raise ResultsError(Problem(f"cannot be written: {error.strerror}", str(self.path))) from None
        try:
            self._begin()
            yield
        finally:
            lock.release()
            (self.path / LOCK).unlink(missing_ok=True)

    def _begin(self) -> None:
        path = self.path / STUDY
        if path.is_file():
            found = read_json(path)
            for key in ("kind", "version", "program", "seed", *self.identity):
                if found.get(key) != self.identity.get(key):
                    message = f"this folder is of another {key}; give another --out, or none"
                    raise ResultsError(Problem(message, str(path), path=key))
            return
        others = sorted(item.name for item in self.path.iterdir() if item.name != LOCK)
        if others:
            message = f"is not empty and is not a folder of this command (it has {others[0]})"
            raise ResultsError(Problem(message, str(self.path)))
        write_json(path, self.identity)

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the answer, whole or not at all."""
        write_text(self.path / name, text)
        self._files.append(name)

    def write_document(self, name: str, document: object) -> None:
        """Write JSON, keys in their own order."""
        self.write_text(name, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table as CSV; `inf` is later than the horizon."""
        self.write_text(f"{name}.csv", csv_text(table))

    def finish(self, command: str) -> None:
        """Write the manifest: what was asked, with what, when, and the hash of every file."""
        write_json(
            self.path / MANIFEST,
            {
                "kind": self.identity["kind"],
                "command": command,
                "files": {name: file_hash(self.path / name) for name in sorted(self._files)},
                "started": datetime.fromtimestamp(self._started, UTC).isoformat(timespec="seconds"),
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                "wall_time_seconds": round(time.time() - self._started, 3),
                "platform": platform.platform(),
                "versions": {"trialclock": __version__, "python": sys.version.split()[0]},
            },
        )
