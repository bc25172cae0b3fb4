"""`sweep`: a scenario at many points."""

from __future__ import annotations

import click

from sim.cli.options import as_given, of_many_trials, prepare_workers, scenario_argument
from sim.cli.progress import progress_bar
from sim.cli.streams import print_json, say_engine


@click.command()
@scenario_argument
@click.option(
    "--vary",
    multiple=True,
    metavar="PATH=V1,V2,...",
    help="Values to try at a path, or PATH=LOW..HIGH with latin-hypercube; may be repeated.",
)
@click.option(
    "--design",
    type=click.Choice(["grid", "latin-hypercube"]),
    default="grid",
    show_default=True,
    help="Every combination, or points spread over ranges.",
)
@click.option(
    "--points", type=click.IntRange(2, 10_000), metavar="N", help="Points of a Latin hypercube; default: ten per path."
)
@of_many_trials("Simulated trials per point.", "results/sweep-<scenario>-<id>", "sweep.html")
def sweep(
    scenario: str,
    vary: tuple[str, ...],
    design: str,
    points: int | None,
    replications: int | None,
    seed: int | None,
    workers: int | None,
    cluster: str | None,
    out: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
    no_report: bool,
) -> int:
    """Simulate SCENARIO at many points: how do the dates, the odds and the cost change with a value, or with two?

    Every point has the same random numbers, so that curves are smooth. A value is written as in a file; `as-is` leaves
    what the scenario says. Finished points are used again; to continue a stopped sweep, give the same command.
    """
    prepare_workers(workers, cluster)
    from sim.api.sweep import sweep_in_folder
    from sim.experiment.execution import Execution

    with progress_bar() as progress:
        swept = sweep_in_folder(
            scenario,
            vary,
            overrides,
            design=design,
            n_points=points,
            replications=replications,
            seed=seed,
            out=out,
            page=not no_report,
            execution=Execution(workers, cluster, progress, as_given()),
        )
    say_engine(point.scenario for point in swept.points)
    assert swept.folder is not None  # it was kept
    if as_json:
        from sim.report.sweep.document import answer

        document = answer(swept) | {"folder": swept.folder.as_posix()}
        print_json(document)
    else:
        from sim.cli.console.sweep import print_sweep

        print_sweep(swept, swept.folder)
    return 0
