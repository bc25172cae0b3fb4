"""Existing runs: list, export, resume, or extend them with more simulated trials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sim.api.run import report_writer
from sim.errors import Problem, UsageError
from sim.experiment.execution import Execution, Progress, no_progress
from sim.experiment.run import catalogue
from sim.experiment.run.catalogue import HEADLINE, HEADLINE_QUANTILES, entries
from sim.experiment.run.execute import Outputs
from sim.experiment.run.export import DOCUMENTS
from sim.experiment.run.export import export as export_entries
from sim.experiment.run.results import Results, open_results
from sim.experiment.run.start import RESULTS
from sim.experiment.run.start import extend as extend_in_folder
from sim.experiment.run.start import resume as resume_in_folder
from sim.report.documents.write import write_document
from sim.scenario.extension_files import Extensions, extensions_given


def runs(folder: Path | str = RESULTS, *, scenario: str = "", scenario_hash: str = "") -> pd.DataFrame:
    """List the runs in a folder, one row each, by the name of its folder; the latest first.

    Columns are scenario, status, size, and the headline dates: `last_randomised_p50`, `database_lock_p80` and so on. A
    date later than the horizon is missing. `sim.open_results(row.folder)` opens a run.

    Args:
        folder: the folder that contains the folders of runs.
        scenario: select runs whose scenario name contains this.
        scenario_hash: select runs whose scenario hash or id begins with this.

    Returns:
        One row per run.

    Raises:
        ResultsError: the folder does not exist.
    """
    found = [entry for entry in entries(Path(folder)) if entry.matches(scenario, scenario_hash)]
    plain = ("scenario", "typed", "status", "replications", "wanted", "seed", "finished", "size_bytes", "scenario_hash")
    rows = [
        {name: getattr(entry, name) for name in plain}
        | {
            f"{milestone}_{q}": entry.dates.get(milestone, {}).get(q)
            for milestone in HEADLINE
            for q in HEADLINE_QUANTILES
        }
        | {"notes": "; ".join(entry.notes), "folder": entry.path.as_posix()}
        for entry in found
    ]
    names = pd.Index([entry.path.name for entry in found], name="run")
    dates = [f"{milestone}_{q}" for milestone in HEADLINE for q in HEADLINE_QUANTILES]
    return pd.DataFrame(rows, index=names, columns=[*plain, *dates, "notes", "folder"])


def export(runs: Sequence[Results | Path | str], path: Path | str) -> int:
    """Write the simulated trials of runs as one table, one row each; or one run as a document.

    A document is one page for a sponsor (.pdf, .pptx), a Gantt chart (.svg, .png), the milestones as calendar entries
    (.ics), or a project for Microsoft Project (.xml).

    Args:
        runs: results or their folders.
        path: the file: .csv, .xlsx or .parquet; for one run also .pdf, .pptx, .svg, .ics or .xml.

    Returns:
        The number of simulated trials written, or behind the document.

    Raises:
        UsageError: the ending is another, there are more rows than Excel holds, or a document is asked of several runs.
        ResultsError: a run is missing, unfinished or damaged, or the file cannot be written.
    """
    folders = [run.path if isinstance(run, Results) else Path(run) for run in runs]
    if Path(path).suffix.lower() in DOCUMENTS:
        return _export_document(folders, Path(path))
    return export_entries([catalogue.named(folder.parent, folder.as_posix()) for folder in folders], Path(path))


def _export_document(folders: list[Path], path: Path) -> int:
    if len(folders) != 1:
        raise UsageError(Problem(f"a document covers one run, and these are {len(folders)}", str(path)))
    results = open_results(folders[0])
    write_document(results, path)
    return results.n_replications


def resume(
    folder: Path | str,
    *,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Results:
    """Continue a stopped run from what its folder says.

    Args:
        folder: the run's folder.
        report: whether to write `report.html`.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, progress: how it is executed, as in `sim.experiment.execution.Execution`.

    Returns:
        The results.

    Raises:
        ResultsError: there is no run, or it is in use, damaged, or made by another version of the program.
    """
    with extensions_given(extensions):
        return resume_in_folder(folder, Execution(workers, cluster, progress), Outputs(report_writer(report)))


def extend(
    folder: Path | str,
    replications: int,
    *,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Results:
    """Add simulated trials to a finished run, without simulating the existing ones again.

    Args:
        folder: the run's folder.
        replications: the new total.
        report: whether to write `report.html`.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, progress: how it is executed, as in `sim.experiment.execution.Execution`.

    Returns:
        The results.

    Raises:
        UsageError: it already has more than that.
        ResultsError: there is no finished run, or it is in use, damaged, or made by another version of the program.
    """
    with extensions_given(extensions):
        return extend_in_folder(
            folder, replications, Execution(workers, cluster, progress), Outputs(report_writer(report))
        )
