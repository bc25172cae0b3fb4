"""`plan`: the cheapest plan that makes a date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from sim.cli.options import as_given, of_many_trials, prepare_workers, scenario_argument
from sim.cli.progress import progress_bar
from sim.cli.streams import print_json, say_engine
from sim.errors import Problem, UsageError

if TYPE_CHECKING:
    from sim.experiment.plan.answer import PlanAnswer


@click.command()
@scenario_argument
@click.option("--options", "options_file", required=True, metavar="FILE", help="Levers, their settings and costs.")
@click.option("--by", required=True, metavar="DATE", help="The date to make, as YYYY-MM-DD.")
@click.option(
    "--probability",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    metavar="P",
    help="Probability with which the date must be made.",
)
@click.option("--budget", type=click.FloatRange(0, min_open=True), metavar="B", help="Maximum mean cost of a plan.")
@click.option(
    "--milestone", metavar="NAME", help="Milestone that must be reached by the date; default: the end of the trial."
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    metavar="C",
    help="Simulate until the choice is this sure.",
)
@of_many_trials(
    "Maximum number of simulated trials, over all plans; default 9600.", "results/plan-<scenario>-<id>", "plan.html"
)
def plan(
    scenario: str,
    options_file: str,
    by: str,
    probability: float,
    budget: float | None,
    milestone: str | None,
    confidence: float,
    replications: int | None,
    seed: int | None,
    workers: int | None,
    cluster: str | None,
    out: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
    no_report: bool,
) -> int:
    """Find the cheapest plan for SCENARIO that meets a date with a given probability.

    The options file lists what may be chosen and what it costs. Most trials go to the plans that decide the choice. The
    folder keeps finished parts: after Ctrl-C, the same command continues.
    """
    prepare_workers(workers, cluster)
    from sim.api.plan import plan_in_folder
    from sim.experiment.execution import Execution
    from sim.experiment.plan.answer import TRIALS, Asked
    from sim.report.explanation.words import outcome_asked
    from sim.scenario.load import as_typed, load
    from sim.scenario.options import load_options

    when = _date(by)
    loaded = load(scenario, overrides)
    milestone = outcome_asked(milestone, loaded.scenario, has_cost=False)
    asked = Asked(
        load_options(options_file, loaded),
        milestone,
        when,
        probability,
        budget,
        confidence,
        TRIALS if replications is None else replications,
        loaded.scenario.experiment.seed if seed is None else seed,
    )
    say_engine([loaded.scenario])
    said = as_typed(scenario, overrides)
    with progress_bar() as progress:
        how = Execution(workers, cluster, progress, as_given())
        answer = plan_in_folder(asked, out, said, page=not no_report, execution=how)
    _print(answer, said, as_json)
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(Problem("must be a date that exists, as YYYY-MM-DD", "--by", value=text)) from None


def _print(answer: PlanAnswer, said: str, as_json: bool) -> None:
    if as_json:
        from sim.report.plan.words import document

        print_json(document(answer, said))
        return
    from sim.cli.console.plan import print_plan

    assert answer.folder is not None  # it was kept
    print_plan(answer, answer.folder)
