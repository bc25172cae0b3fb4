"""Near questions: how many in the next 30 and 90 days, when the next 10, 25 and 50 % of the target, and by site."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.forecast.backtest.scores import log_days
from sim.forecast.rate.outlook import Outlook
from sim.forecast.rate.poisson_gamma import empirical_bayes

Array = npt.NDArray[np.float64]

NEAR_DAYS = (30.0, 90.0)
NEXT_SHARES = (0.1, 0.25, 0.5)
BY_SITE = "by site, randomised in the next 90 days"
_LEAST_EXPOSURE_DAYS = 7.0
_LOW, _HIGH = 0.1, 0.9


def in_next(days: float) -> str:
    """The question of how many."""
    return f"randomised in the next {days:.0f} days"


def when_next(share: float) -> str:
    """The question of when."""
    return f"date of the next {share:.0%} of the target"


@dataclass(frozen=True)
class NearAnswer:
    """A near forecast against what happened.

    Attributes:
        question: as it is asked.
        n: forecasts: one, or one a site.
        n_covered: 80 % intervals that had the truth.
        error: distance of the median from the truth: participants, or of the log of the days; the mean over sites.
    """

    question: str
    n: int
    n_covered: int
    error: float


def next_counts(target: int, n: int) -> dict[float, int]:
    """How many are randomised when so much more of the target is, for shares that are still to come."""
    wanted = {share: n + math.ceil(share * target - 1e-9) for share in NEXT_SHARES}
    return {share: count for share, count in wanted.items() if count <= target}


def near_answers(known: ObservedTrial, outlook: Outlook, days: Array) -> list[NearAnswer]:
    """Near forecasts of one cut, scored.

    Args:
        known: the trial as it was known.
        outlook: futures from there.
        days: of the first randomisations of the whole trial, as many as are wanted in the end.
    """
    now, target, found = known.now, outlook.target, []
    for length in NEAR_DAYS:
        truth = float(np.count_nonzero((days >= now) & (days < now + length)))
        found.append(_counted(in_next(length), outlook.more_by(now + length)[:, None], np.array([truth])))
    for share, count in next_counts(target, known.n_randomised).items():
        drawn, truth = log_days(outlook.day_of(count) - now), float(log_days(float(days[count - 1]) - now))
        low, middle, high = np.quantile(drawn, (_LOW, 0.5, _HIGH)).tolist()
        found.append(NearAnswer(when_next(share), 1, int(low <= truth <= high), abs(middle - truth)))
    return found


def site_answer(
    known: ObservedTrial, whole: ObservedTrial, outlook: Outlook, random: np.random.Generator
) -> NearAnswer | None:
    """The next 90 days by site, scored; None where sites are not told apart."""
    now, length = known.now, NEAR_DAYS[-1]
    counts = site_counts(known, outlook.more_by(now + length), random)
    if counts is None:
        return None
    names = [site.name for site in whole.sites]
    people = whole.people
    is_in = (people.randomised >= now) & (people.randomised < now + length)
    by_site = np.bincount(people.site[is_in & (people.site != NO_SITE)], minlength=len(names))
    opened = np.flatnonzero(~np.isnan(known.first_seen()))
    truth = np.array([by_site[names.index(known.sites[i].name)] for i in opened], dtype=np.float64)
    return _counted(BY_SITE, counts, truth)


def _counted(question: str, draws: Array, truth: Array) -> NearAnswer:
    """Counts that are covered by a central interval of at least 80 %, ends included."""
    beside = np.maximum((draws < truth).mean(axis=0), (draws > truth).mean(axis=0))
    error = np.abs(np.quantile(draws, 0.5, axis=0, method="inverted_cdf") - truth)
    return NearAnswer(question, len(truth), int(np.count_nonzero(beside <= _HIGH)), float(error.mean()))


def site_counts(known: ObservedTrial, total: Array, random: np.random.Generator) -> Array | None:
    """(draws, open sites) a number to come divided among sites by their Poisson-gamma posteriors; None without sites.

    Args:
        known: the trial as it is known.
        total: (draws,) randomised in the time to come, at all sites.
        random: random numbers.
    """
    opened = known.first_seen()
    seen = ~np.isnan(opened)
    if not known.has_sites or not seen.any():
        return None
    people = known.people
    at_site = (people.site != NO_SITE) & ~np.isnan(people.randomised)
    counts = np.bincount(people.site[at_site], minlength=len(known.sites)).astype(np.float64)[seen]
    found = empirical_bayes(counts, np.maximum(known.now - opened[seen], _LEAST_EXPOSURE_DAYS))
    rates = random.gamma(found.shape, size=(len(total), len(found.shape))) / found.exposure
    shares = rates / np.maximum(rates.sum(axis=1, keepdims=True), 1e-300)
    divided: Array = random.multinomial(total.astype(np.int64), shares).astype(np.float64)
    return divided
