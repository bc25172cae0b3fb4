"""The track record of forecasts as a page: one trial, or many.

It answers whether forecasts on the way would have come true. The record over many real trials, which every forecast
quotes, is `track_record_page`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.intervals import Estimate
from sim.forecast.backtest.baselines import REFERENCE
from sim.forecast.backtest.study import METHOD, CutResult
from sim.forecast.backtest.track_record import MOST, WHOLE, by_method, by_trial, cut_table, of_method, resampled
from sim.forecast.continued.told import said_notes
from sim.report.exhibits import Exhibit
from sim.report.forecast.backtest_figures import coverage, fans, ratios, scores, trial_table
from sim.report.forecast.data_words import (
    account_sections,
    backtest_headline,
    number_or_dash,
    told_lines,
    uncertainty_lines,
)
from sim.report.plain_page import Card, PageSection, PlainPage, render
from sim.report.words import chance, percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.exchange.observed import ObservedTrial


def _cards(cuts: pd.DataFrame) -> tuple[Card, ...]:
    row = of_method(cuts)

    def covered(level: int) -> Card:
        name = f"covers_{level}"
        estimate = Estimate(row[name], row[f"{name}_low"], row[f"{name}_high"])
        return Card(f"{level} % intervals cover", percent(estimate.value), "", (chance(estimate),))

    return (
        covered(50),
        covered(80),
        covered(95),
        Card("log CRPS, relative", number_or_dash(row["relative_log_crps"]), "", ("homogeneous Poisson: 1",)),
    )


def backtest_page(
    trials: Sequence[ObservedTrial], results: Sequence[CutResult], command: str, warnings: Sequence[str] = ()
) -> str:
    """The page of a backtest as text; see `backtest_content`."""
    return render(backtest_content(trials, results, command, warnings))


def backtest_content(
    trials: Sequence[ObservedTrial], results: Sequence[CutResult], command: str, warnings: Sequence[str] = ()
) -> PlainPage:
    """What the page of a backtest says.

    Args:
        trials: the observed trials.
        results: one entry per cut: the forecasts and what happened.
        command: the command that makes the page.
        warnings: findings of the data check.

    Returns:
        The content of the page, for `plain_page.render`. One trial shows its fans; several show ratios and a table by
        trial.
    """
    cuts = cut_table(results)
    first = fans(trials[0], results) if len(trials) == 1 else ratios(results)
    sections = [
        PageSection("coverage", "Can the intervals be believed?", exhibits=(coverage(cuts),)),
        PageSection("scores", "Is it better than simpler forecasts?", exhibits=(scores(cuts),)),
    ]
    if len(trials) > 1:
        table = trial_table(cuts)
        exhibit = Exhibit("by-trial", "Trial by trial", _worst(cuts), "", None, table)
        sections.append(PageSection("trials", "Is it so in every trial?", exhibits=(exhibit,)))
    sections += account_sections(trials)
    sections.append(PageSection("method", "How was this made?", lines=_METHOD))
    return PlainPage(
        title="Backtest: how far to trust forecasts",
        eyebrow="Backtest",
        headline=backtest_headline(results, cuts),
        command=command,
        question="Would forecasts made on the way have come true?",
        warnings=tuple(warnings),
        cards=_cards(cuts),
        lines=(*uncertainty_lines(cuts), *told_lines(trials)),
        first=(first,),
        reading="In brackets: Wilson's 95 % interval, as if cuts were independent; those of one trial are not.",
        sections=tuple(sections),
        footer="Forecasts of what is past; no advice on what is to come.",
    )


def _worst(cuts: pd.DataFrame) -> str:
    table = by_trial(cuts)
    worst = table["relative_log_crps"].idxmax()
    value = float(table["relative_log_crps"].max())
    return f"The worst is {worst}, with a log CRPS of {value:.2f} times that of the homogeneous Poisson process."


_METHOD = (
    "At each cut the forecast knows only what was known at the end of that day: no later randomisation, no site that "
    "had not been seen or planned, no date of leaving to come. The target is the number randomised in the end; a real "
    "trial's target may change.",
    "Log CRPS is the mean continuous ranked probability score of the log of the days remaining, relative to a "
    "homogeneous Poisson process whose rate has a gamma posterior. A log error of +0.10 is a forecast that is 10 % too "
    "late.",
    "The method, its formulas and how its settings were chosen are in the documentation, under forecasting.",
)


def _plain_value(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        return round(float(value), 6) if math.isfinite(value) else None
    if isinstance(value, (int, np.integer)):
        return int(value)
    return str(value)


def backtest_document(trials: Sequence[ObservedTrial], results: Sequence[CutResult]) -> dict[str, Any]:
    """The answer of a backtest as plain data for JSON; null is never, or unknown.

    Args:
        trials: the observed trials.
        results: one entry per cut: the forecasts and what happened.

    Returns:
        By key; `summary` is by goal and method, `cuts` has a row per cut, method and goal. Shares are from 0 to 1.
    """
    cuts = cut_table(results)
    goals = [goal for goal in (WHOLE, MOST) if (cuts["goal"] == goal).any()]
    return {
        "trials": [
            {
                "name": trial.name,
                "source": trial.source,
                "first": str(trial.first),
                "randomised": trial.n_randomised,
                "told": said_notes(trial),
                "account": trial.account.document(),
            }
            for trial in trials
        ],
        "reference": REFERENCE,
        "method": METHOD,
        "summary": {
            goal: {
                str(method): {name: _plain_value(value) for name, value in row.items()}
                for method, row in by_method(cuts, goal).iterrows()
            }
            for goal in goals
        },
        "by_trial": {
            str(trial): {str(name): _plain_value(value) for name, value in row.items()}
            for trial, row in by_trial(cuts).iterrows()
        },
        "resampled_90": {name: [round(end, 6) for end in ends] for name, ends in resampled(cuts).items()},
        "cuts": [{str(k): _plain_value(v) for k, v in row.items()} for row in cuts.to_dict("records")],
        "warnings": {
            f"{result.trial} at {result.cut.label}": list(result.cautions.values())
            for result in results
            if result.cautions
        },
    }
