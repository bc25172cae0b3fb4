"""Questions about what the data may not say: a long gap, or sites that keep opening.

Each question shows the forecast with either answer, so that a reader sees whether it matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sim.analysis import intervals
from sim.core.clock import MONTH_DAYS
from sim.exchange.observed import ObservedTrial
from sim.forecast.rate.recruitment import rest_of_recruitment
from sim.forecast.rate.settings import FEWEST, SETTINGS, RateSettings

_GAP_DAYS = 40.0
_TIMES_USUAL = 5.0  # mean gaps
_RECENT = 1 / 3  # share of the time so far
_MANY_NEW = 1 / 3  # share of the sites
_LEAST_SITES = 3
_UNSAID = "later than can be said, or never"
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
        says = f"{self.question} If so, say {self.option}"
        if self.as_is is None and self.otherwise is None:
            return f"{says}: by dates alone the target is met {_UNSAID}, either way"
        then, usual = (f"by {when}" if when else _UNSAID for when in (self.otherwise, self.as_is))
        return f"{says}: by dates alone the target is then met {then}, else {usual} (±{self.error_days:.0f} days)"


def doubts(
    trial: ObservedTrial, target: int, settings: RateSettings = _QUICK, *, sites_are_planned: bool = False
) -> list[Doubt]:
    """Find what to ask about a running trial.

    Args:
        trial: the data, with what the user said already.
        target: number of randomisations wanted.
        settings: priors, and number of futures.
        sites_are_planned: whether a scenario says which sites are still to open.

    Returns:
        The questions; none if the target is reached, or there are too few randomisations to see the effect.
    """
    if not FEWEST <= trial.n_randomised < target:
        return []
    asked = [(text, option, other, trial) for text, option, other in _gaps(trial)]
    asked += [] if sites_are_planned else _openings(trial)
    found = []
    medians: dict[int, tuple[date | None, float]] = {}
    for text, option, other, usual in asked:
        for known in (other, usual):
            medians.setdefault(id(known), _median(known, target, settings))
        (otherwise, other_error), (as_is, error) = medians[id(other)], medians[id(usual)]
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


def _openings(trial: ObservedTrial) -> list[tuple[str, str, ObservedTrial, ObservedTrial]]:
    """Many sites that opened recently, while the user said nothing of future ones: as many a month, or none."""
    has_plan = any(site.planned is not None and site.activated is None for site in trial.sites)
    if not trial.has_sites or has_plan or trial.sites_a_month is not None:
        return []
    opened = trial.first_seen()
    opened = opened[~np.isnan(opened)]
    recent = int(np.count_nonzero(opened > trial.now * (1 - _RECENT)))
    if len(opened) < _LEAST_SITES or recent < _MANY_NEW * len(opened):
        return []
    a_month = float(f"{recent * MONTH_DAYS / (trial.now * _RECENT):.2g}")
    text = f"{recent} of {len(opened)} sites opened in the last third of the time: will others follow as fast?"
    further, none = (replace(trial, sites_a_month=n) for n in (a_month, 0.0))
    return [(text, f"--sites-a-month {a_month:g}", further, none)]
