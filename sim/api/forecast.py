"""Forecasts of a running trial: what its data say, when it will be complete, and how far to trust that.

Each call writes the same folder as the command, and prints nothing. `sim.sentences(answer)` gives the answer in words,
`sim.figures(answer)` in figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from sim.api.forecast_folders import write_backtest, write_fit, write_forecast
from sim.errors import UsageError
from sim.exchange.dates.cell import DateOrder
from sim.exchange.folder import read_trials
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import as_known, read_as
from sim.exchange.said import Said, date_from, status_from
from sim.experiment.execution import Execution, Progress, no_progress
from sim.forecast.answer import Answer, WhatIf
from sim.forecast.answer import forecast as forecast_trial
from sim.forecast.backtest.study import backtest as backtest_all
from sim.forecast.backtest.study import cuts_at, cuts_every
from sim.forecast.backtest.track_record import TrackRecord
from sim.forecast.continued.told import as_told, told
from sim.forecast.fit.scenario import fitted_mapping
from sim.forecast.fit.study import Fit
from sim.forecast.fit.study import fit as fit_trial
from sim.scenario.extension_files import Extensions, extensions_given
from sim.scenario.load import Loaded, loaded, scenario_from_mapping
from sim.scenario.schema import Scenario

Data = ObservedTrial | Path | str | pd.DataFrame
Sites = Path | str | pd.DataFrame
Named = Fit | Loaded | Scenario | Mapping[str, Any] | Path | str
_QUARTERS = (0.25, 0.5, 0.75)


def fit(
    data: Data,
    *,
    sites: Sites | None = None,
    as_of: date | str | None = None,
    target: int | None = None,
    follow_up_weeks: float | None = None,
    closed: Sequence[str] = (),
    ends: date | str | None = None,
    sites_a_month: float | None = None,
    columns: Mapping[str, str] | None = None,
    dates: DateOrder | None = None,
    status: Mapping[str, str] | None = None,
    study: str = "",
    sheet: str = "",
    header: str = "",
    counts: str = "",
    out: Path | str | None = None,
) -> Fit:
    """Learn from the data of a trial.

    Args:
        data: a file with an enrolment log, counts by period, or SDTM; a data frame of one; or a trial that was read
            already.
        sites: a table of sites: a file or a data frame.
        as_of: the last day to learn from; default: the last day of the data.
        target: number of randomisations wanted; default: all in the data.
        follow_up_weeks: weeks from randomisation to the last visit; default: from the data.
        closed: days on which nobody could be randomised, as in `["2024-03-01..2024-04-15"]`.
        ends: the announced last day on which anybody may be randomised.
        sites_a_month: number of sites that open per month from now on.
        columns: header by role, as in `{"date": "Rand_Dt"}`.
        dates: how to read 03/04/2024: `dmy` or `mdy`.
        status: meanings of words of the status column, as in `{"SF": "screen failure"}`.
        study: the study meant, where the file has several.
        sheet: the sheets of a workbook meant: one, several with commas between, or `all`.
        header: the row of the header, as in `4`, or its rows, as in `4-5`.
        counts: whether each row counts its own period (`new`) or everything so far (`running`).
        out: the folder; default: `results/fit-<data>-<id>`.

    Returns:
        What was learnt. `forecast` accepts it as the scenario.

    Raises:
        InputError: the data cannot be used.
    """
    said = _said(columns, dates, status, study=study, sheet=sheet, header=header, counts=counts)
    trial = as_told(_trial(data, sites, as_of, said, target), told(closed, ends, sites_a_month))
    found = fit_trial(trial, target, follow_up_weeks)
    write_fit(found, _folder(out), "")
    return found


def forecast(
    scenario: Named,
    observed: Data,
    *,
    sites: Sites | None = None,
    as_of: date | str | None = None,
    what_ifs: Mapping[str, Named] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    constant_rates: bool = False,
    closed: Sequence[str] = (),
    ends: date | str | None = None,
    sites_a_month: float | None = None,
    columns: Mapping[str, str] | None = None,
    dates: DateOrder | None = None,
    status: Mapping[str, str] | None = None,
    study: str = "",
    sheet: str = "",
    header: str = "",
    counts: str = "",
    extensions: Extensions = (),
    workers: int | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
) -> Answer:
    """Forecast a running trial: when will it be complete?

    Args:
        scenario: the plan: a result of `load_scenario` or of `fit`, a file, a name, or a dict like a scenario file.
        observed: the data, as for `fit`.
        sites: a table of sites: a file or a data frame.
        as_of: the day from which to forecast; nothing later is used. Default: the last day of the data.
        what_ifs: alternative scenarios by name, simulated on the same random numbers.
        replications: number of simulated trials; default: from the scenario.
        seed: seed of the random numbers; default: from the scenario.
        constant_rates: whether rates stay constant instead of drifting.
        closed: days on which nobody could be randomised, as in `["2024-03-01..2024-04-15"]`.
        ends: the announced last day on which anybody may be randomised.
        sites_a_month: number of sites that open per month from now on.
        columns: header by role, as in `{"date": "Rand_Dt"}`.
        dates: how to read 03/04/2024: `dmy` or `mdy`.
        status: meanings of words of the status column, as in `{"SF": "screen failure"}`.
        study: the study meant, where the file has several.
        sheet: the sheets of a workbook meant: one, several with commas between, or `all`.
        header: the row of the header, as in `4`, or its rows, as in `4-5`.
        counts: whether each row counts its own period (`new`) or everything so far (`running`).
        extensions: files with your own rules and measures; see `sim.extension`.
        workers: number of processes; default: one per core. Never changes the answer.
        out: the folder; default: `results/forecast-<scenario>-<id>`.
        report: whether to write `report.html`.
        progress: called with the replications done and the total.

    Returns:
        The forecast: `futures.frame` has one row per simulated trial; see also `changes`, `needed` and `what_ifs`.

    Raises:
        InputError: the scenario or the data cannot be used.
    """
    with extensions_given(extensions):
        plan = _scenario(scenario)
        others = [WhatIf(name, _scenario(other)) for name, other in (what_ifs or {}).items()]
    said = _said(columns, dates, status, study=study, sheet=sheet, header=header, counts=counts)
    answer = forecast_trial(
        plan,
        as_told(_trial(observed, sites, as_of, said, plan.trial.target), told(closed, ends, sites_a_month)),
        others,
        replications=replications or plan.experiment.replications,
        seed=plan.experiment.seed if seed is None else seed,
        is_constant=constant_rates,
        execution=Execution(workers, progress=progress),
    )
    write_forecast(answer, _folder(out), "", page=report)
    return answer


def backtest(
    *data: Data,
    at: Sequence[float] = _QUARTERS,
    every_days: int | None = None,
    target: int | None = None,
    as_of: date | str | None = None,
    sites: Sites | None = None,
    closed: Sequence[str] = (),
    ends: date | str | None = None,
    columns: Mapping[str, str] | None = None,
    dates: DateOrder | None = None,
    status: Mapping[str, str] | None = None,
    study: str = "",
    sheet: str = "",
    header: str = "",
    counts: str = "",
    workers: int | None = None,
    out: Path | str | None = None,
    progress: Progress = no_progress,
) -> TrackRecord:
    """Forecast from points within finished trials with only what was known then, and compare with what happened.

    Args:
        data: trials as files, folders of files, data frames, or trials that were read already.
        at: shares of the target at which to forecast.
        every_days: forecast at intervals of this many days instead.
        target: number of randomisations wanted; default: all in the data.
        as_of: the last day to use; default: the last day of the data.
        sites: a table of sites, for one trial.
        closed: days on which nobody could be randomised, as in `["2024-03-01..2024-04-15"]`; known from their first
            day on.
        ends: the last day on which anybody might be randomised, if it was announced before the first forecast.
        columns: header by role, as in `{"date": "Rand_Dt"}`.
        dates: how to read 03/04/2024: `dmy` or `mdy`.
        status: meanings of words of the status column, as in `{"SF": "screen failure"}`.
        study: the study meant, where the file has several.
        sheet: the sheets of a workbook meant: one, several with commas between, or `all`.
        header: the row of the header, as in `4`, or its rows, as in `4-5`.
        counts: whether each row counts its own period (`new`) or everything so far (`running`).
        workers: number of processes; default: one per core. Never changes the answer.
        out: the folder; default: `results/backtest-<data>-<id>`.
        progress: called with the forecasts done and the total.

    Returns:
        The track record: `cuts`, `methods()` and `by_trial()` are frames.

    Raises:
        InputError: the data cannot be used, or no cut is left.
    """
    said = _said(columns, dates, status, study=study, sheet=sheet, header=header, counts=counts, as_of=_day(as_of))
    trials: list[ObservedTrial] = []
    for item in data:
        trials += [item] if isinstance(item, ObservedTrial) else read_trials([item], sites, said)
    trials = [as_told(trial, told(closed, ends, None), is_finished=True) for trial in trials]
    jobs = [
        (trial, day, target)
        for trial in trials
        for day in (cuts_every(trial, every_days, target) if every_days else cuts_at(trial, at, target))
    ]
    results = backtest_all(jobs, Execution(workers, progress=progress))
    write_backtest(trials, results, _folder(out), "")
    return TrackRecord(tuple(trials), tuple(results))


def _folder(out: Path | str | None) -> Path | None:
    return None if out is None else Path(out)


def _said(
    columns: Mapping[str, str] | None, dates: DateOrder | None, status: Mapping[str, str] | None, **texts: Any
) -> Said:
    return Said(dict(columns or {}), dates, status_from(status), **texts)


def _day(when: date | str | None) -> date | None:
    return date_from(when) if isinstance(when, str) else when


def _trial(
    data: Data,
    sites: Sites | None,
    as_of: date | str | None,
    said: Said,
    target: int | None,
) -> ObservedTrial:
    when = _day(as_of)
    trial = data if isinstance(data, ObservedTrial) else read_as(data, sites, replace(said, as_of=when))
    return as_known(trial, when, target)


def _scenario(named: Named) -> Scenario:
    if isinstance(named, Fit):
        return scenario_from_mapping(fitted_mapping(named, f"{named.trial.name[:60]} fitted"))
    if not isinstance(named, (Loaded, Scenario, Mapping, Path, str)):
        message = f"the scenario comes first, and then the data; a {type(named).__name__} is not a scenario"
        raise UsageError(f"{message}. sim.fit(data) makes one from data")
    return loaded(named).scenario
