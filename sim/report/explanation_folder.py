"""Explain a scenario into a folder: tables, the answer as JSON, and a page."""

from __future__ import annotations

import sys
from pathlib import Path

from sim.experiment.identity import Identity
from sim.experiment.paired import Progress
from sim.experiment.run import RESULTS
from sim.experiment.sensitivity import Explanation, Study, explain
from sim.experiment.study_folder import StudyFolder, short_id, study_identity
from sim.experiment.workers import n_cores
from sim.report.explanation import TABLES, document
from sim.report.explanation_page import PAGE, explanation_page


def explain_in_folder(
    study: Study,
    out: Path | str | None,
    workers: int | None,
    progress: Progress,
    typed: str,
    focus: str,
) -> tuple[Explanation, Path]:
    """Explain a scenario, and leave tables, JSON and a page in a folder.

    Args:
        study: the scenario and how much to simulate.
        out: the folder; default: `results/explain-<scenario>-<id>`.
        workers: processes; default: all cores. No byte of the answer depends on it.
        progress: called with replications done and in all.
        typed: the scenario and its overrides as they were typed.
        focus: the outcome that the sentences are about.

    Raises:
        ResultsError: the folder is in use, of another study, or cannot be written.
        RunInterrupted: stopped by hand; finished parts are kept.
    """
    asked = {"replications": study.replications, "scale": study.scale}
    identity = study_identity("explain", study.scenario, study.seed, **asked)
    slug = Identity(study.scenario, study.seed, 1).folder_name.rpartition("-")[0]
    folder = StudyFolder(Path(out) if out else RESULTS / f"explain-{slug}-{short_id(identity)}", identity)
    with folder.held():
        explanation = explain(study, n_cores() if workers is None else workers, folder.chunks, progress)
        for name in TABLES:
            folder.write_table(name, getattr(explanation, name))
        folder.write_document("explanation.json", document(explanation, focus, typed))
        folder.write_text(PAGE, explanation_page(explanation, focus, typed))
        folder.finish(" ".join(sys.argv))
    return explanation, folder.path
