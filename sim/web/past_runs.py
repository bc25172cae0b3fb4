"""Runs that a visitor may see: their own, and those of the results folder with which the studio was started.

A visitor names a run by the name of its folder, which is looked up among these; no name from the browser is used as a
path.
"""

from __future__ import annotations

import shlex
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import InputError, Problem, ResultsError, nearest
from sim.experiment.run import catalogue
from sim.experiment.run.catalogue import FINISHED, UNFINISHED, Entry
from sim.experiment.run.folder import MANIFEST, RUN
from sim.experiment.run.results import Results
from sim.scenario.layers import library_names
from sim.scenario.load import canonical, load
from sim.scenario.written import scenario_yaml
from sim.web.keeping import BEGUN
from sim.web.state import State

if TYPE_CHECKING:
    from sim.web.studio import Studio


def past_runs(studio: Studio) -> list[Entry]:
    """All of them, the latest first; unfinished and damaged ones too, with their status.

    Whether files were changed is checked once, and again when a run is opened.
    """
    folders = (studio.visitor.runs, studio.settings.results)
    paths = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()]
    found = [entry for path in paths for entry in _entries(path, _changed(path))]
    return sorted(found, key=lambda entry: entry.finished or "", reverse=True)


def _changed(path: Path) -> int:
    """When the description of a run last changed, in nanoseconds."""
    return max((file.stat().st_mtime_ns for file in (path / MANIFEST, path / RUN) if file.is_file()), default=0)


@lru_cache(maxsize=2_000)
def _entries(path: Path, changed: int) -> tuple[Entry, ...]:
    if not changed:
        return ()
    return tuple(entry for entry in catalogue.entries(path) if entry.path == path)


def run_named(studio: Studio, name: str) -> Entry:
    """The run with this folder name, checked now. The name is looked up, and never used as a path.

    Args:
        studio: the studio.
        name: name of the folder; if two runs have it, the latest is meant.

    Raises:
        ResultsError: there is none, it is not finished, or it was changed since.
    """
    known = {entry.path.name: entry for entry in reversed(past_runs(studio))}
    if name not in known:
        raise ResultsError(Problem(f"there is no such run; {nearest(name, known)}", value=name[:80]))
    entry = catalogue.named(known[name].path.parent, str(known[name].path))
    if entry.status != FINISHED:
        raise ResultsError(Problem(f"this run is {entry.status}", value=name))
    return entry


def unfinished_state(studio: Studio, entry: Entry) -> State | None:
    """The state that continues an unfinished run of this visitor.

    A run continues when the same question is asked again, because its folder is named after the question.

    Args:
        studio: the studio.
        entry: the run.

    Returns:
        None if none does: it is finished, another's, or what was asked is not remembered.
    """
    if entry.status != UNFINISHED or entry.path.parent != studio.visitor.runs:
        return None
    begun = {found["folder"]: found["query"] for found in studio.visitor.remembered(BEGUN)}
    return State.of(begun[entry.path.name]) if entry.path.name in begun else None


def state_of(studio: Studio, entry: Entry) -> State:
    """The exact scenario, seed and size of a run, as typed if that still gives the same.

    A scenario from elsewhere is kept as text, so that the link does not depend on a file that may change.

    Args:
        studio: the studio.
        entry: a finished run.
    """
    typed = _typed(entry.path, entry.typed, entry.finished)
    if typed is not None:
        return State(typed[0], "", typed[1], entry.seed, entry.replications)
    digest = studio.visitors.keep_text(scenario_yaml(Results(entry.path).scenario))
    return State(file=digest, seed=entry.seed, replications=entry.replications)


@lru_cache(maxsize=2_000)
def _typed(path: Path, text: str, finished: str | None) -> tuple[str, tuple[str, ...]] | None:  # noqa: ARG001 - a key
    """Name and changes of a scenario that comes with the program, if they still give the scenario of a run."""
    words = shlex.split(text)
    if not words or words[0] not in library_names() or set(words[1::2]) - {"--set"}:
        return None
    changes = tuple(words[2::2])
    try:
        again = load(words[0], changes).scenario
    except InputError:
        return None
    return (words[0], changes) if canonical(again) == canonical(Results(path).scenario) else None
