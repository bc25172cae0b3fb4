"""What people know of recruitment that the data do not contain: closed periods, an announced end, future openings.

They are read here from texts, checked against the data, and put into the scenario, so that a simulated future keeps
them as it keeps any rule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from sim.core.clock import MONTH_DAYS
from sim.errors import Problem, UsageError
from sim.exchange.observed import ObservedTrial
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario

CLOSED_AHEAD = "closed_ahead_"  # prefix of periods added to a scenario
_BETWEEN = ".."
_MOST_SITES_A_MONTH = 1000.0
Period = tuple[date, date]


@dataclass(frozen=True)
class Told:
    """What the user said of recruitment.

    Attributes:
        closed: first and last day of periods in which nobody could be randomised, including future ones.
        ends: the last day on which anybody may be randomised; None if not said.
        sites_a_month: number of sites that open per month from now on; None if not said.
    """

    closed: tuple[Period, ...] = ()
    ends: date | None = None
    sites_a_month: float | None = None


def told(closed: Sequence[str], ends: str | date | None, sites_a_month: float | None) -> Told:
    """Read what the user said on the command line or in a notebook.

    Args:
        closed: periods, as in `2024-03-01..2024-04-15`.
        ends: a date.
        sites_a_month: number of sites that open per month.

    Returns:
        What was said.

    Raises:
        UsageError: a value is wrong, or periods overlap.
    """
    periods = sorted(_period(text) for text in closed)
    for before, after in pairwise(periods):
        if after[0] <= before[1]:
            both = f"{before[0]}..{before[1]} and {after[0]}..{after[1]}"
            raise UsageError(Problem("closed periods overlap; give one for both", path="--closed", value=both))
    if sites_a_month is not None and not 0 <= sites_a_month <= _MOST_SITES_A_MONTH:
        message = f"must be between 0 and {_MOST_SITES_A_MONTH:g} sites a month"
        raise UsageError(Problem(message, path="--sites-a-month", value=f"{sites_a_month:g}"))
    when = _date(ends, "--ends") if isinstance(ends, str) else ends
    return Told(tuple(periods), when, sites_a_month)


def _period(text: str) -> Period:
    """Read `FIRST..LAST`, both days included.

    Raises:
        UsageError: it is not two dates, or the first is after the last.
    """
    first, between, last = text.partition(_BETWEEN)
    if not between:
        message = "give the first and the last day that were closed, as in 2024-03-01..2024-04-15"
        raise UsageError(Problem(message, path="--closed", value=text))
    period = _date(first, "--closed"), _date(last, "--closed")
    if period[0] > period[1]:
        raise UsageError(Problem("the first day is after the last", path="--closed", value=text))
    return period


def _date(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(Problem("must be a date, as YYYY-MM-DD", path=option, value=text)) from None


def as_told(trial: ObservedTrial, said: Told, *, is_finished: bool = False) -> ObservedTrial:
    """Add what the user said to the data.

    Args:
        trial: the data, cut at the as-of day.
        said: what was said.
        is_finished: whether the trial is past, so that an announced end may be past too.

    Returns:
        The data with it.

    Raises:
        UsageError: somebody was randomised in a closed period, or after the end.
    """
    if said == Told():
        return trial
    periods = tuple((trial.day_of(first), trial.day_of(last) + 1.0) for first, last in said.closed)
    for (start, end), (first, last) in zip(periods, said.closed, strict=True):
        inside = trial.days[(trial.days >= start) & (trial.days < end)]
        if len(inside) and trial.resolution_days == 1:
            when = trial.date_of(float(inside[0]))
            message = f"{len(inside)} were randomised in it, the first on {when}"
            raise UsageError(Problem(message, trial.source, path="--closed", value=f"{first}..{last}"))
    ends = None if said.ends is None else trial.day_of(said.ends) + 1.0
    if ends is not None:
        _check_end(trial, ends, said, is_finished=is_finished)
    return replace(trial, closed_periods=periods, ends=ends, sites_a_month=said.sites_a_month)


def _check_end(trial: ObservedTrial, ends: float, said: Told, *, is_finished: bool) -> None:
    """Check an announced end against the data.

    Args:
        trial: the data.
        ends: the day after the last day of recruitment, in days since the trial's first day.
        said: what was said, for the message.
        is_finished: as in `as_told`.

    Raises:
        UsageError: somebody was randomised later in a finished trial, or the data of a running one go on beyond the
            end.
    """
    later = int(np.count_nonzero(trial.days >= ends))
    if is_finished and later:
        message = f"{later} were randomised later, the last on {trial.date_of(float(trial.days[-1]))}"
    elif not is_finished and ends < trial.now:
        message = f"the data go on to {trial.last}; an end that is past is none"
    else:
        return
    raise UsageError(Problem(message, trial.source, path="--ends", value=str(said.ends)))


def scenario_as_told(scenario: Scenario, trial: ObservedTrial) -> Scenario:
    """Add what the user said of the future to the scenario: no referrals in closed periods, and an end of recruitment.

    Args:
        scenario: the plan.
        trial: the data, with what the user said.

    Returns:
        The scenario; the same one where nothing concerns the future.
    """
    ahead = [(max(start, trial.now), end) for start, end in trial.closed_periods if end > trial.now]
    if not ahead and trial.ends is None:
        return scenario
    data: dict[str, Any] = json.loads(canonical(scenario))
    for k, (start, end) in enumerate(ahead, 1):
        period = {"from": str(trial.date_of(start)), "to": str(trial.date_of(end - 1.0)), "factor": 0.0}
        data["calendar"]["periods"][f"{CLOSED_AHEAD}{k}"] = period
    if trial.ends is not None:
        day_after = trial.date_of(trial.ends)
        for group in data["sites"].values():
            closes = group.get("closes")
            if not isinstance(closes, str) or date.fromisoformat(closes) > day_after:
                group["closes"] = str(day_after)
    return scenario_from_json(data, scenario.name)


def openings_ahead(trial: ObservedTrial, n: int) -> list[float]:
    """Return the opening days of the next n sites, evenly spaced at the rate that the user said.

    Args:
        trial: the data, with what the user said.
        n: number of sites.

    Returns:
        Days since the trial's first day; empty where the user said nothing.
    """
    if not trial.sites_a_month:
        return []
    apart = MONTH_DAYS / trial.sites_a_month
    return [trial.now + apart * (k + 0.5) for k in range(n)]


def said_notes(trial: ObservedTrial) -> list[str]:
    """Return what the user said in words, without full stops.

    Args:
        trial: the trial, after `as_told`.
    """
    found = []
    for start, end in trial.closed_periods:
        first, last = trial.date_of(start), trial.date_of(end - 1.0)
        found.append(f"recruitment is taken as closed from {first} to {last} ({end - start:.0f} days), as told")
    if trial.ends is not None:
        found.append(f"recruitment ends on {trial.date_of(trial.ends) - timedelta(days=1)}, as told")
    if trial.sites_a_month is not None:
        n = trial.sites_a_month
        rate = f"{n:g} {'site opens' if n == 1 else 'sites open'} a month" if n else "no more sites open"
        found.append(f"{rate} from now on, as told")
    return found
