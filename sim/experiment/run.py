"""Run a scenario: many replications, reduced, kept in a folder."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sim import __version__
from sim.errors import Problem, ResultsError, RunInterrupted, UsageError
from sim.experiment.assemble import assemble
from sim.experiment.identity import Identity
from sim.experiment.replicate import Chunk, tasks
from sim.experiment.results import Results
from sim.experiment.store import MANIFEST, RunFolder, file_hash, write_json
from sim.experiment.workers import n_cores, simulate
from sim.scenario.schema import Scenario

Progress = Callable[[int, int], None]  # replications done, replications in all

RESULTS = Path("results")
REPORT = "report.html"
_LIBRARIES = ("simpy", "numpy", "scipy", "pandas", "pyarrow", "pydantic", "plotly", "holidays")


Report = Callable[[Results], str]  # writes a page about results into their folder; its name


def no_progress(done: int, total: int) -> None:
    """The progress callback that does nothing."""


def run_in_folder(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    out: Path | str | None = None,
    report: Report | None = None,
    progress: Progress = no_progress,
    command: str = "",
    typed: str = "",
    assumptions: Sequence[Mapping[str, str]] = (),
) -> Results:
    """Run a scenario and keep what it leaves in a folder. A run that was stopped goes on where it was.

    Args:
        scenario: the scenario.
        replications: simulated trials; default: as the scenario says.
        seed: where random numbers start; default: as the scenario says.
        workers: processes; default: all cores. The results are the same bytes whatever it is.
        out: the folder; default: `results/<scenario>-<id>`.
        report: writes a page about the results into the folder, and returns its name.
        progress: called with replications done and in all.
        command: the whole command, for the manifest.
        typed: the scenario and its overrides as they were typed, for the report.
        assumptions: every value with where it came from, for the report; see `sim.report.assumptions`.

    Raises:
        ResultsError: the folder is of another run, is in use, is damaged, or cannot be written.
        RunInterrupted: stopped by hand; finished chunks are kept.
    """
    n = scenario.experiment.replications if replications is None else replications
    if n < 1:
        raise UsageError(f"replications must be at least 1, not {n}")
    if out is not None and not str(out):
        raise UsageError(Problem("is not the name of a folder", "--out", value="''"))
    identity = Identity(scenario, scenario.experiment.seed if seed is None else seed, n, typed, assumptions)
    folder = RunFolder(Path(out) if out is not None else RESULTS / identity.folder_name, identity)
    started = time.time()
    with folder.locked():
        if folder.is_complete():
            progress(n, n)
            return reuse(Results(folder.path), report)
        folder.begin()
        try:
            _simulate(folder, n_cores() if workers is None else workers, progress)
            return complete(folder, started, command, report)
        except KeyboardInterrupt:
            folder.look()
            raise RunInterrupted(
                f"stopped after {folder.n_finished:,} of {n:,} replications; they are kept in {folder.path}. "
                "The same command goes on from there"
            ) from None


def complete(folder: RunFolder, started: float, command: str = "", report: Report | None = None) -> Results:
    """Turn a folder that has all its chunks into results.

    Args:
        folder: the run's folder, held.
        started: when the run was started, in seconds since 1970, for the manifest.
        command: the whole command, for the manifest.
        report: writes a page about the results into the folder, and returns its name.
    """
    files = assemble(folder)
    if report is not None:
        files.append(report(Results(folder.path)))
    folder.finish(_manifest(folder.identity, files, folder.path, started, command))
    return Results(folder.path)


def reuse(results: Results, report: Report | None = None) -> Results:
    """A run that was complete already; it only gets the report that it may still lack.

    Args:
        results: the run.
        report: writes a page about the results into the folder, and returns its name.

    Raises:
        ResultsError: its files are no longer what it wrote.
    """
    damaged = [text for text in results.damaged_files() if text != f"{REPORT} is missing"]
    if damaged:
        message = f"this run is complete, but since then {', '.join(damaged)}; give another --out, or delete the folder"
        raise ResultsError(Problem(message, str(results.path)))
    if report is None or (results.path / REPORT).is_file():
        return results
    name = report(results)
    files = results.manifest["files"] | {name: file_hash(results.path / name)}
    write_json(results.path / MANIFEST, results.manifest | {"files": files})
    return Results(results.path)


def _simulate(folder: RunFolder, workers: int, progress: Progress) -> None:
    identity = folder.identity
    todo = [task for task in tasks(identity.replications) if task[0] not in folder.finished]
    progress(folder.n_finished, identity.replications)

    def keep(chunk: Chunk) -> None:
        folder.add(chunk)
        progress(folder.n_finished, identity.replications)

    simulate(identity.scenario, identity.seed, identity.keep, todo, workers, keep)


def _manifest(identity: Identity, files: list[str], path: Path, started: float, command: str) -> dict[str, Any]:
    return {
        "run": identity.as_mapping(),
        "files": {name: file_hash(path / name) for name in sorted(files)},
        "command": command,
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_time_seconds": round(time.time() - started, 3),
        "platform": platform.platform(),
        "versions": {"trialclock": __version__, "python": sys.version.split()[0]} | _versions(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
