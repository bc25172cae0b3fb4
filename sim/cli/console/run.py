"""Prints the answer of a run: the dates first, then the odds, then why.

The dates are printed before the causes are measured, which takes longer; so there are two functions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from sim.analysis.intervals import Estimate
from sim.cli.console.tables import make_console, make_table
from sim.report import words
from sim.report.place_words import place_sentences
from sim.report.run import words as of_run
from sim.report.run.headline import headline, warnings
from sim.report.run.why import Why
from sim.report.words import Dates, estimate_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.run.results import Results
    from sim.scenario.schema import Scenario

_WIDE = 118  # columns that a date with its error beside it needs, for all percentiles
_PERCENTILES = (10, 50, 80, 90)
_N_CAUSES = 8


def _day(estimate: Estimate, dates: Dates) -> str:
    return str(dates.of(estimate.value) or f">{dates.horizon}")


def _error(estimate: Estimate, dates: Dates) -> str:
    """The error of a date in days: '-12/+15'; '?' for an end that too few replications leave open."""
    if not math.isfinite(estimate.value):
        earliest = None if estimate.low is None else dates.of(estimate.low)
        return "" if earliest is None else f">={earliest}"
    low = "?" if estimate.low is None else f"{estimate.value - estimate.low:.0f}"
    high = "?" if estimate.high is None else f"{estimate.high - estimate.value:.0f}"
    return f"-{low}/+{high}".replace("+inf", "never")


def _dates(milestones: pd.DataFrame, scenario: Scenario, dates: Dates, wide: bool) -> Table:
    """Dates with their errors: beside the dates on a wide terminal, otherwise below them."""
    headers = [text for q in _PERCENTILES for text in ((f"P{q}", "days") if wide else (f"P{q}",))]
    table = make_table("", *headers)
    for name, row in milestones.iterrows():
        estimates = [estimate_of(row, f"p{q}") for q in _PERCENTILES]
        pairs = [(_day(estimate, dates), _error(estimate, dates)) for estimate in estimates]
        cells = [text for pair in pairs for text in pair] if wide else ["\n".join(pair) for pair in pairs]
        table.add_row(words.milestone_name(str(name), scenario), *cells)
    return table


def _funnel(funnel: pd.DataFrame) -> Table:
    table = make_table("Funnel (mean of a trial)", "people", "±", "% of those referred")
    for stage, row in funnel.iterrows():
        table.add_row(str(stage), *_mean(row), _share(row))
    return table


def _countries(results: Results, dates: Dates) -> Table:
    """What each country brings: the one with most participants first."""
    costs = results.scenario.costs
    money = [f"cost, {costs.currency}"] if costs else []
    table = make_table("Countries (mean of a trial)", "sites active", "first by (P50)", "participants", "%", *money)
    for _, row in results.countries().sort_values("share", ascending=False, kind="stable").iterrows():
        opens = estimate_of(row, "first_site_active")
        table.add_row(
            str(row["label"]),
            f"{words.mean_with_error(estimate_of(row, 'sites'))} of {row['n_sites']}",
            f"{_day(opens, dates)} {_error(opens, dates)}".strip(),
            words.mean_with_error(estimate_of(row, "randomised")),
            _share(row),
            *([words.mean_with_error(estimate_of(row, "cost"))] if costs else []),
        )
    return table


def _causes(why: Why) -> Table | None:
    """Days lost to causes that surely cost some, the largest first."""
    if not why.told():
        return None
    table = make_table(f"Days lost to (until {why.noun})", "days", "trials changed", "if instead")
    table.columns[-1].justify = "left"
    for row in why.told()[:_N_CAUSES]:
        changed = f"{row['n_changed']} of {row['n']}"
        table.add_row(str(row["label"]), words.with_error(estimate_of(row, "lost")), changed, str(row["without"]))
    return table


def _path(why: Why) -> Table:
    table = make_table(f"Critical path to {why.noun} (mean of a trial)", "days", "of the trials")
    for name, row in why.steps():
        days, share = estimate_of(row, "days"), estimate_of(row, "share")
        table.add_row(name, words.with_error(days), words.chance(share))
    return table


def _mean(row: Any) -> tuple[str, str]:
    """A mean and half the width of its interval, with one decimal so that columns align."""
    value, low, high = estimate_of(row, "mean")
    return f"{value:,.1f}", "" if low is None or high is None else f"{(high - low) / 2:,.1f}"


def _share(row: Any) -> str:
    return words.percent(float(row["share"])).removesuffix(" %")


def print_dates(results: Results) -> None:
    """Print milestones, odds, the funnel and countries: all that is known before the causes are measured.

    Args:
        results: the run.
    """
    console = make_console(results.scenario)
    dates = Dates(results.design.clock, results.design.horizon_days)
    milestones = results.milestones()
    for warning in warnings(results, results.too_few()):
        console.print(f"[bold]Warning:[/bold] {warning}.")
    if results.until is not None and not results.until["met"]:
        console.print(f"[bold]Warning:[/bold] {of_run.precision_sentence(results)}")
    console.print(f"\n[bold]{headline(results, dates, milestones)}[/bold]\n")
    console.print(_dates(milestones, results.scenario, dates, wide=console.width >= _WIDE))
    console.print(
        "P80: done by then in 80 % of the simulated trials. -12/+15: 95 % interval of the Monte Carlo error, in days."
    )
    if not np.isfinite(milestones[[f"p{q}" for q in _PERCENTILES]].to_numpy(dtype=float)).all():
        console.print(f">{dates.horizon}: later than the horizon, or never.")
    console.print()
    for sentence in of_run.odds_sentences(results.odds(), results.scenario):
        console.print(sentence)
    for sentence in of_run.ending_sentences(results.outcomes()):
        console.print(sentence)
    for sentence in of_run.cap_sentences(results.caps(), dates):
        console.print(sentence, soft_wrap=True)
    for sentence in of_run.interim_sentences(results.interims(), dates):
        console.print(sentence, soft_wrap=True)
    for sentence in of_run.amendment_sentences(results.amendments(), dates):
        console.print(sentence, soft_wrap=True)
    for sentence in place_sentences(results):
        console.print(sentence, soft_wrap=True)
    if costs := of_run.cost_sentences(results):
        console.print(" ".join(costs), soft_wrap=True)
    console.print("(in brackets: 95 % interval of the Monte Carlo error)\n")
    console.print(_funnel(results.funnel()))
    console.print()
    if results.design.countries:
        console.print(_countries(results, dates))
        console.print()


def print_why(results: Results) -> None:
    """Print days lost to each cause, the critical path, how the run was made, and where the files are.

    Args:
        results: the run, with its causes measured.
    """
    console = make_console(results.scenario)
    why = Why(results)
    console.print(f"[bold]{why.sentence()}[/bold]")
    for sentence in why.others():
        console.print(sentence)
    table = _causes(why)
    if table is not None:
        console.print()
        console.print(table)
    if why.how():
        console.print(f"{why.how()} {why.more()}")
    console.print()
    console.print(_path(why) if why.steps() else why.path_sentence())
    if why.doubts_sentence():
        console.print(f"\n{why.doubts_sentence()}")
    console.print(f"\n{_how_it_was_made(results)}")
    rule = of_run.precision_sentence(results)
    if rule is not None and results.until is not None and results.until["met"]:
        console.print(rule)
    console.print(f"Files: {results.path.as_posix()}/", soft_wrap=True)
    if (results.path / "report.html").is_file():
        console.print(f"Report: {(results.path / 'report.html').as_posix()}", soft_wrap=True)


def _how_it_was_made(results: Results) -> str:
    scenario = results.scenario
    return (
        f"{scenario.name}: {scenario.trial.target:,} participants, day 0 = {scenario.trial.enrolment_opens}, "
        f"{results.n_replications:,} simulated trials, seed {results.seed}."
    )
