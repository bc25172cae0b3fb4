"""Prints the cheapest plan: sentences first, then the best plans and the frontier.

All words and numbers are those of `sim.report.plan`; here they are put into tables for a terminal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.table import Table

from sim.api.plan import PAGE
from sim.cli.console.tables import make_console, print_place
from sim.report.plan.words import PlanTold
from sim.report.words import chance, estimate_of, percent, with_error

if TYPE_CHECKING:
    from sim.experiment.plan.answer import PlanAnswer

_N_PLANS = 8
_FRONTIER = "The frontier: no other plan is both cheaper and as likely"
_HOW_TO_READ = (
    "Brackets and ±: 95 % interval of the Monte Carlo error; rows of a table are on the same random numbers. "
    "'cheapest': probability that the plan is the cheapest that meets the request."
)


def _table(told: PlanTold, rows: pd.DataFrame, title: str) -> Table:
    """Plans with their figures; levers with the same setting in all of them are left out."""
    labels = [label for label in told.answer.lever_labels if rows[label].nunique() > 1]
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", title=title, title_justify="left"
    )
    asked = told.asked
    headers = (*labels, f"by {asked.by}", f"mean cost, {told.answer.currency}", f"{told.wanted} by", "cheapest")
    for header in headers:
        table.add_column(header)
    for _, row in rows.iterrows():
        table.add_row(
            *(str(row[label]) for label in labels),
            chance(estimate_of(row, "probability")),
            with_error(estimate_of(row, "cost")),
            told.dates.text(float(row["day"])),
            percent(float(row["p_best"])),
        )
    return table


def print_plan(answer: PlanAnswer, folder: Path) -> None:
    """Print the answer, the best plans, the frontier, and where the rest is.

    Args:
        answer: the search and its result.
        folder: folder of its files.
    """
    console = make_console(*answer.scenarios)
    told = PlanTold(answer)
    for sentence in told.sentences():
        console.print(sentence, markup=False)
    shown = answer.shown
    title = "The cheapest plans that meet it" if answer.choice is not None else "The likeliest plans"
    frontier = shown[shown["best_by_probability"]].sort_values("cost", kind="stable")
    for rows, name in ((shown.head(_N_PLANS), title), (frontier, _FRONTIER)):
        console.print()
        console.print(_table(told, rows, f"{name} ({shown['n'].iloc[0]} trials each)"))
    console.print(f"\n{_HOW_TO_READ}")
    console.print(f"{answer.n_trials:,} simulated trials, seed {answer.asked.seed}.")
    print_place(console, folder, PAGE)
