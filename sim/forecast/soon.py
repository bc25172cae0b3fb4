"""Near questions about a running trial: how many randomisations soon, when the next part of the target, and by site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.core.clock import MONTH_DAYS
from sim.forecast.backtest.near import BY_SITE, NEAR_DAYS, in_next, next_counts, when_next
from sim.forecast.continued.futures import Futures
from sim.forecast.continued.state import Start

Array = npt.NDArray[np.float64]

ENDS = (0.1, 0.5, 0.9)
_SEED = 11


@dataclass(frozen=True)
class Soon:
    """A near question and its answer.

    Attributes:
        question: the question, in the words of the track record.
        subject: the site that it is about; empty for the trial.
        is_date: whether the answer is a day of the scenario instead of a number of participants.
        quantiles: 10, 50 and 90 % points.
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
    return (*found, *_by_site(start))


def _quantiles(draws: Array) -> tuple[Estimate, ...]:
    return tuple(intervals.quantile(draws, q) for q in ENDS)


def _by_site(start: Start) -> list[Soon]:
    """Each open site's own rate now, with the drift of the next 90 days and chance."""
    state, days = start.state, NEAR_DAYS[-1]
    if not state.rates.size:
        return []
    months = days / MONTH_DAYS
    drift = np.ones(len(state.rates))
    if state.drift.shape[1]:
        inside = np.clip(np.minimum(state.edges[1:], state.now + days) - state.edges[:-1], 0.0, None)
        drift = (state.drift * inside[: state.drift.shape[1]]).sum(axis=1) / max(float(inside.sum()), 1e-9)
        drift = np.resize(drift, len(state.rates))
    random = np.random.Generator(np.random.Philox(_SEED))
    found = []
    for index, key in start.open_sites.items():
        place = state.sites[key].rate
        if place is not None:
            counts = random.poisson(state.rates[:, place] * drift * months).astype(np.float64)
            found.append(Soon(BY_SITE, start.trial.sites[index].name, False, _quantiles(counts)))
    return sorted(found, key=lambda item: -item.quantiles[1].value)
