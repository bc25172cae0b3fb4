"""Prints what drives a scenario: sentences first, then the tables behind them.

All words and numbers are those of `sim.report.explanation`; here they are put into tables for a terminal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.api.explanation import PAGE
from sim.cli.console.tables import make_console, make_table, print_place
from sim.experiment.explanation.causes import TOGETHER
from sim.report.explanation.words import Told, share_text
from sim.report.run.why import doubt_cells, signed
from sim.report.words import MILESTONE_NAMES, STEP_NAMES, chance, estimate_of, with_error

if TYPE_CHECKING:
    from rich.table import Table

    from sim.experiment.explanation.study import Explanation

_N_CAUSES, _N_ASSUMPTIONS, _N_SITES = 15, 10, 8
_HOW_TO_READ = (
    "± and brackets: 95 % interval of the Monte Carlo error. Shares are of the variance of ranks, so that trials that "
    "never get there count as the latest (--scale days: of days). Causes overlap, so their days need not add up. A "
    "site or a milestone is critical where, had it been a moment later, this outcome would have been too. How this is "
    "computed: docs/explanation/statistics-of-experiments.md"
)


def _shares(told: Told) -> Table:
    table = make_table("Share of the spread", "known, it would take away", "with what it does together with others")
    for _, row in told.of("shares").sort_values("total", ascending=False, kind="stable").iterrows():
        shares = [share_text(estimate_of(row, name)) for name in ("first", "total")]
        table.add_row(told.input(row["input"]), *shares)
    return table


def _tornado(told: Told) -> Table:
    table = make_table(f"Uncertain value ({told.unit} against the scenario)", "at its 10 % point", "at its 90 % point")
    for _, row in told.of("tornado").iterrows():
        ends = [f"{row[f'at_{end}']:.3g}: {signed(estimate_of(row, end))}" for end in ("low", "high")]
        table.add_row(told.input(row["input"]), *ends)
    return table


def _causes(told: Told) -> Table:
    first = f"Lost to ({told.unit}, each taken away alone)"
    table = make_table(first, told.unit, "trials changed", "never, with/without")
    rows = told.of("causes")
    together = rows["cause"] == TOGETHER
    for _, row in pd.concat([rows[~together].head(_N_CAUSES), rows[together]]).iterrows():
        changed, never = f"{row['n_changed']} of {row['n']}", f"{row['n_never']}/{row['n_never_without']}"
        table.add_row(str(row["label"]), with_error(estimate_of(row, "lost")), changed, never)
    return table


def _assumptions(told: Told) -> Table:
    table = make_table(f"Assumption of grade D ({told.unit} later)", "value", "lower", "higher", "pairs")
    for cells in doubt_cells(told.scenario, told.of("assumptions").head(_N_ASSUMPTIONS)):
        table.add_row(*cells)
    return table


def _critical(told: Told) -> list[Table]:
    sites = make_table("Critical site", "of the trials", "most participants")
    for _, row in told.of("sites").sort_values("share", ascending=False, kind="stable").head(_N_SITES).iterrows():
        sites.add_row(str(row["site"]), *(chance(estimate_of(row, name)) for name in ("share", "most")))
    steps = make_table("Critical path (mean of a trial)", "days", "of the trials")
    for _, row in told.of("steps").iterrows():
        if row["share"] > 0:
            days, share = estimate_of(row, "days"), estimate_of(row, "share")
            steps.add_row(STEP_NAMES[str(row["step"])], with_error(days), chance(share))
    milestones = make_table("Critical milestone before it", "of the trials")
    for _, row in told.of("milestones").iterrows():
        milestones.add_row(MILESTONE_NAMES[str(row["milestone"])], chance(estimate_of(row, "share")))
    return [table for table in (sites, milestones, steps) if table.row_count]


def print_explanation(explanation: Explanation, folder: Path, focus: str) -> None:
    """Print the sentences and tables about one outcome, and where the rest is.

    Args:
        explanation: the explanation with all outcomes.
        folder: folder of its files.
        focus: the outcome: a milestone, or `cost`.
    """
    console = make_console(*explanation.scenarios)
    told = Told(explanation, focus)
    for sentence in told.sentences():
        console.print(sentence)
    for table in (_shares(told), _tornado(told), _causes(told), _assumptions(told), *_critical(told)):
        if table.row_count:
            console.print()
            console.print(table)
    console.print(f"\n{_HOW_TO_READ}")
    console.print(f"{explanation.n_trials:,} simulated trials, seed {explanation.study.seed}.")
    print_place(console, folder, PAGE)
