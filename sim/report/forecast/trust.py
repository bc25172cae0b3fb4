"""How far to trust a forecast, doubts about the data, and forecasts of the near future: in words, as tables, as
JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.forecast.backtest.held import NearHeld, near_record, record
from sim.report.exhibits import Table
from sim.report.words import chance, percent

if TYPE_CHECKING:
    from sim.forecast.answer import Answer
    from sim.forecast.backtest.held import Held
    from sim.forecast.soon import Soon
    from sim.report.words import Dates

_CANNOT = "cannot be said"


def trust_sentence(answer: Answer) -> str:
    """How often forecasts like this one held in the track record; empty where nothing is left to forecast."""
    trial, target = answer.start.trial, answer.start.scenario.trial.target
    if answer.start.posterior is None:
        return ""
    if answer.held is None:
        if answer.start.outlook is not None and not answer.start.state.drift.shape[1]:
            return "How far to trust it: with constant rates, intervals that promised 80 % held in 10 to 30 %."
        share = trial.n_randomised / target
        end = "earlier" if share < 0.5 else "later"
        return (
            f"How far to trust it: no forecast was tried this {end} than at 20 to 80 % of the target (this is "
            f"{percent(share)}); trust it less than the record says of those."
        )
    stage, pace = answer.held
    late = "too late" if stage.late > 0 else "too early"
    return (
        f"How far to trust it: 80 % intervals of forecasts {stage.where} held in {_share(stage)}; of trials that were "
        f"{pace.where}, in {_share(pace)}; medians at this stage were {percent(abs(stage.late))} {late}."
    )


def _share(held: Held | NearHeld) -> str:
    n = held.forecasts if isinstance(held, NearHeld) else held.cuts
    error = f" ±{percent(held.covers_80_se)}" if math.isfinite(held.covers_80_se) else ""
    return f"{percent(held.covers_80)}{error} of {n}"


def ended_headline(answer: Answer) -> str:
    """The answer where recruitment ends on a date, whether the target is met or not."""
    trial, scenario = answer.start.trial, answer.start.scenario
    assert trial.ends is not None
    counts = answer.futures.counts(np.array([answer.start.state.now + trial.ends - trial.now]))[:, 0]
    low, middle, high = (intervals.quantile(counts, q).value for q in (0.1, 0.5, 0.9))
    target = scenario.trial.target
    met = Estimate(*intervals.probability(int(np.count_nonzero(counts >= target)), len(counts)))
    last = trial.date_of(trial.ends - 1.0)
    text = (
        f"Recruitment ends on {last} with {middle:,.0f} ({low:,.0f} to {high:,.0f}) of {target:,} randomised; the "
        f"target is met by then: {chance(met)}."
    )
    if scenario.follow_up is not None:
        due = last + timedelta(weeks=scenario.follow_up.visit_weeks[-1])
        text += f" Last visits are due by {due}. Dates below are never where it ends short of the target."
    return text


def doubt_sentences(answer: Answer) -> list[str]:
    """Signs that something is missing from the data, each with its effect on the date either way."""
    return [f"{str(doubt)[0].upper()}{str(doubt)[1:]}." for doubt in answer.doubts]


def furthest_day(answer: Answer, milestone: str) -> float:
    """The latest day of a milestone that the record of past forecasts supports; beyond it, a date is not told.

    In the track record no trial outlasted its forecast median by more than a known factor. Past milestones are exact.

    Args:
        answer: the forecast.
        milestone: name of the milestone.

    Returns:
        A day since day 0; infinite if half of the trials are already there, or never get there.
    """
    days = answer.futures.days(milestone)
    now = answer.start.state.now
    median = float(np.median(np.nan_to_num(days, nan=np.inf)))
    furthest = record()["all"].furthest
    return now + furthest * (median - now) if now < median < math.inf else math.inf


def told_date(dates: Dates, estimate: Estimate, furthest: float) -> str:
    """A date with its Monte Carlo error; beyond `furthest`, only the date before which it does not come."""
    if estimate.value > furthest:
        return f"not before {dates.text(furthest)}, {_CANNOT}"
    return f"{dates.text(estimate.value)} {dates.error(estimate)}".strip()


def soon_table(answer: Answer, dates: Dates) -> Table | None:
    """Near-future forecasts for the whole trial, each with how often its intervals held; None without any."""
    rows = []
    for item in answer.soon:
        if item.subject:
            continue
        low, middle, high = (_text(item, dates, e) for e in item.quantiles)
        middle += _error(item, dates, item.quantiles[1])
        held = near_record().get(item.question)
        rows.append((item.question, middle, f"{low} to {high}", _share(held) if held else ""))
    columns = ("question", "median", "80 % interval", "such intervals held in")
    return Table("Soon", columns, tuple(rows), is_open=True) if rows else None


def site_soon_table(answer: Answer, dates: Dates) -> Table | None:
    """Randomisations in the next 90 days, site by site; None if sites are not known."""
    found = [item for item in answer.soon if item.subject]
    if not found:
        return None
    rows = []
    for item in found:
        low, middle, high = (_text(item, dates, e) for e in item.quantiles)
        middle += _error(item, dates, item.quantiles[1])
        rows.append((item.subject, middle, f"{low} to {high}"))
    held = near_record().get(found[0].question)
    title = "Randomised in the next 90 days, by site" + (f" (such intervals held in {_share(held)})" if held else "")
    return Table(title, ("site", "median", "80 % interval"), tuple(rows))


def _text(item: Soon, dates: Dates, estimate: Estimate) -> str:
    return dates.text(estimate.value) if item.is_date else f"{estimate.value:,.0f}"


def _error(item: Soon, dates: Dates, estimate: Estimate) -> str:
    """The Monte Carlo error of a near answer."""
    if item.is_date:
        return f" {dates.error(estimate)}".rstrip()
    if estimate.low is None or estimate.high is None:
        return ""
    return f" ±{(estimate.high - estimate.low) / 2:.1f}"


def trust_document(answer: Answer, estimate: Any, dates: Dates) -> Mapping[str, Any]:
    """Trust, doubts and the near future as plain data for JSON.

    Args:
        answer: the forecast.
        estimate: turns an estimate into plain data.
        dates: converts days to dates.
    """

    def clean(value: float) -> float | None:
        return value if math.isfinite(value) else None

    def when(item: Soon) -> Sequence[str | None] | None:
        found = [dates.of(e.value) for e in item.quantiles]
        return [None if day is None else str(day) for day in found] if item.is_date else None

    def near(question: str) -> dict[str, Any] | None:
        held = near_record().get(question)
        if held is None:
            return None
        return {"forecasts": held.forecasts, "covers_80": held.covers_80, "error": clean(held.covers_80_se)}

    return {
        "track_record": None
        if answer.held is None
        else [
            {
                "forecasts": held.where, "number": held.cuts, "trials": held.trials, "covers_80": held.covers_80,
                "error": clean(held.covers_80_se), "median_too_late_by": held.late,
            }
            for held in answer.held
        ],
        "near": [
            {
                "question": item.question,
                "site": item.subject or None,
                "dates": when(item),
                **dict(zip(("p10", "p50", "p90"), (estimate(e) for e in item.quantiles), strict=True)),
                "track_record": near(item.question),
            }
            for item in answer.soon
        ],
        "asked": [
            {
                "question": doubt.question,
                "option": doubt.option,
                "date_if_so": str(doubt.otherwise) if doubt.otherwise else None,
                "date_else": str(doubt.as_is) if doubt.as_is else None,
                "error_days": round(doubt.error_days, 2),
            }
            for doubt in answer.doubts
        ],
    }  # fmt: skip
