"""Near questions: how many in the next 30 and 90 days, when the next 10, 25 and 50 % of the target, and by site.

A date at the end of a trial is scored once a trial; near questions are scored at every cut, so they tell sooner whether
intervals hold.

Attributes:
    NEAR_DAYS: lengths of the times ahead, in days.
    NEXT_SHARES: parts of the target that are awaited.
    BY_SITE, BY_COUNTRY: names of the questions about one site and one country.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
BY_COUNTRY = "by country, randomised in the next 90 days"
_LEAST_EXPOSURE_DAYS = 7.0
_SITE_SD, _COUNTRY_SD = 0.4, 0.2  # of the log of what a site, and a country, has of the trial's rate in 90 days
_LOW, _HIGH = 0.1, 0.9


def in_next(days: float) -> str:
    """Return the question of how many are randomised in the next days.

    Args:
        days: length of the time ahead, from the cut.
    """
    return f"randomised in the next {days:.0f} days"


def when_next(share: float) -> str:
    """Return the question of when the next share of the target is randomised.

    Args:
        share: of the target, from 0 to 1.
    """
    return f"date of the next {share:.0%} of the target"


@dataclass(frozen=True)
class NearAnswer:
    """A near forecast, compared with what happened.

    Attributes:
        question: the question.
        n: number of forecasts: one, or one per site.
        n_covered: number of 80 % intervals that contained the truth.
        error: distance of the median from the truth, in participants or in the log of the days; the mean over sites.
    """

    question: str
    n: int
    n_covered: int
    error: float


def next_counts(target: int, n: int) -> dict[float, int]:
    """Return the number randomised when each further share of the target is reached.

    Args:
        target: number of randomisations wanted.
        n: number randomised now.

    Returns:
        Numbers by share, for shares that the target still allows.
    """
    wanted = {share: n + math.ceil(share * target - 1e-9) for share in NEXT_SHARES}
    return {share: count for share, count in wanted.items() if count <= target}


def near_answers(known: ObservedTrial, outlook: Outlook, days: Array) -> list[NearAnswer]:
    """Score the near forecasts of one cut.

    Args:
        known: the trial as known at the cut.
        outlook: futures from there.
        days: days of the first randomisations of the whole trial, as many as the target.

    Returns:
        One answer per question about the trial.
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


def site_answers(
    known: ObservedTrial, whole: ObservedTrial, outlook: Outlook, random: np.random.Generator
) -> list[NearAnswer]:
    """Score the forecast of the next 90 days by site, and by country.

    Args:
        known: the trial as known at the cut.
        whole: the whole trial.
        outlook: futures from the cut.
        random: random numbers.

    Returns:
        The answers; by country where there are several, and none where sites are not known.
    """
    now, length = known.now, NEAR_DAYS[-1]
    counts = site_counts(known, outlook.more_by(now + length), random)
    if counts is None:
        return []
    names = [site.name for site in whole.sites]
    people = whole.people
    is_in = (people.randomised >= now) & (people.randomised < now + length)
    by_site = np.bincount(people.site[is_in & (people.site != NO_SITE)], minlength=len(names))
    opened = np.flatnonzero(~np.isnan(known.first_seen()))
    truth = np.array([by_site[names.index(known.sites[i].name)] for i in opened], dtype=np.float64)
    found = [_counted(BY_SITE, counts, truth)]
    members = by_country([known.sites[i].country for i in opened])
    if members:
        summed = np.column_stack([counts[:, places].sum(axis=1) for places in members.values()])
        found.append(_counted(BY_COUNTRY, summed, np.array([truth[places].sum() for places in members.values()])))
    return found


def by_country(countries: Sequence[str]) -> dict[str, list[int]]:
    """Group sites by country.

    Args:
        countries: the country of each site; empty where it is not known.

    Returns:
        Places of the sites by country; empty for fewer than two countries.
    """
    found: dict[str, list[int]] = {}
    for place, country in enumerate(countries):
        if country:
            found.setdefault(country, []).append(place)
    return found if len(found) > 1 else {}


def _counted(question: str, draws: Array, truth: Array) -> NearAnswer:
    """Check counts against a central interval of at least 80 %, ends included."""
    beside = np.maximum((draws < truth).mean(axis=0), (draws > truth).mean(axis=0))
    error = np.abs(np.quantile(draws, 0.5, axis=0, method="inverted_cdf") - truth)
    return NearAnswer(question, len(truth), int(np.count_nonzero(beside <= _HIGH)), float(error.mean()))


def own_drift(countries: Sequence[str], draws: int, random: np.random.Generator) -> Array:
    """Draw by how much sites gain or lose against their trial in the next 90 days, each for itself and by country.

    Args:
        countries: the country of each site; empty where it is not known.
        draws: number of futures.
        random: random numbers.

    Returns:
        (draws, sites) factors, 1 in the mean.
    """
    log = random.normal(-(_SITE_SD**2) / 2, _SITE_SD, (draws, len(countries)))
    for places in by_country(countries).values():
        log[:, places] += random.normal(-(_COUNTRY_SD**2) / 2, _COUNTRY_SD, (draws, 1))
    found: Array = np.exp(log)
    return found


def site_counts(known: ObservedTrial, total: Array, random: np.random.Generator) -> Array | None:
    """Divide future randomisations among sites by their Poisson-gamma posteriors, and their own drift.

    Args:
        known: the trial as far as it is known.
        total: (draws,) number randomised in the future period, at all sites.
        random: random numbers.

    Returns:
        (draws, open sites) numbers; None where sites are not known.
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
    rates *= own_drift([known.sites[i].country for i in np.flatnonzero(seen)], len(total), random)
    shares = rates / np.maximum(rates.sum(axis=1, keepdims=True), 1e-300)
    divided: Array = random.multinomial(total.astype(np.int64), shares).astype(np.float64)
    return divided
