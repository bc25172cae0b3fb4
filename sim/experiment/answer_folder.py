"""The folder of an answer: `compare`, `sweep`, `explain`, `plan`, `fit`, `forecast`, `backtest`.

`study.json` is written first and says what was asked, so that parts of different questions are never mixed. Each file
is written whole or not at all, and `manifest.json` comes last. A command that was killed can therefore be repeated: it
continues, and leaves the same files as an uninterrupted one. Names, questions and sources do not decide results: when
only they change, the same folder is used and the answer is written again.

Attributes:
    STUDY: file that says what was asked; written first, so that a stopped command can go on.
    CHUNKS: folder of finished parts of an answer.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from sim.analysis.spreadsheets import csv_text
from sim.errors import Problem, ResultsError
from sim.experiment.files import (
    as_utf8,
    file_hash,
    held,
    read_object,
    remove_parts,
    strangers,
    write_json,
    write_whole,
)
from sim.experiment.identity import slug
from sim.experiment.program import program_fingerprint
from sim.experiment.run.folder import MANIFEST
from sim.experiment.run.start import RESULTS
from sim.scenario.load import canonical, scenario_hash
from sim.scenario.schema import Scenario
from sim.version import __version__

STUDY, CHUNKS = "study.json", "chunks"
_NAMES = {
    "program": "version of the program, or of numpy, scipy or simpy",
    "kind": "command",
    "scenario_hash": "scenario",
}
_OPTIONS_FOR_READERS = ("name", "question", "note", "label", "source", "sources", "grade")


def deciding(options: Any) -> Any:
    """Remove from the options of a plan what only readers need, such as names and sources.

    Args:
        options: the options as JSON values.

    Returns:
        A copy without those keys, at every depth.
    """
    if isinstance(options, dict):
        return {key: deciding(value) for key, value in options.items() if key not in _OPTIONS_FOR_READERS}
    return [deciding(value) for value in options] if isinstance(options, list) else options


def short_id(identity: Mapping[str, Any]) -> str:
    """Return the id that ends the name of an answer's folder.

    Args:
        identity: everything that decides the answer, as JSON values.

    Returns:
        The first eight hexadecimal digits of the SHA-256 of the identity.
    """
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:8]


class AnswerFolder:
    """The folder of one answer.

    Args:
        path: the folder.
        identity: everything that decides the answer, as JSON values.
        shown: what else `study.json` says, for readers.
        optional: names of files that not every answer to the question has. `finish` removes those of an older answer.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, Any],
        shown: Mapping[str, Any] | None = None,
        optional: Iterable[str] = (),
    ) -> None:
        self.path = path
        self.identity = dict(identity)
        self._said = {**(shown or {}), **self.identity}
        self._optional = tuple(optional)
        self._started = time.time()
        self._files: list[str] = [STUDY]

    @property
    def chunks(self) -> Path:
        """The folder of finished parts."""
        return self.path / CHUNKS

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the folder against other writers, and check that it belongs to this question.

        Yields:
            Once, with the folder locked; the lock goes when the context ends, whether the answer was finished or not.

        Raises:
            ResultsError: the folder is in use, belongs to another question, has other files, or cannot be written.
        """
        with held(self.path, "another command is writing to this folder"):
            self._begin()
            yield

    def _begin(self) -> None:
        """Write what is asked into the folder, or check that it was asked there before; remove parts of files.

        Raises:
            ResultsError: the folder has other files, or belongs to another question.
        """
        path = self.path / STUDY
        found = read_object(path) if path.exists() else None
        if found is None:
            others = strangers(self.path, ())
            if others:
                message = f"is not empty and is not a folder of this command (it has {others[0]})"
                raise ResultsError(Problem(message, str(self.path)))
        for key in self.identity:
            if found is not None and found.get(key) != self.identity[key]:
                message = f"this folder is of another {_NAMES.get(key, key)}; give another --out, or none"
                raise ResultsError(Problem(message, str(path), path=key))
        if found != self._said:
            write_json(path, self._said)
        remove_parts(self.path)
        remove_parts(self.chunks)

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the answer, whole or not at all.

        The first file written removes the manifest of an older answer.

        Args:
            name: file name, without a folder.
            data: its content.

        Raises:
            WriteError: it cannot be written.
        """
        if len(self._files) == 1:
            (self.path / MANIFEST).unlink(missing_ok=True)
        write_whole(self.path / name, data)
        self._files.append(name)

    def write_text(self, name: str, text: str) -> None:
        """Write text as UTF-8; see `write`.

        Args:
            name: file name, without a folder.
            text: its content.
        """
        self.write(name, as_utf8(text))

    def write_document(self, name: str, document: object, *, sort_keys: bool = False) -> None:
        """Write JSON; see `write`.

        Args:
            name: file name, without a folder.
            document: values that JSON can hold; NaN and infinity are refused.
            sort_keys: whether to sort the keys instead of keeping their order.
        """
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=sort_keys)
        self.write_text(name, text + "\n")

    def write_table(self, name: str, table: pd.DataFrame, float_format: str | None = None) -> None:
        """Write a table as CSV; `inf` means later than the horizon. See `write`.

        Args:
            name: file name without `.csv`.
            table: the table; its index is not written.
            float_format: format of numbers, as in `%.6g`; None for the shortest text that reads back the same.
        """
        self.write_text(f"{name}.csv", csv_text(table, float_format))

    def write_parquet(self, name: str, table: pd.DataFrame) -> None:
        """Write a table as Parquet, compressed with zstd; see `write`.

        Args:
            name: file name.
            table: the table; its index is not written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), buffer, compression="zstd")
        self.write(name, buffer.getvalue())

    def finish(self, command: str) -> None:
        """Remove files that only an older answer had, and write the manifest.

        The manifest says what was asked, with which versions, when, and the SHA-256 of every file.

        Args:
            command: the whole command, for the manifest.
        """
        for name in set(self._optional) - set(self._files):
            (self.path / name).unlink(missing_ok=True)
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


def study_folder(
    kind: str, scenario: Scenario, seed: int, out: Path | str | None, optional: Iterable[str], **asked: Any
) -> AnswerFolder:
    """The folder of a question about one scenario.

    Args:
        kind: the command.
        scenario: the scenario; `study.json` shows it resolved, of which only its hash decides.
        seed: seed of the random numbers.
        out: the folder; None for `results/<kind>-<scenario>-<id>`.
        optional: names of files that not every answer to the question has.
        asked: further inputs that decide the answer, as JSON values. Two questions with the same kind, scenario, seed
            and inputs have the same answer.

    Returns:
        The folder, which need not exist; nothing is written yet.
    """
    identity = {
        "kind": kind,
        "program": program_fingerprint(),
        "seed": seed,
        **asked,
        "scenario_hash": scenario_hash(scenario),
    }
    path = Path(out) if out else RESULTS / f"{kind}-{slug(scenario.name)}-{short_id(identity)}"
    return AnswerFolder(path, identity, {"scenario": json.loads(canonical(scenario))}, optional)
