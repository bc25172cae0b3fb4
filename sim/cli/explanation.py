"""`explain`: what drives each milestone of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sim.cli.options import as_given, of_many_trials, prepare_workers, scenario_argument
from sim.cli.progress import progress_bar
from sim.cli.streams import print_json, say_engine

if TYPE_CHECKING:
    from sim.experiment.explanation.study import Explanation

_SCALES = click.Choice(["ranks", "days"])


@click.command()
@scenario_argument
@click.option(
    "--milestone",
    metavar="NAME",
    help="What the sentences are about: a milestone, or cost; default: the end of the trial. Tables and page cover "
    "every outcome.",
)
@click.option(
    "--scale",
    type=_SCALES,
    default="ranks",
    show_default=True,
    help="Scale of the shares of the spread: ranks of the dates, or days, where 'never' counts as the horizon.",
)
@of_many_trials(
    "N simulated trials with each input exchanged, and N/2 for each comparison; default 384.",
    "results/explain-<scenario>-<id>",
    "explanation.html",
    most=1_000_000,
)
def explain(
    scenario: str,
    milestone: str | None,
    replications: int | None,
    scale: str,
    seed: int | None,
    workers: int | None,
    cluster: str | None,
    out: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
    no_report: bool,
) -> int:
    """Explain SCENARIO: what drives each milestone, and what is chance even if everything were known?

    Every uncertain value at its 10 % and 90 % point, shares of the spread, the critical path, and the days lost to each
    cause, all on the same random numbers. Finished parts are kept: after Ctrl-C, the same command continues.
    """
    prepare_workers(workers, cluster)
    from sim.api.explanation import explain_in_folder
    from sim.experiment.execution import Execution
    from sim.experiment.explanation.study import REPLICATIONS, Study
    from sim.report.explanation.words import outcome_asked
    from sim.scenario.load import as_typed, load

    loaded = load(scenario, overrides)
    milestone = outcome_asked(milestone, loaded.scenario)
    study = Study(
        loaded.scenario,
        REPLICATIONS if replications is None else replications,
        loaded.scenario.experiment.seed if seed is None else seed,
        scale,
    )
    say_engine([loaded.scenario])
    said = as_typed(scenario, overrides)
    with progress_bar() as progress:
        how = Execution(workers, cluster, progress, as_given())
        explanation = explain_in_folder(study, out, said, milestone, page=not no_report, execution=how)
    _print(explanation, milestone, said, as_json)
    return 0


def _print(explanation: Explanation, milestone: str, said: str, as_json: bool) -> None:
    if as_json:
        from sim.report.explanation.words import document

        print_json(document(explanation, milestone, said))
        return
    from sim.cli.console.explanation import print_explanation

    assert explanation.folder is not None  # it was kept
    print_explanation(explanation, explanation.folder, milestone)
