"""Prints the answers of `backtest`, `fit` and `forecast`. Each function imports only what it needs, to start
quickly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from sim.cli.console.tables import make_console, make_table
from sim.report.words import percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.exchange.observed import ObservedTrial
    from sim.forecast.answer import Answer
    from sim.forecast.backtest.study import CutResult
    from sim.forecast.fit.study import Fit

_MOST_CUTS = 14
_CONSOLE_COLUMNS = (0, 1, 3, 5)  # of the milestones: P10, P50, P90


def print_backtest(trials: Sequence[ObservedTrial], results: Sequence[CutResult], folder: Path) -> None:
    """Print the track record: the headline, methods side by side, trials or cuts, and where the files are.

    Args:
        trials: the whole trials, with what the user said of them.
        results: forecasts and outcomes, one entry per cut.
        folder: folder of the files.
    """
    from sim.forecast.backtest.track_record import MOST, WHOLE, cut_table
    from sim.report.forecast.data_words import backtest_headline, told_lines, uncertainty_lines

    console = make_console()
    cuts = cut_table(results)
    console.print(f"\n[bold]{backtest_headline(results, cuts)}[/bold]\n")
    for goal in (WHOLE, MOST):
        if (cuts["goal"] == goal).any():
            _print_methods(console, cuts, goal)
    if len({result.trial for result in results}) > 1:
        _print_trials(console, cuts)
    if len(results) <= _MOST_CUTS:
        _print_cuts(console, results)
    for line in (*uncertainty_lines(cuts), *told_lines(trials)):
        console.print(line)
    console.print(f"\nFiles: {folder.as_posix()}/", soft_wrap=True)
    console.print(f"Report: {(folder / 'report.html').as_posix()}", soft_wrap=True)


def _print_methods(console: Console, cuts: object, goal: str) -> None:
    from sim.forecast.backtest.track_record import by_method
    from sim.report.forecast.data_words import days_or_never, method_names, number_or_dash

    table = make_table(
        f"Forecast of the {goal}", "log CRPS", "50 %", "80 %", "95 %", "90-day CRPS", "median miss, days"
    )
    methods = by_method(cuts, goal)  # type: ignore[arg-type]
    for name, (_, row) in zip(method_names(methods), methods.iterrows(), strict=True):
        count = number_or_dash(float(row["relative_count_crps"])) if "relative_count_crps" in row else ""
        covers = [percent(float(row[f"covers_{level}"])) for level in (50, 80, 95)]
        miss = days_or_never(float(row["median_absolute_error_days"]))
        table.add_row(name, number_or_dash(float(row["relative_log_crps"])), *covers, count, miss)
    console.print(table)
    console.print(
        "CRPS: relative to the homogeneous Poisson process; 80 %: how often that interval contained the truth.\n"
    )


def _print_trials(console: Console, cuts: object) -> None:
    from sim.forecast.backtest.track_record import by_trial
    from sim.report.forecast.data_words import number_or_dash

    table = make_table("Trial", "randomised", "log CRPS", "90-day CRPS", "mean log error", "80 % covers")
    for trial, row in by_trial(cuts).iterrows():  # type: ignore[arg-type]
        table.add_row(
            str(trial),
            f"{row['target']:,.0f}",
            number_or_dash(float(row["relative_log_crps"])),
            number_or_dash(float(row["relative_count_crps"])),
            f"{row['mean_log_error']:+.2f}",
            percent(float(row["covers_80"])),
        )
    console.print(table)
    console.print()


def _print_cuts(console: Console, results: Sequence[CutResult]) -> None:
    from sim.forecast.backtest.study import METHOD
    from sim.report.forecast.data_words import days_between, days_or_never

    table = make_table("Cut", "as of", "randomised", "days left", "forecast (80 %)", "miss", "next 90 days")
    for result in results:
        found = result.scores[METHOD]
        table.add_row(
            f"{result.trial} {result.cut.label}",
            str(result.cut.when),
            f"{result.n} of {result.target}",
            f"{result.true_days:,.0f}",
            f"{days_or_never(found.median_days)} ({days_between(found)})",
            f"{found.error_days:+,.0f}",
            f"{found.count_median:.0f} for {result.true_count}",
        )
    console.print(table)
    for result in results:
        for caution in result.cautions.values():
            console.print(f"Warned at {result.cut.label} ({result.trial}): {caution}.")
    console.print()


def print_fit(found: Fit, folder: Path) -> None:
    """Print what the data say, and where the scenario is.

    Args:
        found: the fit.
        folder: folder of the files.
    """
    from sim.forecast.continued.told import said_notes
    from sim.report.forecast.fit_figures import calendar_lines, length_sentence, shape_table, site_sentence
    from sim.report.forecast.fit_page import fit_cautions, fit_headline
    from sim.report.forecast.trust import doubt_sentences

    console = make_console()
    console.print(f"\n[bold]{fit_headline(found)}[/bold]\n")
    for caution in fit_cautions(found):
        console.print(f"[bold]Warning:[/bold] {caution}.\n")
    shapes = shape_table(found)
    table = make_table(*shapes.columns)
    for row in shapes.rows:
        table.add_row(*row)
    console.print(table)
    console.print()
    console.print(site_sentence(found))
    for step in found.funnel:
        console.print(f"{step.name.capitalize()}: {step.passed:,.0f} of {step.total:,.0f} pass ({percent(step.mean)}).")
    if found.leaving:
        left = sum(float(way.incidence[-1]) for way in found.leaving)
        console.print(f"Leaving: {percent(left)} by week {found.weeks:.0f}.")
    if not found.weeks:
        console.print(length_sentence(found))
    for line in calendar_lines(found):
        console.print(line)
    for note in said_notes(found.trial):
        console.print(f"Note: {note}.")
    for doubt in doubt_sentences(found.doubts):
        console.print(f"\n[bold]Question:[/bold] {doubt}")
    console.print(f"\nScenario: {(folder / 'fitted.yaml').as_posix()}", soft_wrap=True)
    console.print(f"Report: {(folder / 'report.html').as_posix()}", soft_wrap=True)


def _print_trust(console: Console, answer: Answer) -> None:
    """Print how often similar forecasts held, and forecasts of the near future."""
    from sim.report.forecast.trust import events_sentence, soon_table, trust_sentence
    from sim.report.forecast.words import dates_of

    said = " ".join(filter(None, (trust_sentence(answer), events_sentence(answer))))
    near = soon_table(answer, dates_of(answer))
    if said:
        console.print(f"{said}\n")
    if near is not None:
        table = make_table(*near.columns)
        for row in near.rows:
            table.add_row(*row)
        console.print(table)
        console.print()


def print_forecast(answer: Answer, folder: Path) -> None:
    """Print a forecast: the dates first, then where the trial stands, what changed, and what would help.

    Args:
        answer: the forecast.
        folder: folder of its files.
    """
    from sim.report.forecast.trust import doubt_sentences
    from sim.report.forecast.words import (
        change_sentence,
        difference_sentence,
        headline,
        milestone_table,
        needed_sentence,
        odds_sentences,
        standing,
    )

    console = make_console(*answer.scenarios)
    console.print(f"\n[bold]{headline(answer)}[/bold]\n")
    for caution in answer.cautions:
        console.print(f"[bold]Warning:[/bold] {caution}.")
    if answer.cautions:
        console.print()
    milestones = milestone_table(answer)
    table = make_table(*(milestones.columns[i] for i in _CONSOLE_COLUMNS))
    for row in milestones.rows:
        table.add_row(*(row[i].replace(", cannot", ",\ncannot") for i in _CONSOLE_COLUMNS))
    console.print(table)
    console.print("P10, P90: the 80 % interval. -12/+15 d: 95 % interval of the Monte Carlo error, in days.\n")
    _print_trust(console, answer)
    console.print(standing(answer))
    for sentence in odds_sentences(answer):
        console.print(sentence)
    for item in answer.needed:
        console.print(needed_sentence(item))
    console.print(f"\n{change_sentence(answer)}")
    for difference in answer.what_ifs:
        console.print(difference_sentence(answer, difference))
    for doubt in doubt_sentences(answer.doubts):
        console.print(f"\n[bold]Question:[/bold] {doubt}")
    if answer.notes:
        console.print()
    for note in answer.notes:
        console.print(f"Note: {note}.")
    console.print(f"\nFiles: {folder.as_posix()}/", soft_wrap=True)
    console.print(f"Report: {(folder / 'report.html').as_posix()}", soft_wrap=True)
