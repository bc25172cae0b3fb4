"""`sweep`: a scenario at many points."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sim.cli.options import CLUSTER, EXTENSION, SEED, SET, WORKERS, scenario_argument
from sim.cli.streams import print_json

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from sim.experiment.sweep.table import Swept

_MOST_ROWS = 40


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
    "--points", type=click.IntRange(2, 10_000), metavar="N", help="Points of a Latin hypercube; default: ten a path."
)
@click.option("--replications", "-n", type=click.IntRange(1, 10_000_000), metavar="N", help="Simulated trials a point.")
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
    from sim.cli.progress import progress_bar
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
        _print(swept, swept.folder)
    return 0


def _print(swept: Swept, folder: Path) -> None:
    from sim.api.sweep import PAGE
    from sim.cli.console.run import make_console, print_place
    from sim.report.sweep import words

    console = make_console()
    for text in words.caveats(swept):
        console.print(f"[bold]Note:[/bold] {text}.")
    console.print(f"\n[bold]{words.headline(swept)}[/bold]")
    change = words.change_sentence(swept)
    if change:
        console.print(change)
    console.print()
    console.print(_points(swept))
    if len(swept.points) > _MOST_ROWS:
        console.print(f"and {len(swept.points) - _MOST_ROWS} more points in sweep.csv")
    console.print(
        f"\n{len(swept.points)} points with {swept.n_replications:,} simulated trials each, all on seed {swept.seed}. "
        "Behind dates and in brackets: 95 % intervals of the Monte Carlo error."
    )
    print_place(console, folder, PAGE)


def _points(swept: Swept) -> Table:
    """A row a point: its values, and what comes of them."""
    from rich.table import Table

    from sim.report.sweep import words

    shown = [outcome for outcome in words.outcomes(swept) if outcome.column in _HEADS]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for factor in swept.factors:
        table.add_column(factor.short.replace(".", ".\n"), overflow="fold")
    for outcome in shown:
        table.add_column(_HEADS[outcome.column], justify="right")
    for i in range(min(len(swept.points), _MOST_ROWS)):
        settings = [words.setting(swept.table, factor.path, i) for factor in swept.factors]
        cells = [words.cell(swept, outcome, i) for outcome in shown]
        if len(swept.factors) > 1:
            cells = [
                text.replace(" ", "\n", 1) if o.kind == "day" else text for o, text in zip(shown, cells, strict=True)
            ]
        table.add_row(*settings, *cells)
    return table


_HEADS = {
    "last_randomised_p50": "last randomised,\nmedian",
    "database_lock_p80": "database lock,\nP80",
    "probability_primary_completion": "primary as\nregistered",
    "probability_never_reached": "never reached",
    "mean_cost": "mean cost",
}
