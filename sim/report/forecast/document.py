"""A forecast as plain data for JSON, for programs that read it instead of a person."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np

from sim.analysis import summary
from sim.analysis.intervals import Estimate
from sim.forecast.answer import Answer
from sim.forecast.changes import CHANGED
from sim.report.forecast.by_country import by_country
from sim.report.forecast.trust import furthest_day, trust_document
from sim.report.forecast.words import dates_of, quantile, told
from sim.report.reworded import reworded_document
from sim.report.words import MILESTONE_NAMES, estimate_of


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    def clean(value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else round(float(value), 4)

    return {"value": clean(estimate.value), "low": clean(estimate.low), "high": clean(estimate.high)}


def forecast_document(answer: Answer) -> dict[str, Any]:
    """The forecast as plain data for JSON; null is later than the horizon, or unknown.

    Args:
        answer: the forecast.

    Returns:
        By key. Milestones have their quantiles (`p2.5` to `p97.5`) as `{date, day}`, days counted from day 0 of the
        scenario; a date beyond what the track record supports is null, with `not_before`. Rates are a month.
    """
    dates = dates_of(answer)

    def milestone(name: str) -> dict[str, Any]:
        furthest = furthest_day(answer, name)
        found: dict[str, Any] = {}
        for q in (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975):
            estimate = quantile(answer, name, q)
            when: date | None = dates.of(estimate.value)
            entry: dict[str, Any] = {"date": None if when is None else str(when), "day": _estimate(estimate)}
            if estimate.value > furthest:
                entry |= {"date": None, "not_before": str(dates.of(furthest))}
            found[f"p{100 * q:g}"] = entry
        return found

    table = summary.odds_table(answer.futures.design, answer.futures.frame)
    trial = answer.start.trial
    found = {
        "scenario": answer.start.scenario.name,
        "data": trial.source,
        "as_of": str(answer.as_of),
        "randomised": trial.n_randomised,
        "target": answer.start.scenario.trial.target,
        "replications": answer.futures.case.replications,
        "seed": answer.seed,
        "countries": [
            {name: _estimate(value) if isinstance(value, Estimate) else value for name, value in row.items()}
            for row in by_country(answer)
        ],
        "milestones": {name: milestone(name) for name in told(answer, tuple(MILESTONE_NAMES))},
        "odds": {
            str(event): {
                "planned": None if event == "never_reached" else str(row["planned"]),
                "probability": _estimate(estimate_of(row, "probability")),
            }
            for event, row in table.iterrows()
        },
        "needed": [
            {
                "milestone": item.milestone,
                "planned": str(item.planned),
                "randomised_by": str(item.randomised_by),
                "per_month": item.per_month if math.isfinite(item.per_month) else None,
                "expected_per_month": _estimate(item.expected_per_month),
            }
            for item in answer.needed
        ],
        "changes": [
            {"cause": change.cause, "median_days": {name: _estimate(change.days[name]) for name in CHANGED}}
            for change in answer.changes
        ],
        "what_ifs": [
            {"name": item.name, "median_days": {name: _estimate(item.days[name]) for name in CHANGED}}
            for item in answer.what_ifs
        ],
        "rate_now_per_month": [
            round(float(q), 4) for q in np.quantile(answer.start.state.rates.sum(axis=1), (0.1, 0.5, 0.9))
        ],
        **trust_document(answer, _estimate, dates),
        "warnings": list(answer.cautions),
        "notes": list(answer.notes),
        "account": trial.account.document(),
        "data_check": [str(finding) for finding in trial.findings],
    }
    return reworded_document(found, answer.start.scenario)
