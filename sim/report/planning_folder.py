"""Find a plan into a folder: the table of plans, the answer as JSON, and a page."""

from __future__ import annotations

import sys
from pathlib import Path

from sim.experiment.identity import Identity
from sim.experiment.paired import Progress
from sim.experiment.plan import Asked, PlanAnswer, find_plan
from sim.experiment.run import RESULTS
from sim.experiment.study_folder import StudyFolder, short_id, study_identity
from sim.experiment.workers import n_cores
from sim.report.planning import document
from sim.report.planning_page import PAGE, plan_page


def plan_in_folder(
    asked: Asked, out: Path | str | None, workers: int | None, progress: Progress, typed: str
) -> tuple[PlanAnswer, Path]:
    """Find the cheapest plan, and leave the table of plans, JSON and a page in a folder.

    Args:
        asked: the question.
        out: the folder; default: `results/plan-<scenario>-<id>`.
        workers: processes; default: all cores. No byte of the answer depends on it.
        progress: called with replications done and in all, at most.
        typed: the scenario and its overrides as they were typed.

    Raises:
        ResultsError: the folder is in use, of another question, or cannot be written.
        RunInterrupted: stopped by hand; finished parts are kept.
    """
    choices = asked.choices
    scenario = choices.loaded.scenario
    identity = study_identity(
        "plan",
        scenario,
        asked.seed,
        milestone=asked.milestone,
        by=str(asked.by),
        probability=asked.probability,
        budget=asked.budget,
        confidence=asked.confidence,
        trials=asked.trials,
        options=choices.options.model_dump(mode="json"),
    )
    slug = Identity(scenario, asked.seed, 1).folder_name.rpartition("-")[0]
    folder = StudyFolder(Path(out) if out else RESULTS / f"plan-{slug}-{short_id(identity)}", identity)
    with folder.held():
        answer = find_plan(asked, n_cores() if workers is None else workers, folder.chunks, progress)
        folder.write_table("plans", answer.plans)
        folder.write_table("frontier", answer.shown)
        folder.write_table("neighbours", answer.neighbours)
        folder.write_document("plan.json", document(answer, typed))
        folder.write_text(PAGE, plan_page(answer, typed))
        folder.finish(" ".join(sys.argv))
    return answer, folder.path
