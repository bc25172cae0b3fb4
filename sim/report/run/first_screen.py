"""What a reader sees first: dates, their errors, and the odds of the plan. `sim.report.run.why` says why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from sim.analysis.modelled import has_milestone
from sim.report.words import chance, estimate_of, milestone_name

if TYPE_CHECKING:
    from sim.report.run.answers import Answers

_CARDS = ("last_randomised", "primary_completion", "last_visit", "database_lock")
_COMPLETIONS = {
    "last_randomised": "end of recruitment",
    "primary_completion": "primary completion",
    "last_visit": "study completion",
}


class Card(NamedTuple):
    """One milestone.

    Attributes:
        name: name of the milestone.
        date: the date by which half of the simulated trials get there.
        error: 95 % interval of that date, in days before and after.
        safe: the date by which 80 % get there, or 'only after' the horizon.
        safe_error: the error of `safe`.
        planned: the planned date, in words; empty without one.
        odds: the probability of keeping it, with its interval; empty without one.
    """

    name: str
    date: str
    error: str
    safe: str
    safe_error: str
    planned: str
    odds: str


def cards(answers: Answers) -> list[Card]:
    """The milestones that sponsors ask for, of those that the scenario has, in the order in which they come.

    Args:
        answers: the run's tables.
    """
    return [_card(answers, name) for name in _CARDS if has_milestone(name, answers.scenario)]


def _card(answers: Answers, name: str) -> Card:
    half, safe = answers.quantile(name, 50), answers.quantile(name, 80)
    planned = odds = ""
    if name in answers.planned:
        planned = f"{answers.planned[name]}, the planned {_COMPLETIONS[name]}"
        row = answers.odds[answers.odds["milestone"] == name].iloc[0]
        odds = chance(estimate_of(row, "probability"))
    dates = answers.dates
    return Card(
        milestone_name(name, answers.scenario),
        dates.text(half.value),
        dates.error(half),
        f"by {dates.text(safe.value)}" if math.isfinite(safe.value) else f"only {dates.text(safe.value)}",
        dates.error(safe),
        planned,
        odds,
    )
