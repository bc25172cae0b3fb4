"""The rate of a trial: what its randomisations so far say of its rate now.

In a bin of time the count is negative binomial with mean exposure x exp(f), f = level + walk + terms + growth + end.
The walk is Brownian in the logarithm of time: a trial may change as much in its second month as between its tenth and
its twentieth, and a long trial does not drift for ever. There are several kinds of trials (`settings.KINDS`). Each has
a fixed share of the futures; within a kind, the sizes of drift and overdispersion are weighted by how well they explain
the counts. Everything else is Gaussian before the data, and Gaussian by Laplace's approximation after them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.forecast.rate.history import History
from sim.forecast.rate.laplace import cholesky, mode
from sim.forecast.rate.settings import WEEK_DAYS, NormalPrior, RateSettings, TrialKind
from sim.forecast.rate.terms import Term

Array = npt.NDArray[np.float64]

_JITTER = 1e-9


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the rate now, one row per future.

    Attributes:
        level: (draws,) log rate per week at the end of the data, without the terms and the end.
        coefficients: (draws, terms + 2) coefficients of the terms, of the growth, and last of the end.
        drift: (draws,) standard deviation of the log rate's drift while time grows e-fold.
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
        weight: (g,) share of the futures with each pair of drift and dispersion of each kind of trial.
        log_evidence: (g,) log of the probability of the counts with each, approximately.
        kind: (g,) place of the kind of trial among those of the settings.
        drift: (g,) standard deviation of the drift while time grows e-fold.
        dispersion: (g,) size of a week's negative binomial.
        mean: (g, q) mean of (level now, coefficients of the terms, of the growth, of the end) for each.
        root: (g, q, q) lower Cholesky factors of their covariances.
        fitted: (k,) posterior mean of the log rate per week in each bin, over all.
        own: (k,) the same without the terms that a simulation of the trial has itself.
        terms: what changes the rate besides its drift.
        target: randomisations wanted.
        history: what it was learnt from.
        settings: priors.
    """

    weight: Array
    log_evidence: Array
    kind: npt.NDArray[np.int64]
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
        """Draw the rate now. Kinds and sizes are in proportion to their weights, by systematic sampling.

        Args:
            n: number of draws.
            random: random numbers.

        Returns:
            The draws, in random order.
        """
        places = np.minimum(
            np.searchsorted(np.cumsum(self.weight), (np.arange(n) + random.random()) / n), len(self.weight) - 1
        )
        places = random.permutation(places)  # so that the first draws represent all of them
        noise = random.standard_normal((n, self.mean.shape[1]))
        state = self.mean[places] + np.einsum("nij,nj->ni", self.root[places], noise)
        return Draws(state[:, 0], state[:, 1:], self.drift[places], self.dispersion[places])

    @property
    def drift_per_doubling(self) -> float:
        """Share by which the rate drifts, up or down, while the time so far doubles; mean over kinds and sizes."""
        return float(np.expm1(self.weight @ self.drift * np.sqrt(np.log(2.0))))


def slow_end(share_done: Array, floor: float) -> Array:
    """Compute the value that slows the rate towards the target.

    Args:
        share_done: share of the target reached, any shape.
        floor: keeps the logarithm finite at the target.

    Returns:
        log((1 - share_done + floor) / (1 + floor)): 0 at the start, lowest at the target.
    """
    found: Array = np.log((np.clip(1.0 - share_done, 0.0, 1.0) + floor) / (1.0 + floor))
    return found


def log_time(days: Array | float, settings: RateSettings) -> Array:
    """Return the time scale of drift and growth, log(days + early_days).

    Args:
        days: days of the trial, of any shape.
        settings: priors; `early_days` keeps the first days from counting like years.
    """
    found: Array = np.log(np.asarray(days) + settings.early_days)
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
        target: number of randomisations wanted.
        terms: what changes the rate besides its drift.
        settings: priors.
        level_prior: prior of the log rate per week now, from a plan; None for a vague prior at the mean rate so far.

    Returns:
        The posterior at the end of the data.
    """
    done = (np.cumsum(history.counts) - history.counts / 2) / target
    growth = log_time(history.middles, settings) - log_time(history.now, settings)
    basis = np.array([*(term.past(history.edges) for term in terms), growth, slow_end(done, settings.end_floor)])
    candidates = _candidates(settings)
    found = [_learn(item, history, basis, terms, settings, level_prior) for item in candidates]
    weight = _weights(candidates, np.array([item.log_evidence for item in found]), settings)
    return RatePosterior(
        weight=weight,
        log_evidence=np.array([item.log_evidence for item in found]),
        kind=np.array([item.place for item in candidates]),
        drift=np.array([item.drift for item in candidates]),
        dispersion=np.array([item.dispersion for item in candidates]),
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
    """A pair of drift and dispersion of a kind of trial, and the index of that kind in the settings."""

    kind: TrialKind
    place: int
    drift: float
    dispersion: float


def _candidates(settings: RateSettings) -> list[_Candidate]:
    return [
        _Candidate(kind, place, drift, size)
        for place, kind in enumerate(settings.kinds)
        for drift in kind.drifts
        for size in kind.dispersions
    ]


def _weights(candidates: list[_Candidate], log_evidence: Array, settings: RateSettings) -> Array:
    """(g,) each kind's fixed share, divided among its sizes by their evidence."""
    weight, place = np.zeros(len(candidates)), np.array([item.place for item in candidates])
    total = sum(kind.share for kind in settings.kinds)
    for k, kind in enumerate(settings.kinds):
        mine = place == k
        part = np.exp(log_evidence[mine] - log_evidence[mine].max())
        weight[mine] = kind.share / total * part / part.sum()
    return weight


@dataclass(frozen=True, eq=False)
class _Learnt:
    """The fit of one candidate; see `RatePosterior`."""

    log_evidence: float
    state: Array
    root: Array
    fitted: Array
    own: Array


def _learn(
    candidate: _Candidate,
    history: History,
    basis: Array,
    terms: list[Term],
    settings: RateSettings,
    level_prior: NormalPrior | None,
) -> _Learnt:
    """The posterior of the level now and of the coefficients, by Laplace's approximation.

    Args:
        candidate: the drift and dispersion for which it holds.
        history: counts by bin.
        basis: (coefficients, bins) what each coefficient multiplies: the terms, growth and the end.
        terms: the terms, in the order of the basis.
        settings: priors.
        level_prior: prior of the log rate now, per week; None for a wide one around the mean rate so far.

    Returns:
        The fit; its state is the level and then the coefficients.
    """
    weeks = history.open_days / WEEK_DAYS
    priors = [*(term.prior for term in terms), candidate.kind.growth, candidate.kind.end]
    center = np.array([prior.mean for prior in priors])
    variance = np.array([prior.sd**2 for prior in priors])
    shape = center @ basis
    if level_prior is None:
        mean_rate = float(np.log((history.n + 0.5) / weeks.sum()))
        level_prior = NormalPrior(mean_rate - float(shape @ weeks / weeks.sum()), settings.level_sd)
    else:
        level_prior = NormalPrior(level_prior.mean - float(shape[-1]), level_prior.sd)  # the level is the rate now
    level = level_prior.sd**2
    since = log_time(history.now, settings) - log_time(history.middles, settings)
    walk = candidate.drift**2 * np.minimum(since[:, None], since)  # backward from now, where it is 0
    result = mode(
        history.counts,
        weeks,
        candidate.dispersion * weeks,
        level_prior.mean + shape,
        level + walk + (basis.T * variance) @ basis,
    )
    cross = np.vstack((np.full(len(weeks), level), basis * variance[:, None]))
    prior = np.diag(np.append(level, variance))
    state = np.append(level_prior.mean, center) + result.mean_of(cross)
    root = cholesky(result.covariance_of(cross, prior) + _JITTER * np.eye(len(prior)))
    simulated = [i for i, term in enumerate(terms) if term.is_simulated]
    own = result.f - state[1:][simulated] @ basis[simulated]
    return _Learnt(result.log_evidence, state, root, result.f, own)
