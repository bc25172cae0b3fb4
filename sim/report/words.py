"""Numbers as words: dates with their errors, probabilities, and the sentences with which a report begins.

All consoles, pages and the studio use these functions, so that one number has one format.

Attributes:
    MILESTONE_NAMES: what milestones are called at the beginning of a row.
    STEP_NAMES: what steps of the critical path are called.
    OUTCOME_NOUNS: milestones and the cost as nouns within a sentence.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sim.analysis.intervals import Estimate
from sim.analysis.shown import estimate_in

if TYPE_CHECKING:
    from sim.core.clock import Clock
    from sim.scenario.schema import Scenario

MILESTONE_NAMES: dict[str, str] = {
    "first_site_active": "First site active",
    "first_referral": "First referral",
    "first_randomised": "First participant randomised",
    "randomised_25pct": "25 % of the target randomised",
    "randomised_50pct": "50 % of the target randomised",
    "randomised_75pct": "75 % of the target randomised",
    "randomised_100pct": "Target randomised",
    "last_randomised": "Last participant randomised",
    "last_dose": "Last dose",
    "primary_completion": "Primary completion",
    "last_visit": "Last participant's last visit",
    "database_lock": "Database lock",
}
STEP_NAMES: dict[str, str] = {
    "late_start": "late start of the trial",
    "start_up": "start-up of the site",
    "referral": "waiting for the patient",
    "coming_back": "waiting for the patient to come back",
    "coordinator": "waiting for a coordinator",
    "screening": "screening",
    "board_review": "waiting for the safety board",
    "hold": "waiting for the end of a hold",
    "sentinel": "spacing of the first participants",
    "cells": "waiting for cells",
    "interim": "waiting for an interim look",
    "follow_up": "follow-up",
    "database_lock": "cleaning and locking the database",
}


class Ending(NamedTuple):
    """How a simulated trial ended, in words that begin with a small letter.

    Attributes:
        of_many: said of a share of the simulated trials, as in "never started at all: 2 %".
        of_one: a clause on one simulated trial, as in "the trial never starts".
    """

    of_many: str
    of_one: str


ENDINGS = {  # by the word that the log has for it
    "complete": Ending("complete", "the trial is complete"),
    "horizon": Ending(
        "not complete by the end of the simulated time", "the simulated time ends before the trial is complete"
    ),
    "never_started": Ending("never started at all", "the trial never starts"),
    "no_sites": Ending("given up because every site had closed", "no site is left before the target is met"),
    "caps": Ending(
        "given up because the caps left no room for anybody",
        "the caps left no room for anybody before the target was met",
    ),
    "too_few_events": Ending(
        "ended because everybody had left with fewer events than primary completion needs",
        "nobody is left to have an event, and there are too few",
    ),
    "stopped": Ending("stopped early", "the trial is stopped early"),
    "too_much": Ending(
        "ended without being complete: too much happened in it",
        "too much has happened, and the trial is ended before it is complete",
    ),
    "error": Ending("failed: a defect of the program", "this simulated trial failed, by a defect of the program"),
}


def capitalised(text: str) -> str:
    """A clause as the beginning of a sentence; letters after the first stay as they are."""
    return text[:1].upper() + text[1:]


OUTCOME_NOUNS: dict[str, str] = {
    "first_site_active": "the first site's activation",
    "first_referral": "the first referral",
    "first_randomised": "the first randomisation",
    "randomised_25pct": "the first quarter of the target",
    "randomised_50pct": "the first half of the target",
    "randomised_75pct": "three quarters of the target",
    "randomised_100pct": "the target",
    "last_randomised": "the last randomisation",
    "last_dose": "the last dose",
    "primary_completion": "primary completion",
    "last_visit": "the last visit",
    "database_lock": "the database lock",
    "cost": "the cost",
}


def milestone_name(name: str, scenario: Scenario) -> str:
    """A milestone as this trial has it: `Primary completion (event 250)`.

    Args:
        name: name of a milestone, as in `MILESTONE_NAMES`.
        scenario: the scenario; if its primary completion waits for a number of events, that number is named.
    """
    rule = scenario.follow_up.primary_completion if scenario.follow_up else None
    text = MILESTONE_NAMES[name]
    return f"{text} (event {rule.events})" if rule and name == "primary_completion" else text


estimate_of = estimate_in


class Dates:
    """Days as dates, for one scenario.

    Args:
        clock: converts days since day 0 to dates.
        horizon_days: last simulated day; later days are "later than the horizon".
        beyond: what to say of later days; empty for `after` the horizon.

    Attributes:
        clock: the same clock.
        horizon: date of the last simulated day.
    """

    def __init__(self, clock: Clock, horizon_days: float, beyond: str = "") -> None:
        self.clock = clock
        self.horizon = clock.date_of(horizon_days)
        self._beyond = beyond or f"after {self.horizon}"

    def of(self, day: float) -> date | None:
        """The date of a day; None if later than the horizon.

        Args:
            day: days since day 0; infinity or NaN for later than the horizon.
        """
        return self.clock.date_of(day) if math.isfinite(day) else None

    def text(self, day: float) -> str:
        """The date of a day, or what is said of days later than the horizon.

        Args:
            day: days since day 0; infinity or NaN for later than the horizon.
        """
        when = self.of(day)
        return self._beyond if when is None else str(when)

    def interval(self, estimate: Estimate) -> str:
        """The ends of an interval as dates; '?' for an end that too few replications leave open.

        Args:
            estimate: a day since day 0 with its interval.
        """
        low = "?" if estimate.low is None else self.text(estimate.low)
        high = "?" if estimate.high is None else self.text(estimate.high)
        return f"{low} to {high}"

    def by(self, estimate: Estimate) -> str:
        """`by 2021-08-28 (-50/+68 d)`, or `only after 2029-09-30`.

        Args:
            estimate: a day since day 0 with its interval.

        Returns:
            A clause that fits after "is reached" or "in half of them".
        """
        error = self.error(estimate)
        when = f"by {self.text(estimate.value)}" if math.isfinite(estimate.value) else f"only after {self.horizon}"
        return f"{when} ({error})" if error else when

    def error(self, estimate: Estimate) -> str:
        """How far the interval reaches before and after a day, in days: '-12/+15 d'.

        Args:
            estimate: a day since day 0 with its interval.

        Returns:
            `?` stands for an end that too few replications leave open, `never` for one later than the horizon. For a
            day later than the horizon: `from` the date at which its interval begins, or empty if that is later, too.
        """
        if not math.isfinite(estimate.value):
            return "" if estimate.low is None or math.isinf(estimate.low) else f"from {self.text(estimate.low)}"
        low = "?" if estimate.low is None else f"{estimate.value - estimate.low:.0f}"
        if estimate.high is None:
            return f"-{low}/+? d"
        if math.isinf(estimate.high):
            return f"-{low} d/never"
        return f"-{low}/+{estimate.high - estimate.value:.0f} d"


def percent(p: float, digits: int = 0) -> str:
    """A share in per cent; shares near 0 and 1 keep enough digits not to read 0 or 100.

    Args:
        p: a share from 0 to 1; NaN for unknown.
        digits: digits after the decimal point.

    Returns:
        The share in per cent with its sign. A share that is neither 0 nor 1 never reads `0 %` or `100 %`.
    """
    if math.isnan(p):
        return "unknown"
    text = f"{100 * p:.{digits}f}"
    if digits == 0 and p not in (0.0, 1.0) and text in ("0", "100"):
        text = f"{100 * p:.1f}"
        text = "under 0.1" if text == "0.0" else "over 99.9" if text == "100.0" else text
    return f"{text} %"


def chance(estimate: Estimate) -> str:
    """A probability with its interval: '41 % (38 to 44 %)'.

    Args:
        estimate: a probability from 0 to 1; without its interval where that is unknown.
    """
    if estimate.low is None or estimate.high is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} ({percent(estimate.low).removesuffix(' %')} to {percent(estimate.high)})"


def number(value: float, like: float | None = None) -> str:
    """A mean with digits to suit its size, or those of `like`, the mean that it goes with.

    Args:
        value: a number in any unit; NaN for unknown.
        like: the number whose size decides the digits; default: `value` itself.

    Returns:
        No decimals from 100, one from 10, two below, with commas between thousands.
    """
    if math.isnan(value):
        return "unknown"
    if value == 0 and not like:
        return "0"
    size = abs(value if like is None else like)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def mean_with_error(estimate: Estimate) -> str:
    """A mean with half the width of its interval: '535 ±6'.

    Args:
        estimate: a mean and its interval, in any unit; without an interval, the mean alone.
    """
    if estimate.low is None or estimate.high is None:
        return number(estimate.value)
    return f"{number(estimate.value)} ±{number((estimate.high - estimate.low) / 2, like=estimate.value)}"


def with_error(estimate: Estimate) -> str:
    """A difference with half the width of its interval: '231 ±43'; with one more digit below 1.

    Args:
        estimate: a difference and its interval, in days or any other unit in which whole numbers suffice.
    """
    if math.isnan(estimate.value):
        return "unknown"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:,.0f}"
    half = (estimate.high - estimate.low) / 2
    if estimate.value == half == 0:
        return "0"
    digits = 1 if half < 1 else 0
    return f"{estimate.value:,.{digits}f} ±{half:,.{digits}f}"


def not_reached(scenario: Scenario, horizon: object) -> str:
    """How a target is missed: `never reached by 2035-01-01`, or in an event-driven trial before its events are there.

    Args:
        scenario: the scenario.
        horizon: the last simulated day, in words.
    """
    follow_up = scenario.follow_up
    events = follow_up is not None and follow_up.primary_completion is not None
    return f"not reached before primary completion, or by {horizon}" if events else f"never reached by {horizon}"
