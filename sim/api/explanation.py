"""Explain a scenario into a folder: tables, the answer as JSON, and a page."""

from __future__ import annotations

from pathlib import Path

from sim.experiment.answer_folder import StudyFolder, short_id, shown_of, study_identity
from sim.experiment.explanation.study import Explanation, Study, explain
from sim.experiment.identity import Identity
from sim.experiment.progress import Progress, no_progress
from sim.experiment.run.start import RESULTS
from sim.report.explanation.words import DEFAULT_OUTCOME, TABLES, check_outcome, document

PAGE = "explain.html"


def explain_in_folder(
    study: Study,
    out: Path | str | None = None,
    workers: int | None = None,
    progress: Progress = no_progress,
    typed: str = "",
    focus: str = DEFAULT_OUTCOME,
    *,
    cluster: str | None = None,
    page: bool = True,
    command: str = "",
) -> tuple[Explanation, Path]:
    """Explain a scenario, and leave tables, JSON and a page in a folder.

    Args:
        study: the scenario and how much to simulate.
        out: the folder; default: `results/explain-<scenario>-<id>`.
        workers: processes; default: all cores. No byte of the answer depends on it.
        progress: called with replications done and in all.
        typed: the scenario and its overrides as they were typed.
        focus: the outcome that the sentences are about.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        page: whether to write the page.
        command: the whole command, for the manifest.

    Raises:
        UsageError: there is no such outcome, or the cluster cannot be used.
        ResultsError: the folder is in use, of another study, or cannot be written.
        RunInterrupted: stopped by hand; finished parts are kept.
    """
    check_outcome(focus, study.scenario)
    asked = {"replications": study.replications, "scale": study.scale}
    identity = study_identity("explain", study.scenario, study.seed, **asked)
    slug = Identity(study.scenario, study.seed, 1).folder_name.rpartition("-")[0]
    folder = StudyFolder(
        Path(out) if out else RESULTS / f"explain-{slug}-{short_id(identity)}",
        identity,
        shown_of(study.scenario),
        (PAGE,),
    )
    with folder.held():
        explanation = explain(study, workers, folder.chunks, progress, cluster)
        for name in TABLES:
            folder.write_table(name, getattr(explanation, name))
        folder.write_document("explanation.json", document(explanation, focus, typed))
        if page:
            from sim.report.explanation.page import explanation_page  # needs plotly, which the tables do not

            folder.write_text(PAGE, explanation_page(explanation, focus, typed))
        folder.finish(command)
    explanation.folder = folder.path
    return explanation, folder.path
