"""Writes forecasts, fits and backtests to folders: tables, the answer as JSON, and a page."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.analysis.modelled import has_measure
from sim.experiment.answer_folder import AnswerFolder, short_id
from sim.experiment.run.start import RESULTS
from sim.forecast.backtest.track_record import WHOLE, by_method, by_trial, cut_table
from sim.forecast.fit.scenario import fitted_yaml
from sim.forecast.identity import data_hash, forecast_identity
from sim.report.forecast.document import forecast_document
from sim.report.forecast.words import milestone_table
from sim.scenario.load import scenario_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.exchange.observed import ObservedTrial
    from sim.forecast.answer import Answer
    from sim.forecast.backtest.study import CutResult
    from sim.forecast.fit.study import Fit

_MOST_LETTERS = 40


def slug(text: str) -> str:
    """Turn a text into a folder name: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_MOST_LETTERS] or "data"


def write_backtest(
    trials: Sequence[ObservedTrial], results: Sequence[CutResult], out: Path | None, command: str
) -> Path:
    """Write a backtest to a folder: `cuts.csv`, `methods.csv`, `trials.csv`, `backtest.json`, `report.html`.

    Args:
        trials: the trials.
        results: the forecasts, and what happened.
        out: the folder; default: `results/backtest-<data>-<id>`.
        command: the command, to show on the page.

    Returns:
        The folder.

    Raises:
        ResultsError: the folder is in use, belongs to another answer, or cannot be written.
    """
    from sim.report.forecast.backtest_page import backtest_document, backtest_page

    identity = forecast_identity(
        "backtest",
        data={trial.name: data_hash(trial) for trial in trials},
        cuts=[[result.trial, result.cut.label, str(result.cut.when), result.target] for result in results],
    )
    name = slug(trials[0].name) if len(trials) == 1 else f"{len(trials)}-trials"
    folder = AnswerFolder(out or RESULTS / f"backtest-{name}-{short_id(identity)}", identity, optional=("report.html",))
    cuts = cut_table(results)
    warnings = [str(finding) for trial in trials for finding in trial.findings] if len(trials) == 1 else []
    with folder.held():
        folder.write_table("cuts", cuts)
        folder.write_table("methods", by_method(cuts, WHOLE).reset_index())
        folder.write_table("trials", by_trial(cuts).reset_index())
        folder.write_document("backtest.json", backtest_document(trials, results))
        folder.write_text("report.html", backtest_page(trials, results, command, warnings))
        folder.finish(" ".join(sys.argv))
    return folder.path


def write_fit(found: Fit, out: Path | None, command: str) -> Path:
    """Write a fit to a folder: `fitted.yaml`, `fit.json`, `sites.csv`, `report.html`.

    Args:
        found: the fit.
        out: the folder; default: `results/fit-<data>-<id>`.
        command: the command, to show on the page.

    Returns:
        The folder.

    Raises:
        ResultsError: the folder is in use, belongs to another answer, or cannot be written.
    """
    from sim.report.forecast.fit_page import fit_document, fit_page

    trial = found.trial
    identity = forecast_identity("fit", data={trial.name: data_hash(trial)}, target=found.target, weeks=found.weeks)
    folder = AnswerFolder(
        out or RESULTS / f"fit-{slug(trial.name)}-{short_id(identity)}", identity, optional=("report.html",)
    )
    document = fit_document(found)
    with folder.held():
        folder.write_text("fitted.yaml", fitted_yaml(found, f"{trial.name[:60]} fitted"))
        folder.write_document("fit.json", document)
        folder.write_table("sites", pd.DataFrame(document["sites"]))
        folder.write_text("report.html", fit_page(found, command, [str(item) for item in trial.findings]))
        folder.finish(" ".join(sys.argv))
    return folder.path


def write_forecast(answer: Answer, out: Path | None, command: str, *, page: bool = True) -> Path:
    """Write a forecast to a folder: `forecast.json`, `milestones.csv`, `replications.csv`, `report.html`.

    Args:
        answer: the forecast.
        out: the folder; default: `results/forecast-<scenario>-<id>`.
        command: the command, to show on the page.
        page: whether to write `report.html`.

    Returns:
        The folder.

    Raises:
        ResultsError: the folder is in use, belongs to another answer, or cannot be written.
    """
    from sim.report.forecast.page import forecast_page

    scenario, trial = answer.start.scenario, answer.start.trial
    identity = forecast_identity(
        "forecast",
        data={trial.name: data_hash(trial)},
        as_of=str(answer.as_of),
        scenario=scenario_hash(scenario),
        what_ifs={item.name: scenario_hash(item.futures.case.scenario) for item in answer.what_ifs},
        replications=answer.futures.case.replications,
        random_seed=answer.seed,
        drifts=bool(len(answer.start.state.edges)),
    )
    folder = AnswerFolder(
        out or RESULTS / f"forecast-{slug(scenario.name)}-{short_id(identity)}", identity, optional=("report.html",)
    )
    with folder.held():
        folder.write_document("forecast.json", forecast_document(answer))
        folder.write_table(
            "milestones", pd.DataFrame(milestone_table(answer).rows, columns=list(milestone_table(answer).columns))
        )
        frame = answer.futures.frame
        folder.write_table("replications", frame[[name for name in frame if has_measure(str(name), scenario)]])
        if page:
            folder.write_text("report.html", forecast_page(answer, command))
        folder.finish(" ".join(sys.argv))
    return folder.path
