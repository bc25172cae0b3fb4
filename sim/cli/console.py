"""The answer of a run, printed: the dates first, then the odds, then why."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from sim.analysis import summary
from sim.report import words
from sim.report.words import MILESTONE_NAMES, SPAN_NAMES, Dates, estimate_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.results import Results

_PLAIN_WIDTH = 118
_PERCENTILES = (10, 50, 80, 90)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False, soft_wrap=False)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, no_wrap=i == 0, justify="left")
    return table


def _dates(milestones: pd.DataFrame, dates: Dates) -> Table:
    table = _table("", *(f"P{q}" for q in _PERCENTILES))
    for name, row in milestones.iterrows():
        cells = []
        for q in _PERCENTILES:
            estimate = estimate_of(row, f"p{q}")
            cells.append(f"{dates.text(estimate.value)} {dates.error(estimate)}".strip())
        table.add_row(MILESTONE_NAMES[str(name)], *cells)
    return table


def _funnel(funnel: pd.DataFrame) -> Table:
    table = _table("Funnel (mean of a trial)", "people", "of those referred")
    for stage, row in funnel.iterrows():
        share = words.percent(float(row["share"]))
        table.add_row(str(stage), words.mean_with_error(estimate_of(row, "mean")), share)
    return table


def _spans(spans: pd.DataFrame) -> Table:
    table = _table("Where the time went (mean of a trial)", "days", "share")
    for name, row in spans.sort_values("mean", ascending=False, kind="stable").iterrows():
        days = words.mean_with_error(estimate_of(row, "mean"))
        table.add_row(SPAN_NAMES[str(name)], days, words.percent(float(row["share"])))
    return table


def print_answer(results: Results) -> None:
    """Print milestones, odds, funnel, where the time went and where the files are."""
    console = _console()
    frame = results.replications
    dates = Dates(results.design.clock, results.design.horizon_days)
    milestones = results.milestones()
    for warning in words.warnings(results, summary.too_few(frame)):
        console.print(f"[bold]Warning:[/bold] {warning}.")
    console.print(f"\n[bold]{words.headline(results, dates, milestones)}[/bold]\n")
    console.print(_dates(milestones, dates))
    console.print(
        "P80: done by then in 80 % of the simulated trials. -12/+15 d: 95 % interval of the Monte Carlo error, in days."
    )
    console.print()
    for sentence in words.odds_sentences(results.odds()):
        console.print(sentence)
    console.print("(in brackets: 95 % interval of the Monte Carlo error)\n")
    console.print(_funnel(results.funnel()))
    console.print()
    console.print(_spans(results.spans()))
    console.print(f"\n{_how_it_was_made(results)}")
    console.print(f"Files: {results.path.as_posix()}/", soft_wrap=True)
    if (results.path / "report.html").is_file():
        console.print(f"Report: {(results.path / 'report.html').as_posix()}", soft_wrap=True)


def _how_it_was_made(results: Results) -> str:
    scenario = results.scenario
    return (
        f"{scenario.name}: {scenario.trial.target} participants, day 0 = {scenario.trial.enrolment_opens}, "
        f"{results.n_replications:,} simulated trials, seed {results.seed}."
    )
