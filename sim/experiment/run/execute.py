"""Executes a run in its folder: simulates what is missing, and writes the result files.

`start` decides what is run and where; here is the work itself, the same for a new run, a resumed one and one that is
extended: chunks, then tables, then the manifest, which is written last and makes a run a finished one.

Attributes:
    REPORT: name of the page of a run.
    NOTHING_ELSE: tables and manifest only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.errors import Problem, ResultsError, RunInterrupted, WriteError
from sim.experiment.crew import Crew, simulate_chunk
from sim.experiment.execution import Execution, Progress
from sim.experiment.files import file_hash, write_json
from sim.experiment.identity import Identity
from sim.experiment.replicate import CHUNK, Chunk, tasks
from sim.experiment.run.assemble import assemble
from sim.experiment.run.days_lost import measure, measure_doubts
from sim.experiment.run.folder import ASSUMPTIONS, CAUSES, MANIFEST, RunFolder
from sim.experiment.run.manifest import manifest
from sim.experiment.run.restore import chunks_of, joined
from sim.experiment.run.results import Results
from sim.experiment.run.stopping import Looks

Report = Callable[[Results], str]  # writes a page into the folder of the results and returns its name

REPORT = "report.html"


@dataclass(frozen=True)
class Outputs:
    """What a run leaves besides its tables.

    Attributes:
        report: writes a page about the results into the folder and returns its name; None for no page.
        causes: whether to measure the days lost to each cause.
        dates: called with the results as soon as their dates are known, before anything further is computed.
        renews: whether the page is written even if there is one.
        all_pairs: whether the causes that may cost most are measured on all trials of the run.
    """

    report: Report | None = None
    causes: bool = False
    dates: Callable[[Results], None] = lambda _: None
    renews: bool = False
    all_pairs: bool = False


NOTHING_ELSE = Outputs()


def go(folder: RunFolder, execution: Execution, outputs: Outputs) -> Results:
    """Start or continue a run, and finish it.

    Args:
        folder: the run's folder, which is locked.
        execution: how it is executed; never changes results.
        outputs: what it leaves besides its tables.

    Returns:
        The results.

    Raises:
        ResultsError: the folder is damaged, or belongs to another run.
        RunInterrupted: the user stopped it; finished chunks are kept.
        WorkersLost: workers were lost repeatedly; finished chunks are kept.
    """
    with execution.together() as shared:
        return _go(folder, shared, outputs)


def _go(folder: RunFolder, execution: Execution, outputs: Outputs) -> Results:
    started = time.time()
    if folder.is_complete():
        execution.progress(folder.identity.ceiling, folder.identity.ceiling)
        if not folder.is_presented(as_typed=outputs.report is not None):
            present(Results(folder.path), folder.identity)
        found = reuse(Results(folder.path), execution, outputs)
        folder.tidy()
        return found
    folder.begin()
    try:
        looks = _simulate(folder, execution)
        return complete(folder, started, execution, outputs, looks)
    except KeyboardInterrupt:
        folder.look()
        raise RunInterrupted(
            f"stopped after {_so_far(folder)} replications; they are kept in {folder.path}. "
            f"Run the same command again to continue, or: trialclock run --resume {folder.path}"
        ) from None
    except WriteError as error:
        problem = error.problems[0]
        kept = f"{folder.n_finished:,} replications are kept in {folder.path}"
        message = f"{problem.message}; {kept}, and once it can be written, run the same command again to continue"
        raise WriteError(Problem(message, problem.file)) from None


def complete(
    folder: RunFolder, started: float, execution: Execution, outputs: Outputs, looks: Looks | None = None
) -> Results:
    """Turn a folder that has all its chunks into results.

    Args:
        folder: the run's folder, which is locked.
        started: when the run was started, in seconds since 1970, for the manifest.
        execution: how it is executed; never changes results.
        outputs: what it leaves besides its tables.
        looks: what the stopping rule saw; None without a rule.

    Returns:
        The results.
    """
    files = assemble(folder)
    results = Results(folder.path)
    results.until = None if looks is None else looks.record()  # there is no manifest yet
    if not results.failures:  # with failures there is no answer
        outputs.dates(results)
    for name in (CAUSES, ASSUMPTIONS):  # left by the run when it had fewer trials
        (folder.path / name).unlink(missing_ok=True)
    if outputs.causes and not results.failures:
        files += _causes(results, execution, outputs)
    if outputs.report is not None and not results.failures:
        files.append(outputs.report(Results(folder.path)))
    folder.finish(manifest(folder, files, started, execution.command, looks))
    return Results(folder.path)


def _causes(results: Results, execution: Execution, outputs: Outputs) -> list[str]:
    """Measure the days lost to each cause and the effect of assumptions; return the names of the files."""
    run = (results.path, results.scenario, results.seed, execution)
    names = (measure(*run, all_pairs=outputs.all_pairs), measure_doubts(*run))
    return [name for name in names if name is not None]


def _lacks_causes(results: Results, outputs: Outputs) -> bool:
    """Whether causes are wanted that a complete run has not measured, or not on all its trials."""
    table = results.causes() if CAUSES in results.manifest["files"] else None
    if table is None or not outputs.all_pairs:
        return outputs.causes and table is None
    return bool(table["n"].max() < len(results.replications))


def _so_far(folder: RunFolder) -> str:
    n = folder.identity.replications
    return f"{folder.n_finished:,}" if n is None else f"{folder.n_finished:,} of {n:,}"


def check_undamaged(results: Results) -> None:
    """Check that the files of a complete run are what it wrote. A missing report is no damage.

    Args:
        results: the run.

    Raises:
        ResultsError: files were changed, are missing, or are not a run's tables.
    """
    damaged = [text for text in results.damaged_files() if text != f"{REPORT} is missing"]
    if damaged:
        message = f"this run is complete, but since then {', '.join(damaged)}; give another --out, or delete the folder"
        raise ResultsError(Problem(message, str(results.path)))
    wrong = results.wrong_tables()
    if wrong:
        raise ResultsError(Problem(f"was not written by this program: {wrong[0]}", str(results.path)))


def reuse(results: Results, execution: Execution, outputs: Outputs) -> Results:
    """Return a run that was already complete, after adding the causes and the report if they are missing.

    Args:
        results: the run.
        execution: how it is executed; never changes results.
        outputs: what it leaves besides its tables.

    Returns:
        The results.

    Raises:
        ResultsError: its files are no longer what it wrote.
    """
    check_undamaged(results)
    if results.failures:
        return results
    outputs.dates(results)
    new = _causes(results, execution, outputs) if _lacks_causes(results, outputs) else []
    has_page = REPORT in results.manifest["files"] and (results.path / REPORT).is_file()
    results = Results(results.path)
    if new and has_page and outputs.report is None:
        (results.path / REPORT).unlink()  # it lacks the causes
    if outputs.report is not None and (new or not has_page or outputs.renews):
        new.append(outputs.report(results))
    if not new:
        return results
    files = {name: digest for name, digest in results.manifest["files"].items() if (results.path / name).is_file()}
    files |= {name: file_hash(results.path / name) for name in new}
    write_json(results.path / MANIFEST, results.manifest | {"files": files})
    return Results(results.path)


def present(results: Results, identity: Identity) -> None:
    """Set the name, question and sources of a complete run to those of an identity, and remove its report.

    The report would show the old ones. The simulated trials are not touched, since none of these decides them.

    Args:
        results: a run with the same results as the identity.
        identity: the run as it is asked for.

    Raises:
        ResultsError: files of the run are no longer what it wrote.
    """
    check_undamaged(results)
    files = {name: digest for name, digest in results.manifest["files"].items() if name != REPORT}
    write_json(results.path / MANIFEST, results.manifest | {"run": identity.as_mapping(), "files": files})
    (results.path / REPORT).unlink(missing_ok=True)


def _simulate(folder: RunFolder, execution: Execution) -> Looks | None:
    """Simulate what is not yet on disk; with a rule, until it is met."""
    identity = folder.identity
    tail = _restored(folder)
    with execution.crew() as crew:
        if not identity.until:
            _add(folder, crew, identity.ceiling, execution.progress, tail)
            return None
        looks = Looks(identity)
        while (n := looks.next) is not None:
            _add(folder, crew, n, execution.progress, tail)
            looks.look(folder, n)
    folder.identity = identity.decided(looks.seen[-1].replications)
    folder.state()
    return looks


def _restored(folder: RunFolder) -> Chunk | None:
    """Write the chunks of a run that is being extended back to disk; return the last one if it is incomplete."""
    if not folder.is_being_extended:
        return None
    for chunk in chunks_of(Results(folder.path)):
        if chunk.first in folder.finished:
            continue
        if chunk.n < min(CHUNK, folder.identity.ceiling - chunk.first):
            return chunk
        folder.add(chunk)
    return None


def _add(folder: RunFolder, crew: Crew, replications: int, progress: Progress, tail: Chunk | None) -> None:
    """Simulate the chunks of the first replications that are not yet on disk."""
    todo = [task for task in tasks(replications) if task[0] not in folder.finished]
    if tail is not None:
        todo = [(first + tail.n, n - tail.n) if first == tail.first else (first, n) for first, n in todo]
    progress(folder.n_finished, replications)
    jobs = ((task, folder.identity.arguments(*task)) for task in todo)
    for chunk in _whole((chunk for _, chunk in crew.do(simulate_chunk, jobs)), tail):
        folder.add(chunk)
        folder.engines.add(chunk.engine)
        progress(folder.n_finished, replications)


def _whole(chunks: Iterator[Chunk], tail: Chunk | None) -> Iterator[Chunk]:
    """Chunks, one of which is joined to its earlier part."""
    for chunk in chunks:
        yield joined(tail, chunk) if tail is not None and chunk.first == tail.first + tail.n else chunk
