"""Find a plan into a folder: the table of plans, the answer as JSON, and a page."""

from __future__ import annotations

from pathlib import Path

from sim.experiment.answer_folder import StudyFolder, deciding, short_id, shown_of, study_identity
from sim.experiment.identity import Identity
from sim.experiment.plan.answer import Asked, PlanAnswer, find_plan
from sim.experiment.progress import Progress, no_progress
from sim.experiment.run.start import RESULTS
from sim.report.plan.words import document

PAGE = "plan.html"


def plan_in_folder(
    asked: Asked,
    out: Path | str | None = None,
    workers: int | None = None,
    progress: Progress = no_progress,
    typed: str = "",
    *,
    cluster: str | None = None,
    page: bool = True,
    command: str = "",
) -> tuple[PlanAnswer, Path]:
    """Find the cheapest plan, and leave the table of plans, JSON and a page in a folder.

    Args:
        asked: the question.
        out: the folder; default: `results/plan-<scenario>-<id>`.
        workers: processes; default: all cores. No byte of the answer depends on it.
        progress: called with replications done and in all, at most.
        typed: the scenario and its overrides as they were typed.
        cluster: address of a Dask scheduler, or `local`, instead of this machine alone.
        page: whether to write the page.
        command: the whole command, for the manifest.

    Raises:
        UsageError: the cluster cannot be used.
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
        options=deciding(choices.options.model_dump(mode="json")),
    )
    slug = Identity(scenario, asked.seed, 1).folder_name.rpartition("-")[0]
    folder = StudyFolder(
        Path(out) if out else RESULTS / f"plan-{slug}-{short_id(identity)}", identity, shown_of(scenario), (PAGE,)
    )
    with folder.held():
        answer = find_plan(asked, workers, folder.chunks, progress, cluster)
        folder.write_table("plans", answer.plans)
        folder.write_table("frontier", answer.shown)
        folder.write_table("neighbours", answer.neighbours)
        folder.write_document("plan.json", document(answer, typed))
        if page:
            from sim.report.plan.page import plan_page  # needs plotly, which the tables do not

            folder.write_text(PAGE, plan_page(answer, typed))
        folder.finish(command)
    answer.folder = folder.path
    return answer, folder.path
