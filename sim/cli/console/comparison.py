"""Prints a comparison: the answer in a sentence, then the tables behind it.

All words and numbers are those of `sim.report.comparison`; here they are put into tables for a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from sim.api.comparison import PAGE
from sim.cli.console.tables import make_console, make_table, print_place
from sim.experiment.comparison.tables import BOTH
from sim.report.comparison import words
from sim.report.words import MILESTONE_NAMES, chance, estimate_of

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from sim.experiment.comparison.sides import Pair
    from sim.experiment.comparison.tables import Compared

_MOST_INPUTS = 12


def print_comparison(compared: Compared, folder: Path) -> None:
    """Print what differs in the scenarios, when each ends, how sure the difference is, and where the files are.

    Args:
        compared: the comparison.
        folder: folder of its files.
    """
    console = make_console(*compared.scenarios)
    for text in words.caveats(compared):
        console.print(f"[bold]Note:[/bold] {text}.", markup=True)
    for pair in compared.comparison.pairs:
        _print_pair(console, compared, pair)
    comparison = compared.comparison
    console.print(
        f"\n{comparison.n_replications:,} simulated trials of each, paired by number, seed {comparison.seed}. "
        "In brackets: 95 % intervals of the Monte Carlo error."
    )
    print_place(console, folder, PAGE)


def _print_pair(console: Console, compared: Compared, pair: Pair) -> None:
    console.print(f"\n[bold]{words.sentence(words.headline(compared, pair))}[/bold]\n")
    if pair.is_identical():
        return
    console.print(_inputs(compared, pair))
    console.print()
    console.print(_milestones(compared, pair))
    pairing = words.pairing_sentence(compared, pair)
    if pairing:
        console.print(pairing)
    console.print()
    for sentence in words.odds_sentences(compared, pair):
        console.print(sentence)
    cost = words.cost_sentence(compared, pair)
    if cost:
        console.print(words.sentence(cost))
    worth = words.worth_sentence(compared, pair)
    if worth:
        console.print(words.sentence(worth))
    console.print()
    console.print(_measures(compared, pair))
    shares = _shares(compared, pair)
    if shares is not None:
        console.print()
        console.print(shares)


def _inputs(compared: Compared, pair: Pair) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("What differs", pair.reference.label, pair.other.label):
        table.add_column(column, overflow="fold")
    rows = compared.of("inputs", pair)
    for _, row in rows.iloc[:_MOST_INPUTS].iterrows():
        table.add_row(row["path"], row["reference"], row["value"])
    if len(rows) > _MOST_INPUTS:
        table.add_row(f"and {len(rows) - _MOST_INPUTS} more", "", "")
    if rows.empty:
        table.add_row("nothing", "", "")
    return table


def _milestones(compared: Compared, pair: Pair) -> Table:
    dates = words.dates_of(pair)
    table = make_table("Median date", pair.reference.label, pair.other.label, "days later", "earlier in")
    for milestone in compared.having(MILESTONE_NAMES):
        name = MILESTONE_NAMES[milestone]
        row, odds = compared.median(pair, milestone), compared.milestone(pair, milestone)
        cells = [dates.text(float(row[side])) for side in ("reference", "value")]
        if row["in"] != BOTH:
            table.add_row(name, *cells, str(row["in"]).replace("this", pair.other.label), "")
            continue
        change = words.days_change(estimate_of(row, "difference"))
        table.add_row(name, *cells, change, chance(estimate_of(odds, "earlier")))
    return table


def _measures(compared: Compared, pair: Pair) -> Table:
    table = make_table("Mean of a trial", pair.reference.label, pair.other.label, "difference")
    rows = compared.of("measures", pair)
    for _, row in rows[rows["measure"].isin(words.PLAIN_MEASURES)].iterrows():
        name = words.PLAIN_MEASURES[row["measure"]]
        if row["measure"] == "cost":
            name = f"{name}, {row['unit']}"
        change = words.amount(estimate_of(row, "difference")) if row["in"] == BOTH else row["in"]
        table.add_row(name, words.mean(estimate_of(row, "reference")), words.mean(estimate_of(row, "value")), change)
    return table


def _shares(compared: Compared, pair: Pair) -> Table | None:
    if compared.shares is None:
        return None
    rows = compared.of("shares", pair)
    if rows.empty:
        return None
    shown = rows[rows["outcome"].isin(["last_randomised", "cost"])]
    table = make_table("What each change is worth", "last randomisation, days", "cost")
    for part in dict.fromkeys(shown["part"]):
        cells = []
        for outcome in ("last_randomised", "cost"):
            row = shown[(shown["part"] == part) & (shown["outcome"] == outcome)]
            change = None if row.empty else estimate_of(row.iloc[0], "difference")
            write = words.days_change if outcome == "last_randomised" else words.amount
            cells.append("" if change is None else write(change))
        table.add_row(part, *cells)
    return table
