"""What forecasts are measured against: simpler ones that people use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.forecast.poisson_gamma import empirical_bayes

Array = npt.NDArray[np.float64]

RECENT_DAYS = 90.0
_MOST_DAYS = 1e6


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


@dataclass(frozen=True, eq=False)
class BaselineDraws:
    """Futures by a baseline.

    Attributes:
        rate: (draws, k) rate per day in each piece of time to come.
        piece_days: length of a piece; the last goes on for ever.
    """

    rate: Array
    piece_days: float

    def days_to(self, more: int, random: np.random.Generator) -> Array:
        """(draws,) days until so many more are randomised."""
        needed = random.gamma(more, size=len(self.rate))
        cumulative = np.cumsum(self.rate * self.piece_days, axis=1)
        before = np.concatenate((np.zeros((len(self.rate), 1)), cumulative[:, :-1]), axis=1)
        piece = np.minimum((cumulative < needed[:, None]).sum(axis=1), self.rate.shape[1] - 1)
        rows = np.arange(len(self.rate))
        days = piece * self.piece_days + (needed - before[rows, piece]) / self.rate[rows, piece]
        found: Array = np.minimum(days, _MOST_DAYS)
        return found

    def count_in(self, days: float, random: np.random.Generator) -> Array:
        """(draws,) randomisations in so many days."""
        starts = np.arange(self.rate.shape[1]) * self.piece_days
        ends = np.append(starts[1:], np.inf)
        inside = np.clip(np.minimum(ends, days) - starts, 0.0, None)
        counts: Array = random.poisson((self.rate * inside).sum(axis=1)).astype(np.float64)
        return counts


Baseline = Callable[[Known, int, np.random.Generator], "BaselineDraws | None"]


def _one_rate(rate: Array) -> BaselineDraws:
    return BaselineDraws(np.maximum(rate, 1e-9)[:, None], _MOST_DAYS)


def mean_rate(known: Known, draws: int, random: np.random.Generator) -> BaselineDraws:
    """The mean rate so far goes on: chance alone spreads it."""
    del random
    return _one_rate(np.full(draws, known.n / known.now))


def recent_rate(known: Known, draws: int, random: np.random.Generator) -> BaselineDraws:
    """The rate of the last 90 days goes on."""
    del random
    days = known.trial.days
    window = min(RECENT_DAYS, known.now)
    recent = np.count_nonzero(days >= known.now - window)
    return _one_rate(np.full(draws, max(float(recent), 0.5) / float(window)))


def homogeneous_poisson(known: Known, draws: int, random: np.random.Generator) -> BaselineDraws:
    """One rate for ever, gamma distributed: what has been seen, and nothing before it."""
    return _one_rate(random.gamma(known.n, size=draws) / known.now)


def thirds(known: Known, draws: int, random: np.random.Generator) -> BaselineDraws:
    """Constant in thirds of the time so far; each third to come is as one of them, picked at random."""
    counts = np.histogram(known.trial.days, np.linspace(0, known.now, 4))[0]
    length = known.now / 3
    rates = random.gamma(counts + 0.5, size=(draws, 3)) / length
    pieces = 60
    picked = random.integers(0, 3, size=(draws, pieces))
    return BaselineDraws(np.take_along_axis(rates, picked, axis=1), length)


def site_poisson_gamma(known: Known, draws: int, random: np.random.Generator) -> BaselineDraws | None:
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
    return _one_rate(rates.sum(axis=1))


BASELINES: dict[str, tuple[str, Baseline]] = {
    "homogeneous_poisson": ("homogeneous Poisson, gamma posterior", homogeneous_poisson),
    "mean_rate": ("mean rate so far", mean_rate),
    "recent_rate": ("rate of the last 90 days", recent_rate),
    "thirds": ("piecewise constant in thirds", thirds),
    "site_poisson_gamma": ("Poisson-gamma by site", site_poisson_gamma),
}
REFERENCE = "homogeneous_poisson"
