"""Runs a scenario at many points, and writes a folder: one tidy table, one JSON document, a page, and the runs.

Attributes:
    DOCUMENT: file of the whole sweep, for programs.
    TABLE: file of the table, a row for each point.
    PARQUET: the same table, with types.
    PAGE: file of the page to read.
    POINTS: folder of the runs, one for each point.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.api.comparison import DIGITS
from sim.errors import Problem, UsageError
from sim.experiment.answer_folder import AnswerFolder, short_id
from sim.experiment.execution import ON_ALL_CORES, Execution, Progress, no_progress
from sim.experiment.identity import Identity, slug
from sim.experiment.program import program_fingerprint
from sim.experiment.run.start import RESULTS
from sim.experiment.sweep.points import (
    DESIGNS,
    GRID,
    MOST_POINTS,
    Point,
    describe,
    make_points,
    parse_factors,
    setting_text,
)
from sim.experiment.sweep.table import Swept, run_sweep
from sim.report.sweep.document import answer
from sim.scenario.extension_files import Extensions, extensions_given
from sim.scenario.load import Named, as_typed, load, loaded

DOCUMENT, TABLE, PARQUET, PAGE, POINTS = "sweep.json", "sweep.csv", "sweep.parquet", "sweep.html", "points"


Vary = Mapping[str, Sequence[Any] | str] | Sequence[str]


def sweep(
    scenario: Named,
    vary: Vary,
    *,
    design: str = GRID,
    points: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    engine: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Swept:
    """Simulate a scenario at many points, all on the same random numbers.

    Args:
        scenario: a result of `load_scenario`, a file, or a name.
        vary: for each path its values, as in `{"sites.general_hospital.count": [2, 4, 6]}`; a text is a range, as in
            `"1..8"`, for a Latin hypercube. Or texts as after `--vary`.
        design: `grid` for every combination, or `latin-hypercube`.
        points: number of points of a Latin hypercube; default: ten per path.
        replications: number of simulated trials at each point; default: from the scenario.
        seed: seed of the random numbers at every point; default: from the scenario.
        out: the folder; default: `results/sweep-<scenario>-<id>`.
        report: whether to write `sweep.html`.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, engine, progress: how it is executed, as in `sim.experiment.execution.Execution`.

    Returns:
        The sweep: `table` has one row per point.

    Raises:
        InputError: a path, a value, a folder or the cluster cannot be used.
        RunInterrupted: the user stopped it; what is finished is kept.
    """
    with extensions_given(extensions):
        return sweep_in_folder(
            scenario,
            _varied(vary),
            design=design,
            n_points=points,
            replications=replications,
            seed=seed,
            out=out,
            page=report,
            execution=Execution(workers, cluster, progress, engine=engine),
        )


def _varied(vary: Vary) -> Sequence[str]:
    """What is varied, as texts after `--vary`."""
    if isinstance(vary, str):
        return [vary]
    if not isinstance(vary, Mapping):
        return vary
    return [
        f"{path}={values if isinstance(values, str) else ', '.join(setting_text(value) for value in values)}"
        for path, values in vary.items()
    ]


def sweep_identity(points: Sequence[Point], seed: int, replications: int) -> dict[str, Any]:
    """Collect what decides a sweep: the runs of its points, and what is varied in them.

    Args:
        points: the points.
        seed: seed of the random numbers at every point.
        replications: number of simulated trials at each point.

    Returns:
        A mapping for `AnswerFolder`.
    """
    runs = [[describe(point.settings), Identity(point.scenario, seed, replications).short] for point in points]
    digest = hashlib.sha256(json.dumps(runs).encode()).hexdigest()
    sizes = {"seed": seed, "replications": replications}
    return {"kind": "sweep", "program": program_fingerprint(), **sizes, "points": len(points), "runs": digest}


def sweep_in_folder(
    scenario: Named,
    vary: Sequence[str],
    overrides: Sequence[str] = (),
    *,
    design: str = GRID,
    n_points: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    out: Path | str | None = None,
    page: bool = True,
    execution: Execution = ON_ALL_CORES,
) -> Swept:
    """Run a scenario at many points and keep what that finds in a folder. A stopped sweep continues.

    Args:
        scenario: a scenario file, or the name of a scenario that comes with the program; in a notebook also a
            scenario itself, which then has its overrides.
        vary: what is varied, as `PATH=V1,V2,...`, or `PATH=LOW..HIGH` in a Latin hypercube.
        overrides: `PATH=VALUE` texts that hold at every point.
        design: `grid` for every combination, or `latin-hypercube`.
        n_points: number of points of a Latin hypercube; default: ten per path.
        replications: number of simulated trials at each point; default: from the scenario.
        seed: seed of the random numbers at every point; default: from the scenario.
        out: the folder; default: `results/sweep-<scenario>-<id>`.
        page: whether to write the page.
        execution: how it is executed; never changes results.

    Returns:
        The sweep.

    Raises:
        InputError: a path, a value or a folder is wrong.
        RunInterrupted: the user stopped it; finished chunks are kept.
    """
    check_asked(design, n_points, vary)
    found = load(scenario, overrides) if isinstance(scenario, (str, Path)) else loaded(scenario)
    seed = found.scenario.experiment.seed if seed is None else seed
    n = found.scenario.experiment.replications if replications is None else replications
    factors = parse_factors(vary, design, found)
    points = make_points(found, factors, design, n_points, seed)
    identity = sweep_identity(points, seed, n)
    name = f"sweep-{slug(found.scenario.name)}-{short_id(identity)}"
    folder = AnswerFolder(RESULTS / name if out is None else Path(out), identity, optional=(PAGE,))
    with folder.held():
        swept = run_sweep(
            found,
            factors,
            design,
            points,
            replications=n,
            seed=seed,
            folder=folder.path / POINTS,
            typed=as_typed(scenario, overrides),
            execution=execution,
        )
        write_sweep(swept, folder, page=page)
        folder.finish(execution.command)
    return replace(swept, folder=folder.path)


def check_asked(design: str, n_points: int | None, vary: Sequence[str]) -> None:
    """See that a sweep is asked for in a way that makes sense, before any scenario is read.

    Args:
        design: what should be one of `DESIGNS`.
        n_points: how many points, where that was said.
        vary: what is varied, as after `--vary`.

    Raises:
        UsageError: it is not.
    """
    if design not in DESIGNS:
        raise UsageError(Problem(f"must be one of {', '.join(DESIGNS)}", "--design", value=design))
    if not vary:
        raise UsageError(Problem("say what is varied, as --vary sites.general_hospital.count=2,4,6", "--vary"))
    if n_points is not None and design == GRID:
        raise UsageError(
            Problem("a grid has as many points as its values make; give it for latin-hypercube", "--points")
        )
    if n_points is not None and not 2 <= n_points <= MOST_POINTS:
        raise UsageError(Problem(f"must be 2 to {MOST_POINTS:,}", "--points", value=str(n_points)))


def write_sweep(swept: Swept, folder: AnswerFolder, *, page: bool = True) -> None:
    """Write the table, JSON and page of a sweep.

    Args:
        swept: the sweep.
        folder: the folder.
        page: whether to write the page.

    Raises:
        ResultsError: a file cannot be written.
    """
    folder.write_table(TABLE.removesuffix(".csv"), swept.table, DIGITS)
    folder.write_parquet(PARQUET, swept.table)
    if page:
        from sim.report.sweep.page import sweep_page  # needs plotly, which the tables do not

        folder.write_text(PAGE, sweep_page(swept))
    folder.write_document(DOCUMENT, answer(swept), sort_keys=True)
