"""Questions about what the data may not say: a long gap, or sites that keep opening.

Each question shows the forecast with either answer, so that a reader sees whether it matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sim.analysis import intervals
from sim.exchange.observed import ObservedTrial
from sim.forecast.rate.recruitment import rest_of_recruitment
from sim.forecast.rate.settings import FEWEST, SETTINGS, RateSettings

_GAP_DAYS = 40.0
_TIMES_USUAL = 5.0  # mean gaps
_RECENT = 1 / 3  # share of the time so far
_MANY_NEW = 1 / 3  # share of the sites
_LEAST_SITES = 3
_MONTH_DAYS = 365.25 / 12
_QUICK = replace(SETTINGS, draws=1000)


@dataclass(frozen=True)
class Doubt:
    """A question to the user.

    Attributes:
        question: what the data look like.
        option: the command-line option that answers it.
        as_is: median date of the last randomisation from dates alone, as assumed.
        otherwise: the same with that option; None if it is later than can be said.
        error_days: half the width of the wider 95 % interval of their Monte Carlo errors.
    """

    question: str
    option: str
    as_is: date | None
    otherwise: date | None
    error_days: float

    def __str__(self) -> str:
        ways = [str(when) if when else "too far ahead to say" for when in (self.otherwise, self.as_is)]
        return (
            f"{self.question} If so, say {self.option}: by dates alone the target is then met by {ways[0]}, else "
            f"by {ways[1]} (±{self.error_days:.0f} days)"
        )


def doubts(trial: ObservedTrial, target: int, settings: RateSettings = _QUICK) -> list[Doubt]:
    """Find what to ask about a running trial.

    Args:
        trial: the data, with what the user said already.
        target: number of randomisations wanted.
        settings: priors, and number of futures.

    Returns:
        The questions; none if the target is reached, or there are too few randomisations to see the effect.
    """
    if not FEWEST <= trial.n_randomised < target:
        return []
    asked = [*_gaps(trial), *_openings(trial)]
    if not asked:
        return []
    as_is, error = _median(trial, target, settings)
    found = []
    for text, option, other in asked:
        otherwise, other_error = _median(other, target, settings)
        found.append(Doubt(text, option, as_is, otherwise, max(error, other_error)))
    return found


def _median(trial: ObservedTrial, target: int, settings: RateSettings) -> tuple[date | None, float]:
    """The median date, and half the 95 % interval of its Monte Carlo error in days."""
    found = intervals.quantile(rest_of_recruitment(trial, target, settings).day_of(target), 0.5)
    if not np.isfinite(found.value) or found.low is None or found.high is None:
        return None, 0.0
    return trial.date_of(found.value), (found.high - found.low) / 2


def _gaps(trial: ObservedTrial) -> list[tuple[str, str, ObservedTrial]]:
    """The longest time without a randomisation, up to now, if it is long and the user said nothing of it."""
    if trial.resolution_days > 1:
        return []
    days = np.append(trial.days, trial.now)
    gaps = np.diff(np.floor(days))
    usual = float(days[-1] - days[0]) / len(gaps)
    found = []
    for k in np.argsort(-gaps, kind="stable")[:2].tolist():
        start, end = float(np.floor(days[k])) + 1.0, float(np.floor(days[k + 1]))
        is_told = any(first < end and after > start for first, after in trial.closed_periods)
        if gaps[k] < max(_GAP_DAYS, _TIMES_USUAL * usual) or is_told or not trial.has_calendar:
            continue
        first, last = trial.date_of(start), trial.date_of(end - 1.0)
        closed = tuple(sorted((*trial.closed_periods, (start, end))))
        text = f"nobody was randomised from {first} to {last} ({end - start:.0f} days): was recruitment closed?"
        found.append((text, f"--closed {first}..{last}", replace(trial, closed_periods=closed)))
    return found


def _openings(trial: ObservedTrial) -> list[tuple[str, str, ObservedTrial]]:
    """Many sites that opened recently, while the user said nothing of future ones."""
    has_plan = any(site.planned is not None and site.activated is None for site in trial.sites)
    if not trial.has_sites or has_plan or trial.sites_a_month is not None:
        return []
    opened = trial.first_seen()
    opened = opened[~np.isnan(opened)]
    recent = int(np.count_nonzero(opened > trial.now * (1 - _RECENT)))
    if len(opened) < _LEAST_SITES or recent < _MANY_NEW * len(opened):
        return []
    text = f"{recent} of {len(opened)} sites opened in the last third of the time; will no more follow?"
    return [(text, "--sites-a-month 0", replace(trial, sites_a_month=0.0))]
