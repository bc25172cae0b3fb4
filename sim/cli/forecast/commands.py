"""`backtest`, `fit` and `forecast`: from the data of a running trial to a defended date.

The options that they share are in `sim.cli.forecast.data`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.forecast.data import (
    CLOSED,
    ENDS,
    SITES,
    SITES_A_MONTH,
    as_told_by_options,
    how_read,
    read_asking,
    show_account,
)
from sim.cli.options import EXTENSION, JSON, SEED, SET, WORKERS, as_given, out_folder, replications
from sim.cli.progress import progress_bar
from sim.cli.streams import print_json
from sim.errors import Problem, UsageError

if TYPE_CHECKING:
    from sim.exchange.observed import ObservedTrial
    from sim.exchange.said import Said
    from sim.forecast.answer import WhatIf
    from sim.forecast.backtest.study import Cut

_SHARES = "25%,50%,75%"


def _shares(text: str) -> list[float]:
    found = []
    for part in text.split(","):
        number = part.strip().removesuffix("%")
        try:
            share = float(number) / 100
        except ValueError:
            share = -1.0
        if not 0 < share < 1:
            raise UsageError(
                Problem("give shares of the target between 0 and 100 %, as in 25%,50%,75%", "--at", value=part)
            )
        found.append(share)
    return found


def _every(text: str) -> int:
    days = text.strip().lower().removesuffix("days").removesuffix("d").strip()
    if not days.isdigit() or int(days) < 1:
        raise UsageError(Problem("give days, as in 30d", "--every", value=text))
    return int(days)


@click.command()
@click.argument("data", nargs=-1, required=True, metavar="DATA...")
@click.option("--at", metavar="SHARES", help=f"Shares of the target at which to forecast; default {_SHARES}.")
@click.option("--every", metavar="DAYS", help="Forecast at regular intervals instead, as in 30d.")
@click.option(
    "--target", type=click.IntRange(2), metavar="N", help="Target number of randomisations; default: all in the data."
)
@SITES
@CLOSED
@ENDS
@how_read
@WORKERS
@out_folder("results/backtest-<data>-<id>")
@JSON
def backtest(
    data: tuple[str, ...],
    at: str | None,
    every: str | None,
    target: int | None,
    site_file: str | None,
    closed: tuple[str, ...],
    ends: str | None,
    said: Said,
    workers: int | None,
    out: str | None,
    as_json: bool,
) -> int:
    """Forecast from points within DATA, with only what was known then, against what happened.

    DATA is an enrolment log, counts by period, or SDTM (DM, DS, SV): files, or folders of them; each file is a trial.
    """
    from sim.api.forecast_folders import write_backtest
    from sim.cli.console.forecast import print_backtest
    from sim.exchange.folder import read_trials
    from sim.experiment.execution import Execution
    from sim.forecast.backtest.study import backtest as backtest_all
    from sim.report.forecast.backtest_page import backtest_document

    if at and every:
        raise UsageError(Problem("give --at or --every, not both"))
    trials = read_asking(lambda how: read_trials(data, site_file, how), said)
    show_account(trials)
    trials = [as_told_by_options(trial, closed, ends, is_finished=True) for trial in trials]
    jobs = [(trial, cut, target) for trial in trials for cut in _cuts(trial, at, every, target)]
    with progress_bar() as progress:
        results = backtest_all(jobs, Execution(workers, progress=progress))
    command = as_given()
    folder = write_backtest(trials, results, Path(out) if out else None, command)
    if as_json:
        print_json(backtest_document(trials, results))
    else:
        print_backtest(trials, results, folder)
    return 0


@click.command()
@click.argument("data", metavar="DATA")
@SITES
@CLOSED
@ENDS
@SITES_A_MONTH
@click.option(
    "--target", type=click.IntRange(1), metavar="N", help="Target number of randomisations; default: all in the data."
)
@click.option(
    "--follow-up-weeks",
    "weeks",
    type=click.FloatRange(0, 2_000, min_open=True),
    metavar="W",
    help="From randomisation to the last visit; default: as the data say.",
)
@how_read
@out_folder("results/fit-<data>-<id>")
@JSON
def fit(
    data: str,
    site_file: str | None,
    closed: tuple[str, ...],
    ends: str | None,
    sites_a_month: float | None,
    target: int | None,
    weeks: float | None,
    said: Said,
    out: str | None,
    as_json: bool,
) -> int:
    """Learn from DATA: site rates, the shape over time, the funnel, screening times, ways of leaving.

    Writes a scenario, fitted.yaml, whose values are posteriors, and pictures of the fit. DATA is an enrolment log,
    counts by period, or SDTM (DM, DS, SV): a file, or a folder of SDTM.
    """
    from sim.api.forecast_folders import write_fit
    from sim.cli.console.forecast import print_fit
    from sim.exchange.read import as_known, read_as
    from sim.forecast.fit.study import fit as fit_data
    from sim.report.forecast.fit_page import fit_document

    trial = read_asking(lambda how: as_known(read_as(data, site_file, how), how.as_of, target), said)
    show_account([trial])
    trial = as_told_by_options(trial, closed, ends, sites_a_month)
    found = fit_data(trial, target, weeks)
    folder = write_fit(found, Path(out) if out else None, as_given())
    if as_json:
        print_json(fit_document(found))
    else:
        print_fit(found, folder)
    return 0


def _what_if(text: str, plan: str, overrides: Sequence[str]) -> WhatIf:
    """A scenario, or the plan with changes; `OTHER PATH=VALUE ...` is another scenario with changes."""
    from sim.forecast.answer import WhatIf
    from sim.report.key_words import changed_name
    from sim.scenario.load import load

    try:
        words = [text] if "=" not in text or Path(text).exists() else shlex.split(text)
    except ValueError as error:
        raise UsageError(Problem(f"cannot be read: {error}", "--what-if", value=text)) from None
    named = "=" not in words[0] or Path(words[0]).exists()
    name, changes = (words[0], words[1:]) if named else (plan, [*overrides, *words])
    found = load(name, changes).scenario
    return WhatIf(changed_name(found.name, changes), found)


@click.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option("--observed", "data", required=True, type=click.Path(), metavar="DATA", help="What has happened so far.")
@SITES
@CLOSED
@ENDS
@SITES_A_MONTH
@SET
@EXTENSION
@click.option(
    "--what-if",
    "others",
    multiple=True,
    metavar="WHAT",
    help="What else to forecast, on the same random numbers: a scenario, or the plan as changed by "
    "'PATH=VALUE ...'; may be repeated.",
)
@replications("Simulated trials.", most=1_000_000)
@SEED
@click.option("--constant-rates", is_flag=True, help="Rates stay as they are, instead of drifting.")
@how_read
@WORKERS
@out_folder("results/forecast-<scenario>-<id>")
@JSON
def forecast(
    scenario: str,
    data: str,
    site_file: str | None,
    closed: tuple[str, ...],
    ends: str | None,
    sites_a_month: float | None,
    overrides: tuple[str, ...],
    others: tuple[str, ...],
    replications: int | None,
    seed: int | None,
    constant_rates: bool,
    said: Said,
    workers: int | None,
    out: str | None,
    as_json: bool,
) -> int:
    """Continue from what has happened: when will this trial be complete, what changed, and what would help?

    SCENARIO is the plan: a file, the name of an included scenario, or a fitted.yaml. With --set, the
    forecast is of the scenario as changed, and its difference from the scenario as it was is shown, trial by trial.
    """
    from sim.api.forecast_folders import write_forecast
    from sim.cli.console.forecast import print_forecast
    from sim.exchange.read import as_known, read_as
    from sim.experiment.execution import Execution
    from sim.forecast.answer import WhatIf, named_apart
    from sim.forecast.answer import forecast as forecast_trial
    from sim.report.forecast.document import forecast_document
    from sim.report.key_words import unchanged_name
    from sim.scenario.load import load

    loaded = load(scenario, overrides).scenario
    what_ifs = [_what_if(other, scenario, overrides) for other in others]
    if overrides:
        what_ifs.insert(0, WhatIf(unchanged_name(overrides), load(scenario).scenario))
    trial = read_asking(lambda how: as_known(read_as(data, site_file, how), how.as_of, loaded.trial.target), said)
    show_account([trial])
    trial = as_told_by_options(trial, closed, ends, sites_a_month)
    with progress_bar() as progress:
        answer = forecast_trial(
            loaded,
            trial,
            named_apart(what_ifs),
            replications=replications or loaded.experiment.replications,
            seed=loaded.experiment.seed if seed is None else seed,
            is_constant=constant_rates,
            execution=Execution(workers, progress=progress),
        )
    folder = write_forecast(answer, Path(out) if out else None, as_given())
    if as_json:
        print_json(forecast_document(answer))
    else:
        print_forecast(answer, folder)
    return 0


def _cuts(trial: ObservedTrial, at: str | None, every: str | None, target: int | None) -> list[Cut]:
    from sim.forecast.backtest.study import check_target, cuts_at, cuts_every

    check_target(trial, target)
    return cuts_every(trial, _every(every), target) if every else cuts_at(trial, _shares(at or _SHARES), target)
