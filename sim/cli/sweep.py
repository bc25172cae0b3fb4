"""`sweep`: a scenario at many points."""

from __future__ import annotations

import sys

import click

from sim.cli.options import CLUSTER, EXTENSION, SEED, SET, WORKERS, scenario_argument
from sim.cli.progress import progress_bar
from sim.cli.streams import print_json


@click.command()
@scenario_argument
@click.option(
    "--vary",
    multiple=True,
    metavar="PATH=V1,V2,...",
    help="Values to try at a path, or PATH=LOW..HIGH with latin-hypercube; may be given again.",
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
@click.option(
    "--replications", "-n", type=click.IntRange(1, 10_000_000), metavar="N", help="Simulated trials per point."
)
@SEED
@WORKERS
@CLUSTER
@click.option("--out", type=click.Path(file_okay=False), metavar="DIR", help="Default: results/sweep-<scenario>-<id>.")
@SET
@EXTENSION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else on stdout.")
@click.option("--no-report", is_flag=True, help="Do not write sweep.html.")
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
    what the scenario says. Finished points are used again; a stopped sweep goes on when the same command is given.
    """
    from sim.api.sweep import sweep_in_folder
    from sim.experiment.execution import Execution

    with progress_bar(show=sys.stderr.isatty()) as progress:
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
            execution=Execution(workers, cluster, progress, " ".join(sys.argv)),
        )
    assert swept.folder is not None  # it was kept
    if as_json:
        from sim.report.sweep.document import answer

        document = answer(swept) | {"folder": swept.folder.as_posix()}
        print_json(document)
    else:
        from sim.cli.console.sweep import print_sweep

        print_sweep(swept, swept.folder)
    return 0
