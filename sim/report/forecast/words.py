"""A forecast in words, tables and JSON.

Quantiles are of simulated futures that begin with what was observed. An interval of dates is a forecast interval; what
stands behind a date as `-12/+15 d` is only its Monte Carlo error.

Attributes:
    PLANNED_NAMES: what planned dates are called in a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.analysis import intervals, summary
from sim.analysis.intervals import Estimate
from sim.analysis.modelled import end_of, has_milestone
from sim.exchange.observed import NO_SITE
from sim.forecast.answer import Answer, Difference, NeededRate
from sim.forecast.changes import CHANGED
from sim.plurals import are
from sim.report.exhibits import Table
from sim.report.forecast.trust import ended_headline, furthest_day, told_date
from sim.report.words import MILESTONE_NAMES, OUTCOME_NOUNS, Dates, chance, estimate_of, number
from sim.scenario.schema import Scenario

_SHOWN = ("randomised_100pct", "last_randomised", "primary_completion", "last_visit", "database_lock")
PLANNED_NAMES = {
    "recruitment": "end of recruitment",
    "primary_completion": "primary completion",
    "study_completion": "study completion",
}
_DAY = 1e-9
_MOST_OPEN_ROWS = 20


def dates_of(answer: Answer) -> Dates:
    """The calendar of a forecast: days since its day 0 as dates.

    Args:
        answer: the forecast. If recruitment ends on a date, a day later than the horizon is `never`.
    """
    beyond = "" if answer.start.recruits_until is None else "never"
    return Dates(answer.futures.design.clock, answer.futures.design.horizon_days, beyond)


def quantile(answer: Answer, milestone: str, q: float) -> Estimate:
    """A quantile of the day of a milestone, with its Monte Carlo error.

    Args:
        answer: the forecast.
        milestone: name of the milestone.
        q: probability, 0 to 1.

    Returns:
        Days since day 0; infinite where fewer trials get there.
    """
    return intervals.quantile(answer.futures.days(milestone), q)


def between(answer: Answer, milestone: str, low: float, high: float) -> str:
    """The interval of dates between two quantiles: '2014-01-05 to 2014-09-30'.

    Args:
        answer: the forecast.
        milestone: name of the milestone.
        low: probability of the earlier end, 0 to 1.
        high: probability of the later end.

    Returns:
        If the later end is beyond what the track record supports, `to some day after` that limit.
    """
    dates, furthest = dates_of(answer), furthest_day(answer, milestone)
    first, last = (quantile(answer, milestone, q).value for q in (low, high))
    if last > furthest:
        return f"{dates.text(first)} to some day after {dates.text(furthest)}"
    return f"{dates.text(first)} to {dates.text(last)}"


def is_followed(scenario: Scenario) -> bool:
    """Whether the scenario follows participants.

    Without follow-up, milestones after randomisation have no dates of their own.
    """
    return scenario.follow_up is not None


def told(answer: Answer, names: Sequence[str]) -> list[str]:
    """Those of the named milestones that the scenario has."""
    return [name for name in names if has_milestone(name, answer.start.scenario)]


def headline(answer: Answer) -> str:
    """The answer in one sentence, date first.

    Args:
        answer: the forecast.

    Returns:
        Medians with 80 % intervals of the last randomisation and the database lock; the lock is left out without
        follow-up, and a target that was met is given with its day. `ended_headline` if recruitment ends on a date.
    """
    dates, trial = dates_of(answer), answer.start.trial
    target = answer.start.scenario.trial.target
    if answer.start.recruits_until is not None and trial.n_randomised < target:
        return ended_headline(answer, answer.start.recruits_until)
    if not is_followed(answer.start.scenario):
        return _headline_without_follow_up(answer)
    lock = quantile(answer, "database_lock", 0.5).value
    lock_text = f"the database is locked by {dates.text(lock)} ({between(answer, 'database_lock', 0.1, 0.9)})"
    if trial.n_randomised >= target:
        met = trial.date_of(float(trial.days[target - 1]))
        return f"The target of {target} was met on {met}; {lock_text}."
    last = quantile(answer, "last_randomised", 0.5).value
    return (
        f"The last of the {target:,} participants is randomised by {dates.text(last)} "
        f"({between(answer, 'last_randomised', 0.1, 0.9)}), and {lock_text}: medians, with 80 % intervals."
    )


def _headline_without_follow_up(answer: Answer) -> str:
    dates, trial = dates_of(answer), answer.start.trial
    target = answer.start.scenario.trial.target
    if trial.n_randomised >= target:
        return f"The target of {target} was met on {trial.date_of(float(trial.days[target - 1]))}."
    last = quantile(answer, "last_randomised", 0.5).value
    return (
        f"The last of the {target:,} participants is randomised by {dates.text(last)} "
        f"({between(answer, 'last_randomised', 0.1, 0.9)}): median, with its 80 % interval."
    )


def standing(answer: Answer) -> str:
    """Where the trial stands: randomised, in screening, and open sites with their rate a month (80 % interval).

    Args:
        answer: the forecast; people in screening and open sites are named only if the data have them.
    """
    trial = answer.start.trial
    target = answer.start.scenario.trial.target
    text = f"On {answer.as_of}, {trial.n_randomised:,} of {target:,} {are(trial.n_randomised)} randomised"
    if trial.has_screening:
        inside = int(np.count_nonzero(np.isnan(trial.people.randomised) & (trial.people.status == "in screening")))
        text += f" and {inside:,} {are(inside)} in screening"
    if answer.start.outlook is not None and answer.start.state.rates.shape[1]:
        rates = answer.start.state.rates.sum(axis=1)
        low, middle, high = np.quantile(rates, (0.1, 0.5, 0.9)).tolist()
        n = answer.start.state.rates.shape[1]
        sites = f"the {n:,} open sites randomise" if n > 1 else "the one open site randomises"
        text += f"; {sites} {number(middle)} a month ({number(low)} to {number(high)})"
    return text + "."


def odds_sentences(answer: Answer) -> list[str]:
    """The probability of each planned date, and of never reaching the target unless it is met.

    Args:
        answer: the forecast.
    """
    found = []
    table = summary.odds_table(answer.futures.design, answer.futures.frame)
    for event, row in table.iterrows():
        estimate = estimate_of(row, "probability")
        if event == "never_reached" and answer.start.trial.n_randomised >= answer.start.scenario.trial.target:
            continue
        if event == "never_reached":
            found.append(f"The target is never reached by {dates_of(answer).horizon}: {chance(estimate)}.")
        else:
            found.append(
                f"{PLANNED_NAMES[str(event)].capitalize()} by {row['planned']}, as planned: {chance(estimate)}."
            )
    return found


def needed_sentence(needed: NeededRate) -> str:
    """The rate that a planned date needs, in randomisations a month, beside the forecast rate.

    Args:
        needed: the rate; infinite if the day by which the last participant is needed has passed.
    """
    name = PLANNED_NAMES[needed.milestone]
    if not math.isfinite(needed.per_month):
        return (
            f"The planned {name} of {needed.planned} is out of reach: its last participant was needed by "
            f"{needed.randomised_by}."
        )
    expected = needed.expected_per_month
    error = ""
    if expected.low is not None and expected.high is not None:
        error = f" ±{number((expected.high - expected.low) / 2)}"
    return (
        f"The planned {name} of {needed.planned} needs {number(needed.per_month)} randomisations a month until "
        f"{needed.randomised_by}; the forecast has {number(expected.value)}{error}."
    )


def signed_days(estimate: Estimate) -> str:
    """Days by which a date moved, with its error: '+41 ±6 days'.

    Args:
        estimate: days, later above 0. Infinite for what never comes, or comes only now; NaN for unknown.
    """
    value = estimate.value
    if not math.isfinite(value):
        return "never" if value > 0 else "from never to some day" if value < 0 else "not known"
    text = f"{value:+,.0f}"
    if estimate.low is not None and estimate.high is not None and math.isfinite(estimate.high - estimate.low):
        text += f" ±{(estimate.high - estimate.low) / 2:,.0f}"
    return f"{text} days"


def change_sentence(answer: Answer) -> str:
    """What moved the end of the trial most, and in all; a sentence too if there is no plan to compare with.

    Args:
        answer: the forecast, whose last change is all of them together.
    """
    changes, end = answer.changes, end_of(answer.start.scenario)
    if not changes:
        return "The scenario was fitted to data, so there is no plan to compare with."
    total = changes[-1].days[end]
    parts = [change for change in changes[:-1] if abs(change.days[end].value) > _DAY]
    parts.sort(key=lambda change: -abs(change.days[end].value))
    if not parts:
        return f"Nothing has moved the median date of {OUTCOME_NOUNS[end]} since the plan."
    shown = ", ".join(f"{change.cause} {signed_days(change.days[end])}" for change in parts)
    return f"Since the plan, the median date of {OUTCOME_NOUNS[end]} has moved by {signed_days(total)}: {shown}."


def difference_sentence(answer: Answer, difference: Difference) -> str:
    """What a what-if changes: days by which the last randomisation and the lock move.

    Args:
        answer: the forecast as it is.
        difference: the what-if, with its paired differences.
    """
    last, lock = (signed_days(difference.days[name]) for name in ("last_randomised", "database_lock"))
    if not (is_followed(answer.start.scenario) and is_followed(difference.futures.case.scenario)):
        return f"{difference.name}: the last randomisation moves by {last} (median of paired differences)."
    return (
        f"{difference.name}: the last randomisation moves by {last}, the database lock by {lock} (medians of paired "
        "differences)."
    )


# --- tables


def milestone_table(answer: Answer) -> Table:
    """Milestones to come, with the dates by which 10, 25, 50, 75 and 90 % of the simulated trials reach them.

    Args:
        answer: the forecast.

    Returns:
        Dates with Monte Carlo errors in days; one beyond what the track record supports reads 'not before'.
    """
    dates = dates_of(answer)
    rows = []
    for name in told(answer, _SHOWN):
        text = MILESTONE_NAMES[name]
        estimates = [quantile(answer, name, q) for q in (0.1, 0.25, 0.5, 0.75, 0.9)]
        furthest = furthest_day(answer, name)
        rows.append((text, *(told_date(dates, e, furthest) for e in estimates)))
    return Table(
        "Milestones of the forecast, with Monte Carlo errors in days",
        ("milestone", "P10", "P25", "P50", "P75", "P90"),
        tuple(rows),
        is_open=True,
    )


def change_table(answer: Answer) -> Table:
    """What changed since the plan: a row for each cause, with the days by which it moved the median of each milestone.

    Args:
        answer: the forecast.
    """
    names = told(answer, CHANGED)
    columns = ("cause", *(MILESTONE_NAMES[name] for name in names), "what is in it")
    rows = tuple(
        (change.cause, *(signed_days(change.days[name]) for name in names), change.note) for change in answer.changes
    )
    return Table("What changed since the plan: days by which the median moved, with 95 % intervals", columns, rows)


def what_if_table(answer: Answer) -> Table:
    """What-ifs: median paired differences from the forecast, in days, with 95 % intervals.

    Args:
        answer: the forecast.
    """
    names = told(answer, CHANGED)
    columns = ("what if", *(MILESTONE_NAMES[name] for name in names))
    rows = [(item.name, *(signed_days(item.days[name]) for name in names)) for item in answer.what_ifs]
    return Table("What-ifs: median paired differences from the forecast, with 95 % intervals", columns, tuple(rows))


def site_table(answer: Answer) -> Table:
    """Open sites with their current rates, in randomisations or referrals a month, the fastest first.

    Args:
        answer: the forecast; sites without a rate of their own are left out.
    """
    start, trial = answer.start, answer.start.trial
    people = trial.people
    at_site = people.site[(people.site != NO_SITE) & ~np.isnan(people.randomised)]
    counts = np.bincount(at_site, minlength=max(len(trial.sites), 1))
    rows = []
    for index, key in start.open_sites.items():
        known = start.state.sites[key]
        if known.rate is None or known.activated is None:
            continue
        low, middle, high = np.quantile(start.state.rates[:, known.rate], (0.1, 0.5, 0.9)).tolist()
        opened = answer.futures.design.clock.date_of(known.activated)
        rates = f"{number(middle)} ({number(low)} to {number(high)})"
        rows.append((middle, (trial.sites[index].name, str(opened), f"{counts[index]}", rates)))
    rows.sort(key=lambda row: -row[0])
    columns = ("site", "opened", "randomised", "a month now (80 % interval)")
    return Table("Open sites", columns, tuple(row for _, row in rows), is_open=len(rows) <= _MOST_OPEN_ROWS)
