"""Lists the runs in a folder, with a one-line summary of each.

A folder is never refused: a stopped or damaged run, or what cannot be read, is listed as what it is.

Attributes:
    HEADLINE: milestones whose dates a listing shows.
    HEADLINE_QUANTILES: their quantiles.
    FINISHED, UNFINISHED, DAMAGED, FAILED: the states of a run; see `Entry`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sim.errors import Problem, ResultsError, TrialclockError, nearest
from sim.experiment.files import read_object
from sim.experiment.replicate import CHUNK
from sim.experiment.run.assemble import REPLICATIONS
from sim.experiment.run.folder import CHUNKS, MANIFEST, RUN
from sim.experiment.run.results import Results

HEADLINE = ("last_randomised", "database_lock")
HEADLINE_QUANTILES = ("p50", "p80")
FINISHED, UNFINISHED, DAMAGED, FAILED = "finished", "unfinished", "damaged", "failed"


@dataclass(frozen=True)
class Entry:
    """One folder of a run.

    Attributes:
        path: the folder.
        scenario: name of the scenario.
        typed: the scenario and its overrides as they were typed; empty if unknown.
        scenario_hash: SHA-256 of the part of the scenario that decides results.
        seed: seed of the random numbers.
        replications: number of simulated trials; for an unfinished run, those done so far.
        wanted: number of trials asked for; None where a stopping rule decides.
        finished: when it was finished, as ISO text; None for an unfinished run.
        size_bytes: size of all its files.
        status: `finished`; `unfinished`; `damaged`: files were changed since; `failed`: simulated trials raised an
            exception, so that there is no answer.
        notes: which files were changed, or how many trials failed.
        dates: P50 and P80 of each headline milestone, as dates; None means later than the horizon.
    """

    path: Path
    scenario: str
    typed: str
    scenario_hash: str
    seed: int
    replications: int
    wanted: int | None
    finished: str | None
    size_bytes: int
    status: str
    notes: tuple[str, ...]
    dates: dict[str, dict[str, date | None]]

    def matches(self, scenario: str, scenario_hash: str) -> bool:
        """Check a run against a search.

        Args:
            scenario: part of the scenario's name, the typed text or the folder's name; case is ignored.
            scenario_hash: beginning of the scenario's hash or of the folder's id; empty for any.

        Returns:
            Whether both match.
        """
        folder_id = self.path.name.rpartition("-")[2]
        is_named = any(scenario.lower() in name.lower() for name in (self.scenario, self.typed, self.path.name))
        return is_named and (self.scenario_hash.startswith(scenario_hash) or folder_id.startswith(scenario_hash))


def entries(folder: Path) -> list[Entry]:
    """List the runs in a folder.

    Args:
        folder: a folder of runs, or the folder of one run.

    Returns:
        Unfinished runs first, then finished ones, the latest first.

    Raises:
        ResultsError: the folder does not exist.
    """
    if not folder.is_dir():
        raise ResultsError(Problem("there is no such folder", str(folder)))
    found = [entry for path in (folder, *_folders(folder)) for entry in _entry(path)]
    return sorted(found, key=lambda entry: (entry.finished or "9", entry.path.name), reverse=True)


def _folders(folder: Path) -> list[Path]:
    """Subfolders, sorted."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise ResultsError(Problem(f"cannot be read: {error.strerror}", str(folder))) from None


def named(folder: Path, name: str) -> Entry:
    """Find a run by name.

    Args:
        folder: the folder of runs.
        name: a path, a folder's name, or the beginning of its name or of its id.

    Returns:
        The run.

    Raises:
        ResultsError: no run matches, or several do.
    """
    path = Path(name)
    if path.is_dir():
        direct = list(_entry(path))
        if direct:
            return direct[0]
    known = entries(folder) if folder.is_dir() else []
    chosen = [entry for entry in known if entry.path.name == name] or [
        entry
        for entry in known
        if name and (entry.path.name.startswith(name) or entry.path.name.rpartition("-")[2].startswith(name))
    ]
    if len(chosen) == 1:
        return chosen[0]
    names = [entry.path.name for entry in chosen or known]
    if chosen:
        raise ResultsError(Problem(f"several runs begin like this: {', '.join(names)}", name))
    raise ResultsError(Problem(f"there is no such run in {folder}; {nearest(name, names)}", name))


def _entry(path: Path) -> Iterator[Entry]:
    """The run in a folder, if there is one; a folder of another command has none."""
    try:
        if (path / RUN).is_file():
            yield _unfinished(path, Results(path).identity)
        elif (path / MANIFEST).is_file() and "run" in read_object(path / MANIFEST):
            yield _finished(Results(path))
    except Exception as error:  # whatever is in one folder, the others must be listed
        what = str(error) if isinstance(error, TrialclockError) else f"cannot be read: {error or type(error).__name__}"
        yield Entry(path, "?", "", "", 0, 0, None, None, _size(path), DAMAGED, (what.splitlines()[0],), {})


def _size(path: Path) -> int:
    try:
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    except OSError:
        return 0  # of files that may not be read


def _unfinished(path: Path, run: dict[str, Any]) -> Entry:
    n_chunks = sum(1 for _ in (path / CHUNKS).glob("*.npz"))
    wanted = run["replications"]
    done = n_chunks * CHUNK if wanted is None else min(n_chunks * CHUNK, wanted)
    return Entry(path, *_what(run), done, wanted, None, _size(path), UNFINISHED, (), {})


def _what(run: dict[str, Any]) -> tuple[str, str, str, int]:
    return run["scenario"]["name"], run["typed"], run["scenario_hash"], run["seed"]


def _finished(results: Results) -> Entry:
    """The entry of a complete run, whose files are compared with their hashes.

    Dates are left out where trials failed or the table of replications is damaged.
    """
    run, finished = results.identity, results.manifest["finished"]
    n = run["replications"]
    notes = tuple(results.damaged_files())
    unread = _unread(results) if not notes else ""
    if unread:
        return Entry(results.path, *_what(run), n, n, finished, _size(results.path), FINISHED, (unread,), {})
    if not notes and results.is_of_this_program():  # another version's tables may have other columns
        notes = tuple(f"was not written by this program: {problem}" for problem in results.wrong_tables()[:1])
    failed = len(results.failures)
    dates = {} if failed or any(REPLICATIONS in note for note in notes) else _dates(results)
    status = DAMAGED if notes else FAILED if failed else FINISHED
    if failed:
        notes = (*notes, f"{failed:,} of {n:,} simulated trials failed")
    return Entry(results.path, *_what(run), n, n, finished, _size(results.path), status, notes, dates)


def _unread(results: Results) -> str:
    """Why the dates of a run cannot be read: it needs the file of an extension. Empty if they can."""
    try:
        _ = results.design
    except ResultsError as error:
        return error.problems[0].message if results.scenario.extensions else ""
    return ""


def _dates(results: Results) -> dict[str, dict[str, date | None]]:
    milestones, clock = results.milestones(), results.design.clock
    found: dict[str, dict[str, date | None]] = {}
    for name in (name for name in HEADLINE if name in milestones.index):
        days = {q: float(str(milestones.loc[name, q])) for q in HEADLINE_QUANTILES}
        found[name] = {q: clock.date_of(day) if day < float("inf") else None for q, day in days.items()}
    return found
