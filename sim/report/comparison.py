"""A comparison and what it leaves: a folder with tables, one JSON document and a page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import Problem, UsageError
from sim.experiment.compare import Comparison, Named, Side, Source, read_sources, run_sources
from sim.experiment.differences import Compared
from sim.experiment.identity import Identity
from sim.experiment.progress import Progress, no_progress
from sim.experiment.run import RESULTS
from sim.experiment.store import write_json, write_text
from sim.report.assumptions import assumption_rows
from sim.report.comparison_document import answer
from sim.report.folders import check_folder, make_folder, write_csv, write_parquet

if TYPE_CHECKING:
    import pandas as pd

DOCUMENT, PAIRS, PAGE = "comparison.json", "pairs.parquet", "comparison.html"
RUNS, BETWEEN = "runs", "shares"
_OURS = (RUNS, BETWEEN, DOCUMENT, PAIRS, PAGE)


def folder_name(sides: Sequence[Side], n: int) -> str:
    """`compare-<labels>-<id>`, the same for the same runs."""
    shorts = [Identity(side.results.scenario, side.results.seed, side.results.n_replications).short for side in sides]
    text = json.dumps([*((side.label, short) for side, short in zip(sides, shorts, strict=True)), n])
    labels = "-vs-".join(side.label.replace(" ", "") for side in sides)[:80]
    return f"compare-{labels}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def compare(
    names: Sequence[Named],
    overrides: Sequence[Sequence[str]] = (),
    *,
    labels: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    shares: bool = False,
    page: bool = True,
    progress: Progress = no_progress,
    command: str = "",
) -> tuple[Compared, Path]:
    """Compare scenarios trial by trial and keep what that finds in a folder.

    Args:
        names: two or more scenario files, names of scenarios that come with the program, or results folders that
            share a seed; in a notebook also scenarios and results themselves. The first is the reference.
        overrides: `PATH=VALUE` texts for each name; default: none.
        labels: what to call each, instead of its name.
        replications: simulated trials of each; default: as the results folders have, else as the first scenario says.
        seed: where random numbers start in all of them; default: likewise.
        workers: processes; default: all cores.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        out: the folder, which then has the runs too; default: `results/compare-<names>-<id>`, with the runs beside it.
        shares: whether to say what each changed value is worth, which takes more runs.
        page: whether to write the page.
        progress: called with replications done and in all.
        command: the whole command, for the manifests.

    Returns:
        The comparison and its folder.

    Raises:
        InputError: a name, an override or a folder is wrong, or the seeds differ.
        RunInterrupted: stopped by hand; finished chunks are kept.
    """
    if len(names) < 2:
        raise UsageError("a comparison needs two scenarios or more")
    if labels and len(labels) != len(names):
        raise UsageError(f"there are {len(names)} scenarios and {len(labels)} labels")
    sources = read_sources(names, overrides or [()] * len(names), labels)
    _check_distinct_folders(sources)
    folder = None if out is None else Path(out)
    if folder is not None:
        check_folder(folder, DOCUMENT, _OURS)
    sides = run_sources(
        sources,
        replications=replications,
        seed=seed,
        workers=workers,
        cluster=cluster,
        runs=RESULTS if folder is None else folder / RUNS,
        progress=progress,
        command=command,
        assumptions=assumption_rows,
    )
    comparison = Comparison(sides)
    folder = folder or RESULTS / folder_name(sides, comparison.n_replications)
    check_folder(folder, DOCUMENT, _OURS)
    compared = Compared(comparison)
    if shares:
        between = folder / BETWEEN
        found = shares_between(
            comparison, between, workers=workers, cluster=cluster, progress=progress, command=command
        )
        compared = Compared(comparison, found)
    write_comparison(compared, folder, page=page)
    compared.folder = folder
    return compared, folder


def _check_distinct_folders(sources: Sequence[Source]) -> None:
    seen: dict[Path, str] = {}
    for source in sources:
        if source.results is None:
            continue
        path = source.results.path.resolve()
        if path in seen:
            raise UsageError(Problem("this results folder is named twice", source.loaded.file))
        seen[path] = source.label


def shares_between(
    comparison: Comparison,
    between: Path,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Progress = no_progress,
    command: str = "",
) -> pd.DataFrame | None:
    """What each changed value is worth: the scenarios that lie between are simulated.

    Args:
        comparison: the comparison.
        between: the folder of their runs.
        workers: processes; default: all cores.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        progress: called with replications done and in all.
        command: the whole command, for the manifests.

    Returns:
        The shares, or None where no two scenarios differ in more than one value.
    """
    import pandas as pd

    from sim.experiment.shares import all_attributions, run_between, share_rows

    attributions = all_attributions(comparison)
    if not attributions:
        return None
    n = comparison.n_replications
    found = run_between(attributions, n, between, workers=workers, cluster=cluster, progress=progress, command=command)
    return pd.concat([share_rows(a, sides, n) for a, sides in zip(attributions, found, strict=True)], ignore_index=True)


def write_comparison(compared: Compared, folder: Path, *, page: bool = True) -> None:
    """Write tables, JSON and page of a comparison.

    Args:
        compared: the comparison.
        folder: where; it is made if it is not there.
        page: whether to write the page.

    Raises:
        ResultsError: they cannot be written.
    """
    make_folder(folder)
    for name, table in compared.tables.items():
        write_csv(folder / f"{name}.csv", table)
    write_parquet(folder / PAIRS, compared.pairs())
    if page:
        from sim.report.comparison_page import comparison_page  # needs plotly, which the tables do not

        write_text(folder / PAGE, comparison_page(compared))
    write_json(folder / DOCUMENT, answer(compared))
