"""How far to trust a forecast, doubts about the data, and forecasts of the near future: in words, as tables, as
JSON.

Intervals of a forecast promise 80 %; the track record says in how many past forecasts such intervals held. That is said
beside the date, since Monte Carlo errors leave it out.
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
from sim.forecast.backtest.near import BY_COUNTRY, BY_SITE
from sim.report.exhibits import Table
from sim.report.words import chance, percent

if TYPE_CHECKING:
    from sim.forecast.answer import Answer
    from sim.forecast.backtest.held import Held
    from sim.forecast.doubts import Doubt
    from sim.forecast.soon import Soon
    from sim.report.words import Dates

_CANNOT = "cannot be said"


def trust_sentence(answer: Answer) -> str:
    """How often forecasts like this one held in the track record.

    Args:
        answer: the forecast.

    Returns:
        Empty where nothing is left to forecast. A stage that the record does not cover, and constant rates, are said to
        be less trustworthy.
    """
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


def events_sentence(answer: Answer) -> str:
    """How often dates of events held in the track record; empty where primary completion does not count events.

    Args:
        answer: the forecast.
    """
    follow_up = answer.start.scenario.follow_up
    rows = [row for row in near_record().values() if row.question.endswith("of the events")]
    if follow_up is None or follow_up.primary_completion is None or not rows:
        return ""
    n = sum(row.forecasts for row in rows)
    n_held = round(sum(row.forecasts * row.covers_80 for row in rows))
    whose = ", all of one trial" if all(row.covers_80_se is None for row in rows) else ""
    return f"80 % intervals of dates of events held in {n_held} of {n} forecasts{whose}."


def _share(held: Held | NearHeld) -> str:
    n = held.forecasts if isinstance(held, NearHeld) else held.cuts
    spread = held.covers_80_se
    error = f" ±{percent(spread)}" if spread is not None and math.isfinite(spread) else ""
    return f"{percent(held.covers_80)}{error} of {n}"


def ended_headline(answer: Answer, day: float) -> str:
    """The answer where recruitment ends on a date, whether the target is met or not.

    Args:
        answer: the forecast.
        day: the day after the last of recruitment, since day 0.

    Returns:
        How many are randomised by then (median and 80 % interval), the probability of the target, and when last visits
        are due.
    """
    scenario = answer.start.scenario
    counts = answer.futures.counts(np.array([day]))[:, 0]
    low, middle, high = (intervals.quantile(counts, q).value for q in (0.1, 0.5, 0.9))
    target = scenario.trial.target
    met = Estimate(*intervals.probability(int(np.count_nonzero(counts >= target)), len(counts)))
    last = answer.futures.design.clock.date_of(day - 1.0)
    text = (
        f"Recruitment ends on {last} with {middle:,.0f} ({low:,.0f} to {high:,.0f}) of {target:,} randomised; the "
        f"target is met by then: {chance(met)}."
    )
    if scenario.follow_up is not None:
        due = last + timedelta(weeks=scenario.follow_up.visit_weeks[-1])
        text += f" Last visits are due by {due}. Milestones below never come where it ends short of the target."
    return text


def doubt_sentences(doubts: Sequence[Doubt]) -> list[str]:
    """Signs that something is missing from the data, each with its effect on the date either way, as sentences."""
    return [f"{str(doubt)[0].upper()}{str(doubt)[1:]}." for doubt in doubts]


def doubts_document(doubts: Sequence[Doubt]) -> list[dict[str, Any]]:
    """Doubts as plain data for JSON.

    Args:
        doubts: signs that something is missing from the data.

    Returns:
        For each: the question, the option that answers it, the date if so and else (null if unknown), and the error of
        their difference in days.
    """
    return [
        {
            "question": doubt.question,
            "option": doubt.option,
            "date_if_so": str(doubt.otherwise) if doubt.otherwise else None,
            "date_else": str(doubt.as_is) if doubt.as_is else None,
            "error_days": round(doubt.error_days, 2),
        }
        for doubt in doubts
    ]


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
    """A date with its Monte Carlo error; beyond `furthest`, only the date before which it does not come.

    Args:
        dates: converts days to dates.
        estimate: a day since day 0 with its interval.
        furthest: last day that the track record supports; see `furthest_day`.
    """
    if estimate.value > furthest:
        return f"not before {dates.text(furthest)}, {_CANNOT}"
    return f"{dates.text(estimate.value)} {dates.error(estimate)}".strip()


def soon_table(answer: Answer, dates: Dates) -> Table | None:
    """Near-future forecasts for the whole trial, each with how often its intervals held; None without any.

    Args:
        answer: the forecast; near questions about one site or country are in `place_soon_tables`.
        dates: converts days to dates.
    """
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


def place_soon_tables(answer: Answer, dates: Dates) -> list[Table]:
    """Randomisations in the next 90 days, country by country and site by site, as far as these are known.

    Args:
        answer: the forecast.
        dates: converts days to dates.

    Returns:
        Up to two tables, countries first.
    """
    tables = []
    for question, place in ((BY_COUNTRY, "country"), (BY_SITE, "site")):
        rows = []
        for item in answer.soon:
            if item.question == question:
                low, middle, high = (_text(item, dates, e) for e in item.quantiles)
                rows.append((item.subject, middle + _error(item, dates, item.quantiles[1]), f"{low} to {high}"))
        held = near_record().get(question)
        title = f"Randomised in the next 90 days at the sites that are open now, by {place}"
        title += f" (such intervals held in {_share(held)})" if held else ""
        tables += [Table(title, (place, "median", "80 % interval"), tuple(rows))] if rows else []
    return tables


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

    Returns:
        `track_record` (null if the record has no such stage), `near` and `asked`. Shares are from 0 to 1.
    """

    def clean(value: float | None) -> float | None:
        return value if value is not None and math.isfinite(value) else None

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
                "site": item.subject if item.question == BY_SITE else None,
                "country": item.subject if item.question == BY_COUNTRY else None,
                "dates": when(item),
                **dict(zip(("p10", "p50", "p90"), (estimate(e) for e in item.quantiles), strict=True)),
                "track_record": near(item.question),
            }
            for item in answer.soon
        ],
        "asked": doubts_document(answer.doubts),
    }  # fmt: skip
