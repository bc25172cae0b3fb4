"""The drifting rate of a trial: what its randomisations so far say of its rate now.

In a bin of time the count is negative binomial with mean exposure x exp(f), f = level + walk + terms + wind-down.
The size of the drift and of the overdispersion are not known; each pair on a grid is weighed by its prior and by how
well it explains the counts, and a steady rate, which some trials have, is one pair more. Everything else is Gaussian
before the data, and by Laplace's approximation after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.forecast.history import History
from sim.forecast.laplace import cholesky, mode
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
        weight: (g,) probability of each pair of drift and dispersion; last the steady rate, where settings have it.
        log_evidence: (g,) log of the probability of the counts with each pair, approximately.
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
    log_evidence: Array
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
    def p_steady(self) -> float:
        """Probability that the rate is steady."""
        return float(self.weight[-1]) if self.settings.steady else 0.0

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
    basis = np.array([*(term.past(history.edges) for term in terms), _winding(history, target, settings)])
    found = [_learn(item, history, basis, terms, settings, level_prior) for item in _candidates(settings)]
    score = np.array([item.candidate.log_prior + item.log_evidence for item in found])
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    return RatePosterior(
        weight=weight,
        log_evidence=np.array([item.log_evidence for item in found]),
        drift=np.array([item.candidate.drift for item in found]),
        dispersion=np.array([item.candidate.dispersion for item in found]),
        mean=np.array([item.state for item in found]),
        root=np.array([item.root for item in found]),
        fitted=weight @ np.array([item.fitted for item in found]),
        own=weight @ np.array([item.own for item in found]),
        terms=terms,
        target=target,
        history=history,
        settings=settings,
    )


@dataclass(frozen=True)
class _Candidate:
    """One pair of drift and dispersion, the wind-down that goes with it, and the log of its prior probability."""

    drift: float
    dispersion: float
    wind_down: NormalPrior
    log_prior: float


def _candidates(settings: RateSettings) -> list[_Candidate]:
    """Every pair of the grids, and last the steady rate."""
    steady = settings.steady
    drifts, sizes = np.array(settings.drift_grid), settings.dispersion_grid
    prior = np.exp(-0.5 * (np.log(drifts / settings.drift_median) / settings.drift_log_sd) ** 2)
    prior *= (1 - steady.probability if steady else 1.0) / (prior.sum() * len(sizes))
    found = [
        _Candidate(float(drift), size, settings.wind_down, float(np.log(p)))
        for drift, p in zip(drifts, prior, strict=True)
        for size in sizes
    ]
    if steady:
        log_prior = float(np.log(steady.probability))
        found.append(_Candidate(steady.drift, steady.dispersion, steady.wind_down, log_prior))
    return found


@dataclass(frozen=True, eq=False)
class _Learnt:
    """What a candidate makes of the history; see `RatePosterior`."""

    candidate: _Candidate
    log_evidence: float
    state: Array
    root: Array
    fitted: Array
    own: Array


def _winding(history: History, target: int, settings: RateSettings) -> Array:
    """(k,) the wind-down in each bin."""
    done = (np.cumsum(history.counts) - history.counts / 2) / target
    return wind_down(done, settings.wind_down_floor)


def _learn(
    candidate: _Candidate,
    history: History,
    basis: Array,
    terms: list[Term],
    settings: RateSettings,
    level_prior: NormalPrior | None,
) -> _Learnt:
    """The posterior of the level now and of the coefficients, by Laplace's approximation."""
    width, months = history.widths, history.middles / MONTH_DAYS
    priors = [*(term.prior for term in terms), candidate.wind_down]
    center = np.array([prior.mean for prior in priors])
    variance = np.array([prior.sd**2 for prior in priors])
    shape = center @ basis
    if level_prior is None:
        mean_rate = float(np.log((history.n + 0.5) / history.now * WEEK_DAYS))
        level_prior = NormalPrior(mean_rate - float(shape @ width / width.sum()), settings.level_sd)
    else:
        level_prior = NormalPrior(level_prior.mean - float(shape[-1]), level_prior.sd)  # it is of the rate now
    level = level_prior.sd**2
    walk = candidate.drift**2 * np.minimum(months[:, None], months)
    result = mode(
        history.counts,
        width / WEEK_DAYS,
        candidate.dispersion * width / WEEK_DAYS,
        level_prior.mean + shape,
        level + walk + (basis.T * variance) @ basis,
    )
    cross = np.vstack((level + walk[-1], basis * variance[:, None]))  # the level now, to half a week
    prior = np.diag(np.append(level + walk[-1, -1], variance))
    state = np.append(level_prior.mean, center) + result.mean_of(cross)
    root = cholesky(result.covariance_of(cross, prior) + _JITTER * np.eye(len(prior)))
    simulated = [i for i, term in enumerate(terms) if term.is_simulated]
    own = result.f - state[1:][simulated] @ basis[simulated]
    return _Learnt(candidate, result.log_evidence, state, root, result.f, own)
