"""Experiments in a notebook: scenarios compared, swept, explained, and plans searched. Nothing here prints.

Each call leaves the folder that the command leaves, so that a stopped one goes on where it was, and returns an answer
with its tables as frames. `sim.sentences(answer)` says it in words, `sim.figures(answer)` draws it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sim.errors import Problem, UsageError
from sim.experiment.comparison.sides import Named
from sim.experiment.comparison.tables import Compared
from sim.experiment.explanation.study import REPLICATIONS, Explanation, Study
from sim.experiment.explanation.tables import RANKS
from sim.experiment.plan.answer import CONFIDENCE, TRIALS, Asked, PlanAnswer
from sim.experiment.progress import Progress, no_progress
from sim.experiment.sweep.points import GRID, setting_text
from sim.experiment.sweep.table import Swept
from sim.report.explanation.words import DEFAULT_OUTCOME, check_outcome
from sim.scenario.extension_files import Extensions, extensions_given
from sim.scenario.load import Named as ScenarioNamed
from sim.scenario.load import as_typed, loaded
from sim.scenario.options import load_options, options_from_mapping

Vary = Mapping[str, Sequence[Any] | str] | Sequence[str]


def compare(
    *scenarios: Named,
    labels: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    shares: bool = False,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Compared:
    """Compare scenarios trial by trial, all on the same random numbers.

    Args:
        scenarios: two or more, the first the reference: as `load_scenario` gives them, files, names, or results (or
            their folders) that share a seed.
        labels: what to call each; default: its name.
        replications: simulated trials of each; default: as results have, else as the first scenario says.
        seed: where random numbers start in all of them; default: likewise.
        shares: whether to say what each changed value is worth, which takes more runs.
        extensions: files of rules and measures of your own that take part; see `sim.extension`.
        workers: processes; default: all cores. The answer is the same bytes whatever it is.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        out: the folder; default: `results/compare-<names>-<id>`.
        report: whether to write `comparison.html`.
        progress: called with replications done and in all; see `sim.experiment.progress`.

    Returns:
        The comparison: `tables` by name, `pairs()`, and `shares`.

    Raises:
        InputError: a scenario, a folder or the cluster cannot be used, or seeds differ.
        RunInterrupted: stopped by hand; what is finished is kept.
    """
    from sim.api.comparison import compare as run_comparison

    with extensions_given(extensions):
        compared, _ = run_comparison(
            scenarios,
            labels=labels,
            replications=replications,
            seed=seed,
            workers=workers,
            cluster=cluster,
            out=out,
            shares=shares,
            page=report,
            progress=progress,
        )
    return compared


def sweep(
    scenario: ScenarioNamed,
    vary: Vary,
    *,
    design: str = GRID,
    points: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Swept:
    """Simulate a scenario at many points, all on the same random numbers.

    Args:
        scenario: as `load_scenario` gives it, a file, or a name.
        vary: for each path its values, as in `{"sites.general_hospital.count": [2, 4, 6]}`; a text is a range, as in
            `"1..8"`, for a Latin hypercube. Or texts as after `--vary`.
        design: `grid` for every combination, or `latin-hypercube`.
        points: how many, of a Latin hypercube; default: ten a path.
        replications: simulated trials at each point; default: as the scenario says.
        seed: where random numbers start at every point; default: as the scenario says.
        extensions: files of rules and measures of your own that take part; see `sim.extension`.
        workers: processes; default: all cores. The answer is the same bytes whatever it is.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        out: the folder; default: `results/sweep-<scenario>-<id>`.
        report: whether to write `sweep.html`.
        progress: called with replications done and in all; see `sim.experiment.progress`.

    Returns:
        The sweep: `table` has a row a point.

    Raises:
        InputError: a path, a value, a folder or the cluster cannot be used.
        RunInterrupted: stopped by hand; what is finished is kept.
    """
    from sim.api.sweep import sweep as run_sweep

    with extensions_given(extensions):
        swept, _ = run_sweep(
            scenario,
            _varied(vary),
            design=design,
            n_points=points,
            replications=replications,
            seed=seed,
            workers=workers,
            cluster=cluster,
            out=out,
            page=report,
            progress=progress,
        )
    return swept


def _varied(vary: Vary) -> Sequence[str]:
    """What is varied, as after `--vary`."""
    if isinstance(vary, str):
        return [vary]
    if not isinstance(vary, Mapping):
        return vary
    return [
        f"{path}={values if isinstance(values, str) else ', '.join(setting_text(value) for value in values)}"
        for path, values in vary.items()
    ]


def explain(
    scenario: ScenarioNamed,
    *,
    milestone: str = DEFAULT_OUTCOME,
    replications: int = REPLICATIONS,
    scale: str = RANKS,
    seed: int | None = None,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Explanation:
    """Work out what drives each milestone, and what is chance even if everything were known.

    Args:
        scenario: as `load_scenario` gives it, a file, or a name.
        milestone: what the page is about: a milestone, or `cost`. The tables have all of them.
        replications: simulated trials with each input exchanged; half as many for each comparison.
        scale: what shares of the spread are of: `ranks` of the dates, or `days` with "never" as the horizon.
        seed: where random numbers start; default: as the scenario says.
        extensions: files of rules and measures of your own that take part; see `sim.extension`.
        workers: processes; default: all cores. The answer is the same bytes whatever it is.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        out: the folder; default: `results/explain-<scenario>-<id>`.
        report: whether to write `explain.html`.
        progress: called with replications done and in all; see `sim.experiment.progress`.

    Returns:
        The explanation, with a frame for each question: `shares`, `totals`, `tornado`, `causes`, `sites`, `steps`.

    Raises:
        InputError: the scenario, the milestone, the folder or the cluster cannot be used.
        RunInterrupted: stopped by hand; what is finished is kept.
    """
    from sim.api.explanation import explain_in_folder

    with extensions_given(extensions):
        found, typed = loaded(scenario).scenario, as_typed(scenario)
    check_outcome(milestone, found)
    study = Study(found, replications, found.experiment.seed if seed is None else seed, scale)
    return explain_in_folder(study, out, workers, progress, typed, milestone, cluster=cluster, page=report)[0]


def plan(
    scenario: ScenarioNamed,
    options: Mapping[str, Any] | Path | str,
    by: date | str,
    *,
    probability: float = 0.8,
    budget: float | None = None,
    milestone: str = DEFAULT_OUTCOME,
    confidence: float = CONFIDENCE,
    replications: int = TRIALS,
    seed: int | None = None,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> PlanAnswer:
    """Find the cheapest plan that makes a date with a given probability.

    Args:
        scenario: as `load_scenario` gives it, a file, or a name.
        options: what may be chosen and what it costs: a file, the name of one, or what such a file would say.
        by: the date to make, as a date or as `YYYY-MM-DD`.
        probability: with which it must be made.
        budget: most that a plan may cost in the mean; None for any.
        milestone: what must be done by the date.
        confidence: how sure the choice shall be; simulation stops there.
        replications: most trials to simulate, over all plans.
        seed: where random numbers start; default: as the scenario says.
        extensions: files of rules and measures of your own that take part; see `sim.extension`.
        workers: processes; default: all cores. The answer is the same bytes whatever it is.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        out: the folder; default: `results/plan-<scenario>-<id>`.
        report: whether to write `plan.html`.
        progress: called with replications done and in all, at most; see `sim.experiment.progress`.

    Returns:
        The answer: `choice`, `next_best`, `plans`, `shown` (with the frontiers), `p_right`.

    Raises:
        InputError: the scenario, the options, the question, the folder or the cluster cannot be used.
        RunInterrupted: stopped by hand; what is finished is kept.
    """
    from sim.api.plan import plan_in_folder

    with extensions_given(extensions):
        found, said = loaded(scenario), as_typed(scenario)
    check_outcome(milestone, found.scenario, has_cost=False)
    if isinstance(options, Mapping):
        choices, typed = options_from_mapping(options, found), ""
    else:
        choices, typed = load_options(str(options), found), said
    seed = found.scenario.experiment.seed if seed is None else seed
    asked = Asked(choices, milestone, _date(by), probability, budget, confidence, replications, seed)
    return plan_in_folder(asked, out, workers, progress, typed, cluster=cluster, page=report)[0]


def _date(by: date | str) -> date:
    if isinstance(by, datetime):
        return by.date()
    if isinstance(by, date):
        return by
    try:
        return date.fromisoformat(by)
    except ValueError:
        raise UsageError(Problem("must be a date that exists, as YYYY-MM-DD", "by", value=by)) from None
