"""The drifting rate of a trial: what its randomisations so far say of its rate now.

In a bin of time the count is negative binomial with mean exposure x exp(f), f = level + walk + terms + wind-down.
The size of the drift and of the overdispersion are not known; each pair on a grid is weighed by its prior and by how
well it explains the counts. Everything else is Gaussian before the data, and by Laplace's approximation after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from sim.forecast.history import History
from sim.forecast.laplace import mode
from sim.forecast.settings import MONTH_DAYS, WEEK_DAYS, NormalPrior, RateSettings
from sim.forecast.terms import Term

Array = npt.NDArray[np.float64]

_JITTER = 1e-9


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the rate now, one row a future.

    Attributes:
        level: (draws,) log rate per week at the end of the data, the terms and the wind-down not in it.
        coefficients: (draws, terms + 1) coefficients of the terms, and last of the wind-down.
        drift: (draws,) standard deviation of the log rate's drift in four weeks.
        dispersion: (draws,) size of the negative binomial of a week.
    """

    level: Array
    coefficients: Array
    drift: Array
    dispersion: Array


@dataclass(frozen=True, eq=False)
class RatePosterior:
    """What is known of the rate at the end of the data.

    Attributes:
        weight: (g,) probability of each pair of drift and dispersion.
        drift: (g,) standard deviation of the drift in four weeks.
        dispersion: (g,) size of a week's negative binomial.
        mean: (g, q) mean of (level now, coefficients of the terms, of the wind-down) for each pair.
        root: (g, q, q) lower Cholesky factors of their covariances.
        fitted: (k,) posterior mean of the log rate per week in each bin, over all pairs.
        own: (k,) the same without the terms that a simulation of the trial has itself.
        terms: what changes the rate besides its drift.
        target: randomisations wanted.
        history: what it was learnt from.
        settings: priors.
    """

    weight: Array
    drift: Array
    dispersion: Array
    mean: Array
    root: Array
    fitted: Array
    own: Array
    terms: list[Term]
    target: int
    history: History
    settings: RateSettings

    def draw(self, n: int, random: np.random.Generator) -> Draws:
        """Draw the rate now; pairs of drift and dispersion in proportion to their weights, by systematic sampling."""
        places = np.minimum(
            np.searchsorted(np.cumsum(self.weight), (np.arange(n) + random.random()) / n), len(self.weight) - 1
        )
        places = random.permutation(places)  # any first few are like all
        noise = random.standard_normal((n, self.mean.shape[1]))
        state = self.mean[places] + np.einsum("nij,nj->ni", self.root[places], noise)
        return Draws(state[:, 0], state[:, 1:], self.drift[places], self.dispersion[places])

    @property
    def drift_mean(self) -> float:
        """Posterior mean of the drift in four weeks."""
        return float(self.weight @ self.drift)


def wind_down(share_done: Array, floor: float) -> Array:
    """log((1 - share of the target reached + floor) / (1 + floor)): 0 at the start, lowest at the target."""
    found: Array = np.log((np.clip(1.0 - share_done, 0.0, 1.0) + floor) / (1.0 + floor))
    return found


def fit_rate(
    history: History,
    target: int,
    terms: list[Term],
    settings: RateSettings,
    level_prior: NormalPrior | None = None,
) -> RatePosterior:
    """Learn the rate from a trial's history.

    Args:
        history: randomisations so far.
        target: randomisations wanted.
        terms: what changes the rate besides its drift.
        settings: priors.
        level_prior: log rate per week now, as planned, where there is a plan; else the mean rate so far, and vague.
    """
    y, width = history.counts, history.widths
    months = history.middles / MONTH_DAYS
    done = (np.cumsum(y) - y / 2) / target
    basis = np.array([*(term.past(history.edges) for term in terms), wind_down(done, settings.wind_down_floor)])
    priors = [*(term.prior for term in terms), settings.wind_down]
    center = np.array([prior.mean for prior in priors])
    spread = np.array([prior.sd for prior in priors])
    shape = center @ basis
    if level_prior is None:
        level_prior = NormalPrior(float(np.log((history.n + 0.5) / history.now * WEEK_DAYS)), settings.level_sd)
        level_prior = NormalPrior(level_prior.mean - float(shape @ width / width.sum()), level_prior.sd)
    else:
        level_prior = NormalPrior(level_prior.mean - float(shape[-1]), level_prior.sd)  # it is of the rate now
    mean = level_prior.mean + shape
    level = level_prior.sd**2
    learnt = (basis.T * spread**2) @ basis
    simulated = [i for i, term in enumerate(terms) if term.is_simulated]
    found: list[tuple[float, float, float, Array, Array, Array, Array]] = []
    for drift in settings.drift_grid:
        walk = drift**2 * np.minimum(months[:, None], months)
        covariance = level + walk + learnt
        at_now = level + walk[-1]  # the level now, to the precision of half a week
        cross = np.vstack((at_now, basis * spread[:, None] ** 2))
        prior = linalg.block_diag([[level + walk[-1, -1]]], np.diag(spread**2))
        log_prior = -0.5 * (np.log(drift / settings.drift_median) / settings.drift_log_sd) ** 2
        for size in settings.dispersion_grid:
            result = mode(y, width / WEEK_DAYS, size * width / WEEK_DAYS, mean, covariance)
            state = np.append(level_prior.mean, center) + result.mean_of(cross)
            root = linalg.cholesky(result.covariance_of(cross, prior) + _JITTER * np.eye(len(prior)), lower=True)
            own = result.f - state[1:][simulated] @ basis[simulated]
            found.append((result.log_evidence + log_prior, drift, size, state, root, result.f, own))
    score = np.array([item[0] for item in found])
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    return RatePosterior(
        weight=weight,
        drift=np.array([item[1] for item in found]),
        dispersion=np.array([item[2] for item in found]),
        mean=np.array([item[3] for item in found]),
        root=np.array([item[4] for item in found]),
        fitted=weight @ np.array([item[5] for item in found]),
        own=weight @ np.array([item[6] for item in found]),
        terms=terms,
        target=target,
        history=history,
        settings=settings,
    )
