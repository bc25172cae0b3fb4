"""Lists the comparisons, sweeps, explanations and plans in a folder, with a one-line summary of each.

It reads the documents that answers leave in their folders, and opens no run; runs are listed by `run.catalogue`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.errors import TrialclockError
from sim.experiment.answer_folder import STUDY
from sim.experiment.files import read_json, read_object

_FILES = {  # by command: its answer and its page
    "compare": ("comparison.json", "comparison.html"),
    "sweep": ("sweep.json", "sweep.html"),
    "explain": ("explanation.json", "explain.html"),
    "plan": ("plan.json", "plan.html"),
}
_UNFINISHED = "not finished; run the same command again to continue"


@dataclass(frozen=True)
class Inquiry:
    """One folder of an experiment.

    Attributes:
        path: the folder.
        command: the command that made it.
        finished: when its answer was written, as ISO text; None for an unfinished one.
        says: the answer in one sentence.
        page: path of its page, or None where none was written.
    """

    path: Path
    command: str
    finished: str | None
    says: str
    page: Path | None


def inquiries(folder: Path) -> list[Inquiry]:
    """List the experiments in a folder.

    Args:
        folder: the folder that contains their folders.

    Returns:
        Unfinished experiments first, then finished ones, the latest first. Other folders are skipped, and so are those
        that may not be read.
    """
    found = []
    for path in sorted(folder.iterdir()):
        with suppress(PermissionError):
            if path.is_dir() and (inquiry := _inquiry(path)):
                found.append(inquiry)
    return sorted(found, key=lambda inquiry: inquiry.finished or "9", reverse=True)


def _inquiry(path: Path) -> Inquiry | None:
    """The experiment in a folder: finished where its answer is there, else unfinished.

    None where it has neither file.
    """
    for command, (document, page) in _FILES.items():
        file = path / document
        if file.is_file():
            when = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")
            return Inquiry(path, command, when, _says(command, file), path / page if (path / page).is_file() else None)
    try:
        study = read_object(path / STUDY) if (path / STUDY).is_file() else {}
    except (TrialclockError, OSError):
        return None
    return Inquiry(path, str(study["kind"]), None, _UNFINISHED, None) if "kind" in study else None


def _says(command: str, file: Path) -> str:
    """The answer in one sentence; where the file is damaged, a remark that it is."""
    try:
        return _sentence(command, read_json(file))
    except (TrialclockError, OSError, KeyError, IndexError, TypeError, AttributeError):
        return f"{file.name} is damaged; the same command writes it again"


def _sentence(command: str, found: dict[str, Any]) -> str:
    if command == "compare":
        return str(found["comparisons"][0]["sentences"][0])
    if command == "sweep":
        return str(found["sentences"][0])
    first, *more = found["answer"]
    return str(more[0] if command == "explain" and more else first)
