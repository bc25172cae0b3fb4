"""Compares scenarios, and writes a folder: tables, one JSON document, a page, and the runs.

Attributes:
    DOCUMENT: file of the whole comparison, for programs.
    PAIRS: file of every pair of replications.
    PAGE: file of the page to read.
    RUNS: folder of the runs of the scenarios, beside these files.
    BETWEEN: folder of the runs with some of the changes, which `shares` needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import Problem, UsageError
from sim.experiment.answer_folder import AnswerFolder, short_id
from sim.experiment.comparison.attribution import all_attributions, run_between, share_rows
from sim.experiment.comparison.sides import Comparison
from sim.experiment.comparison.sources import Named, Source, read_sources, run_sources, to_run
from sim.experiment.comparison.tables import Compared
from sim.experiment.execution import ON_ALL_CORES, Execution, Progress, no_progress
from sim.experiment.program import program_fingerprint
from sim.experiment.run.start import RESULTS
from sim.report.assumptions import assumption_rows
from sim.report.comparison.document import answer
from sim.scenario.extension_files import Extensions, extensions_given

DOCUMENT, PAIRS, PAGE = "comparison.json", "pairs.parquet", "comparison.html"
RUNS, BETWEEN = "runs", "shares"
DIGITS = "%.10g"  # digits that do not depend on the processor's rounding
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.,=_()+-]")


def compare(
    *scenarios: Named,
    labels: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    shares: bool = False,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    engine: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Compared:
    """Compare scenarios trial by trial, all on the same random numbers.

    Args:
        scenarios: two or more, the first is the reference: results of `load_scenario`, files, names, or results (or
            their folders) that share a seed.
        labels: a label for each; default: its name.
        replications: number of simulated trials of each; default: as in the results, or as in the first scenario.
        seed: seed of the random numbers in all of them; default: likewise.
        shares: whether to compute how much each changed value contributes, which takes more runs.
        out: the folder; default: `results/compare-<names>-<id>`.
        report: whether to write `comparison.html`.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, engine, progress: how it is executed, as in `sim.experiment.execution.Execution`.

    Returns:
        The comparison: `tables` by name, `pairs()`, and `shares`.

    Raises:
        InputError: a scenario, a folder or the cluster cannot be used, or seeds differ.
        RunInterrupted: the user stopped it; what is finished is kept.
    """
    with extensions_given(extensions):
        return compare_in_folder(
            scenarios,
            labels=labels,
            replications=replications,
            seed=seed,
            out=out,
            shares=shares,
            page=report,
            execution=Execution(workers, cluster, progress, engine=engine),
        )


def comparison_identity(sources: Sequence[Source], replications: int | None, seed: int | None) -> dict[str, Any]:
    """Collect what decides a comparison: the runs, in their order.

    Args:
        sources: what is compared.
        replications: number of simulated trials of each; None for the default.
        seed: seed of the random numbers; None for the default.

    Returns:
        A mapping for `AnswerFolder`.
    """
    wanted = to_run(sources, replications, seed)
    said = [
        wanted[source.label].as_mapping() if source.results is None else source.results.identity for source in sources
    ]
    runs = [[run[key] for key in ("program", "scenario_hash", "seed", "replications")] for run in said]
    return {"kind": "compare", "program": program_fingerprint(), "seed": said[0]["seed"], "runs": runs}


def folder_name(labels: Sequence[str], identity: Mapping[str, Any]) -> str:
    """Return `compare-<labels>-<id>`, which is the same for the same runs and labels.

    Args:
        labels: labels of the scenarios.
        identity: see `comparison_identity`.
    """
    shown = "-vs-".join(_NOT_IN_A_NAME.sub("", label) for label in labels)[:80]
    return f"compare-{shown}-{short_id({**identity, 'labels': list(labels)})}"


def compare_in_folder(
    names: Sequence[Named],
    overrides: Sequence[Sequence[str]] = (),
    *,
    labels: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    out: Path | str | None = None,
    shares: bool = False,
    page: bool = True,
    execution: Execution = ON_ALL_CORES,
) -> Compared:
    """Compare scenarios trial by trial, and keep the answer in a folder.

    Args:
        names: two or more scenario files, names of scenarios that come with the program, or results folders that
            share a seed; in a notebook also scenarios and results themselves. The first is the reference.
        overrides: `PATH=VALUE` texts for each name; default: none.
        labels: a label for each, instead of its name.
        replications: number of simulated trials of each; default: as in the results folders, or in the first scenario.
        seed: seed of the random numbers in all of them; default: likewise.
        out: the folder, which then also has the runs; default: `results/compare-<names>-<id>`, with the runs beside it.
        shares: whether to compute how much each changed value contributes, which takes more runs.
        page: whether to write the page.
        execution: how it is executed; never changes results.

    Returns:
        The comparison.

    Raises:
        InputError: a name, an override or a folder is wrong, or the seeds differ.
        RunInterrupted: the user stopped it; finished chunks are kept.
    """
    if len(names) < 2:
        raise UsageError("a comparison needs two scenarios or more")
    if labels and len(labels) != len(names):
        raise UsageError(f"there are {len(names)} scenarios and {len(labels)} labels")
    sources = read_sources(names, overrides or [()] * len(names), labels)
    _check_distinct_folders(sources)
    identity = comparison_identity(sources, replications, seed)
    place = RESULTS / folder_name([source.label for source in sources], identity) if out is None else Path(out)
    folder = AnswerFolder(place, identity, optional=("shares.csv", PAGE))
    with folder.held():
        sides = run_sources(
            sources,
            replications=replications,
            seed=seed,
            runs=RESULTS if out is None else place / RUNS,
            assumptions=assumption_rows,
            execution=execution,
        )
        compared = Compared(Comparison(sides))
        if shares:
            compared = Compared(compared.comparison, shares_between(compared.comparison, place / BETWEEN, execution))
        write_comparison(compared, folder, page=page)
        folder.finish(execution.command)
    compared.folder = place
    return compared


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
    execution: Execution = ON_ALL_CORES,
) -> pd.DataFrame | None:
    """Compute how much each changed value contributes, by simulating the scenarios in between.

    Args:
        comparison: the comparison.
        between: the folder of their runs.
        execution: how it is executed; never changes results.

    Returns:
        The shares, or None where no two scenarios differ in more than one value.
    """
    attributions = all_attributions(comparison)
    if not attributions:
        return None
    n = comparison.n_replications
    found = run_between(attributions, n, between, execution)
    return pd.concat([share_rows(a, sides, n) for a, sides in zip(attributions, found, strict=True)], ignore_index=True)


def write_comparison(compared: Compared, folder: AnswerFolder, *, page: bool = True) -> None:
    """Write tables, JSON and page of a comparison.

    Args:
        compared: the comparison.
        folder: the folder.
        page: whether to write the page.

    Raises:
        ResultsError: a file cannot be written.
    """
    for name, table in compared.tables.items():
        folder.write_table(name, table, DIGITS)
    folder.write_parquet(PAIRS, compared.pairs())
    if page:
        from sim.report.comparison.page import comparison_page  # needs plotly, which the tables do not

        folder.write_text(PAGE, comparison_page(compared))
    folder.write_document(DOCUMENT, answer(compared), sort_keys=True)
