"""Prints a sweep: the answer in a sentence, then one row per point.

All words and numbers are those of `sim.report.sweep`; here they are put into a table for a terminal.
"""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from sim.api.sweep import PAGE
from sim.cli.console.tables import make_console, print_place
from sim.experiment.sweep.table import Swept
from sim.report.sweep import words

_MOST_ROWS = 40
_HEADS = {
    "last_randomised_p50": "last randomised,\nmedian",
    "last_randomised_p80": "last randomised,\nP80",
    "database_lock_p80": "database lock,\nP80",
    "probability_primary_completion": "primary as\nplanned",
    "probability_never_reached": "never reached",
    "mean_cost": "mean cost",
}


def print_sweep(swept: Swept, folder: Path) -> None:
    """Print the answer in a sentence, then one row per point.

    Args:
        swept: the sweep.
        folder: folder of its files.
    """
    console = make_console(*swept.scenarios)
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
    """One row per point: its values and its outcomes."""
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
