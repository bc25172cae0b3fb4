"""What forecasts are measured against: simpler ones that people use, and published ones."""

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
    """What a baseline may use.

    Attributes:
        trial: the trial as it was known.
        target: randomisations wanted.
    """

    trial: ObservedTrial
    target: int

    @property
    def n(self) -> int:
        """Randomised so far."""
        return self.trial.n_randomised

    @property
    def now(self) -> float:
        """Days so far."""
        return self.trial.now


Baseline = Callable[[Known, int, np.random.Generator], "RateDraws | None"]


def recent_rate(known: Known, draws: int, random: np.random.Generator) -> RateDraws:
    """The rate of the last 90 days goes on."""
    del random
    days = known.trial.days
    window = min(RECENT_DAYS, known.now)
    recent = np.count_nonzero(days >= known.now - window)
    return for_ever(np.full(draws, max(float(recent), 0.5) / float(window)))


def homogeneous_poisson(known: Known, draws: int, random: np.random.Generator) -> RateDraws:
    """One rate for ever, gamma distributed: what has been seen, and nothing before it."""
    return for_ever(random.gamma(known.n, size=draws) / known.now)


def site_poisson_gamma(known: Known, draws: int, random: np.random.Generator) -> RateDraws | None:
    """The Poisson-gamma model by site, from each site's own opening; None where sites are not known."""
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
