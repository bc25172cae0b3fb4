"""The cheapest plan that makes a date, with the folder that is left: the plans, the answer as JSON, and a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sim.errors import Problem, UsageError
from sim.experiment.answer_folder import AnswerFolder, deciding, short_id, shown_of, study_identity
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.experiment.identity import Identity
from sim.experiment.plan.answer import CONFIDENCE, TRIALS, Asked, PlanAnswer, find_plan
from sim.experiment.progress import Progress, no_progress
from sim.experiment.run.start import RESULTS
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
        milestone: what must be done by the date; None for the end of the trial.
        confidence: how sure the choice must be; simulation stops there.
        replications: most trials to simulate, over all plans.
        seed: where random numbers start; default: as the scenario says.
        out: the folder; default: `results/plan-<scenario>-<id>`.
        report: whether to write `plan.html`.
        extensions: files of rules and measures of your own that take part; see `sim.extension`.
        workers, cluster, progress: how it is executed, as in `sim.experiment.execution.Execution`.

    Returns:
        The answer: `choice`, `next_best`, `plans`, `shown` (with the frontiers), `p_right`.

    Raises:
        InputError: the scenario, the options, the question, the folder or the cluster cannot be used.
        RunInterrupted: stopped by hand; what is finished is kept.
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
    return plan_in_folder(asked, out, typed, page=report, execution=Execution(workers, cluster, progress))


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
    """Find the cheapest plan, and leave the table of plans, JSON and a page in a folder.

    Args:
        asked: the question.
        out: the folder; default: `results/plan-<scenario>-<id>`.
        typed: the scenario and its overrides as they were typed.
        page: whether to write the page.
        execution: how it is executed.

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
    folder = AnswerFolder(
        Path(out) if out else RESULTS / f"plan-{slug}-{short_id(identity)}", identity, shown_of(scenario), (PAGE,)
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
