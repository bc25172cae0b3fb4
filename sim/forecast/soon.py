"""Near questions about a running trial: how many soon, when the next part of the target, by site and by country.

They are what a team asks every month, and they are checked in the track record by the same words, so that each answer
has a known coverage.

Attributes:
    ENDS: probabilities of the quantiles that are answered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.core.clock import MONTH_DAYS
from sim.forecast.backtest.near import (
    BY_COUNTRY,
    BY_SITE,
    NEAR_DAYS,
    by_country,
    in_next,
    next_counts,
    own_drift,
    when_next,
)
from sim.forecast.continued.futures import Futures
from sim.forecast.continued.state import Start
from sim.scenario.schema.caps import country_of

Array = npt.NDArray[np.float64]

ENDS = (0.1, 0.5, 0.9)
_SEED = 11


@dataclass(frozen=True)
class Soon:
    """A near question and its answer.

    Attributes:
        question: the question, in the words of the track record.
        subject: the site or country that it is about; empty for the trial.
        is_date: whether the answer is a day of the scenario instead of a number of participants.
        quantiles: 10, 50 and 90 % points, with their Monte Carlo errors; a day is infinite for never.
    """

    question: str
    subject: str
    is_date: bool
    quantiles: tuple[Estimate, ...]


def soon(start: Start, futures: Futures) -> tuple[Soon, ...]:
    """Answer the near questions from simulated trials.

    Args:
        start: where the trial stands.
        futures: simulated trials that continue from there.

    Returns:
        The answers; none if the target is reached.
    """
    n, target, now = start.trial.n_randomised, start.scenario.trial.target, start.state.now
    if n >= target:
        return ()
    found = []
    for k, total in enumerate(futures.counts(now + np.array(NEAR_DAYS)).T):
        found.append(Soon(in_next(NEAR_DAYS[k]), "", False, _quantiles(total - n)))
    for share, count in next_counts(target, n).items():
        days = np.array([each[count - 1] if len(each) >= count else np.inf for each in futures.randomised_days])
        found.append(Soon(when_next(share), "", True, _quantiles(days)))
    return (*found, *_by_place(start))


def _quantiles(draws: Array) -> tuple[Estimate, ...]:
    return tuple(intervals.quantile(draws, q) for q in ENDS)


def _by_place(start: Start) -> list[Soon]:
    """The sites that are open now, and their countries where there are several, the largest first."""
    keys = start.open_sites
    countries = {i: start.trial.sites[i].country or country_of(start.scenario, key[0]) or "" for i, key in keys.items()}
    sites = _site_counts(start, countries)
    names = [start.trial.sites[index].name for index in sites]
    found = [Soon(BY_SITE, name, False, _quantiles(counts)) for name, counts in zip(names, sites.values(), strict=True)]
    draws, members = list(sites.values()), by_country([countries[i] for i in sites])
    totals = {name: sum(draws[k] for k in places) for name, places in members.items()}
    found += [Soon(BY_COUNTRY, name, False, _quantiles(np.asarray(total))) for name, total in totals.items()]
    return sorted(found, key=lambda item: (item.question != BY_SITE, -item.quantiles[1].value))


def _site_counts(start: Start, countries: dict[int, str]) -> dict[int, Array]:
    """(draws,) numbers in the next 90 days by open site: its rate, the drift of the trial and its own, and chance."""
    state, days = start.state, NEAR_DAYS[-1]
    if not state.rates.size:
        return {}
    months = days / MONTH_DAYS
    drift = np.ones(len(state.rates))
    if state.drift.shape[1]:
        inside = np.clip(np.minimum(state.edges[1:], state.now + days) - state.edges[:-1], 0.0, None)
        drift = (state.drift * inside[: state.drift.shape[1]]).sum(axis=1) / max(float(inside.sum()), 1e-9)
        drift = np.resize(drift, len(state.rates))
    random = np.random.Generator(np.random.Philox(_SEED))
    own = own_drift(list(countries.values()), len(state.rates), random)
    found = {}
    for k, (index, key) in enumerate(start.open_sites.items()):
        place = state.sites[key].rate
        if place is not None:
            found[index] = random.poisson(state.rates[:, place] * drift * months * own[:, k]).astype(np.float64)
    return found
