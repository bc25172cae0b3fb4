"""Finds the cheapest plan that meets a date, and writes a folder: the plans, the answer as JSON, and a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sim.errors import Problem, UsageError
from sim.experiment.answer_folder import deciding, study_folder
from sim.experiment.execution import ON_ALL_CORES, Execution, Progress, no_progress
from sim.experiment.plan.answer import CONFIDENCE, TRIALS, Asked, PlanAnswer, find_plan
from sim.report.explanation.words import outcome_asked
from sim.report.plan.words import document
from sim.scenario.extension_files import Extensions, extensions_given
from sim.scenario.load import Named, as_typed, loaded
from sim.scenario.options import load_options, options_from_mapping

PAGE = "plan.html"


def plan(
    scenario: Named,
    options: Mapping[str, Any] | Path | str,
    by: date | str,
    *,
    probability: float = 0.8,
    budget: float | None = None,
    milestone: str | None = None,
    confidence: float = CONFIDENCE,
    replications: int = TRIALS,
    seed: int | None = None,
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    engine: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> PlanAnswer:
    """Find the cheapest plan that meets a date with a given probability.

    Args:
        scenario: a result of `load_scenario`, a file, or a name.
        options: the choices and their costs: a file, the name of one, or a dict like such a file.
        by: the date to meet, as a date or as `YYYY-MM-DD`.
        probability: probability with which it must be met.
        budget: highest mean cost of a plan; None for no limit.
        milestone: the milestone that must be reached by the date; None for the end of the trial.
        confidence: how sure the choice must be, as a probability; the search then stops.
        replications: maximum number of simulated trials, over all plans.
        seed: seed of the random numbers; default: from the scenario.
        out: the folder; default: `results/plan-<scenario>-<id>`.
        report: whether to write `plan.html`.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, engine, progress: how it is executed, as in `sim.experiment.execution.Execution`.

    Returns:
        The answer: `choice`, `next_best`, `plans`, `shown` (with the frontiers), `p_right`.

    Raises:
        InputError: the scenario, the options, the question, the folder or the cluster cannot be used.
        RunInterrupted: the user stopped it; what is finished is kept.
    """
    with extensions_given(extensions):
        found, said = loaded(scenario), as_typed(scenario)
    milestone = outcome_asked(milestone, found.scenario, has_cost=False)
    if isinstance(options, Mapping):
        choices, typed = options_from_mapping(options, found), ""
    else:
        choices, typed = load_options(str(options), found), said
    seed = found.scenario.experiment.seed if seed is None else seed
    asked = Asked(choices, milestone, _date(by), probability, budget, confidence, replications, seed)
    return plan_in_folder(
        asked, out, typed, page=report, execution=Execution(workers, cluster, progress, engine=engine)
    )


def _date(by: date | str) -> date:
    if isinstance(by, datetime):
        return by.date()
    if isinstance(by, date):
        return by
    try:
        return date.fromisoformat(by)
    except ValueError:
        raise UsageError(Problem("must be a date that exists, as YYYY-MM-DD", "by", value=by)) from None


def plan_in_folder(
    asked: Asked,
    out: Path | str | None = None,
    typed: str = "",
    *,
    page: bool = True,
    execution: Execution = ON_ALL_CORES,
) -> PlanAnswer:
    """Find the cheapest plan, and write the table of plans, JSON and a page to a folder.

    Args:
        asked: the question.
        out: the folder; default: `results/plan-<scenario>-<id>`.
        typed: the scenario and its overrides as they were typed.
        page: whether to write the page.
        execution: how it is executed; never changes results.

    Returns:
        The answer, with its folder.

    Raises:
        UsageError: the cluster cannot be used.
        ResultsError: the folder is in use, belongs to another question, or cannot be written.
        RunInterrupted: the user stopped it; finished parts are kept.
    """
    choices = asked.choices
    folder = study_folder(
        "plan",
        choices.loaded.scenario,
        asked.seed,
        out,
        (PAGE,),
        milestone=asked.milestone,
        by=str(asked.by),
        probability=asked.probability,
        budget=asked.budget,
        confidence=asked.confidence,
        trials=asked.trials,
        options=deciding(choices.options.model_dump(mode="json")),
    )
    with folder.held():
        answer = find_plan(asked, folder.chunks, execution)
        folder.write_table("plans", answer.plans)
        folder.write_table("frontier", answer.shown)
        folder.write_table("neighbours", answer.neighbours)
        folder.write_document("plan.json", document(answer, typed))
        if page:
            from sim.report.plan.page import plan_page  # needs plotly, which the tables do not

            folder.write_text(PAGE, plan_page(answer, typed))
        folder.finish(execution.command)
    answer.folder = folder.path
    return answer
