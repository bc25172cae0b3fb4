"""The baselines of a backtest: simple forecasts that people use, and published models.

A forecast that does not beat these is not worth its trouble. Each knows only what was known at the cut, as the program
does.

Attributes:
    RECENT_DAYS: length of the time whose rate `recent_rate` continues.
    BASELINES: what each is called in tables, and its function, by name.
    REFERENCE: the baseline against which scores are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.forecast.backtest.published import MODELS, Model, RateDraws, for_ever, pool
from sim.forecast.rate.poisson_gamma import empirical_bayes

Array = npt.NDArray[np.float64]

RECENT_DAYS = 90.0


@dataclass(frozen=True)
class Known:
    """The data a baseline may use.

    Attributes:
        trial: the trial as known at the cut.
        target: number of randomisations wanted.
    """

    trial: ObservedTrial
    target: int

    @property
    def n(self) -> int:
        """Number randomised so far."""
        return self.trial.n_randomised

    @property
    def now(self) -> float:
        """Number of days so far."""
        return self.trial.now


Baseline = Callable[[Known, int, np.random.Generator], "RateDraws | None"]


def recent_rate(known: Known, draws: int, random: np.random.Generator) -> RateDraws:
    """Continue the rate of the last 90 days.

    Args:
        known: the data.
        draws: number of futures.
        random: not used; all futures are the same.

    Returns:
        A constant rate.
    """
    del random
    days = known.trial.days
    window = min(RECENT_DAYS, known.now)
    recent = np.count_nonzero(days >= known.now - window)
    return for_ever(np.full(draws, max(float(recent), 0.5) / float(window)))


def homogeneous_poisson(known: Known, draws: int, random: np.random.Generator) -> RateDraws:
    """Continue one constant rate, with a gamma distribution from the data alone. Arguments as for `recent_rate`.

    Returns:
        A constant rate in participants a day in each draw: gamma with the number randomised as its shape.
    """
    return for_ever(random.gamma(known.n, size=draws) / known.now)


def site_poisson_gamma(known: Known, draws: int, random: np.random.Generator) -> RateDraws | None:
    """Use the Poisson-gamma model by site, from each site's own opening (`sim.forecast.rate.poisson_gamma`).

    Args:
        known: the data.
        draws: number of futures.
        random: random numbers.

    Returns:
        The sum of the sites' rates; None where sites are not known.
    """
    trial = known.trial
    if not trial.has_sites:
        return None
    opened = trial.first_seen()
    counts = np.zeros(len(trial.sites))
    at_site = (trial.people.site != NO_SITE) & ~np.isnan(trial.people.randomised)
    np.add.at(counts, trial.people.site[at_site], 1)
    seen = ~np.isnan(opened)
    exposures = np.maximum(known.now - opened[seen], 0.5)
    found = empirical_bayes(counts[seen], exposures)
    rates = random.gamma(found.shape, size=(draws, len(found.shape))) / found.exposure
    return for_ever(rates.sum(axis=1))


def _published(model: Model) -> Baseline:
    def baseline(known: Known, draws: int, random: np.random.Generator) -> RateDraws:
        return model(known.trial.days, known.now, draws, random)

    return baseline


BASELINES: dict[str, tuple[str, Baseline]] = {
    "homogeneous_poisson": ("homogeneous Poisson, gamma posterior", homogeneous_poisson),
    "recent_rate": ("rate of the last 90 days", recent_rate),
    "site_poisson_gamma": ("Poisson-gamma by site", site_poisson_gamma),
    **{name: (label, _published(model)) for name, (label, model) in MODELS.items()},
    "eventpred_pool": ("eventPred, the four pooled", _published(pool)),
}
REFERENCE = "homogeneous_poisson"
