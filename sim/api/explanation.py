"""Finds what drives a scenario, and writes a folder: tables, the answer as JSON, and a page."""

from __future__ import annotations

from pathlib import Path

from sim.experiment.answer_folder import study_folder
from sim.experiment.execution import ON_ALL_CORES, Execution, Progress, no_progress
from sim.experiment.explanation.study import REPLICATIONS, Explanation, Study
from sim.experiment.explanation.study import explain as find_drivers
from sim.experiment.explanation.tables import RANKS
from sim.report.explanation.words import TABLES, document, outcome_asked
from sim.scenario.extension_files import Extensions, extensions_given
from sim.scenario.load import Named, as_typed, loaded

PAGE = "explain.html"


def explain(
    scenario: Named,
    *,
    milestone: str | None = None,
    replications: int = REPLICATIONS,
    scale: str = RANKS,
    seed: int | None = None,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    engine: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Explanation:
    """Find what drives each milestone, and how much is chance even if every input were known.

    Args:
        scenario: a result of `load_scenario`, a file, or a name.
        milestone: subject of the page: a milestone, or `cost`; None for the end of the trial. Tables have all.
        replications: number of simulated trials with each input exchanged; half as many for each comparison.
        scale: what the variance is of: `ranks` of the dates, or `days` with the horizon for never.
        seed: seed of the random numbers; default: from the scenario.
        out: the folder; default: `results/explain-<scenario>-<id>`.
        report: whether to write `explain.html`.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, engine, progress: how it is executed, as in `sim.experiment.execution.Execution`.

    Returns:
        The explanation, with a frame for each question: `shares`, `totals`, `tornado`, `causes`, `assumptions`,
        `sites`, `steps`.

    Raises:
        InputError: the scenario, the milestone, the folder or the cluster cannot be used.
        RunInterrupted: the user stopped it; what is finished is kept.
    """
    with extensions_given(extensions):
        found, typed = loaded(scenario).scenario, as_typed(scenario)
    milestone = outcome_asked(milestone, found)
    study = Study(found, replications, found.experiment.seed if seed is None else seed, scale)
    how = Execution(workers, cluster, progress, engine=engine)
    return explain_in_folder(study, out, typed, milestone, page=report, execution=how)


def explain_in_folder(
    study: Study,
    out: Path | str | None = None,
    typed: str = "",
    focus: str | None = None,
    *,
    page: bool = True,
    execution: Execution = ON_ALL_CORES,
) -> Explanation:
    """Explain a scenario, and write tables, JSON and a page to a folder.

    Args:
        study: the scenario and how much to simulate.
        out: the folder; default: `results/explain-<scenario>-<id>`.
        typed: the scenario and its overrides as they were typed.
        focus: the outcome that the sentences describe; None for the end of the trial.
        page: whether to write the page.
        execution: how it is executed; never changes results.

    Returns:
        The explanation, with its folder.

    Raises:
        UsageError: the scenario does not have the outcome, or the cluster cannot be used.
        ResultsError: the folder is in use, belongs to another study, or cannot be written.
        RunInterrupted: the user stopped it; finished parts are kept.
    """
    focus = outcome_asked(focus, study.scenario)
    asked = {"replications": study.replications, "scale": study.scale}
    folder = study_folder("explain", study.scenario, study.seed, out, (PAGE,), **asked)
    with folder.held():
        explanation = find_drivers(study, folder.chunks, execution)
        for name in TABLES:
            folder.write_table(name, getattr(explanation, name))
        folder.write_document("explanation.json", document(explanation, focus, typed))
        if page:
            from sim.report.explanation.page import explanation_page  # needs plotly, which the tables do not

            folder.write_text(PAGE, explanation_page(explanation, focus, typed))
        folder.finish(execution.command)
    explanation.folder = folder.path
    return explanation
